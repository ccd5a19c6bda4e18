//! Public keys out of a JSON Web Key Set (RFC 7517).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use daybook_event::check_json_bounds;
use ed25519_dalek::VerifyingKey;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;

/// How large a key set may be.
pub(crate) const KEY_SET_BYTES_MAX: usize = 256 * 1024;
const KEY_SET_DEPTH_MAX: usize = 16;
/// How many keys are looked at.
const KEYS_MAX: usize = 100;
/// How many keys of one id a token is tried with.
const KEYS_OF_ONE_ID_MAX: usize = 3;
/// RFC 7518, section 3.3: at least 2048 bits. More than 4096 only cost time.
const RSA_MODULUS_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;
/// FIPS 186-5, section 5.4 (e): odd, above 2^16. With an exponent of 1 anybody can sign.
const RSA_EXPONENT_MIN: u64 = 65_537;

/// The public keys that tokens may be signed with.
#[derive(Debug, Clone, Default)]
pub struct KeySet {
    keys: Vec<VerificationKey>,
}

#[derive(Debug, Clone)]
struct VerificationKey {
    id: Option<String>,
    algorithm: Algorithm,
    key: DecodingKey,
}

/// Why a document is no key set.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidKeySet {
    /// It is too large or nests too deep.
    #[error("the key set is refused")]
    Bounds(#[from] daybook_event::JsonBoundError),
    /// It is no JSON.
    #[error("the key set is not JSON")]
    Json(#[from] serde_json::Error),
    /// It has no key for RS256, ES256 or EdDSA.
    #[error("the key set has no key for RS256, ES256 or EdDSA")]
    NoKey,
}

impl KeySet {
    /// The keys of a JWKS document that verify RS256, ES256 or EdDSA. Keys of another kind, for
    /// another use, that are weak, malformed or published with their private half are left out:
    /// one odd key must not lock everybody out.
    ///
    /// # Errors
    /// Where the document is over its bounds, no JSON, or has no such key.
    pub fn from_jwks(document: &[u8]) -> Result<Self, InvalidKeySet> {
        check_json_bounds(document, KEY_SET_BYTES_MAX, KEY_SET_DEPTH_MAX)?;
        let document: Value = serde_json::from_slice(document)?;
        let keys: Vec<VerificationKey> = document["keys"]
            .as_array()
            .into_iter()
            .flatten()
            .take(KEYS_MAX)
            .filter_map(verification_key)
            .collect();
        if keys.is_empty() {
            return Err(InvalidKeySet::NoKey);
        }
        Ok(Self { keys })
    }

    /// One Ed25519 key.
    pub(crate) fn from_ed25519(id: &str, public_key: &[u8; 32]) -> Self {
        Self {
            keys: vec![VerificationKey {
                id: Some(id.to_owned()),
                algorithm: Algorithm::EdDSA,
                key: DecodingKey::from_ed_der(public_key),
            }],
        }
    }

    /// The keys that a token's header asks for: an issuer may publish a new key under the id of the old one.
    /// Without a key id there must be no choice.
    pub(crate) fn find<'a>(
        &'a self,
        algorithm: Algorithm,
        id: Option<&'a str>,
    ) -> impl Iterator<Item = &'a DecodingKey> {
        let has_choice = self.keys.len() > 1;
        let keys = self.keys.iter().filter(move |key| {
            let is_named = id.map_or(!has_choice, |id| key.id.as_deref() == Some(id));
            key.algorithm == algorithm && is_named
        });
        keys.take(KEYS_OF_ONE_ID_MAX).map(|key| &key.key)
    }

    /// Any key of the algorithm, to spend the time of a verification with.
    pub(crate) fn any(&self, algorithm: Algorithm) -> Option<&DecodingKey> {
        let key = self.keys.iter().find(|key| key.algorithm == algorithm);
        key.map(|key| &key.key)
    }
}

