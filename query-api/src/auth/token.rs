//! Verifies a bearer token (RFC 6750, RFC 7519; the advice of RFC 8725).
//!
//! Whoever is refused learns nothing from how: every fault gets the same answer, and every token
//! whose form is right costs one verification of a signature, whether or not its key is known, its
//! time is over or its tenant is named (one more for each further key that has the same id). What is refused before that (no token, three parts that are
//! none, an algorithm that is never accepted) is known to whoever wrote it. Which key ids there are,
//! and so when a key set is fetched anew for an unknown one, is public.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::AUTHORIZATION;
use http::request::Parts;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value};

use crate::auth::claims::{ClaimFault, TokenRules, UniqueObject, identity};
use crate::auth::gateway::gateway_claims;
use crate::auth::identity::Identity;
use crate::auth::jwks::KeySet;
use crate::auth::remote_keys::{RemoteKeys, RemoteKeysError};
use crate::error::Problem;

/// How long a token may be: what API Gateway lets through as headers altogether.
const TOKEN_BYTES_MAX: usize = 10_240;
/// How long a key id may be.
const KEY_ID_BYTES_MAX: usize = 256;
/// Members of a header that bring a key along, or a meaning that is not understood here.
const REFUSED_HEADERS: [&str; 8] = ["jwk", "jku", "x5u", "x5c", "crit", "b64", "enc", "zip"];

/// Says who asks. It trusts one source, and only that one.
#[derive(Debug)]
pub struct TokenVerifier {
    rules: TokenRules,
    trusted: Trusted,
}

#[derive(Debug)]
enum Trusted {
    Keys(KeySet),
    RemoteKeys(Box<RemoteKeys>),
    GatewayAuthorizer,
}

/// Why a token names nobody. For the log: clients get the same answer for each.
#[derive(Debug, thiserror::Error)]
enum TokenFault {
    #[error("there is no bearer token, or more than one")]
    Missing,
    #[error("the token has more than {TOKEN_BYTES_MAX} bytes")]
    TooLong,
    #[error("the token is not three parts of base64url, or its header is not what it must be")]
    Malformed,
    #[error("the token's algorithm is none of RS256, ES256 and EdDSA")]
    Algorithm,
    #[error("the token's header has a member that is refused")]
    RefusedHeader,
    #[error("no known key has the token's key id and algorithm")]
    UnknownKey,
    #[error("the token is refused")]
    Refused(#[source] jsonwebtoken::errors::Error),
    #[error("the token's iat or iss is not what it must be, or lies in the future")]
    ClaimForm,
    #[error("the gateway's authorizer left no claims")]
    NoGatewayClaims,
    #[error(transparent)]
    Claims(#[from] ClaimFault),
    #[error(transparent)]
    KeysUnavailable(RemoteKeysError),
}

impl TokenVerifier {
    /// Trusts tokens signed with one of the keys.
    pub fn with_keys(keys: KeySet, rules: TokenRules) -> Self {
        Self {
            rules,
            trusted: Trusted::Keys(keys),
        }
    }

    /// Trusts tokens signed with one of the keys behind a URL.
    pub fn with_remote_keys(keys: RemoteKeys, rules: TokenRules) -> Self {
        Self {
            rules,
            trusted: Trusted::RemoteKeys(Box::new(keys)),
        }
    }

    /// Trusts the claims that the API Gateway authorizer in front of this Lambda has verified, and
    /// looks at no token itself.
    ///
    /// Only the tenant's and the permissions' claim of `rules` matter; issuers, audiences and
    /// times are the authorizer's. Without a gateway (and so on a plain server) nobody is let in.
    pub fn trusting_gateway_authorizer(rules: TokenRules) -> Self {
        Self {
            rules,
            trusted: Trusted::GatewayAuthorizer,
        }
    }

    /// Who asks.
    ///
    /// # Errors
    /// 401 for every fault of a token; 503 where it cannot be verified for want of keys.
    pub(crate) async fn identify(&self, parts: &Parts) -> Result<Identity, Problem> {
        self.claims(parts)
            .await
            .and_then(|claims| Ok(identity(&claims, &self.rules)?))
            .map_err(|fault| match &fault {
                TokenFault::KeysUnavailable(_) => Problem::keys_unavailable(&fault),
                _ => Problem::unauthenticated(&fault),
            })
    }

    async fn claims(&self, parts: &Parts) -> Result<Map<String, Value>, TokenFault> {
        match &self.trusted {
            Trusted::GatewayAuthorizer => {
                gateway_claims(&parts.extensions, &self.rules.permissions_claim)
                    .ok_or(TokenFault::NoGatewayClaims)
            }
            Trusted::Keys(keys) => {
                let token = bearer_token(parts)?;
                let header = TokenHeader::of(token)?;
                verified_claims(token, &header, keys, &self.rules)
            }
            Trusted::RemoteKeys(keys) => {
                let token = bearer_token(parts)?;
                let header = TokenHeader::of(token)?;
                let keys = keys
                    .for_token(header.algorithm, header.key_id.as_deref())
                    .await
                    .map_err(TokenFault::KeysUnavailable)?;
                verified_claims(token, &header, &keys, &self.rules)
            }
        }
    }

    /// Whether tokens can be verified at the moment.
    ///
    /// # Errors
    /// Where the keys behind a URL cannot be had.
    pub(crate) async fn check_keys(&self) -> Result<(), RemoteKeysError> {
        match &self.trusted {
            Trusted::RemoteKeys(keys) => keys.check().await,
            Trusted::Keys(_) | Trusted::GatewayAuthorizer => Ok(()),
        }
    }
}

/// What a token's header may say here.
#[derive(Debug)]
struct TokenHeader {
    algorithm: Algorithm,
    key_id: Option<String>,
}

impl TokenHeader {
    fn of(token: &str) -> Result<Self, TokenFault> {
        let mut parts = token.split('.');
        let (Some(header), Some(_), Some(_), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(TokenFault::Malformed);
        };
        let header = URL_SAFE_NO_PAD
            .decode(header)
            .map_err(|_| TokenFault::Malformed)?;
        let UniqueObject(header) =
            serde_json::from_slice(&header).map_err(|_| TokenFault::Malformed)?;
        let algorithm = match header.get("alg").and_then(Value::as_str) {
            Some("RS256") => Algorithm::RS256,
            Some("ES256") => Algorithm::ES256,
            Some("EdDSA") => Algorithm::EdDSA,
            _ => return Err(TokenFault::Algorithm),
        };
        if REFUSED_HEADERS
            .iter()
            .any(|name| header.contains_key(*name))
        {
            return Err(TokenFault::RefusedHeader);
        }
        // A token of another kind (a logout token, an encrypted one) is no access token.
        let is_access_token = match header.get("typ") {
            None => true,
            Some(Value::String(kind)) => ["jwt", "at+jwt", "application/at+jwt"]
                .iter()
                .any(|known| kind.eq_ignore_ascii_case(known)),
            Some(_) => false,
        };
        if !is_access_token {
            return Err(TokenFault::Malformed);
        }
        let key_id = match header.get("kid") {
            None => None,
            Some(Value::String(id)) if id.len() <= KEY_ID_BYTES_MAX => Some(id.clone()),
            Some(_) => return Err(TokenFault::Malformed),
        };
        Ok(Self { algorithm, key_id })
    }
}

fn bearer_token(parts: &Parts) -> Result<&str, TokenFault> {
    let mut values = parts.headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(TokenFault::Missing);
    };
    if value.len() > TOKEN_BYTES_MAX {
        return Err(TokenFault::TooLong);
    }
    let value = value.to_str().map_err(|_| TokenFault::Malformed)?;
    let (scheme, token) = value.split_once(' ').ok_or(TokenFault::Missing)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(TokenFault::Missing);
    }
    Ok(token.trim_matches(' '))
}

