//! Private keys, and the token that is signed once and kept until shortly before it expires.

mod bearer;
mod claims;
mod key;
mod signer;
mod token;

pub use bearer::Bearer;
pub use claims::names_a_user;
pub use key::PrivateKey;
pub use token::{Credentials, Moment, TokenSource};