fn verification_key(jwk: &Value) -> Option<VerificationKey> {
    let text = |name: &str| jwk[name].as_str();
    if !is_for_verifying(jwk) || jwk.get("d").is_some() {
        return None;
    }
    // The lengths are checked here: the verifier takes them for granted.
    let (algorithm, name, key) = match (text("kty")?, text("crv")) {
        ("RSA", _) => {
            let (modulus, exponent) = (bytes(text("n")?)?, bytes(text("e")?)?);
            if !is_strong_rsa(&modulus, &exponent) {
                return None;
            }
            let key = DecodingKey::from_rsa_raw_components(&modulus, &exponent);
            (Algorithm::RS256, "RS256", key)
        }
        ("EC", Some("P-256")) => {
            let (x, y) = (text("x")?, text("y")?);
            if bytes(x)?.len() != 32 || bytes(y)?.len() != 32 {
                return None;
            }
            let key = DecodingKey::from_ec_components(x, y).ok()?;
            (Algorithm::ES256, "ES256", key)
        }
        ("OKP", Some("Ed25519")) => {
            let public_key: [u8; 32] = bytes(text("x")?)?.try_into().ok()?;
            // Of a key of small order, anybody can make signatures.
            if VerifyingKey::from_bytes(&public_key).ok()?.is_weak() {
                return None;
            }
            let key = DecodingKey::from_ed_der(&public_key);
            (Algorithm::EdDSA, "EdDSA", key)
        }
        _ => return None,
    };
    if text("alg").is_some_and(|stated| stated != name) {
        return None;
    }
    Some(VerificationKey {
        id: text("kid").map(str::to_owned),
        algorithm,
        key,
    })
}

/// RFC 7517, sections 4.2 and 4.3: a key may say what it is for, in either of two ways.
fn is_for_verifying(jwk: &Value) -> bool {
    let use_allows = jwk.get("use").is_none_or(|purpose| purpose == "sig");
    let operations_allow = jwk.get("key_ops").is_none_or(|operations| {
        operations
            .as_array()
            .is_some_and(|listed| listed.iter().any(|operation| operation == "verify"))
    });
    use_allows && operations_allow
}

fn is_strong_rsa(modulus: &[u8], exponent: &[u8]) -> bool {
    // A number may be written with leading zero bytes.
    let significant = |number: &[u8]| {
        let zeros = number.iter().take_while(|byte| **byte == 0).count();
        let bits = number.get(zeros).map_or(0, |first| first.leading_zeros());
        (number.len() - zeros) * 8 - bits as usize
    };
    let is_odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
    let exponent_value = (significant(exponent) <= 64).then(|| {
        exponent
            .iter()
            .fold(0_u64, |value, byte| value << 8 | u64::from(*byte))
    });
    RSA_MODULUS_BITS.contains(&significant(modulus))
        && is_odd(modulus)
        && is_odd(exponent)
        && exponent_value.is_some_and(|exponent| exponent >= RSA_EXPONENT_MIN)
}

