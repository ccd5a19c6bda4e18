//! What the end-to-end tests stand on: a real ClickHouse, a `daybook up` as a process, a real SQS
//! protocol server, and API Gateway events of both formats.
//!
//! **Invariant:** real parts only. A test crosses a hop through the doors that users have.

pub mod api;
pub mod api_gateway;
pub mod browser;
pub mod clickhouse;
pub mod dead_letters;
pub mod events;
mod fetched;
pub mod http;
pub mod life_pipe;
pub mod ministack;
pub mod npm_packages;
pub mod python_tool;
pub mod scanner;
pub mod signed;
pub mod stored;
pub mod up;
