//! Where ClickHouse is, and as whom Daybook speaks to it.

use std::fmt;

/// The database's name, where none is given.
pub const DATABASE_DEFAULT: &str = "daybook";

/// Where ClickHouse is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The HTTP interface: `https://host:8443`, or `http://127.0.0.1:8123` on this machine.
    pub url: String,
    /// The database: a lower-case letter or `_`, then up to 62 of those and digits.
    pub database: String,
}

impl Endpoint {
    /// The database [`DATABASE_DEFAULT`] at `url`.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            database: DATABASE_DEFAULT.to_owned(),
        }
    }
}

/// As whom Daybook speaks to ClickHouse.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user's name.
    pub user: String,
    /// The user's password.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Credentials")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}
