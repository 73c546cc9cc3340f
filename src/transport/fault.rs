use crate::error::Status;

/// Why a connection could not be opened or used, in words for a person.
///
/// It passes through ureq as `Error::Other`.
#[derive(Debug)]
pub struct Fault {
    pub status: Status,
    pub message: String,
    pub transient: bool,
}

impl Fault {
    pub fn transient(status: Status, message: impl Into<String>) -> Fault {
        Fault { status, message: message.into(), transient: true }
    }

    pub fn permanent(status: Status, message: impl Into<String>) -> Fault {
        Fault { status, message: message.into(), transient: false }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

impl From<Fault> for ureq::Error {
    fn from(fault: Fault) -> ureq::Error {
        ureq::Error::Other(Box::new(fault))
    }
}

/// The error for a time limit that passed; the call knows which one.
pub fn timed_out() -> ureq::Error {
    ureq::Error::Timeout(ureq::Timeout::Global)
}
