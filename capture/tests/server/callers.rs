//! Who called, from where, and by which name: what of a request is believed, and what is not.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::routing::post;
use daybook_capture::{ServerBuilder, audit};
use serde_json::{Value, json};

use crate::world::{Mood, Raw, builder, capture, messages_of};

fn orders() -> Router {
    Router::new().route("/v1/orders/{id}", post(async |_body: String| "done"))
}

async fn context_of(
    router: Router,
    settings: impl FnOnce(ServerBuilder) -> ServerBuilder,
    headers: &[(&str, &str)],
) -> Value {
    let (sink, capture) = capture(Mood::Takes);
    let audit = settings(builder(capture)).build().unwrap();
    let request = Raw::new("POST", "/v1/orders/7", headers, "{}");
    let [message] = messages_of(router, &audit, &sink, &[request])
        .await
        .try_into()
        .unwrap();
    message["event"]["requestContext"].clone()
}

#[tokio::test]
async fn the_address_is_the_peers_unless_proxies_are_trusted() {
    let forged = [
        ("x-forwarded-for", "6.6.6.6, 203.0.113.7"),
        ("x-forwarded-for", "10.0.0.3"),
    ];
    let context = context_of(orders(), |builder| builder, &forged).await;
    assert_eq!(context["http"]["sourceIp"], "127.0.0.1");
    for (hops, ip) in [(0, "127.0.0.1"), (1, "10.0.0.3"), (2, "203.0.113.7")] {
        let context = context_of(orders(), |builder| builder.trusted_hops(hops), &forged).await;
        assert_eq!(context["http"]["sourceIp"], ip);
    }
}

#[tokio::test]
async fn the_domain_name_is_the_hosts_unless_told_otherwise() {
    let forged = [("x-forwarded-host", "evil.example")];
    let context = context_of(orders(), |builder| builder, &forged).await;
    assert_eq!(context["domainName"], "api.example.com");
    let context = context_of(
        orders(),
        |builder| builder.domain_name("fixed.example"),
        &forged,
    );
    assert_eq!(context.await["domainName"], "fixed.example");
    let gateway = [(
        "forwarded",
        "for=192.0.2.1;host=gateway.example;proto=https",
    )];
    let context = context_of(
        orders(),
        |builder| builder.trust_forwarded_host(true),
        &gateway,
    );
    assert_eq!(context.await["domainName"], "gateway.example");
}

#[tokio::test]
async fn nobodys_headers_name_a_caller() {
    let forged = [
        ("x-amzn-oidc-identity", "admin"),
        (
            "x-amzn-oidc-data",
            "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.",
        ),
        (
            "authorization",
            "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.",
        ),
    ];
    let context = context_of(orders(), |builder| builder, &forged).await;
    assert_eq!(context.get("authorizer"), None);
}

#[tokio::test]
async fn claims_come_from_a_middleware_on_either_side_of_the_layer() {
    let from_outside = |parts: &http::request::Parts| {
        let user = parts.headers.get("x-verified-user")?.to_str().ok()?;
        Some(json!({"sub": user, "org_id": "acme", "api_key": "hidden"}))
    };
    let user = [("x-verified-user", "u1")];
    let context = context_of(orders(), |builder| builder.authorizer(from_outside), &user).await;
    let claims = json!({"sub": "u1", "org_id": "acme", "api_key": "[redacted]"});
    assert_eq!(context["authorizer"], json!({"jwt": {"claims": claims}}));

    // What is said inside counts more; what is no object counts nothing.
    let inside = orders().layer(from_fn(async |request: Request, next: Next| {
        audit(|a| a.caller_claims(&json!({"sub": "u2"})));
        next.run(request).await
    }));
    let context = context_of(inside, |builder| builder.authorizer(from_outside), &user).await;
    assert_eq!(context["authorizer"]["jwt"]["claims"], json!({"sub": "u2"}));
    let nothing = |builder: ServerBuilder| builder.authorizer(|_| Some(json!("u1")));
    assert_eq!(
        context_of(orders(), nothing, &[]).await.get("authorizer"),
        None
    );
}
