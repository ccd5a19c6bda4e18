//! Looking at responses on their way out, without touching them.

mod json_response;
mod later_json;

use std::borrow::Cow;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use base64::Engine as _;
use bytes::Buf;
use daybook_event::HandlerFailure;
use futures::Stream;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::response::Parts;
use http_body::{Body, Frame, SizeHint};
use lambda_http::aws_lambda_events::alb::AlbTargetGroupResponse;
use lambda_http::aws_lambda_events::apigw::{ApiGatewayProxyResponse, ApiGatewayV2httpResponse};
use lambda_http::{Body as LambdaBody, IntoResponse};
use lambda_runtime::{FunctionResponse, StreamResponse};
use pin_project_lite::pin_project;

use crate::credentials::BASE64;
use crate::exchange::{Answer, Exchange};
use json_response::{Made, MadeBody};

pub use later_json::ObservedJson;

/// A response whose status and body can be seen.
///
/// Implemented for the responses that `lambda_http`'s and axum's handlers return
/// (`http::Response`), and, for plain `lambda_runtime` handlers, for the three response types of
/// `aws_lambda_events` and for `lambda_runtime`'s streamed responses, of which the status is noted, and whether
/// they break off. Of a `serde_json::Value` is noted what `lambda_http` makes of it (a 200) or, in a plain
/// handler, what API Gateway or the load balancer does.
///
/// A service's own type says itself what its client gets:
///
/// ```
/// use daybook_capture::{Observation, ObserveResponse};
///
/// #[derive(serde::Serialize)]
/// struct Created {
///     id: String,
/// }
///
/// impl ObserveResponse for Created {
///     type Observed = Self;
///
///     fn observe(self, observation: Observation) -> Self {
///         observation.status(200);
///         observation.body(format!(r#"{{"id":"{}"}}"#, self.id).as_bytes());
///         self
///     }
/// }
/// ```
pub trait ObserveResponse {
    /// The response as it is passed on.
    type Observed;

    /// Notes status and body, and passes the response on.
    fn observe(self, observation: Observation) -> Self::Observed;
}

/// Where a response's status and body are noted; made by the layer only.
#[derive(Debug)]
pub struct Observation {
    /// None where the call is left out.
    pub(crate) exchange: Option<Arc<Exchange>>,
    pub(crate) returned_to: ReturnedTo,
}

/// Who makes the client's response of what a handler returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReturnedTo {
    /// `lambda_http` or a server: of JSON it makes a 200.
    HttpAdapter,
    /// API Gateway or the load balancer, for `lambda_runtime` passes on what it gets.
    Gateway,
}

impl Observation {
    /// Notes the HTTP status that the client gets. Only the first time counts.
    pub fn status(&self, status_code: u16) {
        if let Some(exchange) = &self.exchange {
            exchange.answered(Answer::Status(status_code));
        }
    }

    /// Notes the body that the client gets, where it can name what was created or changed: a JSON object or
    /// array within [`body_bytes_max`](crate::CaptureBuilder::body_bytes_max), with a status of 2xx noted before,
    /// of a call that is no read.
    pub fn body(&self, body: &[u8]) {
        if let Some(exchange) = &self.exchange
            && let Some(status_code) = exchange.status()
            && wants_body(exchange, status_code, &HeaderMap::new())
        {
            take_body(exchange, Cow::Borrowed(body));
        }
    }
}

impl<B: Body> ObserveResponse for http::Response<B> {
    type Observed = http::Response<ObservedBody<B>>;

    #[inline]
    fn observe(self, observation: Observation) -> Self::Observed {
        let (head, inner) = self.into_parts();
        let watched = observation
            .exchange
            .and_then(|exchange| Watched::new(exchange, &head, &inner));
        http::Response::from_parts(head, ObservedBody { inner, watched })
    }
}

impl ObserveResponse for serde_json::Value {
    type Observed = ObservedJson;

    fn observe(self, observation: Observation) -> ObservedJson {
        let exchange = observation.exchange.filter(|exchange| {
            let made = match observation.returned_to {
                ReturnedTo::HttpAdapter => Made::AS_IT_IS,
                ReturnedTo::Gateway => json_response::made_of(&self, &exchange.event),
            };
            let body = match made.body {
                MadeBody::Text(text, is_base64) => Some(EventBody::Text(text, is_base64)),
                MadeBody::None | MadeBody::Itself => None,
            };
            observe_event_response(exchange, Some(made.status_code), body);
            made.body == MadeBody::Itself
                && (self.is_object() || self.is_array())
                && wants_body(exchange, made.status_code, &HeaderMap::new())
        });
        ObservedJson::new(self, exchange)
    }
}

/// The three are as one, and no trait says so.
macro_rules! observe_event_responses {
    ($($response:ty),*) => {$(
        impl ObserveResponse for $response {
            type Observed = Self;

            fn observe(self, observation: Observation) -> Self {
                if let Some(exchange) = &observation.exchange {
                    observe_event_response(
                        exchange,
                        u16::try_from(self.status_code).ok(),
                        event_body(self.body.as_ref(), self.is_base64_encoded),
                    );
                }
                self
            }
        }
    )*};
}

