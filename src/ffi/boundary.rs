//! What every export runs in: nothing of a panic reaches the caller or stderr.

use crate::panics::catch;

/// Runs a function that cannot fail; `otherwise` is what it answers all the same.
pub fn infallible<T>(otherwise: T, body: impl FnOnce() -> T) -> T {
    catch(body).unwrap_or(otherwise)
}
