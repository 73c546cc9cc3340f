//! Which process this is, and what a fork has to wait for.
//!
//! This is the only module outside the C ABI with `unsafe` code: no safe library registers fork
//! handlers or asks the kernel to wipe memory.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use super::clock::uptime;

/// How long a thread can delay a fork. A name lookup that takes longer waits for the network, and
/// the C library holds no lock meanwhile.
const LONGEST_WAIT: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_micros(50);

/// If more threads end at the same moment, a fork waits for the last ones only.
const MOST_ENDING: usize = 8;

/// State that is all zeros in a forked child.
struct Forked {
    /// The process's number; zero until it is first needed.
    process: AtomicU64,
    /// How many threads are in [`without_fork`].
    busy: AtomicU32,
    /// When the last of them began, in milliseconds of [`uptime`].
    busy_since: AtomicU64,
    /// How many threads are about to fork.
    forking: AtomicU32,
    /// Threads that are about to end: their system ids, and since when, in milliseconds of
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
    /// Whether this thread is in [`without_fork`]. A fork from there must not wait for itself.
    static IS_INSIDE: Cell<bool> = const { Cell::new(false) };
}

static PLACE: AtomicPtr<Forked> = AtomicPtr::new(std::ptr::null_mut());

/// This process's number, which none of its ancestors or descendants has. A process id is not
/// enough: parent and child may have the same id in different PID namespaces, and the system
/// reuses ids.
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
            // If `run` forked, the child's counter is zero, so it must not be lowered there.
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

/// Begins something that a fork has to wait for, once no thread is about to fork.
fn between_forks(begin: impl Fn(), undo: impl Fn(), since: &AtomicU64) {
    let begun = uptime();
    loop {
        let now = uptime();
        // Set before `begin`: a fork that sees `begin`'s effect must not see an old time.
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

/// The state, made at its first use. No lock is taken, so that a child can inherit it at any time:
/// threads that need it at the same time each make one, and one of them is kept.
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
    // SAFETY: not NULL. `make` returns a pointer that stays valid forever, and all fields are
    // atomic.
    unsafe { &*place }
}

#[cfg(unix)]
mod imp {
    use super::{
        AtomicU64, Forked, IS_INSIDE, LONGEST_WAIT, Ordering, PAUSE, PLACE, milliseconds, uptime,
    };

    /// Makes the state in memory that the kernel wipes in every child, also after a fork that runs
    /// no fork handlers. If the kernel cannot do that, the fork handler wipes the memory.
    pub fn make() -> *mut Forked {
        // SAFETY: the handlers are functions without state, and the library is never unloaded.
        // The call fails only if there is no memory; the kernel's wiping is enough then.
        unsafe { libc::pthread_atfork(Some(prepare), Some(parent), Some(child)) };
        wiped().unwrap_or_else(|| std::ptr::from_ref(&UNWIPED).cast_mut())
    }

    static UNWIPED: Forked = Forked::new();

    #[cfg(target_os = "linux")]
    fn wiped() -> Option<*mut Forked> {
        let size = size_of::<Forked>();
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: this makes a new mapping, at an address that is not in use.
        let page = unsafe { libc::mmap(std::ptr::null_mut(), size, access, kind, -1, 0) };
        if page == libc::MAP_FAILED {
            return None;
        }
        // SAFETY: `page` is the mapping that was made above, and has this size.
        if unsafe { libc::madvise(page, size, libc::MADV_WIPEONFORK) } != 0 {
            // SAFETY: as above, and nothing refers to the mapping.
            unsafe { libc::munmap(page, size) };
            return None;
        }
        // A new mapping is all zeros, like `Forked::new`.
        Some(page.cast())
    }

    #[cfg(not(target_os = "linux"))]
    fn wiped() -> Option<*mut Forked> {
        None
    }

    /// The state; `None` before its first use, because a fork handler must not make it.
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

    /// Waits while `is_so`, at most until [`LONGEST_WAIT`] has passed since the fork began or since
    /// the thread began what the fork waits for, whichever is earlier.
    fn wait_while(begun: u64, since: &AtomicU64, is_so: impl Fn() -> bool) {
        let longest = milliseconds(LONGEST_WAIT);
        let until = || begun.min(since.load(Ordering::SeqCst)).saturating_add(longest);
        while milliseconds(uptime()) < until() && is_so() {
            pause();
        }
    }

    /// Sleeps by a system call: the C library's sleep is a cancellation point, and fork must not
    /// become one.
    pub fn pause() {
        let pause = rustix::thread::Timespec { tv_sec: 0, tv_nsec: PAUSE.subsec_nanos().into() };
        // A signal may end the sleep early, which does no harm.
        let _ = rustix::thread::nanosleep(&pause);
    }

    #[cfg(target_os = "linux")]
    pub fn this_thread() -> i32 {
        // SAFETY: this reads and writes no memory of the process. It returns a thread's id.
        i32::try_from(unsafe { libc::syscall(libc::SYS_gettid) }).unwrap_or_default()
    }

    #[cfg(target_os = "linux")]
    fn is_alive(thread: i32) -> bool {
        // SAFETY: signal 0 sends nothing; it only checks whether the thread exists.
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
        // `prepare` may have run before the state was made, and then counted nothing.
        let _ = forking
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |forking| forking.checked_sub(1));
    }

    /// Wipes only the memory that the kernel does not wipe: a fork handler of the host may have run
    /// before this one in the child and used the library.
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
