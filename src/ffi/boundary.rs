//! Every exported function runs inside this: a panic reaches neither the caller nor stderr.

use crate::panics::catch;

/// Runs a function that cannot report an error. Returns `otherwise` after a panic.
pub fn infallible<T>(otherwise: T, body: impl FnOnce() -> T) -> T {
    catch(body).unwrap_or(otherwise)
}
