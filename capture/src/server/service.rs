//! The layer around a server's routes, its service and its future.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use daybook_event::HandlerFailure;
use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tokio::task::futures::TaskLocalFuture;
use tower::{Layer, Service};

use super::door::Door;
use super::request_body::CapturedBody;
use crate::exchange::{Answer, CURRENT, Exchange, PanicWatch};
use crate::observe::{Observation, ObserveResponse, ObservedBody};

/// The layer that [`ServerCapture::layer`](crate::ServerCapture::layer) makes.
#[derive(Debug, Clone)]
pub struct ServerLayer {
    /// None where capture is disabled.
    pub(super) door: Option<Arc<Door>>,
}

impl<S> Layer<S> for ServerLayer {
    type Service = ServerService<S>;

    fn layer(&self, inner: S) -> ServerService<S> {
        ServerService {
            inner,
            door: self.door.clone(),
        }
    }
}

/// The service that [`ServerLayer`] makes: it records each call when the handler has answered and
/// both bodies are done with. Readiness, response and error are the inner service's own.
#[derive(Debug, Clone)]
pub struct ServerService<S> {
    inner: S,
    door: Option<Arc<Door>>,
}

impl<S, B, R> Service<Request<B>> for ServerService<S>
where
    S: Service<Request<CapturedBody<B>>, Response = Response<R>>,
    B: Body,
    R: Body,
{
    type Response = Response<ObservedBody<R>>;
    type Error = S::Error;
    type Future = ServerFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (parts, body) = request.into_parts();
        let exchange = self.door.as_ref().and_then(|door| door.begin(&parts));
        let Some(exchange) = exchange else {
            let request = Request::from_parts(parts, CapturedBody::untouched(body));
            return ServerFuture {
                served: Served::Untouched {
                    inner: self.inner.call(request),
                },
            };
        };
        let bytes_max = self
            .door
            .as_ref()
            .map_or(0, |door| door.settings.request_body_bytes_max);
        let body = CapturedBody::copied(body, exchange.clone(), bytes_max);
        let request = Request::from_parts(parts, body);
        // A service's `call` may do its work before it returns a future.
        let inner = CURRENT.sync_scope(Some(exchange.clone()), || {
            let _watch = PanicWatch(Some(&exchange));
            self.inner.call(request)
        });
        ServerFuture {
            served: Served::Captured {
                inner: Some(CURRENT.scope(Some(exchange.clone()), inner)),
                exchange: Some(exchange),
            },
        }
    }
}

pin_project! {
    /// Serves a request, noting how it ends.
    #[must_use = "futures do nothing unless polled"]
    pub struct ServerFuture<F> {
        #[pin]
        served: Served<F>,
    }
}

pin_project! {
    #[project = ServedProjection]
    enum Served<F> {
        Untouched {
            #[pin]
            inner: F,
        },
        Captured {
            #[pin]
            inner: Option<TaskLocalFuture<Option<Arc<Exchange>>, F>>,
            exchange: Option<Arc<Exchange>>,
        },
    }
}

impl<F, R, E> Future for ServerFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: Body,
{
    type Output = Result<Response<ObservedBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let (result, exchange) = match self.project().served.project() {
            ServedProjection::Untouched { inner } => (ready!(inner.poll(context)), None),
            ServedProjection::Captured {
                mut inner,
                exchange,
            } => {
                let Some(future) = inner.as_mut().as_pin_mut() else {
                    // Polled again after its end, which no caller does.
                    return Poll::Pending;
                };
                let result = {
                    let _watch = PanicWatch(exchange.as_deref());
                    ready!(future.poll(context))
                };
                // The call ends when nobody holds it any more, and the future may live on.
                inner.set(None);
                (result, exchange.take())
            }
        };
        if let (Err(_), Some(exchange)) = (&result, &exchange) {
            exchange.answered(Answer::Failed(HandlerFailure::Error));
        }
        Poll::Ready(result.map(|response| response.observe(Observation { exchange })))
    }
}
