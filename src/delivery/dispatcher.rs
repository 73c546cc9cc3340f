//! An engine with a queue: the scheduler, and the threads that carry out its decisions.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::capacity::Capacity;
use super::job::Job;
use super::options::QueueOptions;
use super::scheduler::{Next, Owner, Scheduler, Slot};
use crate::engine::Engine;
use crate::error::{Error, Result, Status};
use crate::limit::Limit;
use crate::platform::uptime;
use crate::{panics, platform};

/// How long a thread without work stays.
const IDLE: Duration = Duration::from_secs(5);
/// Far more than a TLS handshake needs, because the C library puts the program's thread-local
/// variables on the stack too. Only the part that is used takes memory.
const STACK_BYTES: usize = 1024 * 1024;

/// Sends enqueued events in the background. Any thread may use it at any time.
///
/// It has one thread for each request in flight, and one more that watches the time limits of
/// waiting events. Threads are started when they are needed, and end when they are idle.
pub struct Dispatcher {
    engine: Arc<Engine>,
    capacity: Arc<Capacity>,
    connections: usize,
    timeout: Duration,
    state: Mutex<DispatcherState>,
    /// None of these threads locks it after the dispatcher is stopped.
    threads: Mutex<Vec<JoinHandle<()>>>,
}

struct DispatcherState {
    scheduler: Scheduler<Box<Job>>,
    next_owner: Owner,
    stopped: bool,
    /// Threads that have not decided to end.
    alive: usize,
    /// When the last of them ended, by [`uptime`]'s clock.
    left: Duration,
    /// Living threads that wait for work and were not woken. The last one that came is woken
    /// first: its memory is warm, and the others can become idle long enough to end.
    idle: Vec<Arc<Condvar>>,
    /// A thread was woken or started, and does not run yet. It wakes the next one itself, so
    /// that a burst of events wakes one thread and not one for each event.
    woken: bool,
    /// When the thread that watches the time limits will look at them, if there is one.
    watch: Option<Instant>,
    /// Threads that wait until such a time. Their events may be finished before it.
    watchers: usize,
}

impl DispatcherState {
    fn thread_ended(&mut self) {
        self.alive -= 1;
        self.left = uptime();
    }

    fn wake_all(&mut self) {
        for idle in self.idle.drain(..) {
            idle.notify_one();
        }
    }
}

impl Dispatcher {
    /// Starts no thread.
    pub fn new(engine: Arc<Engine>, options: &QueueOptions) -> Dispatcher {
        Dispatcher {
            engine,
            capacity: Arc::new(Capacity::new(options.max_events, options.max_bytes)),
            connections: options.connections,
            timeout: options.timeout,
            state: Mutex::new(DispatcherState {
                scheduler: Scheduler::new(options.connections),
                next_owner: 0,
                stopped: false,
                alive: 0,
                left: Duration::ZERO,
                idle: Vec::new(),
                woken: false,
                watch: None,
                watchers: 0,
            }),
            threads: Mutex::default(),
        }
    }

    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// Returns the capacity of its queue, which all its handles share.
    pub fn capacity(&self) -> &Arc<Capacity> {
        &self.capacity
    }

    /// Returns since when nothing is in the queue or in flight: `now` if something is.
    pub fn idle_since(&self, now: Duration) -> Duration {
        let state = self.lock();
        if state.alive > 0 { now } else { state.left }
    }

    fn lock(&self) -> MutexGuard<'_, DispatcherState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a new owner number for another handle that enqueues here.
    pub fn new_owner(&self) -> Owner {
        let mut state = self.lock();
        state.next_owner += 1;
        state.next_owner
    }

    /// Enqueues an event; the caller wakes the thread that sends it. Fails only if there is no
    /// such thread and none can be started.
    pub fn enqueue(
        self: &Arc<Self>,
        owner: Owner,
        conversation: &str,
        now: Instant,
        deadline: Instant,
        job: impl FnOnce() -> Job,
    ) -> Result<Wake> {
        let mut state = self.lock();
        if state.alive == 0 {
            self.add_thread(&mut state).map_err(|error| {
                Error::new(
                    Status::Internal,
                    format!("cannot start a thread to send in the background: {error}"),
                )
                .with_retryable(true)
            })?;
        }
        state.scheduler.push(owner, conversation, Box::new(job()), deadline);
        Ok(self.wake_one(&mut state, now))
    }

    /// Takes an owner's events out of the queue.
    pub fn withdraw(self: &Arc<Self>, owner: Owner) {
        let mut state = self.lock();
        let withdrawn = state.scheduler.withdraw(owner);
        // Events of other owners may have waited behind them.
        let wake = self.wake_one(&mut state, Instant::now());
        Dispatcher::release(&mut state);
        drop(state);
        wake.wake();
        for job in withdrawn {
            job.withdrawn();
        }
    }

