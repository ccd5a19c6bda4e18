//! The services that the layer makes: around the runtime, and around the handler.

use std::pin::Pin;
use std::sync::{Arc, Once};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use daybook_event::HandlerFailure;
use futures::FutureExt;
use futures::future::BoxFuture;
use lambda_http::{Adapter, IntoResponse, Request};
use lambda_runtime::layers::TracingLayer;
use lambda_runtime::{Diagnostic, Error, LambdaEvent, LambdaInvocation, Runtime};
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use crate::capture::{Capture, Shared};
use crate::deadline::DeadlineNear;
use crate::delivery::Handler;
use crate::exchange::{
    Answer, Exchange, PanicWatch, Within, current_exchange, is_inside_the_runtime_layer,
};
use crate::observe::{Observation, ObserveResponse, ObservedReturn, ReturnedTo};

/// The service that [`Capture`] makes as a `Layer`.
///
/// - Around a runtime (`Service<LambdaInvocation>`): starts an exchange, and sends its message after
///   the response was posted.
/// - Around a handler (`Service<http::Request<_>>` or `Service<LambdaEvent<_>>`): sees how it ends.
///
/// Readiness, response and error are the inner service's own.
#[derive(Debug, Clone)]
pub struct CaptureService<S> {
    inner: S,
    capture: Capture,
}

impl Capture {
    /// The service with the layer around it: a handler, or what a runtime runs. As
    /// [`Layer::layer`], for which nothing has to be imported.
    pub fn layer<S>(&self, inner: S) -> CaptureService<S> {
        CaptureService {
            inner,
            capture: self.clone(),
        }
    }

    /// Runs a handler as `lambda_http::run` does, and records its calls.
    ///
    /// # Errors
    /// What `lambda_http::run` returns.
    ///
    /// # Panics
    /// As `lambda_http::run`: where Lambda's environment variables are missing.
    pub async fn run<'a, R, S, E>(self, handler: S) -> Result<(), Error>
    where
        S: Service<Request, Response = R, Error = E>,
        S::Future: Send + 'a,
        R: IntoResponse,
        E: std::fmt::Debug + Into<Diagnostic>,
    {
        Runtime::new(Adapter::from(ReturnService::new(handler)))
            .layer(TracingLayer::new())
            .layer(self)
            .run()
            .await
    }
}

impl<S> Layer<S> for Capture {
    type Service = CaptureService<S>;

    fn layer(&self, inner: S) -> CaptureService<S> {
        Self::layer(self, inner)
    }
}

impl<S> Service<LambdaInvocation> for CaptureService<S>
where
    S: Service<LambdaInvocation, Response = ()>,
{
    type Response = ();
    type Error = S::Error;
    type Future = InvocationFuture<S::Future, S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        let shared = self.capture.shared.as_ref();
        let captured = shared.and_then(|shared| Captured::begin(shared, &invocation).map(Box::new));
        // A handler's `call` may do its work before it returns a future.
        let _within = Within::enter(captured.as_ref().map(|captured| &captured.exchange));
        InvocationFuture {
            served: Some(self.inner.call(invocation)),
            captured,
        }
    }
}

/// What a captured call has and a left-out one has not.
struct Captured<E> {
    exchange: Arc<Exchange>,
    near: DeadlineNear,
    /// None when it is done.
    delivery: Option<Delivery>,
    result: Option<Result<(), E>>,
}

impl<E> Captured<E> {
    fn begin(shared: &Arc<Shared>, invocation: &LambdaInvocation) -> Option<Self> {
        let exchange = shared.begin(invocation)?;
        Some(Self {
            near: DeadlineNear::new(invocation.context.deadline, shared.flush_timeout()),
            delivery: Some(Delivery::Due {
                exchange: exchange.clone(),
                shared: shared.clone(),
            }),
            exchange,
            result: None,
        })
    }
}

enum Delivery {
    Due {
        exchange: Arc<Exchange>,
        shared: Arc<Shared>,
    },
    UnderWay(BoxFuture<'static, ()>),
}

impl Delivery {
    fn begin(&mut self, time_max: Duration, handler: Handler) {
        if let Self::Due { exchange, shared } = self {
            let delivery = shared.clone().deliver(exchange.clone(), time_max, handler);
            *self = Self::UnderWay(delivery.boxed());
        }
    }

