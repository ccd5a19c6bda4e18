//! The ClickHouse that `up` works with: its own embedded one, or a running server.

use anyhow::Context as _;
use daybook_clickhouse_launcher::{Cache, Engine, Server, ServerOptions};
use daybook_store::{
    Credentials, DATABASE_DEFAULT, Endpoint, RolePasswords, create_roles, migrate, users_xml,
};
use percent_encoding::percent_decode_str;

use crate::data_directory::DataDirectory;

/// A ClickHouse with the present schema.
pub(crate) struct ClickHouse {
    pub(crate) endpoint: Endpoint,
    pub(crate) writer: Credentials,
    pub(crate) reader: Credentials,
    embedded: Option<Server>,
}

impl ClickHouse {
    /// Uses the server at `url`, where one is given; starts an embedded engine on the data folder
    /// otherwise.
    pub(crate) async fn start(
        url: Option<&str>,
        directory: &DataDirectory,
        passwords: &RolePasswords,
    ) -> anyhow::Result<Self> {
        let (endpoint, migrator, embedded) = match url {
            Some(url) => {
                let (endpoint, administrator) = split_url(url)?;
                migrate(&endpoint, &administrator).await?;
                create_roles(&endpoint, &administrator, passwords)
                    .await
                    .context("the writer and reader could not be made on this ClickHouse")?;
                (endpoint, administrator, None)
            }
            None => {
                let engine = Engine::find(&Cache::of_user()?).await?;
                let server = Server::start(
                    &engine,
                    ServerOptions::new(
                        directory.clickhouse(),
                        users_xml(DATABASE_DEFAULT, passwords)?,
                        (
                            std::env::current_exe()
                                .context("this program does not know its own path")?,
                            vec!["clickhouse-engine".into()],
                        ),
                    ),
                )
                .await?;
                let endpoint = Endpoint::new(server.http_url());
                (endpoint, passwords.migrator_credentials(), Some(server))
            }
        };
        if embedded.is_some() {
            migrate(&endpoint, &migrator).await?;
        }
        Ok(Self {
            endpoint,
            writer: passwords.writer_credentials(),
            reader: passwords.reader_credentials(),
            embedded,
        })
    }

    /// Stops the embedded engine cleanly; leaves a running server alone.
    pub(crate) async fn stop(self) {
        if let Some(server) = self.embedded {
            server.stop().await;
        }
    }
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
            ("http://127.0.0.1:8123", "http://127.0.0.1:8123", "default", ""),
            ("http://admin@localhost:8123/", "http://localhost:8123", "admin", ""),
            ("https://a:p%40ss%3A@h.example.com:8443", "https://h.example.com:8443", "a", "p@ss:"),
        ] {
            let (endpoint, credentials) = split_url(url).unwrap();
            assert_eq!(endpoint.url, place);
            assert_eq!((credentials.user.as_str(), credentials.password.as_str()), (user, password));
        }
        assert!(split_url("localhost:8123").is_err());
        assert!(split_url("http://").is_err());
    }
}