observe_event_responses!(
    ApiGatewayProxyResponse,
    ApiGatewayV2httpResponse,
    AlbTargetGroupResponse
);

impl<S> ObserveResponse for StreamResponse<S> {
    type Observed = StreamResponse<ObservedStream<S>>;

    fn observe(self, observation: Observation) -> Self::Observed {
        let exchange = observation.exchange;
        if let Some(exchange) = &exchange {
            let status_code = self.metadata_prelude.status_code;
            exchange.answered(Answer::Status(status_code.as_u16()));
        }
        StreamResponse {
            metadata_prelude: self.metadata_prelude,
            stream: ObservedStream {
                inner: self.stream,
                exchange,
            },
        }
    }
}

impl<B: ObserveResponse, S> ObserveResponse for FunctionResponse<B, S> {
    type Observed = FunctionResponse<B::Observed, ObservedStream<S>>;

    fn observe(self, observation: Observation) -> Self::Observed {
        match self {
            Self::BufferedResponse(response) => {
                FunctionResponse::BufferedResponse(response.observe(observation))
            }
            Self::StreamingResponse(response) => {
                FunctionResponse::StreamingResponse(response.observe(observation))
            }
        }
    }
}

/// The body of a response in API Gateway's format.
enum EventBody<'a> {
    /// As text, base64 (`isBase64Encoded`) or not.
    Text(&'a str, bool),
    /// As the bytes that it stands for.
    Bytes(&'a [u8]),
}

fn observe_event_response(
    exchange: &Exchange,
    status_code: Option<u16>,
    body: Option<EventBody<'_>>,
) {
    let Some(status_code) = status_code else {
        return;
    };
    exchange.answered(Answer::Status(status_code));
    let Some(body) = body.filter(|_| wants_body(exchange, status_code, &HeaderMap::new())) else {
        return;
    };
    match body {
        EventBody::Text(text, false) => take_body(exchange, Cow::Borrowed(text.as_bytes())),
        EventBody::Bytes(bytes) => take_body(exchange, Cow::Borrowed(bytes)),
        EventBody::Text(base64, true) => {
            // Four characters are three bytes: what is too long is not decoded at all.
            if base64.len() / 4 * 3 <= exchange.body_bytes_max.saturating_add(3)
                && let Ok(bytes) = BASE64.decode(base64)
            {
                take_body(exchange, Cow::Owned(bytes));
            }
        }
    }
}

fn event_body(body: Option<&LambdaBody>, is_base64: bool) -> Option<EventBody<'_>> {
    match body? {
        LambdaBody::Text(text) => Some(EventBody::Text(text, is_base64)),
        LambdaBody::Binary(bytes) => Some(EventBody::Bytes(bytes)),
        _ => None,
    }
}

/// A body is taken only where it can name what was created or changed.
fn wants_body(exchange: &Exchange, status_code: u16, headers: &HeaderMap) -> bool {
    let may_be_json = match headers.get(CONTENT_TYPE).map(|value| value.to_str()) {
        None => true,
        Some(Ok(content_type)) => {
            let media_type = content_type.split(';').next().unwrap_or_default().trim();
            media_type.eq_ignore_ascii_case("application/json")
                || media_type.to_ascii_lowercase().ends_with("+json")
        }
        Some(Err(_)) => false,
    };
    !exchange.is_read
        && (200..300).contains(&status_code)
        && may_be_json
        && !headers.contains_key(CONTENT_ENCODING)
}

/// Keeps a copy of the body where it is within the limit and looks like a JSON object or array.
fn take_body(exchange: &Exchange, body: Cow<'_, [u8]>) {
    let starts_like_json = matches!(body.trim_ascii_start().first(), Some(b'{' | b'['));
    if starts_like_json
        && body.len() <= exchange.body_bytes_max
        && let Ok(text) = String::from_utf8(body.into_owned())
    {
        exchange.took_body(text);
    }
}

pin_project! {
    /// A body that is passed on as it is, frame by frame: a bounded copy of it is kept, and whether it breaks
    /// off.
    #[derive(Debug)]
    pub struct ObservedBody<B> {
        #[pin]
        inner: B,
        watched: Option<Watched>,
    }
}

/// A body that has not come to its end.
struct Watched {
    exchange: Arc<Exchange>,
    /// What has come, where a copy is kept.
    copy: Option<Vec<u8>>,
}

// The copy is personal data and has no place in a log.
impl fmt::Debug for Watched {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.exchange.fmt(formatter)
    }
}

