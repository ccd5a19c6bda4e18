//! The HTTP API and web page over one tenant's audit log.
//!
//! [`router`] makes one [`axum::Router`] out of an [`Api`]; `lambda_http` serves it on Lambda
//! ([`serve_lambda`]), hyper everywhere else.
//!
//! **Invariant:** the tenant comes from the verified token alone. No parameter, header or body
//! names one, and no handler reads the store without an identity that a token (or, where that is
//! configured, an API Gateway authorizer) vouches for.

mod answer;
mod api;
mod auth;
mod catalog;
mod concurrency;
mod config;
mod document;
mod erasure_request;
mod erasure_work;
mod error;
mod export_format;
mod fields;
mod history;
mod lambda;
mod left_out;
mod page_token;
mod query_filter;
mod recording;
mod request_id;
mod routes;
mod search_request;
mod server;
mod tenant_reader;
mod time_zone;
mod wire_event;
mod wire_receipt;

pub use api::{Api, router};
pub use auth::{
    InvalidKeySet, KeySet, LocalKey, LocalKeyError, RemoteKeys, RemoteKeysError, TokenRequest,
    TokenRules, TokenVerifier,
};
pub use catalog::{CatalogError, Catalogs};
pub use config::{Config, ConfigError, ErasureWork};
pub use document::document;
pub use erasure_work::work_on_erasures;
pub use lambda::{LambdaOptions, serve_erasure_work, serve_lambda};
pub use recording::{capture_of_reads, recorded};
pub use server::serve;
