//! The claims that an API Gateway authorizer verified before this Lambda was called.

use http::Extensions;
use lambda_http::request::RequestContext;
use serde_json::{Map, Value};

/// The claims, wherever the kind of authorizer puts them: an HTTP API's JWT authorizer, a REST
/// API's Cognito authorizer, or what a Lambda authorizer returned as its context.
///
/// They are in the event's `requestContext`, which only API Gateway writes; no header or body of
/// the client ends up there.
pub(crate) fn gateway_claims(
    extensions: &Extensions,
    permissions_claim: &str,
) -> Option<Map<String, Value>> {
    let authorizer = match extensions.get::<RequestContext>()? {
        RequestContext::ApiGatewayV1(context) => &context.authorizer,
        RequestContext::ApiGatewayV2(context) => context.authorizer.as_ref()?,
        _ => return None,
    };
    let claims: Map<String, Value> = if let Some(jwt) = &authorizer.jwt {
        jwt.claims
            .iter()
            .map(|(name, value)| (name.clone(), Value::String(value.clone())))
            .collect()
    } else if let Some(Value::Object(claims)) = authorizer.fields.get("claims") {
        claims.clone()
    } else {
        authorizer.fields.clone().into_iter().collect()
    };
    let claims: Map<String, Value> = claims
        .into_iter()
        .map(|(name, value)| {
            let is_list = name == permissions_claim;
            (name, unflattened(value, is_list))
        })
        .collect();
    (!claims.is_empty()).then_some(claims)
}

/// API Gateway writes a list as one text: `[a b]` (HTTP APIs) or `a,b` (REST APIs).
fn unflattened(value: Value, is_list: bool) -> Value {
    let Value::String(text) = &value else {
        return value;
    };
    let inside = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let Some(inside) = inside.or(is_list.then_some(text)) else {
        return value;
    };
    inside
        .split([' ', ','])
        .filter(|word| !word.is_empty())
        .map(|word| Value::String(word.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use lambda_http::aws_lambda_events::apigw::{
        ApiGatewayProxyRequestContext, ApiGatewayV2httpRequestContext,
    };
    use serde_json::json;

    use super::*;

    fn http_api(authorizer: &Value) -> Option<Map<String, Value>> {
        let context: ApiGatewayV2httpRequestContext =
            serde_json::from_value(json!({"http": {"method": "GET"}, "authorizer": authorizer}))
                .unwrap();
        let mut extensions = Extensions::new();
        extensions.insert(RequestContext::ApiGatewayV2(context));
        gateway_claims(&extensions, "permissions")
    }

    fn rest_api(authorizer: &Value) -> Option<Map<String, Value>> {
        let context: ApiGatewayProxyRequestContext = serde_json::from_value(
            json!({"httpMethod": "GET", "authorizer": authorizer, "identity": {}}),
        )
        .unwrap();
        let mut extensions = Extensions::new();
        extensions.insert(RequestContext::ApiGatewayV1(context));
        gateway_claims(&extensions, "permissions")
    }

    #[test]
    fn claims_are_found_wherever_the_authorizer_puts_them() {
        let claims = http_api(&json!({"jwt": {
            "claims": {"org_id": "acme", "permissions": "[audit_log:view audit_log:export]"},
            "scopes": null
        }}))
        .unwrap();
        assert_eq!(claims["org_id"], "acme");
        assert_eq!(
            claims["permissions"],
            json!(["audit_log:view", "audit_log:export"])
        );

        let claims = http_api(&json!({"lambda": {"org_id": "acme"}})).unwrap();
        assert_eq!(claims["org_id"], "acme");
        let claims = rest_api(&json!({"claims": {"org_id": "acme"}, "org_id": "other"})).unwrap();
        assert_eq!(claims["org_id"], "acme");
        let flat = json!({"org_id": "a,b", "principalId": "jane", "permissions": "x,y z"});
        let claims = rest_api(&flat).unwrap();
        assert_eq!(claims["org_id"], "a,b");
        assert_eq!(claims["permissions"], json!(["x", "y", "z"]));
    }

    #[test]
    fn without_an_authorizer_there_are_no_claims() {
        assert!(gateway_claims(&Extensions::new(), "permissions").is_none());
        assert!(http_api(&Value::Null).is_none());
        assert!(http_api(&json!({"iam": {"accountId": "1"}})).is_none());
        assert!(rest_api(&json!({})).is_none());
    }
}