fn bytes(base64url: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(base64url).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ED25519_X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"; // RFC 8037, A.2
    const P256_X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"; // RFC 7515, A.3
    const P256_Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";

    fn keys(keys: &Value) -> Result<KeySet, InvalidKeySet> {
        KeySet::from_jwks(json!({ "keys": keys }).to_string().as_bytes())
    }

    fn encoded(bytes: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The identity: a point of order 1.
    fn small_order() -> [u8; 32] {
        let mut point = [0; 32];
        point[0] = 1;
        point
    }

    #[test]
    fn an_odd_key_does_not_cost_the_others() {
        let set = keys(&json!([
            7,
            {"kty": "oct", "k": "c2VjcmV0", "kid": "s", "alg": "HS256"},
            {"kty": "OKP", "crv": "Ed25519", "x": "AAAA", "kid": "short"},
            {"kty": "OKP", "crv": "X25519", "x": ED25519_X, "kid": "x"},
            {"kty": "EC", "crv": "P-384", "x": P256_X, "y": P256_Y, "kid": "curve"},
            {"kty": "EC", "crv": "P-256", "x": P256_X, "y": P256_Y, "kid": "enc", "use": "enc"},
            {"kty": "EC", "crv": "P-256", "x": P256_X, "y": P256_Y, "kid": "alg", "alg": "RS256"},
            {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "small"},
            {"kty": "OKP", "crv": "Ed25519", "x": ED25519_X, "kid": "ops", "key_ops": ["sign"]},
            {"kty": "OKP", "crv": "Ed25519", "x": ED25519_X, "kid": "ops2", "key_ops": "verify"},
            {"kty": "OKP", "crv": "Ed25519", "x": ED25519_X, "kid": "private", "d": "AAAA"},
            {"kty": "OKP", "crv": "Ed25519", "x": encoded(&small_order()), "kid": "order"},
            {"kty": "RSA", "n": encoded(&[0xff; 255]), "e": "AQAB", "kid": "2040"},
            {"kty": "RSA", "n": encoded(&[&[0, 1][..], &[0xff; 255]].concat()), "e": "AQAB", "kid": "2041"},
            {"kty": "RSA", "n": encoded(&[0xff; 513]), "e": "AQAB", "kid": "4104"},
            {"kty": "RSA", "n": encoded(&[0xff; 256]), "e": "AQ", "kid": "one"},
            {"kty": "RSA", "n": encoded(&[0xff; 256]), "e": "Aw", "kid": "three"},
            {"kty": "RSA", "n": encoded(&[0xff; 256]), "e": "AQAA", "kid": "even"},
            {"kty": "RSA", "n": encoded(&[0xfe; 256]), "e": "AQAB", "kid": "even2"},
            {"kty": "RSA", "n": encoded(&[&[0][..], &[0xff; 256]].concat()), "e": "AQAB", "kid": "rsa"},
            {"kty": "OKP", "crv": "Ed25519", "x": ED25519_X, "kid": "good", "key_ops": ["verify"]},
        ]))
        .unwrap();
        let found = |algorithm, id| set.find(algorithm, Some(id)).count();
        assert_eq!(found(Algorithm::EdDSA, "good"), 1);
        assert_eq!(found(Algorithm::ES256, "good"), 0);
        assert_eq!(found(Algorithm::RS256, "rsa"), 1);
        assert_eq!(set.keys.len(), 2);
    }

    #[test]
    fn without_a_key_id_there_must_be_no_choice() {
        let set = keys(&json!([
            {"kty": "OKP", "crv": "Ed25519", "x": ED25519_X, "kid": "a"},
            {"kty": "EC", "crv": "P-256", "x": P256_X, "y": P256_Y, "kid": "b"},
        ]))
        .unwrap();
        assert_eq!(set.find(Algorithm::EdDSA, None).count(), 0);
        assert_eq!(set.find(Algorithm::ES256, Some("b")).count(), 1);
    }

    #[test]
    fn of_many_keys_under_one_id_a_few_are_tried() {
        let key = json!({"kty": "OKP", "crv": "Ed25519", "x": ED25519_X, "kid": "a"});
        let set = keys(&json!([key, key, key, key, key])).unwrap();
        assert_eq!(set.find(Algorithm::EdDSA, Some("a")).count(), 3);
        assert_eq!(set.find(Algorithm::EdDSA, None).count(), 0);
    }

    #[test]
    fn what_is_no_key_set_is_refused() {
        assert!(matches!(keys(&json!([])), Err(InvalidKeySet::NoKey)));
        assert!(matches!(
            KeySet::from_jwks(b"{}"),
            Err(InvalidKeySet::NoKey)
        ));
        assert!(matches!(
            KeySet::from_jwks(b"<html>"),
            Err(InvalidKeySet::Json(_))
        ));
        let deep = "[".repeat(100_000);
        assert!(matches!(
            KeySet::from_jwks(deep.as_bytes()),
            Err(InvalidKeySet::Bounds(_))
        ));
    }
}