fn verified_claims(
    token: &str,
    header: &TokenHeader,
    keys: &KeySet,
    rules: &TokenRules,
) -> Result<Map<String, Value>, TokenFault> {
    let mut known = keys.find(header.algorithm, header.key_id.as_deref());
    let Some(first) = known.next() else {
        // A token of an unknown key takes as long as a forged one of a known key.
        let any = keys.any(header.algorithm).ok_or(TokenFault::UnknownKey)?;
        let _refused = decoded(token, header, any, rules);
        return Err(TokenFault::UnknownKey);
    };
    let mut claims = decoded(token, header, first, rules);
    for key in known {
        match &claims {
            Err(TokenFault::Refused(error)) if *error.kind() == ErrorKind::InvalidSignature => {
                claims = decoded(token, header, key, rules);
            }
            _ => break,
        }
    }
    claims
}

fn decoded(
    token: &str,
    header: &TokenHeader,
    key: &DecodingKey,
    rules: &TokenRules,
) -> Result<Map<String, Value>, TokenFault> {
    #[cfg(test)]
    tests::VERIFICATIONS.with(|count| count.set(count.get() + 1));
    let mut validation = Validation::new(header.algorithm);
    validation.leeway = rules.leeway.as_secs();
    validation.validate_nbf = true;
    let mut required = vec!["exp"];
    if !rules.issuers.is_empty() {
        validation.set_issuer(&rules.issuers);
        required.push("iss");
    }
    validation.validate_aud = !rules.audiences.is_empty();
    if validation.validate_aud {
        validation.set_audience(&rules.audiences);
        required.push("aud");
    }
    validation.set_required_spec_claims(&required);
    let UniqueObject(claims) = jsonwebtoken::decode(token, key, &validation)
        .map_err(TokenFault::Refused)?
        .claims;

    // What the library leaves open: a token from the future, and an issuer that is a list.
    let latest_iat = jsonwebtoken::get_current_timestamp().saturating_add(rules.leeway.as_secs());
    let iat_is_sane = match claims.get("iat") {
        None => true,
        Some(iat) => iat
            .as_f64()
            .is_some_and(|iat| (0.0..=seconds(latest_iat)).contains(&iat)),
    };
    let iss_is_one = claims.get("iss").is_none_or(Value::is_string);
    if iat_is_sane && iss_is_one {
        Ok(claims)
    } else {
        Err(TokenFault::ClaimForm)
    }
}

/// As a float, like JSON's numbers.
#[allow(clippy::cast_precision_loss)] // seconds since 1970 are far below 2^53
fn seconds(timestamp: u64) -> f64 {
    timestamp as f64
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
