//! An axum server in a container with the second door: a middleware inside the layer verifies the
//! caller, and a handler says more about its call.
//!
//! Beside `daybook up`:
//! `DAYBOOK_INTAKE_URL=http://127.0.0.1:8080/intake cargo run -p daybook-capture --example axum_server`,
//! then `curl -X POST -H 'Authorization: Bearer jane' http://127.0.0.1:3000/v1/orders/7/refund`.

use std::net::SocketAddr;

use axum::extract::{Path, Request};
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::post;
use axum::{Json, Router};
use daybook_capture::audit;
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let audit = daybook_capture::server_from_env()?;
    let app = Router::new()
        .route("/v1/orders/{orderId}/refund", post(refund))
        .layer(from_fn(authenticate))
        // The last layer is the outermost: it sees what everything inside it answers.
        .layer(audit.layer())
        .into_make_service_with_connect_info::<SocketAddr>();

    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 3000)).await?;
    axum::serve(listener, app)
        .with_graceful_shutdown(async {
            // Without a signal to wait for, it serves until it is killed.
            let _ = tokio::signal::ctrl_c().await;
        })
        .await?;
    let unacknowledged = audit.shut_down().await;
    eprintln!("{unacknowledged} calls are not recorded");
    Ok(())
}

/// Where your service verifies a token; this one believes it.
async fn authenticate(request: Request, next: Next) -> Result<Response, StatusCode> {
    let header = request.headers().get(AUTHORIZATION);
    let user = header
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
        .ok_or(StatusCode::UNAUTHORIZED)?;
    let claims = json!({"sub": user, "org_id": "acme", "email": format!("{user}@example.com")});
    audit(|a| a.caller_claims(&claims));
    Ok(next.run(request).await)
}

async fn refund(Path(order_id): Path<String>) -> Json<Value> {
    audit(|a| {
        a.entity("order", &order_id)
            .before(&json!({"state": "paid"}))
            .after(&json!({"state": "refunded"}))
            .reason("the goods never arrived")
    });
    Json(json!({"id": order_id, "state": "refunded"}))
}
