//! Where a ClickHouse is and who asks it, out of one URL.

use anyhow::Context as _;
use daybook_store::{Credentials, Endpoint};
use percent_encoding::percent_decode_str;

/// A database of the server at a URL, and whom the URL names.
///
/// # Errors
/// As [`split_url`].
pub(crate) fn database_at(url: &str, database: &str) -> anyhow::Result<(Endpoint, Credentials)> {
    let (mut endpoint, credentials) = split_url(url)?;
    database.clone_into(&mut endpoint.database);
    Ok((endpoint, credentials))
}

/// Takes the user and the password out of `https://user:password@host:8443`.
///
/// # Errors
/// Where the URL has no scheme or no host.
pub(crate) fn split_url(url: &str) -> anyhow::Result<(Endpoint, Credentials)> {
    let (scheme, rest) = url
        .split_once("://")
        .context("the ClickHouse URL must start with http:// or https://")?;
    let (userinfo, host) = rest.rsplit_once('@').unwrap_or(("default", rest));
    anyhow::ensure!(
        !host.is_empty() && !host.starts_with('/'),
        "the ClickHouse URL has no host"
    );
    let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
    let decode = |text: &str| {
        percent_decode_str(text)
            .decode_utf8()
            .map(std::borrow::Cow::into_owned)
            .context("the user or password in the ClickHouse URL is not UTF-8")
    };
    Ok((
        Endpoint::new(format!("{scheme}://{}", host.trim_end_matches('/'))),
        Credentials {
            user: decode(user)?,
            password: decode(password)?,
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_split_into_place_user_and_password() {
        for (url, place, user, password) in [
            (
                "http://127.0.0.1:8123",
                "http://127.0.0.1:8123",
                "default",
                "",
            ),
            (
                "http://admin@localhost:8123/",
                "http://localhost:8123",
                "admin",
                "",
            ),
            (
                "https://a:p%40ss%3A@h.example.com:8443",
                "https://h.example.com:8443",
                "a",
                "p@ss:",
            ),
        ] {
            let (endpoint, credentials) = split_url(url).unwrap();
            assert_eq!(endpoint.url, place);
            assert_eq!(
                (credentials.user.as_str(), credentials.password.as_str()),
                (user, password)
            );
        }
        assert!(split_url("localhost:8123").is_err());
        assert!(split_url("http://").is_err());
    }
}
