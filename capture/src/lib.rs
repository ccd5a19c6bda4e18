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
//! [`from_env`] lists every variable, [`Capture::builder`] sets the same in code. The crate's README
//! is the way in for a service's developer: five minutes, from the dependency to the first record.
//!
//! **Invariant:** the service's answer and its error are what they would be without the layer, and no
//! response waits for the network. Nothing here knows of OpenAPI or ClickHouse.
//!
//! # Where the layer goes
//!
//! **On the runtime alone it records calls without their outcome.** `lambda_runtime` hands a layer the
//! event and tells it when the response has been posted, but makes, serializes and posts the
//! response below it, in private. To see the response, [`run`] does all of it in one line, or the same layer goes
//! into two places: around the handler and onto the runtime.
//!
//! | the service has | it writes | it is seen |
//! |---|---|---|
//! | `lambda_http::run(handler)`, an axum `Router` as well | `daybook_capture::run(handler)` | all of it |
//! | `lambda_http::runtime(handler)` or `streaming_runtime(handler)` | `runtime(capture.layer(handler)).layer(capture)` | all of it |
//! | `lambda_http::run_with_streaming_response(handler)` | `streaming_runtime(capture.layer(handler)).layer(capture).run()` | all of it |
//! | `lambda_http::run_concurrent(handler)` or `runtime_concurrent(handler)` | `runtime_concurrent(capture.layer(handler)).layer(capture).run_concurrent()` | all of it |
//! | `lambda_runtime::run(handler)` or `Runtime::new(handler)` for API Gateway's events | `Runtime::new(capture.layer(handler)).layer(capture).run()` | all of it |
//! | any of these, and its handler is not touched | `runtime(handler).layer(daybook_capture::from_env()?)` | all but the response |
//! | an axum or hyper server that is no Lambda | `router.layer(audit.layer())`, see [`ServerCapture`] | all of it |
//!
//! An event captured on the runtime alone has the outcome `unknown`; its duration includes the posting.
//!
//! A wrapped handler returns [`http::Response`] (any body, streamed ones pass through frame by
//! frame), a `serde_json::Value` (which comes out as [`ObservedJson`] and serializes the same) or, in `lambda_runtime`'s own, one of `aws_lambda_events`' three response types;
//! a type of the service's own says by [`ObserveResponse`] what its client gets. Texts and pairs of status and
//! body become an [`http::Response`] by `lambda_http`'s `into_response().await`; [`run`] takes whatever `lambda_http::run` takes.
//!
//! # What is captured
//!
//! | | |
//! |---|---|
//! | calls | all but GET ([`CaptureBuilder::capture_reads`]), HEAD and OPTIONS, [`CaptureBuilder::ignore_paths`] and what [`CaptureBuilder::capture_if`] refuses; requests to a custom authorizer are no calls, and neither are the messages of a WebSocket API, which have no method |
//! | the event | REST (v1), HTTP payload 1.0 and 2.0, ALB: every field, every value byte for byte |
//! | the response | its status; its body where that is JSON, at most [`CaptureBuilder::body_bytes_max`], with a status of 2xx, and the call is no read |
//! | a failure | that the handler returned an error or panicked, or that its time was nearly over; not what it said |
//! | time | when the response was ready, and how long that took |
//! | what the handler says | [`audit`] |
//!
//! # What is removed
//!
//! Credentials never leave the process. A removed value reads `[redacted]`, so that a reader sees
//! that something was there.
//!
//! | removed from | what |
//! |---|---|
//! | `headers`, `multiValueHeaders` | `Authorization`, `Cookie`, `Set-Cookie`, `X-Api-Key`, `X-Amz-Security-Token`, `X-Auth`, session ids, others whose names say secret, and [`CaptureBuilder::sensitive_headers`] |
//! | `cookies` (payload 2.0) | every value; their number stays |
//! | `requestContext` | `identity.apiKey`; what an authorizer's context holds under a name that says secret, or as a raw token; what bears the name of one of [`CaptureBuilder::sensitive_headers`]; `userAgent`, `sourceIp` and `domainName` where those name the header that they repeat |
//! | `stageVariables` | those whose names say secret, or are those of [`CaptureBuilder::sensitive_headers`] |
//! | `queryStringParameters`, `multiValueQueryStringParameters`, `rawQueryString` | parameters whose names say secret, session ids, the signatures of signed links, and an `assertion`, `code`, `key`, `session` or `ticket` that a machine drew |
//! | `body`, plain or base64 | JSON's members at any depth, JSON inside JSON's strings too, whose names say secret; a form's parameters as those of a query; so in each part of a multipart body that is text, but whole where a part is encoded or a call of its own |
//! | the whole `body` | where it is compressed (`Content-Encoding`, or by its first bytes), begins like JSON but is none, says that it is JSON or a form and is no UTF-8, or is multipart with a part whose name says secret |
//! | the response's body | as the request's JSON |
//! | [`AuditContext::before`], [`AuditContext::after`] | as the request's JSON |
//!
//! In all of them a value also goes by its shape (a JWT, a private key, `Bearer …`, `Basic …`), and of a
//! link its parameters, in the fragment too, and the password in front of its host: `Referer` and
//! `X-Original-URL` repeat what the query had, and bodies hand signed links on. A JWT goes wherever it stands in
//! a text.
//!
//! A text in a value, as a line of a log, is nobody's format, so there it is for the ways in which programs write
//! credentials out that Daybook looks, behind a name that says secret: `login(password: "…")` of a GraphQL call and the
//! default of a variable, a piece of JSON, its quotes escaped or not, `name=…`, `Authorization` and `Cookie` of
//! a `curl` line, and behind a colon and a blank what a machine drew. A password that a sentence tells in other words
//! stays. GraphQL's own variables are JSON members.
//!
//! A name says secret in any spelling (`api_key`, `X-Api-Key`, `apiKey`): passwords, secrets, tokens,
//! credentials, cookies, API and private keys, PINs and one-time codes. Which one it is, or how it is
//! written, makes no difference (`apiKeyV2`, `db_pass_prod`, `privateKeyBase64`). A name whose last word
//! only describes a secret says none (`token_id`, `passwordChangedAt`), and neither do a position in a list
//! (`next_token`) and a number of tokens (`max_tokens`). In JSON `true`, `false`, `null` and empty texts stay.
//!
//! A session's id lets its holder in, so headers, queries and links lose it. In a body `sessionId` may be
//! a training's or a checkout's, which is what the record is about: there, forms excepted, it goes only where a
//! machine drew it, so where 16 letters and digits follow each other, both among them. A UUID stays.
//!
//! Concrete paths and path parameters identify the call and are kept, but for a JWT and what stands behind a name that
//! says secret and its sign (`;jsessionid=…`). In bodies that are neither JSON nor a form (XML, CSV) elements and columns are not known by their
//! names: only what a text may hold is looked for (links, JWTs, `name: "…"`, `name=…`, headers). Files are kept as they are, and what a handler writes as a message or reason is not looked into.
//! What a service's OpenAPI document calls secret is removed later, by the normalizer.
//!
//! # A server that is no Lambda
//!
//! In a container behind API Gateway or a load balancer there is no event, so one is made of the
//! request in API Gateway's format for HTTP APIs (payload 2.0):
//!
//! | | |
//! |---|---|
//! | route | axum's `MatchedPath`, with the feature `axum`; else [`ServerBuilder::route`]; `$default` where there is none |
//! | who | nobody, unless the service says whom it has verified: [`ServerBuilder::authorizer`], [`AuditContext::caller_claims`]. No header is believed |
//! | address | the connection's peer, or with [`ServerBuilder::trusted_hops`] that entry of `X-Forwarded-For` from the right |
//! | domain name | the `Host` header, or [`ServerBuilder::domain_name`], or [`ServerBuilder::trust_forwarded_host`] |
//! | request id | a random UUID: whoever writes a trace's id may write it twice. The trace's is the correlation id |
//! | body | what the handler read of it, at most [`ServerBuilder::request_body_bytes_max`]; a longer one is cut between members, parameters or words, loses objects that may have said of a `value` what it is, and is marked |
//! | response | as in a Lambda; none (outcome `unknown`) where the client went away before |
//!
//! Before the response: the request's head is copied, and each frame of a body as the handler reads
//! it, up to the limits (and 64 MiB for the copies of all calls under way and in the queue). Then the call is put into a queue in memory; cleaning, writing and sending
//! happen in a thread of their own, which no runtime of the service's takes with it when it ends, ten calls to a
//! batch and four batches at a time. A full queue drops and counts; a process that is killed loses what its queue
//! holds, so end with [`ServerCapture::shut_down`].
//!
//! # Behind a load balancer
//!
//! A load balancer's event has no authorizer, so nobody is named as the caller unless the handler
//! says whom it has verified ([`AuditContext::caller_claims`]). Its `x-amzn-oidc-*` headers are not
//! read: they prove something only where the load balancer authenticates on every rule, or where the
//! service has verified the signature of `x-amzn-oidc-data`. The client's address is the last of
//! `X-Forwarded-For`.
//!
//! # What it costs
//!
//! | | |
//! |---|---|
//! | before the response, at 3 KB | 0.7 to 1.5 µs, 5 allocations of 1.0 KB |
//! | before the response of a left-out GET | 0.1 µs, 0.2 µs where an HTTP API's route names no method; no allocation |
//! | in a server's task, at 3 KB | 2.5 µs, 9 allocations of 4.9 KB; 0.1 µs for a left-out GET |
//! | after the response, without the sending | 45 to 90 µs |
//! | cold start | 0.2 to 0.3 ms of processor time until the first event is asked for |
//! | the binary | 3.6 MB more, stripped: rustls, the signing and HTTP |
//!
//! Before the response the method is found in the event's bytes, which are shared and not copied, and a
//! JSON response body within the limit is copied; the JSON of a plain handler is moved, and written afterwards. Everything else, cleaning, writing and sending,
//! happens after the response was posted. A call that is left out costs the finding of its method;
//! where an HTTP API's route says none it is looked for from the event's end.
//! [`CaptureBuilder::ignore_paths`] and routes of [`CaptureBuilder::capture_reads`] are decided by the route's
//! template where that is specific, for 0.1 µs more. Behind a catch-all (`/{proxy+}`, `$default`) or a load balancer, and for
//! [`CaptureBuilder::capture_if`], path and stage are looked for as well: 0.6 to 0.7 µs, and behind the headers of a REST API about 1 µs. The body, which AWS
//! writes behind them, is not looked at. Credentials are looked for with the first message.
//!
//! After the response the next invocation of the same environment waits until the message is sent:
//! the time of one `SendMessageBatch`, at most `flush_timeout_ms` (1,000). Lambda bills that time.
//!
//! `cargo bench -p daybook-capture` measures each line. `capture/bench/README.md` in the repository has the
//! circumstances, and beside them a middleware of Node's that sends to SQS, which takes several hundred times as long.
//!
//! # When things fail
//!
//! What may succeed later is sent again within `flush_timeout_ms`; what still fails is dropped,
//! counted ([`Capture::counters`], [`Metrics`]) and logged as one warning without any content.
//! `captured = acknowledged + dropped` whenever no call is under way.
//!
//! | what fails | what the service notices | what becomes of the message |
//! |---|---|---|
//! | the queue is away, refuses connections or throttles | nothing; the next invocation waits up to `flush_timeout_ms` | sent again after 25 ms, 50 ms, … 400 ms, then dropped |
//! | the queue, or the look-up of its name, does not answer | the same | a second request by a new connection after half of the time; whichever succeeds counts, without any it is dropped |
//! | some messages of a batch are not taken | the same | those are sent again |
//! | the permission, the queue, the credentials or the system's certificates are missing | nothing | dropped at once |
//! | the credentials have expired or were exchanged | nothing | others are asked for, and it is sent once more |
//! | whoever gives credentials out is slower than a flush | the next invocation waits up to `flush_timeout_ms` | dropped; the search goes on with the next flush |
//! | the message is over 1 MiB | nothing | cut between members, and marked with what it was; whole in S3 where [`CaptureBuilder::overflow_bucket`] says so |
//! | S3 does not take it within half of the flush timeout | nothing | the cut message is sent without a pointer |
//! | a large message is not made within `flush_timeout_ms` | nothing; the next invocation waits as long | dropped; in a server the others of its batch are sent |
//! | the machine's clock is past the deadline when the call begins | nothing | sent as if there were no deadline |
//! | the handler blocks its thread past the deadline | what it would notice without the layer | neither sent nor counted: nothing else runs on that thread before Lambda ends the function |
//! | the sink panics | nothing | dropped |
//! | the predicate of [`CaptureBuilder::capture_if`] panics | nothing | sent: the call is captured |
//! | an [`ObserveResponse`] of the service's own panics | a panic, as of its handler | sent without the answer |
//! | the closure of [`audit`] panics | nothing: outside a captured call it does not run, so inside one it must not matter | sent without what the closure said |
//! | the handler returns an error or panics | what it would notice without the layer | sent with `failure` |
//! | a streamed body breaks off or panics | the same | sent with its status and with `failure` |
//! | the handler does not answer in time | the same | sent before Lambda ends the function, see below |
//! | the settings are missing or cannot be read | [`run`]: one line in the log, and it serves without a record. [`from_env`]: an error for the service to decide about: `?` ends it before any call is served | none is made |
//!
//! What takes longer to make than a flush may is given up, not stopped: its thread ends when it is done, and uses a
//! part of the processor until then.
//!
//! A panic stays where it is as long as panics unwind. A service that is built with `panic = "abort"` ends with its
//! first one, whoever panics, this crate's hooks and sinks included: nothing can hold it then.
//!
//! Lambda ends a function whose time is over, and nothing runs after that. Where a call is not over
//! shortly before (`flush_timeout_ms` and 50 ms, but at most a tenth of the time that was left when
//! it first waited), its message is sent then, while the handler goes on. It says `timeout`, and the
//! stored event's outcome is `unknown`: a handler that does answer in the last moment is answered
//! as ever, but is not sent a second time, because the first copy of an event counts. Where the
//! handler has answered and only the posting is slow, the message says what it answered.

