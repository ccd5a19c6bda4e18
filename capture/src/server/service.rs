//! The layer around a server's routes, its service and its future.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use daybook_event::HandlerFailure;
use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use super::door::{Begun, Door};
use super::request_body::CapturedBody;
use crate::exchange::{Answer, Exchange, Within};
use crate::observe::{Observation, ObserveResponse, ObservedBody, ReturnedTo};

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
        let begun = match &self.door {
            Some(door) => door.begin(&parts),
            None => Begun::Elsewhere,
        };
        let (exchange, limits) = match begun {
            Begun::Captured(exchange, limits) => (exchange, limits),
            Begun::LeftOut | Begun::Elsewhere => {
                let is_left_out = matches!(begun, Begun::LeftOut);
                let request = Request::from_parts(parts, CapturedBody::untouched(body));
                let _within = is_left_out.then(|| Within::enter(None));
                return ServerFuture {
                    served: Served::Untouched {
                        inner: self.inner.call(request),
                        is_left_out,
                    },
                };
            }
        };
        let body = CapturedBody::copied(body, exchange.clone(), limits);
        let request = Request::from_parts(parts, body);
        // A service's `call` may do its work before it returns a future.
        let inner = {
            let _step = exchange.step();
            self.inner.call(request)
        };
        ServerFuture {
            served: Served::Captured {
                inner: Some(inner),
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

    impl<F> PinnedDrop for ServerFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            // A client that went away ends the handler: what it says then is heard as well.
            if let ServedProjection::Captured { mut inner, exchange } = this.project().served.project() {
                let _within = Within::enter(exchange.as_ref());
                inner.set(None);
            }
        }
    }
}

pin_project! {
    #[project = ServedProjection]
    enum Served<F> {
        Untouched {
            #[pin]
            inner: F,
            // A layer within this one leaves it out as well.
            is_left_out: bool,
        },
        Captured {
            #[pin]
            inner: Option<F>,
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
            ServedProjection::Untouched { inner, is_left_out } => {
                let _within = is_left_out.then(|| Within::enter(None));
                (ready!(inner.poll(context)), None)
            }
            ServedProjection::Captured {
                mut inner,
                exchange,
            } => {
                let Some(future) = inner.as_mut().as_pin_mut() else {
                    // Polled again after its end, which no caller does.
                    return Poll::Pending;
                };
                let result = {
                    let _step = exchange.as_ref().map(Exchange::step);
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
        let observation = Observation {
            exchange,
            returned_to: ReturnedTo::HttpAdapter,
        };
        Poll::Ready(result.map(|response| response.observe(observation)))
    }
}
