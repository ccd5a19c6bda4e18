//! Who called, and for which tenant: out of the event's authorizer, wherever API Gateway puts it.
//!
//! Where the claims stand, by kind of authorizer (Amazon API Gateway's developer guide, "Control and
//! manage access"):
//!
//! | API | authorizer | place |
//! |---|---|---|
//! | HTTP | JWT (Cognito, Auth0, …) | `requestContext.authorizer.jwt.claims` |
//! | HTTP | Lambda, simple or IAM-policy response | `requestContext.authorizer.lambda` |
//! | HTTP | IAM | `requestContext.authorizer.iam` |
//! | REST | Cognito user pool | `requestContext.authorizer.claims` |
//! | REST | Lambda | `requestContext.authorizer`, flat, with `principalId` |
//! | REST | IAM, API key | `requestContext.identity` |

use std::collections::BTreeMap;

use daybook_event::{Caller, CallerType};
use daybook_openapi::is_placeholder;
use daybook_store::TenantId;
use serde_json::Value;

use crate::gateway_event::{first_text, text, text_map};
use crate::settings::Settings;
use crate::things::without_placeholder;

/// Where the claims stand, most specific first. What stands for no value, as `String(undefined)` of an authorizer does, is
/// none.
struct Claims {
    places: Vec<BTreeMap<String, String>>,
}

impl Claims {
    fn of(event: &Value) -> Self {
        let authorizer = &event["requestContext"]["authorizer"];
        Self {
            places: [
                &authorizer["jwt"]["claims"],
                &authorizer["claims"],
                &authorizer["lambda"],
                authorizer,
            ]
            .into_iter()
            .map(text_map)
            .collect(),
        }
    }

    fn first(&self, names: &[String]) -> String {
        names
            .iter()
            .flat_map(|name| self.places.iter().filter_map(move |place| place.get(name)))
            .find(|value| !is_placeholder(value))
            .cloned()
            .unwrap_or_default()
    }

    fn get(&self, name: &str) -> &str {
        self.places
            .iter()
            .find_map(|place| place.get(name))
            .filter(|value| !is_placeholder(value))
            .map_or("", String::as_str)
    }
}

/// The tenant that the authorizer verified, if it names one.
pub(crate) fn org_id(event: &Value, settings: &Settings) -> Option<String> {
    usable_org_id(&Claims::of(event).first(&settings.org_claims))
}

/// A tenant's name as it is; `None` where it is empty, too long or has control characters, which no
/// token can name either.
pub(crate) fn usable_org_id(text: &str) -> Option<String> {
    TenantId::new(text).ok().map(|_| text.to_owned())
}

/// The caller that the authorizer verified.
pub(crate) fn caller(event: &Value, settings: &Settings) -> Caller {
    let context = &event["requestContext"];
    let identity = &context["identity"];
    let iam = &context["authorizer"]["iam"];
    let claims = Claims::of(event);

    let principal_arn = first_text([&iam["userArn"], &identity["userArn"], &identity["caller"]]);
    let api_key_id = text(&identity["apiKeyId"]);
    let has_api_key = !api_key_id.is_empty() || !text(&identity["apiKey"]).is_empty();
    let subject = claims.first(&settings.user_claims);
    let client_id = claims.get("client_id");

    let is_program = !principal_arn.is_empty()
        || has_api_key
        || claims.get("gty") == "client-credentials"
        || subject.is_empty()
        || subject == client_id;
    let token_id = claims.first(&settings.token_claims);
    Caller {
        kind: if is_program {
            CallerType::Api
        } else {
            CallerType::User
        },
        user_id: if subject.is_empty() {
            principal_arn
        } else {
            subject
        },
        user_email: claims.first(&settings.email_claims),
        name: without_placeholder(&claims.first(&settings.name_claims)).to_owned(),
        token_id: if token_id.is_empty() {
            api_key_id
        } else {
            token_id
        },
    }
}

/// How a sentence names the caller: the e-mail address, the name, an IAM principal's last part, the
/// subject, or the token.
pub(crate) fn actor(caller: &Caller) -> String {
    if !caller.user_email.is_empty() {
        return caller.user_email.clone();
    }
    if !caller.name.is_empty() {
        return caller.name.clone();
    }
    if caller.user_id.starts_with("arn:") {
        // arn:aws:iam::123456789012:user/jane, arn:aws:sts::123456789012:assumed-role/Deploy/session
        let resource = caller.user_id.rsplit(':').next().unwrap_or_default();
        let mut parts = resource.split('/');
        let (kind, name) = (parts.next(), parts.next());
        return match (kind, name) {
            (Some("assumed-role"), Some(role)) => format!("role {role}"),
            (_, Some(name)) => name.to_owned(),
            (Some(kind), None) => kind.to_owned(),
            (None, None) => "an IAM principal".to_owned(),
        };
    }
    if caller.kind == CallerType::Api {
        let client = [&caller.token_id, &caller.user_id]
            .into_iter()
            .find(|id| !id.is_empty());
        return match client {
            Some(id) => format!("API client {id}"),
            None => "an anonymous caller".to_owned(),
        };
    }
    if !caller.user_id.is_empty() {
        return format!("user {}", caller.user_id);
    }
    "an anonymous caller".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Case {
        name: String,
        event: Value,
        #[serde(default)]
        environment: BTreeMap<String, String>,
        org_id: Option<String>,
        caller: Caller,
        actor: String,
    }

    /// Each case's source stands beside it; the events are AWS's own samples, cut to what matters.
    #[test]
    fn every_kind_of_authorizer_is_understood() {
        let cases: Vec<Case> =
            serde_json::from_str(include_str!("../tests/authorizer_cases.json")).unwrap();
        assert!(cases.len() >= 16);
        for case in cases {
            let settings = Settings::from_env(|name| case.environment.get(name).cloned()).unwrap();
            assert_eq!(org_id(&case.event, &settings), case.org_id, "{}", case.name);
            let caller = caller(&case.event, &settings);
            assert_eq!(caller, case.caller, "{}", case.name);
            assert_eq!(actor(&caller), case.actor, "{}", case.name);
        }
    }

    #[test]
    fn a_tenant_that_no_token_can_name_is_no_tenant() {
        for text in ["", "\u{1}unattributed", "a\nb", &"x".repeat(10_000)] {
            assert_eq!(usable_org_id(text), None);
        }
        // Nothing is trimmed: a token that names " acme " reads " acme ".
        assert_eq!(usable_org_id(" acme "), Some(" acme ".to_owned()));
    }
}