impl Watched {
    fn new(exchange: Arc<Exchange>, head: &Parts, body: &impl Body) -> Option<Self> {
        let status_code = head.status.as_u16();
        exchange.answered(Answer::Status(status_code));
        let is_wanted = wants_body(&exchange, status_code, &head.headers)
            && body.size_hint().lower() <= exchange.body_bytes_max as u64;
        // A body without a frame neither names anything nor breaks off.
        (!body.is_end_stream()).then(|| Self {
            exchange,
            copy: is_wanted.then(Vec::new),
        })
    }

    /// The copy is given up where the body is over the limit, or its data is not in one piece and could
    /// not be read without consuming it.
    fn push(&mut self, data: &impl Buf) {
        let Some(copy) = &mut self.copy else {
            return;
        };
        let chunk = data.chunk();
        let fits = chunk.len() == data.remaining()
            && copy.len() + chunk.len() <= self.exchange.body_bytes_max;
        if fits {
            copy.extend_from_slice(chunk);
        } else {
            self.copy = None;
        }
    }

    fn ended(self) {
        if let Some(copy) = self.copy {
            take_body(&self.exchange, Cow::Owned(copy));
        }
    }
}

impl<B: Body> Body for ObservedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    #[inline]
    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if self.watched.is_none() {
            return self.project().inner.poll_frame(context);
        }
        self.poll_watched(context)
    }

    #[inline]
    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    #[inline]
    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

type PolledFrame<B> = Poll<Option<Result<Frame<<B as Body>::Data>, <B as Body>::Error>>>;

impl<B: Body> ObservedBody<B> {
    fn poll_watched(self: Pin<&mut Self>, context: &mut Context<'_>) -> PolledFrame<B> {
        let mut this = self.project();
        let frame = {
            // A body may be read by a task of its own.
            let _step = this.watched.as_ref().map(|it| it.exchange.step());
            ready!(this.inner.as_mut().poll_frame(context))
        };
        let is_end = match (&frame, this.watched.as_mut()) {
            (_, None) => false,
            (Some(Ok(frame)), Some(watched)) => {
                if let Some(data) = frame.data_ref() {
                    watched.push(data);
                }
                // Nothing follows trailers, and nobody may ask for it.
                frame.is_trailers() || this.inner.is_end_stream()
            }
            (Some(Err(_)), Some(watched)) => {
                watched.exchange.failed(HandlerFailure::Error);
                *this.watched = None;
                false
            }
            (None, Some(_)) => true,
        };
        if is_end && let Some(watched) = this.watched.take() {
            watched.ended();
        }
        Poll::Ready(frame)
    }
}

/// A stream that is passed on as it is; whether it breaks off is noted.
#[derive(Debug)]
pub struct ObservedStream<S> {
    inner: S,
    exchange: Option<Arc<Exchange>>,
}

impl<S, T, E> Stream for ObservedStream<S>
where
    S: Stream<Item = Result<T, E>> + Unpin,
{
    type Item = Result<T, E>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = &mut *self;
        let item = {
            // `lambda_runtime` reads it in a task of its own.
            let _step = this.exchange.as_ref().map(Exchange::step);
            ready!(Pin::new(&mut this.inner).poll_next(context))
        };
        if !matches!(item, Some(Ok(_)))
            && let Some(exchange) = this.exchange.take()
            && item.is_some()
        {
            exchange.failed(HandlerFailure::Error);
        }
        Poll::Ready(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.size_hint()
    }
}

/// A handler's return value of any kind that `lambda_http` takes, looked at after
/// `lambda_http` has made a response of it.
pub(crate) struct ObservedReturn<R> {
    pub(crate) inner: R,
    pub(crate) exchange: Option<Arc<Exchange>>,
}

impl<R: IntoResponse> IntoResponse for ObservedReturn<R> {
    fn into_response(
        self,
    ) -> Pin<Box<dyn Future<Output = http::Response<LambdaBody>> + Send + 'static>> {
        let Some(exchange) = self.exchange else {
            return self.inner.into_response();
        };
        let conversion = {
            let _step = exchange.step();
            self.inner.into_response()
        };
        Box::pin(ObservedConversion {
            conversion,
            exchange,
        })
    }
}

struct ObservedConversion {
    conversion: Pin<Box<dyn Future<Output = http::Response<LambdaBody>> + Send>>,
    exchange: Arc<Exchange>,
}

impl Future for ObservedConversion {
    type Output = http::Response<LambdaBody>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let response = {
            let _step = this.exchange.step();
            ready!(this.conversion.as_mut().poll(context))
        };
        let status_code = response.status().as_u16();
        this.exchange.answered(Answer::Status(status_code));
        if wants_body(&this.exchange, status_code, response.headers()) {
            let body: Cow<'_, [u8]> = match response.body() {
                LambdaBody::Text(text) => Cow::Borrowed(text.as_bytes()),
                LambdaBody::Binary(bytes) => Cow::Borrowed(bytes),
                _ => Cow::Borrowed(&[]),
            };
            take_body(&this.exchange, body);
        }
        Poll::Ready(response)
    }
}

#[cfg(test)]
#[path = "observe_tests.rs"]
mod tests;
