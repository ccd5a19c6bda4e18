//! The one line in a service: each call of its API is recorded after the response is out.
//!
//! ```no_run
//! # async fn handler(_: lambda_http::Request) -> Result<&'static str, lambda_http::Error> { Ok("") }
//! #[tokio::main]
//! async fn main() -> Result<(), lambda_http::Error> {
//!     // before: lambda_http::run(lambda_http::service_fn(handler)).await
//!     daybook_capture::run(lambda_http::service_fn(handler)).await
//! }
//! ```
//!
//! The function needs `DAYBOOK_QUEUE_URL` in its environment and `sqs:SendMessage` on that queue.
//! [`from_env`] lists every variable, [`Capture::builder`] sets the same in code.
//!
//! **Invariant:** the service's answer, its error and its time to respond are what they would be
//! without the layer. Nothing here knows of OpenAPI or ClickHouse.
//!
//! # Where the layer goes
//!
//! | the service has | it writes | it is seen |
//! |---|---|---|
//! | `lambda_http::run(handler)`, an axum `Router` as well | `daybook_capture::run(handler)` | all of it |
//! | `lambda_http::runtime(handler)` or `streaming_runtime(handler)` | `runtime(capture.layer(handler)).layer(capture)` | all of it |
//! | the same, without touching the handler | `runtime(handler).layer(daybook_capture::from_env()?)` | all but the response |
//! | `Runtime::new(handler)` for API Gateway's events | `Runtime::new(capture.layer(handler)).layer(capture)` | all of it |
//!
//! Why a single line on the runtime does not see the response: `lambda_runtime` hands a layer the
//! event and tells it when the response has been posted, but makes, serializes and posts the
//! response below it, in private. An event captured so has the outcome `unknown`; its duration
//! includes the posting.
//!
//! A wrapped handler returns [`http::Response`] (any body, streamed ones pass through frame by
//! frame), one of `aws_lambda_events`' two response types, or a `serde_json::Value` in API Gateway's
//! format; [`run`] takes whatever `lambda_http::run` takes.
//!
//! # What is captured, and what is removed
//!
//! | | |
//! |---|---|
//! | calls | all but GET, HEAD and OPTIONS ([`CaptureBuilder::capture_reads`]), [`CaptureBuilder::ignore_paths`] and what [`CaptureBuilder::capture_if`] refuses; requests to a custom authorizer are no calls |
//! | the event | REST (v1), HTTP payload 1.0 and 2.0, ALB: every field, every value byte for byte |
//! | the response | its status; its body where that is JSON, at most [`CaptureBuilder::body_bytes_max`], with a status of 2xx, and the call is no read |
//! | a failure | that the handler returned an error or panicked, or that its time was nearly over; not what it said |
//! | time | when the response was ready, and how long that took |
//! | what the handler says | [`audit`] |
//! | removed headers | `Authorization`, `Cookie`, `Set-Cookie`, `X-Api-Key`, `X-Amz-Security-Token`, any whose name says token, secret, password or credential, and configured ones; in `headers`, `multiValueHeaders`, `cookies` |
//! | removed from the context | `identity.apiKey`, raw tokens of an authorizer, secret `stageVariables` |
//! | removed from queries | parameters whose name says secret, signatures of signed links; in both maps and in `rawQueryString` |
//! | removed from bodies | members (of JSON at any depth, also in base64) and parameters (of forms) whose name says secret; values that are a JWT, a private key or the value of an `Authorization` header; a body that begins like JSON but is none |
//!
//! A removed value reads `[redacted]`. Concrete paths, path parameters, and bodies that are neither
//! JSON nor a form (multipart, XML) are not looked into.
//!
//! # What it costs
//!
//! Before the response: the method is read from the event's first fields, one small allocation is
//! made, and a JSON response body within the limit is copied. Everything else, cleaning, writing
//! and sending, happens after the response was posted. A call that is left out costs the reading
//! of its method. The AWS client is built with the first message.
//!
//! After the response the next invocation of the same environment waits until the message is sent:
//! the time of one `SendMessageBatch`, at most `flush_timeout_ms` (1,000). Lambda bills that time.
//!
//! # When things fail
//!
//! What may succeed later is retried within `flush_timeout_ms`; what still fails is dropped,
//! counted ([`Capture::counters`]) and logged as one warning without any content. A message over
//! 1 MiB loses its response body; if that is not enough, its request body is cut between members
//! and marked with its original size and SHA-256.
//!
//! | what fails | what the service notices | what becomes of the message |
//! |---|---|---|
//! | the queue is away, refuses connections or throttles | nothing; the next invocation waits up to `flush_timeout_ms` | retried, then dropped |
//! | the queue, or the look-up of its name, never answers | the same | dropped at the timeout |
//! | the permission or the queue is missing | nothing | dropped at once |
//! | the sink panics | nothing | dropped |
//! | the predicate of [`CaptureBuilder::capture_if`] panics | nothing | sent: the call is captured |
//! | the closure of [`audit`] panics | nothing: outside a captured call it does not run, so inside one it must not matter | sent without what the closure said |
//! | the handler returns an error or panics | what it would notice without the layer | sent with `failure` |
//! | the handler does not answer in time | the same | sent before Lambda ends the function, see below |
//! | the settings are missing | [`run`] and [`from_env`] return an error before any call is served | |
//!
//! Lambda ends a function whose time is over, and nothing runs after that. Where a call is not over
//! shortly before (`flush_timeout_ms` and 50 ms, but at most a tenth of the time that was left when
//! it first waited), its message is sent then, while the handler goes on. It says `timeout`, and the
//! stored event's outcome is `unknown`: a handler that does answer in the last moment is answered
//! as ever, but is not sent a second time, because the first copy of an event counts. Where the
//! handler has answered and only the posting is slow, the message says what it answered.

mod audit_context;
mod builder;
mod call;
mod capture;
mod counters;
mod credentials;
mod deadline;
mod exchange;
mod intake;
mod message;
mod observe;
mod service;
mod sink;
mod sqs;

pub use audit_context::{AuditContext, audit};
pub use builder::{CaptureBuilder, ConfigError, from_env};
pub use call::ApiCall;
pub use capture::{Capture, CaptureReads};
pub use counters::Counters;
pub use daybook_event::Privacy;
pub use intake::{IntakeSink, IntakeUrlError};
pub use observe::{Observation, ObserveResponse, ObservedBody};
pub use service::{CaptureService, HandlerFuture, InvocationFuture};
pub use sink::{MESSAGE_BYTES_MAX, Message, Sink, SinkError};
pub use sqs::SqsSink;

use lambda_http::{IntoResponse, Request};
use lambda_runtime::{Diagnostic, Error};
use tower::Service;

/// Runs a handler as `lambda_http::run` does, with the same bounds, and records its calls as
/// [`from_env`] says.
///
/// # Errors
/// Where the settings are not usable ([`ConfigError`]), before any event is asked for; later
/// what `lambda_http::run` returns.
///
/// # Panics
/// As `lambda_http::run`: where Lambda's environment variables are missing.
pub async fn run<'a, R, S, E>(handler: S) -> Result<(), Error>
where
    S: Service<Request, Response = R, Error = E>,
    S::Future: Send + 'a,
    R: IntoResponse,
    E: std::fmt::Debug + Into<Diagnostic>,
{
    from_env()?.run(handler).await
}
