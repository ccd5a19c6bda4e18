//! A service that is configured in code, says more about its calls, and goes on without an audit
//! log where there is no queue.

use daybook_capture::{Capture, Metrics, Privacy, audit};
use lambda_http::{Body, Error, Request, RequestExt, Response, service_fn};
use serde::Serialize;

#[derive(Serialize)]
struct Order {
    id: String,
    state: &'static str,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let capture = match std::env::var("ORDERS_AUDIT_QUEUE_URL") {
        Ok(queue_url) => Capture::builder()
            .queue_url(queue_url)
            .ignore_paths(["/v1/orders/{orderId}/heartbeat"])
            .capture_reads(["/v1/customers/{customerId}/bank-account"])
            .capture_if(|call| !call.path.ends_with("/search"))
            .sensitive_headers(["X-Warehouse-Signature"])
            .flush_timeout_ms(500)
            .overflow_bucket("orders-audit-overflow")
            .metrics(Metrics::emf())
            .build()?,
        Err(_) => Capture::disabled(),
    };
    // The same as `capture.run(service_fn(handler))`, with room for further layers.
    lambda_http::runtime(capture.layer(service_fn(handler)))
        .layer(capture)
        .run()
        .await
}

async fn handler(request: Request) -> Result<Response<Body>, Error> {
    let path_parameters = request.path_parameters();
    if path_parameters.first("customerId").is_some() {
        audit(|a| {
            a.privacy(Privacy {
                operation: "view".to_owned(),
                fields_accessed: vec!["iban".to_owned()],
                record_count: Some(1),
                risk_level: "high".to_owned(),
                ..Privacy::default()
            })
        });
        return Ok(Response::new(Body::from(
            r#"{"iban":"DE02120300000000202051"}"#,
        )));
    }
    let order_id = path_parameters.first("orderId").unwrap_or("7").to_owned();
    refund(&order_id);
    Ok(Response::builder().status(204).body(Body::Empty)?)
}

/// Far below the handler, and nothing was passed along.
fn refund(order_id: &str) {
    let paid = Order {
        id: order_id.to_owned(),
        state: "paid",
    };
    let refunded = Order {
        id: order_id.to_owned(),
        state: "refunded",
    };
    audit(|a| {
        a.entity("order", order_id)
            .name(format!("Order {order_id}"))
            .before(&paid)
            .after(&refunded)
            .reason("the goods never arrived")
    });
}
