//! Which process this is, and what a fork has to wait for.
//!
//! The one room outside the C ABI with `unsafe` code: no safe library registers fork handlers
//! or asks the kernel to wipe memory.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use super::clock::uptime;

/// How long a thread can hold up a fork. A name lookup that takes longer waits for the network,
/// and the C library holds no lock meanwhile.
const LONGEST_WAIT: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_micros(50);

/// If more threads end at the same moment, a fork waits for the last ones only.
const MOST_ENDING: usize = 8;

/// What a forked child finds filled with zeros.
struct Forked {
    /// Names the process; zero until it is first asked for.
    process: AtomicU64,
    /// How many threads are in the middle of something.
    busy: AtomicU32,
    /// When the last of them began, in milliseconds of [`uptime`].
    busy_since: AtomicU64,
    /// How many threads are about to fork.
    forking: AtomicU32,
    /// Threads that are about to end, by the system's numbers, and since when, in milliseconds of
    /// [`uptime`].
    ending: [(AtomicI32, AtomicU64); MOST_ENDING],
    ended: AtomicU32,
}

impl Forked {
    const fn new() -> Forked {
        Forked {
            process: AtomicU64::new(0),
            busy: AtomicU32::new(0),
            busy_since: AtomicU64::new(0),
            forking: AtomicU32::new(0),
            ending: [const { (AtomicI32::new(0), AtomicU64::new(0)) }; MOST_ENDING],
            ended: AtomicU32::new(0),
        }
    }
}

thread_local! {
    /// This thread is in the middle of something. A fork from there does not wait for itself.
    static IS_INSIDE: Cell<bool> = const { Cell::new(false) };
}

static PLACE: AtomicPtr<Forked> = AtomicPtr::new(std::ptr::null_mut());

/// Names this process: none of its ancestors and none of its descendants has the same name. A
/// process id is not enough. Parent and child have the same one in different PID namespaces, and
/// the system uses ids again.
pub fn process() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let process = &forked().process;
    match process.load(Ordering::Acquire) {
        0 => {
            let new = LAST.fetch_add(1, Ordering::Relaxed) + 1;
            process.compare_exchange(0, new, Ordering::AcqRel, Ordering::Acquire).map_or_else(
                // Another thread was first.
                |named| named,
                |_| new,
            )
        }
        named => named,
    }
}

/// Runs something that a fork must not interrupt: the child would inherit it half done, without
/// the thread that could finish it. A fork waits for it, and it waits for a fork, each for at most
/// half a second.
pub fn without_fork<T>(run: impl FnOnce() -> T) -> T {
    struct Busy {
        process: u64,
        was_inside: bool,
    }

    impl Drop for Busy {
        fn drop(&mut self) {
            IS_INSIDE.set(self.was_inside);
            // A child whose fork was called from within has nothing to end.
            if process() == self.process {
                forked().busy.fetch_sub(1, Ordering::SeqCst);
            }
        }
    }

    let here = process();
    let Forked { busy, busy_since, .. } = forked();
    between_forks(
        || {
            busy.fetch_add(1, Ordering::SeqCst);
        },
        || {
            busy.fetch_sub(1, Ordering::SeqCst);
        },
        busy_since,
    );
    let _busy = Busy { process: here, was_inside: IS_INSIDE.replace(true) };
    run()
}

/// A thread that looked a name up calls this at its very end. When a thread ends, the C library
/// frees what its resolver keeps for that thread, and takes the resolver's lock for it. A fork
/// waits until the thread is gone.
pub fn thread_ends() {
    let Forked { ending, ended, .. } = forked();
    let number = ended.fetch_add(1, Ordering::Relaxed) as usize % MOST_ENDING;
    let Some((thread, since)) = ending.get(number) else { return };
    between_forks(
        || thread.store(imp::this_thread(), Ordering::SeqCst),
        || thread.store(0, Ordering::SeqCst),
        since,
    );
}

