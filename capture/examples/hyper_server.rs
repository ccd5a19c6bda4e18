//! A hyper server with the second door: any tower `Service` whose request body is
//! `CapturedBody<…>` stands behind it, and a hook says each call's route.
//!
//! Beside `daybook up`:
//! `DAYBOOK_INTAKE_URL=http://127.0.0.1:8080/intake cargo run -p daybook-capture --example hyper_server`,
//! then `curl -X POST -d '{"name":"Order 7"}' http://127.0.0.1:3000/v1/orders`.

use std::convert::Infallible;
use std::pin::pin;

use bytes::Bytes;
use daybook_capture::{CapturedBody, ServerBuilder};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::{Layer, Service};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let audit = ServerBuilder::from_env()?
        .trusted_hops(0)
        .route(|parts| (parts.uri.path() == "/v1/orders").then(|| "/v1/orders".to_owned()))
        .build()?;
    let service = audit.layer().layer(tower::service_fn(create_order));

    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 3000)).await?;
    let (stop, _) = watch::channel(());
    let mut connections = JoinSet::new();
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => accepted?,
            _ = tokio::signal::ctrl_c() => break,
        };
        let service = service.clone();
        let served = service_fn(move |mut request: Request<Incoming>| {
            // Whom the connection is with, the layer reads here.
            request.extensions_mut().insert(peer);
            service.clone().call(request)
        });
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), served);
        let mut stopped = stop.subscribe();
        connections.spawn(async move {
            let mut connection = pin!(connection);
            // One that breaks off is the client's business.
            tokio::select! {
                _ = connection.as_mut() => {}
                _ = stopped.changed() => {
                    connection.as_mut().graceful_shutdown();
                    let _ = connection.await;
                }
            }
        });
    }
    // Calls under way end first, or nobody would record them.
    stop.send_replace(());
    connections.join_all().await;
    let unacknowledged = audit.shut_down().await;
    eprintln!("{unacknowledged} calls are not recorded");
    Ok(())
}

async fn create_order(
    request: Request<CapturedBody<Incoming>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let order = request.into_body().collect().await;
    let (status, body) = match order {
        Ok(order) => (StatusCode::CREATED, order.to_bytes()),
        Err(_) => (StatusCode::BAD_REQUEST, Bytes::new()),
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    Ok(response)
}
