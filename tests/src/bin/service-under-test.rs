//! A service of three lines with the capture layer, built with this package so that no test ever runs
//! an older one.

use lambda_http::{Body, Error, Request, RequestExt, Response, service_fn};

#[tokio::main]
async fn main() -> Result<(), Error> {
    daybook_capture::run(service_fn(handler)).await
}

async fn handler(request: Request) -> Result<Response<Body>, Error> {
    let parameters = request.path_parameters();
    let order_id = parameters.first("orderId").unwrap_or_default();
    daybook_capture::audit(|a| a.entity("order", order_id).reason("it was asked for"));
    if request.method() == "DELETE" {
        return Err("the handler's own error".into());
    }
    Ok(Response::builder()
        .status(201)
        .header("content-type", "application/json")
        .body(Body::Text(format!(r#"{{"id":"{order_id}"}}"#)))?)
}
