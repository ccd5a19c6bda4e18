//! Who asks: the tenant, the person and what they may, out of a verified token and nothing else.

mod claims;
mod gateway;
mod identity;
mod jwks;
mod local_key;
mod remote_keys;
mod token;

pub use claims::TokenRules;
pub(crate) use identity::{Identity, Permission, Person, Services};
pub use jwks::{InvalidKeySet, KeySet};
pub use local_key::{LocalKey, LocalKeyError, TokenRequest};
pub use remote_keys::{RemoteKeys, RemoteKeysError};
pub use token::TokenVerifier;
