//! A real ClickHouse server as a child process, found on this machine or fetched once.
//!
//! [`Engine::find`] names a ClickHouse: a `clickhouse` binary on `PATH`, or else `libchdb.so`, the
//! same server as a library, which the npm client fetches once into the user's cache.
//! [`Server::start`] runs it in a child process, on 127.0.0.1 alone.
//!
//! The child is the caller's own program: one of its subcommands calls [`run_engine_child`] and
//! does nothing else. It lives as long as the pipe that is its standard input: a caller that
//! stops, however it stops, takes its ClickHouse with it.
//!
//! The library is made from clickhouse-local, whose scalar function `file()` reads any file that
//! the process may read, whatever the rights of the user who calls it. Therefore the engine is for
//! programs that write their own SQL, on a machine of one person; a server is not so.
//!
//! **Invariant:** this is the only crate with unsafe code, and it knows nothing of Daybook's
//! schema or users.

mod cache;
mod child;
mod config;
mod engine;
mod error;
mod fetch;
mod server;

pub use cache::{CACHE_DIRECTORY_VARIABLE, Cache};
pub use child::run_engine_child;
pub use engine::Engine;
pub use error::LauncherError;
pub use server::{Ended, Server, ServerOptions};
