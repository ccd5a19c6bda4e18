//! The claims of a token: which of them count, and what they say.

use std::fmt;
use std::time::Duration;

use daybook_store::{InvalidTenant, TenantId};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};

use crate::auth::identity::{Identity, Permissions, Person};

/// Which tokens are good, and which of their claims say who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRules {
    /// The claim that names the tenant. There is no fallback.
    pub tenant_claim: String,
    /// The claim that lists the permissions, as an array or separated by spaces. The standard
    /// claim `scope` counts as well.
    ///
    /// `audit_log:view`, `audit_log:export` and `audit_log:erase` stand for themselves;
    /// `audit_log:view:service/NAME` narrows a token to a service, several such words to several.
    pub permissions_claim: String,
    /// Who may have issued a token (`iss`); empty: anybody whose key is known.
    pub issuers: Vec<String>,
    /// For whom a token may be (`aud`); empty: for anybody.
    pub audiences: Vec<String>,
    /// How far two clocks may differ.
    pub leeway: Duration,
}

impl Default for TokenRules {
    fn default() -> Self {
        Self {
            tenant_claim: "org_id".to_owned(),
            permissions_claim: "permissions".to_owned(),
            issuers: Vec::new(),
            audiences: Vec::new(),
            leeway: Duration::from_secs(45),
        }
    }
}

/// Why claims name nobody. For the log: clients get the same answer for each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ClaimFault {
    #[error("the token has no tenant claim, or it is not a string")]
    NoTenant,
    #[error("the tenant claim cannot be used")]
    InvalidTenant(#[source] InvalidTenant),
}

/// Who the claims name.
pub(crate) fn identity(
    claims: &Map<String, Value>,
    rules: &TokenRules,
) -> Result<Identity, ClaimFault> {
    let tenant = claims
        .get(&rules.tenant_claim)
        .and_then(Value::as_str)
        .ok_or(ClaimFault::NoTenant)?;
    let mut permissions = Permissions::default();
    for name in [rules.permissions_claim.as_str(), "scope"] {
        match claims.get(name) {
            Some(Value::String(listed)) => {
                listed
                    .split_ascii_whitespace()
                    .for_each(|word| permissions.add(word));
            }
            Some(Value::Array(listed)) => listed
                .iter()
                .filter_map(Value::as_str)
                .for_each(|word| permissions.add(word)),
            _ => {}
        }
    }
    Ok(Identity {
        tenant: TenantId::new(tenant).map_err(ClaimFault::InvalidTenant)?,
        permissions,
        person: Person {
            subject: text(claims, "sub"),
            email: text(claims, "email"),
            name: text(claims, "name"),
            client_id: text(claims, "client_id"),
        },
    })
}

fn text(claims: &Map<String, Value>, name: &str) -> String {
    let text = claims.get(name).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

/// A JSON object in which no name comes twice: two parsers may differ in which of two they take.
#[derive(Debug)]
pub(crate) struct UniqueObject(pub(crate) Map<String, Value>);

impl<'de> Deserialize<'de> for UniqueObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct UniqueVisitor;

        impl<'de> Visitor<'de> for UniqueVisitor {
            type Value = UniqueObject;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object whose names are all different")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<UniqueObject, A::Error> {
                let mut members = Map::new();
                while let Some((name, value)) = access.next_entry::<String, Value>()? {
                    if members.insert(name, value).is_some() {
                        return Err(A::Error::custom("a name comes twice"));
                    }
                }
                Ok(UniqueObject(members))
            }
        }

        deserializer.deserialize_map(UniqueVisitor)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::auth::identity::Permission;

    fn identity_of(claims: &Value) -> Result<Identity, ClaimFault> {
        identity(claims.as_object().unwrap(), &TokenRules::default())
    }

    #[test]
    fn the_tenant_comes_from_one_claim_without_a_fallback() {
        let found = identity_of(&json!({"org_id": "acme", "tenant_id": "other"})).unwrap();
        assert_eq!(found.tenant.as_str(), "acme");
        for claims in [
            json!({}),
            json!({"tenant_id": "acme", "custom:org_id": "acme", "orgId": "acme"}),
            json!({"org_id": null}),
            json!({"org_id": 7}),
            json!({"org_id": ["acme"]}),
            json!({"org_id": ""}),
            json!({"org_id": "\u{1}unattributed"}),
            json!({"org_id": "ac\nme"}),
        ] {
            assert!(identity_of(&claims).is_err(), "{claims}");
        }
    }

    #[test]
    fn permissions_are_a_list_or_words_and_the_scope_counts() {
        for (claims, view, export) in [
            (json!({"permissions": ["audit_log:view"]}), true, false),
            (
                json!({"permissions": "audit_log:view audit_log:export"}),
                true,
                true,
            ),
            (json!({"scope": "openid audit_log:export"}), false, true),
            (
                json!({"permissions": [7, null], "scope": ["audit_log:view"]}),
                true,
                false,
            ),
            (json!({"permissions": "audit_log:*"}), false, false),
            (
                json!({"permissions": ["audit_log:view audit_log:export"]}),
                false,
                false,
            ),
            (json!({"permissions": "AUDIT_LOG:VIEW"}), false, false),
            (
                json!({"permissions": {"audit_log:view": true}}),
                false,
                false,
            ),
            (json!({}), false, false),
        ] {
            let mut all = claims.clone();
            all["org_id"] = json!("acme");
            let found = identity_of(&all).unwrap();
            assert_eq!(found.require(Permission::View).is_ok(), view, "{claims}");
            assert_eq!(
                found.require(Permission::Export).is_ok(),
                export,
                "{claims}"
            );
        }
    }

    #[test]
    fn a_name_that_comes_twice_is_refused() {
        assert!(serde_json::from_str::<UniqueObject>(r#"{"a":1,"b":2}"#).is_ok());
        assert!(serde_json::from_str::<UniqueObject>(r#"{"a":1,"a":1}"#).is_err());
        assert!(serde_json::from_str::<UniqueObject>(r#"{"a":1,"\u0061":2}"#).is_err());
        assert!(serde_json::from_str::<UniqueObject>("[1]").is_err());
    }
}
