//! Private keys, and the token that is signed once and kept until shortly before it expires.

mod claims;
mod key;
mod signer;
mod token;

pub use claims::names_a_user;
pub use key::PrivateKey;
pub use token::{Bearer, Credentials, Now, TokenSource};