mod audit_context;
mod bounded_json;
mod builder;
mod call;
mod capture;
mod claims;
mod counters;
mod credentials;
mod deadline;
mod delivery;
mod exchange;
mod intake;
mod message;
mod method;
mod metrics;
mod observe;
mod scan;
mod server;
mod service;
mod sink;
mod sqs;
mod taken_body;

pub use audit_context::{AuditContext, audit};
pub use builder::{CaptureBuilder, ConfigError, from_env};
pub use call::ApiCall;
pub use capture::{Capture, CaptureReads};
pub use counters::Counters;
pub use daybook_aws_access::{
    AnswerBody, AwsAccess, ProvideCredentials, Transport, TransportError,
};
pub use daybook_event::Privacy;
pub use daybook_overflow::{OverflowBucket, OverflowError};
pub use intake::{IntakeSink, IntakeUrlError};
pub use metrics::Metrics;
pub use observe::{Observation, ObserveResponse, ObservedBody, ObservedJson, ObservedStream};
pub use server::{
    CapturedBody, ServerBuilder, ServerCapture, ServerFuture, ServerLayer, ServerService,
    server_from_env,
};
pub use service::{CaptureService, HandlerFuture, InvocationFuture};
pub use sink::{MESSAGE_BYTES_MAX, Message, Sink, SinkError};
pub use sqs::SqsSink;

use lambda_http::{IntoResponse, Request};
use lambda_runtime::{Diagnostic, Error};
use tower::Service;

/// Runs a handler as `lambda_http::run` does, with the same bounds, and records its calls as
/// [`from_env`] says.
///
/// An audit log is a side effect and breaks no service: where the settings are not usable, that is
/// logged once, as an error, and the handler runs without a record. A service that would rather not start
/// says so: `daybook_capture::from_env()?.run(handler)`.
///
/// # Errors
/// What `lambda_http::run` returns.
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
    let capture = from_env().unwrap_or_else(|error| Capture::off_because_of(&error));
    capture.run(handler).await
}
