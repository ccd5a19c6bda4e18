//! Where ClickHouse is, and as whom Daybook speaks to it.

use std::fmt;
use std::net::IpAddr;

use http::Uri;

use crate::error::StoreError;

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

    /// Checks the address and the database's name.
    pub(crate) fn check(&self) -> Result<Uri, StoreError> {
        check_database(&self.database)?;
        let refuse = |problem: &str| Err(StoreError::InvalidEndpoint(problem.to_owned()));
        let Ok(uri) = self.url.parse::<Uri>() else {
            return refuse("the URL cannot be read");
        };
        let (Some(authority), Some(host)) = (uri.authority(), uri.host()) else {
            return refuse("the URL has no host");
        };
        if authority.as_str().contains('@') {
            return refuse("the URL has credentials in it: give them apart from it");
        }
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return refuse("the URL has more than scheme, host and port");
        }
        match uri.scheme_str() {
            Some("https") => Ok(uri),
            Some("http") if is_loopback(host) => Ok(uri),
            Some("http") => refuse("outside this machine clickhouse is spoken to over https only"),
            _ => refuse("the URL is neither https nor http"),
        }
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// A name that needs no quotes, because it stands in grants.
pub(crate) fn check_database(name: &str) -> Result<(), StoreError> {
    let starts_well = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_');
    let goes_on_well = name
        .chars()
        .all(|other| other.is_ascii_lowercase() || other.is_ascii_digit() || other == '_');
    if starts_well && goes_on_well && name.len() <= 63 {
        Ok(())
    } else {
        Err(StoreError::InvalidEndpoint(
            "a database's name is a lower-case letter or _, then up to 62 of those and digits"
                .to_owned(),
        ))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for good in [
            "https://db.example.com:8443",
            "https://db.example.com/",
            "http://127.0.0.1:8123",
            "http://127.8.9.10:8123/",
            "http://[::1]:8123",
            "http://localhost:8123",
        ] {
            assert!(Endpoint::new(good).check().is_ok(), "{good}");
        }
        for bad in [
            "http://db.example.com:8123",
            "http://localhost.example.com",
            "http://10.0.0.1:8123",
            "https://user:secret@db.example.com",
            "https://db.example.com/?database=other",
            "https://db.example.com/path",
            "ftp://127.0.0.1",
            "127.0.0.1:8123",
            "/",
            "",
        ] {
            let error = Endpoint::new(bad).check().unwrap_err().to_string();
            assert!(!error.contains("secret"), "{bad}: {error}");
        }
    }

    #[test]
    fn a_database_needs_no_quotes() {
        for good in ["daybook", "_1", "a_b_2"] {
            assert!(check_database(good).is_ok(), "{good}");
        }
        let long = "a".repeat(64);
        for bad in ["", "1a", "a-b", "a.b", "A", "a b", "a`b", "a;", &long] {
            assert!(check_database(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn debug_hides_the_password() {
        let credentials = Credentials {
            user: "daybook_writer".to_owned(),
            password: "hunter2".to_owned(),
        };
        let shown = format!("{credentials:?}");
        assert!(shown.contains("daybook_writer") && !shown.contains("hunter2"));
    }
}
