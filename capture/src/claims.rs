//! Who called, as the service itself verified it, in the event's place for it.

use std::borrow::Cow;

use serde_json::Value;

use crate::credentials::Members;

/// The members of `requestContext.identity` that name a caller whom API Gateway verified: by IAM or
/// an API key.
const VERIFIED_IDENTITY: [&str; 4] = ["apiKey", "apiKeyId", "caller", "userArn"];

/// How long a REST API's authorizer took, which says nothing of a caller.
const INTEGRATION_LATENCY: &str = "integrationLatency";

/// The event with `claims` as `requestContext.authorizer.jwt.claims`, where its gateway knew no
/// caller; else as it was.
pub(crate) fn with_claims(event: String, claims: &Value) -> String {
    try_with_claims(&event, claims).unwrap_or(event)
}

fn try_with_claims(event: &str, claims: &Value) -> Option<String> {
    let members: Members<'_> = serde_json::from_str(event).ok()?;
    let context = members.0.iter().rfind(|(name, _)| name == "requestContext");
    let context: Members<'_> = serde_json::from_str(context?.1.get()).ok()?;
    if names_a_caller(&context) {
        return None;
    }
    let authorizer = serde_json::json!({"jwt": {"claims": claims}}).to_string();
    let context = object(
        context
            .0
            .iter()
            .filter(|(name, _)| name != "authorizer")
            .map(|(name, value)| (name, value.get()))
            .chain([(&Cow::Borrowed("authorizer"), authorizer.as_str())]),
    );
    Some(object(members.0.iter().map(|(name, value)| {
        let is_context = name == "requestContext";
        (
            name,
            if is_context {
                context.as_str()
            } else {
                value.get()
            },
        )
    })))
}

fn names_a_caller(context: &Members<'_>) -> bool {
    // What cannot be read may name somebody.
    let is_said =
        |json: &str| serde_json::from_str(json).map_or(true, |value| says_something(&value));
    context.0.iter().any(|(name, value)| match name.as_ref() {
        "authorizer" => is_said(value.get()),
        // An identity that cannot be read may name somebody.
        "identity" => match serde_json::from_str::<Option<Members<'_>>>(value.get()) {
            Ok(identity) => {
                identity
                    .into_iter()
                    .flat_map(|identity| identity.0)
                    .any(|(name, value)| {
                        VERIFIED_IDENTITY.contains(&name.as_ref()) && is_said(value.get())
                    })
            }
            Err(_) => true,
        },
        _ => false,
    })
}

/// Whether a scalar at any depth is neither null nor empty.
fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
        Value::Array(items) => items.iter().any(says_something),
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| name != INTEGRATION_LATENCY && says_something(value)),
    }
}

fn object<'a>(members: impl Iterator<Item = (&'a Cow<'a, str>, &'a str)>) -> String {
    let members: Vec<String> = members
        .map(|(name, json)| format!("{}:{json}", Value::from(name.as_ref())))
        .collect();
    format!("{{{}}}", members.join(","))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claimed(context: &Value) -> Value {
        let event = json!({"httpMethod": "POST", "requestContext": context, "body": "{}"});
        let claims = json!({"sub": "u1"});
        serde_json::from_str(&with_claims(event.to_string(), &claims)).unwrap()
    }

    #[test]
    fn claims_stand_where_the_gateway_knew_nobody() {
        for context in [
            json!({}),
            json!({"elb": {"targetGroupArn": "arn"}}),
            json!({"authorizer": null, "stage": "prod"}),
            json!({"authorizer": {}}),
            json!({"authorizer": {"lambda": null}}),
            json!({"authorizer": {"lambda": {}}}),
            json!({"authorizer": {"jwt": {"claims": {}, "scopes": null}}}),
            json!({"authorizer": {"jwt": {"claims": {"sub": ""}, "scopes": []}}}),
            json!({"authorizer": {"integrationLatency": 12, "principalId": ""}}),
            json!({"identity": {"sourceIp": "192.0.2.1", "userArn": null, "apiKey": ""}}),
            json!({"identity": null}),
        ] {
            let event = claimed(&context);
            let authorizer = &event["requestContext"]["authorizer"];
            assert_eq!(*authorizer, json!({"jwt": {"claims": {"sub": "u1"}}}));
            assert_eq!(event["requestContext"]["stage"], context["stage"]);
            assert_eq!(event["body"], "{}");
        }
    }

    #[test]
    fn a_caller_whom_the_gateway_knew_stays() {
        for context in [
            json!({"authorizer": {"principalId": "p"}}),
            json!({"authorizer": {"iam": {"userArn": "arn"}}}),
            json!({"authorizer": {"lambda": {"isAdmin": false}}}),
            json!({"authorizer": {"jwt": {"claims": {}, "scopes": ["a"]}}}),
            json!({"identity": {"userArn": "arn:aws:iam::1:user/jane"}}),
            json!({"identity": {"apiKeyId": "k"}}),
            json!({"identity": [1]}),
        ] {
            assert_eq!(claimed(&context)["requestContext"], context);
        }
        let too_deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        let event = format!(r#"{{"requestContext":{{"authorizer":{too_deep}}}}}"#);
        for event in [event.as_str(), "[]"] {
            assert_eq!(with_claims(event.to_owned(), &json!({})), event);
        }
    }
}
