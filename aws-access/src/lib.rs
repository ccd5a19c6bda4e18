//! Requests to AWS that are signed and sent by hand: to SQS and to S3, two operations of each at most.
//!
//! **Invariant:** no credential leaves this crate but as a signature, and nothing of it stands in an error.
//!
//! An SDK's client would cost every service with the capture layer megabytes of its binary. What is left
//! here is `aws-sigv4`, hyper and rustls. Credentials are those that a function or a container is given
//! (environment variables; the endpoint of Amazon ECS and of EKS Pod Identity). Profiles, `credential_process`,
//! web identity and instance metadata are the business of `aws-config`, by the feature `default-chain`,
//! and are linked only where a program asks for them.

mod access;
mod cached_credentials;
mod clock;
mod credentials;
#[cfg(feature = "default-chain")]
mod default_chain;
mod endpoint;
mod request;
mod settings;
mod signature;
mod transport;

pub use access::AwsAccess;
pub use aws_credential_types::provider::ProvideCredentials;
pub use endpoint::{EndpointVariant, without_aws_domain};
pub use request::{AccessError, AwsAnswer, AwsRequest, Service, with_sources};
pub use transport::{AnswerBody, Transport, TransportError};