/// Begins something that a fork has to wait for, when no thread is about to fork.
fn between_forks(begin: impl Fn(), undo: impl Fn(), since: &AtomicU64) {
    let begun = uptime();
    loop {
        let now = uptime();
        // Before it begins: a fork that sees it must not see an old time.
        since.fetch_max(milliseconds(now), Ordering::SeqCst);
        begin();
        let is_free = forked().forking.load(Ordering::SeqCst) == 0;
        if is_free || now.saturating_sub(begun) > LONGEST_WAIT {
            return;
        }
        undo();
        imp::pause();
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Made without a lock, so that a child can inherit it at any time: threads that come at once
/// each make one, and one of them is kept.
fn forked() -> &'static Forked {
    let place = PLACE.load(Ordering::Acquire);
    let place = if place.is_null() {
        let new = imp::make();
        let kept =
            PLACE.compare_exchange(std::ptr::null_mut(), new, Ordering::AcqRel, Ordering::Acquire);
        kept.map_or_else(|others| others, |_| new)
    } else {
        place
    };
    // SAFETY: not NULL; `make` gives a pointer that is valid for ever, and whose fields are
    // atomic.
    unsafe { &*place }
}

#[cfg(unix)]
mod imp {
    use super::{
        AtomicU64, Forked, IS_INSIDE, LONGEST_WAIT, Ordering, PAUSE, PLACE, milliseconds, uptime,
    };

    /// In memory that the kernel wipes in every child, also in those that no fork handler
    /// learns of; where the kernel cannot, in memory that the fork handler wipes.
    pub fn make() -> *mut Forked {
        // SAFETY: the handlers are functions without state, and the library is never unloaded.
        // It fails only without memory; the kernel's wiping is enough then.
        unsafe { libc::pthread_atfork(Some(prepare), Some(parent), Some(child)) };
        wiped().unwrap_or_else(|| std::ptr::from_ref(&UNWIPED).cast_mut())
    }

    static UNWIPED: Forked = Forked::new();

    #[cfg(target_os = "linux")]
    fn wiped() -> Option<*mut Forked> {
        let size = size_of::<Forked>();
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: a new mapping, at an address that nothing has.
        let page = unsafe { libc::mmap(std::ptr::null_mut(), size, access, kind, -1, 0) };
        if page == libc::MAP_FAILED {
            return None;
        }
        // SAFETY: the mapping of the line above.
        if unsafe { libc::madvise(page, size, libc::MADV_WIPEONFORK) } != 0 {
            // SAFETY: as above, and nothing refers to it.
            unsafe { libc::munmap(page, size) };
            return None;
        }
        // Zeros are what `Forked::new` makes.
        Some(page.cast())
    }

    #[cfg(not(target_os = "linux"))]
    fn wiped() -> Option<*mut Forked> {
        None
    }

    /// None before the first use. A fork handler makes nothing.
    fn made() -> Option<&'static Forked> {
        // SAFETY: as in `forked`.
        unsafe { PLACE.load(Ordering::Acquire).as_ref() }
    }

    extern "C" fn prepare() {
        let Some(Forked { busy, busy_since, forking, ending, .. }) = made() else { return };
        forking.fetch_add(1, Ordering::SeqCst);
        if IS_INSIDE.get() {
            return;
        }
        let begun = milliseconds(uptime());
        wait_while(begun, busy_since, || busy.load(Ordering::SeqCst) > 0);
        for (thread, since) in ending {
            wait_while(begun, since, || is_alive(thread.load(Ordering::SeqCst)));
        }
    }

    /// Waits, at most until [`LONGEST_WAIT`] has passed since the fork begun or since the thread
    /// began what the fork waits for, whichever is sooner.
    fn wait_while(begun: u64, since: &AtomicU64, is_so: impl Fn() -> bool) {
        let longest = milliseconds(LONGEST_WAIT);
        let until = || begun.min(since.load(Ordering::SeqCst)).saturating_add(longest);
        while milliseconds(uptime()) < until() && is_so() {
            pause();
        }
    }

    /// Sleeps without the C library: its sleep is a cancellation point, and a fork is none.
    pub fn pause() {
        let pause = rustix::thread::Timespec { tv_sec: 0, tv_nsec: PAUSE.subsec_nanos().into() };
        // That a signal wakes it sooner does no harm.
        let _ = rustix::thread::nanosleep(&pause);
    }

    #[cfg(target_os = "linux")]
    pub fn this_thread() -> i32 {
        // SAFETY: it reads and writes no memory of the process. It answers a thread's number.
        i32::try_from(unsafe { libc::syscall(libc::SYS_gettid) }).unwrap_or_default()
    }

    #[cfg(target_os = "linux")]
    fn is_alive(thread: i32) -> bool {
        // SAFETY: signal 0 is none; it only asks whether the thread is there.
        thread != 0 && unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), thread, 0) } == 0
    }

    #[cfg(not(target_os = "linux"))]
    pub fn this_thread() -> i32 {
        0
    }

    #[cfg(not(target_os = "linux"))]
    fn is_alive(_: i32) -> bool {
        false
    }

    extern "C" fn parent() {
        let Some(Forked { forking, .. }) = made() else { return };
        // `prepare` may have run before there was anything to count in.
        let _ = forking
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |forking| forking.checked_sub(1));
    }

    /// Wipes only what the kernel does not: a fork handler of the host may have run before this one
    /// and used the library in the child.
    extern "C" fn child() {
        let Forked { process, busy, forking, ending, .. } = &UNWIPED;
        process.store(0, Ordering::Release);
        busy.store(0, Ordering::Release);
        forking.store(0, Ordering::Release);
        for (thread, _) in ending {
            thread.store(0, Ordering::Release);
        }
    }
}

#[cfg(not(unix))]
mod imp {
    use super::Forked;

    pub fn this_thread() -> i32 {
        0
    }

    pub fn pause() {
        std::thread::sleep(super::PAUSE);
    }

    pub fn make() -> *mut Forked {
        static ONLY: Forked = Forked::new();
        std::ptr::from_ref(&ONLY).cast_mut()
    }
}
