//! A key pair for one machine: `daybook up` verifies with it, `daybook token` signs with it.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::auth::claims::TokenRules;
use crate::auth::jwks::KeySet;
use crate::auth::token::TokenVerifier;

/// `iss` and `aud` of local tokens, so that they are good for nothing else.
const LOCAL: &str = "daybook-local";
/// The mode of the key's file: its owner reads and writes it, nobody else does anything.
const KEY_FILE_MODE: u32 = 0o600;

/// An Ed25519 key pair that signs and verifies tokens (EdDSA) on one machine.
pub struct LocalKey {
    signing_key: SigningKey,
}

/// What a local token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// The tenant.
    pub org_id: String,
    /// The person (`sub`).
    pub user: String,
    /// The person's e-mail address.
    pub email: Option<String>,
    /// `audit_log:view`, `audit_log:export`, …
    pub permissions: Vec<String>,
    /// How long the token is good for.
    pub lifetime: Duration,
}

/// Why a key's file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LocalKeyError {
    /// It cannot be read or written.
    #[error("the key file {path} cannot be read or written")]
    File {
        /// Which one.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It is not an Ed25519 private key.
    #[error("the key file {path} is not an Ed25519 private key in PEM (PKCS #8)")]
    Key {
        /// Which one.
        path: String,
        /// Why.
        #[source]
        source: ed25519_dalek::pkcs8::Error,
    },
}

impl LocalKey {
    /// A new key pair.
    pub fn generate() -> Self {
        Self {
            signing_key: SigningKey::from_bytes(&rand::random()),
        }
    }

    /// The key pair of a PEM file.
    ///
    /// # Errors
    /// Where the file cannot be read, or holds something else.
    pub fn load(path: &Path) -> Result<Self, LocalKeyError> {
        let pem = fs::read_to_string(path).map_err(|source| file_error(path, source))?;
        let signing_key =
            SigningKey::from_pkcs8_pem(&pem).map_err(|source| key_error(path, source))?;
        Ok(Self { signing_key })
    }

    /// The key pair of a PEM file, which is made where it is not there yet. Of two that make it at
    /// the same time, both end with the same key.
    ///
    /// # Errors
    /// Where the file cannot be read or written, or holds something else.
    pub fn load_or_create(path: &Path) -> Result<Self, LocalKeyError> {
        if !path.exists() {
            match Self::generate().save(path) {
                Err(LocalKeyError::File { source, .. })
                    if source.kind() == io::ErrorKind::AlreadyExists => {}
                saved => saved?,
            }
        }
        Self::load(path)
    }

    /// Writes a PEM file that only its owner may read. It is there as a whole or not at all.
    ///
    /// # Errors
    /// Where it cannot be written; where there is one already, which stays as it is.
    pub fn save(&self, path: &Path) -> Result<(), LocalKeyError> {
        let pem = self
            .signing_key
            .to_pkcs8_pem(LineEnding::LF)
            .map_err(|source| key_error(path, source))?;
        let unfinished = path.with_extension(format!("{:016x}.tmp", rand::random::<u64>()));
        let written = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(KEY_FILE_MODE)
            .open(&unfinished)
            .and_then(|mut file| {
                file.write_all(pem.as_bytes())?;
                file.sync_all()
            })
            // A link, unlike a rename, never replaces a file.
            .and_then(|()| fs::hard_link(&unfinished, path));
        let removed = fs::remove_file(&unfinished);
        written
            .and(removed)
            .map_err(|source| file_error(path, source))
    }

    /// A token, signed now.
    pub fn mint(&self, request: &TokenRequest) -> String {
        let issued_at = jsonwebtoken::get_current_timestamp();
        let mut claims = json!({
            "iss": LOCAL,
            "aud": LOCAL,
            "sub": request.user,
            "org_id": request.org_id,
            "permissions": request.permissions,
            "iat": issued_at,
            "exp": issued_at.saturating_add(request.lifetime.as_secs()),
        });
        if let Some(email) = &request.email {
            claims["email"] = json!(email);
        }
        let header = json!({"alg": "EdDSA", "typ": "JWT", "kid": self.key_id()});
        let signed = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let signature = self.signing_key.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    /// Verifies tokens of this key, and no others.
    pub fn verifier(&self) -> TokenVerifier {
        let public_key = self.signing_key.verifying_key().to_bytes();
        TokenVerifier::with_keys(
            KeySet::from_ed25519(&self.key_id(), &public_key),
            TokenRules {
                issuers: vec![LOCAL.to_owned()],
                audiences: vec![LOCAL.to_owned()],
                ..TokenRules::default()
            },
        )
    }

    /// A secret of 32 bytes that is as stable as the key, for one `purpose`: to sign page tokens
    /// with, for one.
    pub fn derived_secret(&self, purpose: &str) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(b"daybook derived secret\0");
        hash.update(self.signing_key.to_bytes());
        hash.update(purpose.as_bytes());
        hash.finalize().into()
    }

    fn key_id(&self) -> String {
        let digest = Sha256::digest(self.signing_key.verifying_key().as_bytes());
        URL_SAFE_NO_PAD.encode(&digest[..12])
    }
}

impl fmt::Debug for LocalKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("LocalKey")
            .field("key_id", &self.key_id())
            .finish_non_exhaustive()
    }
}

fn file_error(path: &Path, source: io::Error) -> LocalKeyError {
    LocalKeyError::File {
        path: path.display().to_string(),
        source,
    }
}

fn key_error(path: &Path, source: ed25519_dalek::pkcs8::Error) -> LocalKeyError {
    LocalKeyError::Key {
        path: path.display().to_string(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_saved_key_is_the_same_and_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token-key.pem");
        let created = LocalKey::load_or_create(&path).unwrap();
        let loaded = LocalKey::load_or_create(&path).unwrap();
        assert_eq!(
            created.signing_key.to_bytes(),
            loaded.signing_key.to_bytes()
        );
        assert_eq!(created.derived_secret("a"), loaded.derived_secret("a"));
        assert_ne!(created.derived_secret("a"), created.derived_secret("b"));
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(!format!("{loaded:?}").contains("signing_key"));
    }

    #[test]
    fn a_key_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token-key.pem");
        LocalKey::generate().save(&path).unwrap();
        let before = fs::read(&path).unwrap();
        assert!(LocalKey::generate().save(&path).is_err());
        assert_eq!(fs::read(&path).unwrap(), before);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_is_no_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token-key.pem");
        fs::write(
            &path,
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        )
        .unwrap();
        assert!(matches!(
            LocalKey::load(&path),
            Err(LocalKeyError::Key { .. })
        ));
        assert!(matches!(
            LocalKey::load(&folder.path().join("missing")),
            Err(LocalKeyError::File { .. })
        ));
    }
}
