//! The operator's key, by which a subject that is gone can still be recognised, and by nobody else.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

use crate::erasure::ErasureRequest;
use crate::erasure::scope::Scope;
use crate::error::StoreError;
use crate::hexadecimal::hexadecimal;

/// What a pseudonym begins with.
pub(crate) const PSEUDONYM_PREFIX: &str = "erased-";

/// Least bytes of a key.
const ERASURE_KEY_BYTES_MIN: usize = 32;

/// The key of the hashes that remain of an erased subject. A plain hash of an e-mail address can be
/// guessed; one with a key cannot, by whoever does not have the key.
#[derive(Clone)]
pub struct ErasureKey(Hmac<Sha256>);

impl ErasureKey {
    /// Takes the operator's secret, at least 32 bytes of it.
    ///
    /// # Errors
    /// [`StoreError::InvalidErasure`] where it is shorter.
    pub fn new(secret: &str) -> Result<Self, StoreError> {
        if secret.len() < ERASURE_KEY_BYTES_MIN {
            return Err(StoreError::InvalidErasure(format!(
                "the erasure key has fewer than {ERASURE_KEY_BYTES_MIN} bytes"
            )));
        }
        Hmac::new_from_slice(secret.as_bytes())
            .map(Self)
            .map_err(|_| StoreError::InvalidErasure("the erasure key cannot be used".to_owned()))
    }

    /// What remains of a person's id or e-mail address.
    pub(crate) fn person(&self, org_id: &str, identifier: &str) -> String {
        self.digest(&[org_id, "person", &folded(identifier)])
    }

    /// What remains of a thing.
    pub(crate) fn entity(&self, org_id: &str, kind: &str, id: &str) -> String {
        self.digest(&[org_id, "entity", kind, id])
    }

    /// What stands in an anonymised subject's place: the same in all of a tenant's events, and another one with
    /// every tenant. It is made of the subject's first hash, or of its first identifier.
    pub(crate) fn pseudonym(&self, org_id: &str, first: &str) -> String {
        let digest = self.digest(&[org_id, "pseudonym", &folded(first)]);
        format!("{PSEUDONYM_PREFIX}{}", &digest[..8])
    }

    /// The id of an erasure that is asked for under a key of the caller's own: the same for the same
    /// request, whoever takes it on, and nobody without the operator's key can tell of whom it is.
    pub(crate) fn erasure_id(&self, request: &ErasureRequest, idempotency_key: &str) -> Uuid {
        let (kind, text, id) = match &request.scope {
            Scope::Tenant => ("tenant", "", ""),
            Scope::User(text) => ("user", text.as_str(), ""),
            Scope::Email(text) => ("email", text.as_str(), ""),
            Scope::Entity { kind, id } => ("entity", kind.as_str(), id.as_str()),
        };
        let org_id = request.tenant.as_str();
        let mode = request.mode.as_str();
        let fields = [
            org_id,
            "erasure",
            idempotency_key,
            kind,
            text,
            id,
            mode,
            &request.reason,
        ];
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.mac(&fields)[..16]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid()
    }

    /// By which this key is told from another one, and which tells nothing else.
    pub(crate) fn check_value(&self) -> String {
        self.digest(&["erasure key"])[..16].to_owned()
    }

    /// HMAC-SHA256 in hexadecimal digits.
    fn digest(&self, fields: &[&str]) -> String {
        hexadecimal(&self.mac(fields))
    }

    /// Lengths keep two fields from running into one another.
    fn mac(&self, fields: &[&str]) -> [u8; 32] {
        let mut mac = self.0.clone();
        for field in fields {
            mac.update(&u64::try_from(field.len()).unwrap_or(u64::MAX).to_le_bytes());
            mac.update(field.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for ErasureKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ErasureKey").finish_non_exhaustive()
    }
}

/// E-mail addresses have no case here; ids have one.
pub(crate) fn folded(identifier: &str) -> String {
    if identifier.contains('@') {
        identifier.to_ascii_lowercase()
    } else {
        identifier.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> ErasureKey {
        ErasureKey::new("0123456789abcdef0123456789abcdef").unwrap()
    }

    #[test]
    fn a_short_key_is_refused_and_debug_hides_it() {
        assert!(ErasureKey::new("short").is_err());
        assert!(!format!("{:?}", key()).contains("0123"));
    }

    #[test]
    fn another_key_has_another_check_value() {
        let other = ErasureKey::new("0123456789abcdef0123456789abcdeF").unwrap();
        assert_eq!(key().check_value(), key().check_value());
        assert_ne!(key().check_value(), other.check_value());
    }

    #[test]
    fn the_same_person_in_two_tenants_leaves_two_hashes() {
        let key = key();
        assert_ne!(key.person("a", "jane"), key.person("b", "jane"));
        assert_ne!(key.person("ab", "c"), key.person("a", "bc"));
        assert_ne!(key.person("a", "jane"), key.entity("a", "", "jane"));
        assert_eq!(key.person("a", "J@x.org"), key.person("a", "j@X.org"));
        assert_ne!(key.person("a", "Ab"), key.person("a", "ab"));
        assert_eq!(key.pseudonym("a", "J@x.org"), key.pseudonym("a", "j@x.org"));
    }
}
