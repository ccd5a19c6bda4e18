//! A sample Lambda service with the capture layer, and the calls that show what Daybook records.
//!
//! [`run`] is the service: six small APIs (automation, entities, permissions, users, webhooks,
//! workflow definitions) in one handler that keeps what it knows in memory. [`seed`] invokes it as
//! Lambda would, with the API Gateway events of [`invocations`]: real invocations, real capture,
//! nothing inserted by hand.
//!
//! **Invariant:** whatever a reader of the demo sees came through the capture layer.

mod answers;
mod bodies;
mod callers;
mod catalogue;
mod event;
mod operations;
mod random;
pub mod runtime_api;
mod script;
mod seed;
mod service;

pub use callers::{DEMO_ORG_ID, DEMO_USER_EMAIL};
pub use script::invocations;
pub use seed::{SeedError, SeedOptions, SeedReport, seed};

/// Serves as a Lambda function until the environment ends it.
///
/// Reads `AWS_LAMBDA_RUNTIME_API` and the capture layer's variables (`DAYBOOK_INTAKE_URL`).
///
/// # Errors
/// Where the capture layer's settings are missing, or the Runtime API goes away.
///
/// # Panics
/// Where Lambda's environment variables are missing.
pub async fn run() -> Result<(), lambda_http::Error> {
    let service = service::SampleService::default();
    let handler = async |request| service.serve(&request);
    daybook_capture::run(lambda_http::service_fn(handler)).await
}