    /// What is known shortly before Lambda ends the function is sent then: there is no afterwards.
    fn begin_without_an_end(&mut self, time_max: Duration) {
        if let Self::Due { exchange, .. } = self {
            exchange.answered(Answer::Failed(HandlerFailure::Timeout));
            self.begin(time_max, Handler::IsAtWork);
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match self {
            Self::Due { .. } => Poll::Pending,
            Self::UnderWay(delivery) => delivery.as_mut().poll(context),
        }
    }
}

pin_project! {
    /// Serves an invocation, then sends its message, then returns what the service returned.
    ///
    /// Where the service has not ended shortly before Lambda ends the function, the message is sent
    /// while the service goes on; neither waits for the other.
    #[must_use = "futures do nothing unless polled"]
    pub struct InvocationFuture<F, E> {
        #[pin]
        served: Option<F>,
        // On the heap, so that a left-out call is hardly longer for it.
        captured: Option<Box<Captured<E>>>,
    }
}

impl<F, E> Future for InvocationFuture<F, E>
where
    F: Future<Output = Result<(), E>>,
{
    type Output = Result<(), E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(captured) = this.captured else {
            let _within = Within::enter(None);
            // None only where it is polled again after its end, which no caller does.
            let served = this.served.as_pin_mut();
            return served.map_or(Poll::Pending, |served| served.poll(context));
        };
        if let Some(served) = this.served.as_mut().as_pin_mut() {
            let polled = {
                let _within = Within::enter(Some(&captured.exchange));
                served.poll(context)
            };
            if let Poll::Ready(result) = polled {
                // What the handler held is free before the network is waited for.
                this.served.set(None);
                captured.result = Some(result);
                if let Some(delivery) = &mut captured.delivery {
                    delivery.begin(captured.near.flush_time(), Handler::HasEnded);
                }
            } else {
                if let Some(delivery) = &mut captured.delivery {
                    if captured.near.poll_near(context).is_ready() {
                        delivery.begin_without_an_end(captured.near.flush_time());
                    }
                    if delivery.poll(context).is_ready() {
                        captured.delivery = None;
                    }
                }
                return Poll::Pending;
            }
        }
        if let Some(delivery) = &mut captured.delivery {
            ready!(delivery.poll(context));
            captured.delivery = None;
        }
        match captured.result.take() {
            Some(result) => Poll::Ready(result),
            // Polled again after its end, which no caller does.
            None => Poll::Pending,
        }
    }
}

impl<S, B> Service<http::Request<B>> for CaptureService<S>
where
    S: Service<http::Request<B>>,
    S::Response: ObserveResponse,
{
    type Response = <S::Response as ObserveResponse>::Observed;
    type Error = S::Error;
    type Future = HandlerFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        warn_outside_the_runtime_layer(&self.capture);
        let exchange = current_exchange();
        HandlerFuture {
            inner: {
                let _watch = PanicWatch(exchange.as_deref());
                self.inner.call(request)
            },
            exchange,
            returned_to: ReturnedTo::HttpAdapter,
        }
    }
}

impl<S, T> Service<LambdaEvent<T>> for CaptureService<S>
where
    S: Service<LambdaEvent<T>>,
    S::Response: ObserveResponse,
{
    type Response = <S::Response as ObserveResponse>::Observed;
    type Error = S::Error;
    type Future = HandlerFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, event: LambdaEvent<T>) -> Self::Future {
        warn_outside_the_runtime_layer(&self.capture);
        let exchange = current_exchange();
        HandlerFuture {
            inner: {
                let _watch = PanicWatch(exchange.as_deref());
                self.inner.call(event)
            },
            exchange,
            returned_to: ReturnedTo::Gateway,
        }
    }
}

/// A handler that is wrapped while the runtime is not records nothing: its developer should know.
fn warn_outside_the_runtime_layer(capture: &Capture) {
    static WARNED: Once = Once::new();
    if capture.shared.is_some() && !is_inside_the_runtime_layer() {
        WARNED.call_once(|| {
            tracing::warn!(
                "daybook: the handler has the capture layer but the runtime has not, so nothing is \
                 recorded; use daybook_capture::run, or add the layer to Runtime::layer as well"
            );
        });
    }
}

pin_project! {
    /// Serves a request, noting how it ends.
    #[must_use = "futures do nothing unless polled"]
    pub struct HandlerFuture<F> {
        #[pin]
        inner: F,
        exchange: Option<Arc<Exchange>>,
        returned_to: ReturnedTo,
    }
}

impl<F> HandlerFuture<F> {
    /// What the handler returned goes straight through `pass`, because a response is long and every move of it
    /// is a copy.
    #[inline]
    fn poll_inner<T, E, P>(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pass: impl FnOnce(T, Observation) -> P,
    ) -> Poll<Result<P, E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        let this = self.project();
        let result = {
            let _watch = PanicWatch(this.exchange.as_deref());
            ready!(this.inner.poll(context))
        };
        let exchange = this.exchange.take();
        Poll::Ready(match result {
            Ok(returned) => Ok(pass(
                returned,
                Observation {
                    exchange,
                    returned_to: *this.returned_to,
                },
            )),
            Err(error) => {
                if let Some(exchange) = exchange {
                    exchange.answered(Answer::Failed(HandlerFailure::Error));
                }
                Err(error)
            }
        })
    }
}

impl<F, R, E> Future for HandlerFuture<F>
where
    F: Future<Output = Result<R, E>>,
    R: ObserveResponse,
{
    type Output = Result<R::Observed, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_inner(context, R::observe)
    }
}

/// A handler of any return value that `lambda_http` takes.
#[derive(Debug, Clone)]
pub(crate) struct ReturnService<S> {
    inner: S,
}

impl<S> ReturnService<S> {
    pub(crate) fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S> Service<lambda_http::Request> for ReturnService<S>
where
    S: Service<lambda_http::Request>,
{
    type Response = ObservedReturn<S::Response>;
    type Error = S::Error;
    type Future = ReturnFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: lambda_http::Request) -> Self::Future {
        let exchange = current_exchange();
        ReturnFuture {
            inner: HandlerFuture {
                inner: {
                    let _watch = PanicWatch(exchange.as_deref());
                    self.inner.call(request)
                },
                exchange,
                returned_to: ReturnedTo::HttpAdapter,
            },
        }
    }
}

pin_project! {
    /// As [`HandlerFuture`]; the response is looked at when `lambda_http` has made one.
    pub(crate) struct ReturnFuture<F> {
        #[pin]
        inner: HandlerFuture<F>,
    }
}

impl<F, R, E> Future for ReturnFuture<F>
where
    F: Future<Output = Result<R, E>>,
{
    type Output = Result<ObservedReturn<R>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let inner = self.project().inner;
        inner.poll_inner(context, |inner, observation| ObservedReturn {
            inner,
            exchange: observation.exchange,
        })
    }
}

#[cfg(test)]
#[path = "service_tests.rs"]
mod tests;
