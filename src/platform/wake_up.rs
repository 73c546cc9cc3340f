//! A file descriptor that event loops can wait on.

use std::io;

#[cfg(any(target_os = "linux", target_os = "android"))]
mod imp {
    use super::io;
    use rustix::event::{EventfdFlags, eventfd};
    use std::os::fd::{AsRawFd as _, OwnedFd, RawFd};

    pub struct WakeUp(OwnedFd);

    impl WakeUp {
        pub fn new() -> io::Result<WakeUp> {
            Ok(WakeUp(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?))
        }

        pub fn raise(&self) {
            // If the counter is full, the descriptor is readable already.
            let _ = rustix::io::write(&self.0, &1_u64.to_ne_bytes());
        }

        pub fn lower(&self) {
            // If the counter is zero already, nothing is to do.
            let _ = rustix::io::read(&self.0, &mut [0; 8]);
        }

        pub fn descriptor(&self) -> Option<RawFd> {
            Some(self.0.as_raw_fd())
        }
    }
}

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
mod imp {
    use super::io;
    use std::io::{Read as _, Write as _};
    use std::os::fd::{AsRawFd as _, RawFd};
    use std::os::unix::net::UnixStream;

    pub struct WakeUp {
        near: UnixStream,
        far: UnixStream,
    }

    impl WakeUp {
        pub fn new() -> io::Result<WakeUp> {
            let (near, far) = UnixStream::pair()?;
            near.set_nonblocking(true)?;
            far.set_nonblocking(true)?;
            Ok(WakeUp { near, far })
        }

        pub fn raise(&self) {
            let _ = (&self.far).write(&[1]);
        }

        pub fn lower(&self) {
            while (&self.near).read(&mut [0; 8]).is_ok_and(|amount| amount > 0) {}
        }

        pub fn descriptor(&self) -> Option<RawFd> {
            Some(self.near.as_raw_fd())
        }
    }
}

#[cfg(not(unix))]
mod imp {
    use super::io;

    pub struct WakeUp;

    impl WakeUp {
        pub fn new() -> io::Result<WakeUp> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub fn raise(&self) {}

        pub fn lower(&self) {}

        pub fn descriptor(&self) -> Option<i32> {
            None
        }
    }
}

/// A descriptor that is readable from `raise` to `lower`, and not readable at first.
pub struct WakeUp(imp::WakeUp);

impl WakeUp {
    /// Fails if the process has no descriptor left, or if the system has no such descriptors.
    pub fn new() -> io::Result<WakeUp> {
        imp::WakeUp::new().map(WakeUp)
    }

    pub fn raise(&self) {
        self.0.raise();
    }

    pub fn lower(&self) {
        self.0.lower();
    }

    /// The descriptor, which lives as long as this value.
    pub fn descriptor(&self) -> Option<i32> {
        self.0.descriptor()
    }
}