    /// Ends the threads. Nothing may be in the queue or in flight any more.
    pub fn stop(&self) {
        let mut state = self.lock();
        state.stopped = true;
        state.wake_all();
        drop(state);
        // Held while they end, so that another thread that stops the dispatcher waits for them too.
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        for thread in threads.drain(..) {
            // Its panics were caught, so the result says nothing.
            let _ = thread.join();
        }
    }

    fn add_thread(self: &Arc<Self>, state: &mut DispatcherState) -> io::Result<()> {
        if state.stopped {
            return Err(io::Error::other("the dispatcher was stopped"));
        }
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.retain(|thread| !thread.is_finished());
        let dispatcher = Arc::clone(self);
        let work = move || {
            // A job that it holds is reported while it unwinds; other threads go on.
            if panics::catch(|| dispatcher.work()).is_err() {
                dispatcher.lock().thread_ended();
            }
        };
        threads.push(platform::spawn("vce-send", STACK_BYTES, work)?);
        self.engine.serves_threads();
        state.alive += 1;
        state.woken = true;
        Ok(())
    }

    /// Makes sure that a thread does what can be done now, and that one watches the time limits.
    fn wake_one(self: &Arc<Self>, state: &mut DispatcherState, now: Instant) -> Wake {
        let Some(due) = state.scheduler.due(now) else { return Wake(None) };
        if state.woken || state.watch.is_some_and(|watch| watch <= due) {
            return Wake(None);
        }
        let idle = state.idle.pop();
        if idle.is_some() {
            state.woken = true;
        } else if state.alive <= self.connections {
            // If this fails, the existing threads do the work later.
            let _ = self.add_thread(state);
        }
        Wake(idle)
    }

    /// Wakes the threads that watch time limits if no event waits, so that they can end.
    fn release(state: &mut DispatcherState) {
        if state.watchers > 0 && state.scheduler.is_empty() {
            state.wake_all();
        }
    }

    /// The loop of each thread.
    fn work(self: &Arc<Self>) {
        let own = Arc::new(Condvar::new());
        let mut state = self.lock();
        let mut was_idle = false;
        loop {
            state.woken = false;
            let now = Instant::now();
            match state.scheduler.next(now, || self.engine.take_permit(now)) {
                Next::Send(job, slot) => {
                    let wake = self.wake_one(&mut state, now);
                    drop(state);
                    wake.wake();
                    state = self.send(job, slot, now);
                }
                Next::Expired(job) => {
                    drop(state);
                    job.expired();
                    state = self.lock();
                }
                Next::RateLimited(job, wait) => {
                    drop(state);
                    job.rate_limited(wait);
                    state = self.lock();
                }
                Next::Wait(_) | Next::Idle if state.stopped => break,
                Next::Wait(at) if state.watch.is_none_or(|watch| at < watch) => {
                    state.watch = Some(at);
                    state.watchers += 1;
                    state = sleep_until_woken(&own, state, at.saturating_duration_since(now)).0;
                    state.watchers -= 1;
                    if state.watch == Some(at) {
                        state.watch = None;
                    }
                    was_idle = false;
                    continue;
                }
                Next::Wait(_) | Next::Idle if was_idle => {
                    Dispatcher::release(&mut state);
                    break;
                }
                Next::Wait(_) | Next::Idle => {
                    (state, was_idle) = sleep_until_woken(&own, state, IDLE);
                    continue;
                }
            }
            was_idle = false;
        }
        state.thread_ended();
    }

    fn send(&self, job: Box<Job>, slot: Slot, now: Instant) -> MutexGuard<'_, DispatcherState> {
        let limit = Limit::new("timeout", self.timeout, now);
        // After a panic the job is reported when it is dropped; its slot becomes free too.
        let unfinished = panics::catch(|| job.send(&self.engine, limit)).unwrap_or(None);
        let mut state = self.lock();
        match unfinished {
            None => state.scheduler.finish(&slot),
            Some((job, at)) => {
                if let Some(job) = state.scheduler.repeat(job, slot, at) {
                    drop(state);
                    job.withdrawn();
                    state = self.lock();
                }
            }
        }
        state
    }
}

/// Waits to be woken, at most for `time`. Returns whether the time passed without that.
fn sleep_until_woken<'a>(
    own: &Arc<Condvar>,
    mut state: MutexGuard<'a, DispatcherState>,
    time: Duration,
) -> (MutexGuard<'a, DispatcherState>, bool) {
    state.idle.push(Arc::clone(own));
    let (mut state, result) = own.wait_timeout(state, time).unwrap_or_else(PoisonError::into_inner);
    let place = state.idle.iter().rposition(|idle| Arc::ptr_eq(idle, own));
    if let Some(place) = place {
        state.idle.remove(place);
    }
    (state, place.is_some() && result.timed_out())
}

/// An idle thread that was chosen to be woken. It is woken after the lock is released: before
/// that, it would only wait for the lock.
#[must_use = "an idle thread was chosen and has to be woken"]
pub struct Wake(Option<Arc<Condvar>>);

impl Wake {
    pub fn wake(self) {
        if let Some(idle) = self.0 {
            idle.notify_one();
        }
    }
}
