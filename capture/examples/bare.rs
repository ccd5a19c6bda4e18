//! The service of `default.rs` without the one line, to compare with.

use lambda_http::{Body, Error, Request, Response, service_fn};

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda_http::run(service_fn(create_order)).await
}

async fn create_order(_request: Request) -> Result<Response<Body>, Error> {
    Ok(Response::builder()
        .status(201)
        .header("content-type", "application/json")
        .body(Body::from(r#"{"id":"7","name":"Order 7"}"#))?)
}
