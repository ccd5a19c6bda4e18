//! A service with the one line, configured by its environment.

use lambda_http::{Body, Error, Request, Response, service_fn};

#[tokio::main]
async fn main() -> Result<(), Error> {
    daybook_capture::run(service_fn(create_order)).await
}

async fn create_order(_request: Request) -> Result<Response<Body>, Error> {
    Ok(Response::builder()
        .status(201)
        .header("content-type", "application/json")
        .body(Body::from(r#"{"id":"7","name":"Order 7"}"#))?)
}
