//! The configuration of the binary: environment variables, read and checked once at start.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use daybook_capture::Capture;
use daybook_store::{
    BACKUP_DAYS_MAX, CopyLifetimes, Credentials, ERASER_USER, Endpoint, Eraser, ErasureKey,
    LedgerFile, READER_USER, Reader, StoreError, WRITER_USER, Writer,
};
use http::{HeaderValue, Uri};
use sha2::{Digest as _, Sha256};

use crate::api::Api;
use crate::auth::{InvalidKeySet, KeySet, RemoteKeys, RemoteKeysError, TokenRules, TokenVerifier};
use crate::catalog::{CatalogError, Catalogs};
use crate::lambda::LambdaOptions;
use crate::recording::capture_of_reads;

/// Of the 6 MB that Lambda lets out in one piece, what remains when an export is written as base64. A
/// page and a CSV are written as JSON strings, and counted so.
const LAMBDA_ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How long the text must be that cursors are signed with.
const PAGE_TOKEN_KEY_CHARS_MIN: usize = 32;

/// What the binary runs with, out of environment variables: `docs/query-api.md` lists them.
#[derive(Debug)]
#[non_exhaustive]
pub struct Config {
    /// What the router needs.
    pub api: Api,
    /// Records reads, where there is a queue for them.
    pub reads: Capture,
    /// How the Lambda is deployed.
    pub lambda: LambdaOptions,
    /// Where a plain server listens.
    pub listen: SocketAddr,
    /// What a plain server keeps erasures in, too.
    pub ledger: Option<LedgerFile>,
}

/// What a scheduled function needs that works on erasures and serves nothing: of [`Config`]'s variables
/// ClickHouse's address and database, and those of erasures.
#[derive(Debug)]
#[non_exhaustive]
pub struct ErasureWork {
    /// Whoever erases.
    pub eraser: Eraser,
}

impl ErasureWork {
    /// Reads the variables through `lookup`; nothing where `DAYBOOK_ERASURE_WORK` is not `1`.
    ///
    /// # Errors
    /// Names the first variable that is missing or wrong.
    pub fn from_variables(
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, ConfigError> {
        let variables = Variables { lookup };
        if !variables.flag("DAYBOOK_ERASURE_WORK")? {
            return Ok(None);
        }
        variables.required("DAYBOOK_WRITER_PASSWORD")?;
        let eraser = eraser(&variables)?;
        let eraser = eraser.ok_or(ConfigError::Missing("DAYBOOK_ERASER_PASSWORD"))?;
        Ok(Some(Self { eraser }))
    }
}

/// What is wrong with the configuration. No message repeats a value that may be secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A variable is missing.
    #[error("{0} must be set")]
    Missing(&'static str),
    /// A variable has a value that it cannot have.
    #[error("{name} must be {expected}")]
    Invalid {
        /// Which one.
        name: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// There is no way, or more than one, to know who asks.
    #[error(
        "exactly one of DAYBOOK_JWKS, DAYBOOK_JWKS_URL and DAYBOOK_TRUST_AUTHORIZER=1 must be set"
    )]
    WhoAsks,
    /// The key set cannot be used.
    #[error("DAYBOOK_JWKS cannot be used")]
    KeySet(#[from] InvalidKeySet),
    /// The key set's URL cannot be used.
    #[error("DAYBOOK_JWKS_URL cannot be used")]
    RemoteKeys(#[from] RemoteKeysError),
    /// The folder of catalogs cannot be used.
    #[error("DAYBOOK_CATALOGS cannot be used")]
    Catalogs(#[from] CatalogError),
    /// The queue's address cannot be used.
    #[error("DAYBOOK_QUEUE_URL cannot be used")]
    Reads(#[from] daybook_capture::ConfigError),
    /// The key of erasures, or their ledger, cannot be used.
    #[error("DAYBOOK_ERASURE_KEY or DAYBOOK_ERASURE_LEDGER cannot be used")]
    Erasures(#[source] StoreError),
    /// ClickHouse's address cannot be used.
    #[error("DAYBOOK_CLICKHOUSE_URL or DAYBOOK_CLICKHOUSE_DATABASE cannot be used")]
    Store(#[from] StoreError),
}

impl Config {
    /// Reads the variables through `lookup`; an empty one counts as not set.
    ///
    /// # Errors
    /// Names the first variable that is missing or wrong.
    pub fn from_variables(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let variables = Variables { lookup };
        let lambda = LambdaOptions {
            base_path: variables.text("DAYBOOK_BASE_PATH").unwrap_or_default(),
            streams_answers: variables.flag("DAYBOOK_STREAM_ANSWERS")?,
        };
        let mut api = Api::new(
            reader(&variables)?,
            verifier(&variables)?,
            page_token_key(&variables)?,
        );
        let seconds = variables.number("DAYBOOK_READ_TIMEOUT_SECONDS", 900, "from 1 to 900")?;
        if let Some(seconds) = seconds {
            api.read_timeout = Duration::from_secs(seconds.into());
        }
        let (places_max, expected) = (10_000, "from 1 to 10000");
        if let Some(max) = variables.number("DAYBOOK_SEARCHES_MAX", places_max, expected)? {
            api.searches_max = max as usize;
        }
        if let Some(max) = variables.number("DAYBOOK_EXPORTS_MAX", places_max, expected)? {
            api.exports_max = max as usize;
        }
        api.range_days_max =
            variables.number("DAYBOOK_RANGE_DAYS_MAX", 100_000, "from 1 to 100000")?;
        api.cors_origins = cors_origins(&variables)?;
        if let Some(folder) = variables.text("DAYBOOK_CATALOGS") {
            api.catalogs = Catalogs::with_folder(Path::new(&folder))?;
        }
        api.answer_bytes_max =
            (!lambda.streams_answers && variables.is_lambda()).then_some(LAMBDA_ANSWER_BYTES_MAX);
        api.eraser = eraser(&variables)?;
        let ledger = variables.text("DAYBOOK_ERASURE_LEDGER");
        let ledger = ledger.map(LedgerFile::create).transpose();
        let reads = match variables.text("DAYBOOK_QUEUE_URL") {
            None => Capture::disabled(),
            Some(queue_url) => {
                api.records_reads = true;
                capture_of_reads(Capture::builder().queue_url(queue_url)).build()?
            }
        };
        let listen = match variables.text("DAYBOOK_LISTEN") {
            None => SocketAddr::from(([127, 0, 0, 1], 8080)),
            Some(address) => address.parse().map_err(|_| ConfigError::Invalid {
                name: "DAYBOOK_LISTEN",
                expected: "an IP address and a port, such as 0.0.0.0:8080",
            })?,
        };
        Ok(Self {
            api,
            reads,
            lambda,
            listen,
            ledger: ledger.map_err(ConfigError::Erasures)?,
        })
    }
}

struct Variables<L> {
    lookup: L,
}

impl<L: Fn(&str) -> Option<String>> Variables<L> {
    fn text(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.is_empty())
    }

    fn required(&self, name: &'static str) -> Result<String, ConfigError> {
        self.text(name).ok_or(ConfigError::Missing(name))
    }

    fn flag(&self, name: &'static str) -> Result<bool, ConfigError> {
        match self.text(name).as_deref() {
            None | Some("0") => Ok(false),
            Some("1") => Ok(true),
            Some(_) => Err(ConfigError::Invalid {
                name,
                expected: "0 or 1",
            }),
        }
    }

    fn number(
        &self,
        name: &'static str,
        max: u32,
        range: &'static str,
    ) -> Result<Option<u32>, ConfigError> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        match text.parse() {
            Ok(number) if (1..=max).contains(&number) => Ok(Some(number)),
            _ => Err(ConfigError::Invalid {
                name,
                expected: range,
            }),
        }
    }

    fn list(&self, name: &str) -> Vec<String> {
        self.text(name)
            .iter()
            .flat_map(|value| value.split(','))
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
            .collect()
    }

    fn is_lambda(&self) -> bool {
        self.text("AWS_LAMBDA_RUNTIME_API").is_some()
    }
}

/// None where nobody said what the eraser's password is.
fn eraser(
    variables: &Variables<impl Fn(&str) -> Option<String>>,
) -> Result<Option<Eraser>, ConfigError> {
    let Some(password) = variables.text("DAYBOOK_ERASER_PASSWORD") else {
        return Ok(None);
    };
    let key = variables.required("DAYBOOK_ERASURE_KEY")?;
    let key = ErasureKey::new(&key).map_err(ConfigError::Erasures)?;
    let credentials = |user: &str, password| Credentials {
        user: user.to_owned(),
        password,
    };
    // A function that takes erasures on never finishes one: it need not be able to write.
    let writer_password = match variables.text("DAYBOOK_WRITER_PASSWORD") {
        None if variables.is_lambda() => String::new(),
        password => password.ok_or(ConfigError::Missing("DAYBOOK_WRITER_PASSWORD"))?,
    };
    let endpoint = endpoint(variables)?;
    let writer = Writer::new(&endpoint, &credentials(WRITER_USER, writer_password))?
        .with_erasure_key(key.clone());
    let credentials = credentials(ERASER_USER, password);
    let eraser = Eraser::new(&endpoint, &credentials, key, writer)?;
    let days = variables.number("DAYBOOK_BACKUP_DAYS", BACKUP_DAYS_MAX, "from 1 to 36500")?;
    Ok(Some(match days {
        Some(days) => eraser.with_copy_lifetimes(CopyLifetimes::with_backups_of(days)),
        None => eraser,
    }))
}

fn endpoint(
    variables: &Variables<impl Fn(&str) -> Option<String>>,
) -> Result<Endpoint, ConfigError> {
    let mut endpoint = Endpoint::new(variables.required("DAYBOOK_CLICKHOUSE_URL")?);
    if let Some(database) = variables.text("DAYBOOK_CLICKHOUSE_DATABASE") {
        endpoint.database = database;
    }
    Ok(endpoint)
}

fn reader(variables: &Variables<impl Fn(&str) -> Option<String>>) -> Result<Reader, ConfigError> {
    let endpoint = endpoint(variables)?;
    let credentials = Credentials {
        user: variables
            .text("DAYBOOK_CLICKHOUSE_USER")
            .unwrap_or_else(|| READER_USER.to_owned()),
        password: variables.required("DAYBOOK_CLICKHOUSE_PASSWORD")?,
    };
    Ok(Reader::new(&endpoint, &credentials)?)
}

fn verifier(
    variables: &Variables<impl Fn(&str) -> Option<String>>,
) -> Result<TokenVerifier, ConfigError> {
    let standard = TokenRules::default();
    let rules = TokenRules {
        tenant_claim: variables
            .text("DAYBOOK_TENANT_CLAIM")
            .unwrap_or(standard.tenant_claim),
        permissions_claim: variables
            .text("DAYBOOK_PERMISSIONS_CLAIM")
            .unwrap_or(standard.permissions_claim),
        issuers: variables.list("DAYBOOK_JWT_ISSUER"),
        audiences: variables.list("DAYBOOK_JWT_AUDIENCE"),
        leeway: standard.leeway,
    };
    let trusts_gateway = variables.flag("DAYBOOK_TRUST_AUTHORIZER")?;
    if !trusts_gateway && (rules.issuers.is_empty() || rules.audiences.is_empty()) {
        tracing::warn!(
            "DAYBOOK_JWT_ISSUER or DAYBOOK_JWT_AUDIENCE is not set: \
             tokens that the same keys signed for other services are accepted, too"
        );
    }
    let inline = variables.text("DAYBOOK_JWKS");
    let url = variables.text("DAYBOOK_JWKS_URL");
    match (inline, url, trusts_gateway) {
        (Some(document), None, false) => {
            let keys = KeySet::from_jwks(document.as_bytes())?;
            Ok(TokenVerifier::with_keys(keys, rules))
        }
        (None, Some(url), false) => Ok(TokenVerifier::with_remote_keys(
            RemoteKeys::new(&url)?,
            rules,
        )),
        (None, None, true) => Ok(TokenVerifier::trusting_gateway_authorizer(rules)),
        _ => Err(ConfigError::WhoAsks),
    }
}

/// Any long secret text will do, so that a secret store can make one up.
fn page_token_key(
    variables: &Variables<impl Fn(&str) -> Option<String>>,
) -> Result<[u8; 32], ConfigError> {
    let text = variables.required("DAYBOOK_PAGE_TOKEN_KEY")?;
    if text.chars().count() < PAGE_TOKEN_KEY_CHARS_MIN {
        return Err(ConfigError::Invalid {
            name: "DAYBOOK_PAGE_TOKEN_KEY",
            expected: "a secret text of 32 characters or more",
        });
    }
    Ok(Sha256::digest(text.as_bytes()).into())
}

/// An origin is a scheme, a host and perhaps a port, and nothing behind (RFC 6454, section 6.2).
fn cors_origins(
    variables: &Variables<impl Fn(&str) -> Option<String>>,
) -> Result<Vec<HeaderValue>, ConfigError> {
    let origin = |text: String| {
        let uri: Uri = text.parse().ok()?;
        let (scheme, authority) = (uri.scheme_str()?, uri.authority()?.as_str());
        let is_origin = matches!(scheme, "https" | "http")
            && !authority.contains('@')
            && text == format!("{scheme}://{authority}");
        is_origin
            .then(|| HeaderValue::try_from(text).ok())
            .flatten()
    };
    let origins = variables
        .list("DAYBOOK_CORS_ORIGINS")
        .into_iter()
        .map(origin);
    origins.collect::<Option<_>>().ok_or(ConfigError::Invalid {
        name: "DAYBOOK_CORS_ORIGINS",
        expected: "origins such as https://app.example.com, separated by commas",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const JWKS: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a",
        "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

    /// A configuration that works, with some variables set otherwise.
    fn config(others: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::from_variables(|name| {
            let working = match name {
                "DAYBOOK_CLICKHOUSE_URL" => "http://127.0.0.1:8123",
                "DAYBOOK_CLICKHOUSE_PASSWORD" => "p",
                "DAYBOOK_JWKS" => JWKS,
                "DAYBOOK_PAGE_TOKEN_KEY" => "0123456789abcdef0123456789abcdef",
                _ => "",
            };
            let other = others.iter().find(|(other, _)| *other == name);
            Some(other.map_or(working, |(_, value)| *value).to_owned())
        })
    }

    #[test]
    fn defaults() {
        let config = config(&[]).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(config.api.read_timeout, Duration::from_secs(20));
        assert_eq!(config.api.answer_bytes_max, None);
        assert_eq!(config.lambda, LambdaOptions::default());
        assert!(!format!("{config:?}").contains("page_token_key"));
    }

    #[test]
    fn bounds_and_origins_are_taken_over() {
        let config = config(&[
            ("DAYBOOK_READ_TIMEOUT_SECONDS", "7"),
            ("DAYBOOK_SEARCHES_MAX", "8"),
            ("DAYBOOK_EXPORTS_MAX", "9"),
            ("DAYBOOK_RANGE_DAYS_MAX", "10"),
            (
                "DAYBOOK_CORS_ORIGINS",
                "https://a.example.com, http://localhost:3000",
            ),
        ])
        .unwrap();
        assert_eq!(config.api.read_timeout, Duration::from_secs(7));
        assert_eq!((config.api.searches_max, config.api.exports_max), (8, 9));
        assert_eq!(config.api.range_days_max, Some(10));
        assert_eq!(
            config.api.cors_origins,
            ["https://a.example.com", "http://localhost:3000"]
        );
    }

    #[test]
    fn an_answer_in_one_piece_is_bounded_on_lambda() {
        let buffered = config(&[("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")]).unwrap();
        assert_eq!(buffered.api.answer_bytes_max, Some(LAMBDA_ANSWER_BYTES_MAX));
        let streamed = config(&[
            ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"),
            ("DAYBOOK_STREAM_ANSWERS", "1"),
        ])
        .unwrap();
        assert_eq!(streamed.api.answer_bytes_max, None);
    }

    #[test]
    fn who_erases_needs_a_key_and_who_finishes_an_erasure_a_writer() {
        let key = ("DAYBOOK_ERASURE_KEY", "0123456789abcdef0123456789abcdef");
        let eraser = ("DAYBOOK_ERASER_PASSWORD", "e");
        let writer = ("DAYBOOK_WRITER_PASSWORD", "w");
        let lambda = ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001");
        assert!(config(&[key, writer]).unwrap().api.eraser.is_none());
        assert!(config(&[key, writer, eraser]).unwrap().api.eraser.is_some());
        assert!(config(&[key, eraser, lambda]).unwrap().api.eraser.is_some());
        for (others, named) in [
            (&[eraser, writer][..], "DAYBOOK_ERASURE_KEY"),
            (&[eraser, key], "DAYBOOK_WRITER_PASSWORD"),
            (
                &[eraser, writer, ("DAYBOOK_ERASURE_KEY", "s3cret")],
                "DAYBOOK_ERASURE_KEY",
            ),
            (
                &[("DAYBOOK_ERASURE_LEDGER", "/nowhere/s3cret")],
                "DAYBOOK_ERASURE_LEDGER",
            ),
        ] {
            let message = config(others).unwrap_err().to_string();
            assert!(message.contains(named), "{message}");
            assert!(!message.contains("s3cret"), "{message}");
        }
        let work = |others: &[(&str, &str)]| {
            ErasureWork::from_variables(|name| {
                let found = others.iter().find(|(other, _)| *other == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        let (url, on) = (
            ("DAYBOOK_CLICKHOUSE_URL", "http://127.0.0.1:8123"),
            ("DAYBOOK_ERASURE_WORK", "1"),
        );
        assert!(work(&[url, key, eraser, writer]).unwrap().is_none());
        assert!(work(&[url, key, eraser, writer, on]).unwrap().is_some());
        assert!(work(&[url, key, eraser, on, lambda]).is_err());
        assert!(work(&[url, key, writer, on]).is_err());
    }

    #[test]
    fn there_is_exactly_one_way_to_know_who_asks() {
        assert!(config(&[("DAYBOOK_JWKS", ""), ("DAYBOOK_TRUST_AUTHORIZER", "1")]).is_ok());
        for others in [
            &[("DAYBOOK_JWKS", "")][..],
            &[("DAYBOOK_TRUST_AUTHORIZER", "1")],
            &[("DAYBOOK_JWKS_URL", "https://id.example.com/jwks.json")],
            &[("DAYBOOK_JWKS", ""), ("DAYBOOK_TRUST_AUTHORIZER", "0")],
        ] {
            assert!(
                matches!(config(others), Err(ConfigError::WhoAsks)),
                "{others:?}"
            );
        }
    }

    #[test]
    fn a_wrong_variable_is_named_and_its_value_is_not() {
        for (name, value) in [
            ("DAYBOOK_CLICKHOUSE_URL", ""),
            ("DAYBOOK_CLICKHOUSE_PASSWORD", ""),
            ("DAYBOOK_JWKS", "{\"keys\": []}"),
            ("DAYBOOK_PAGE_TOKEN_KEY", ""),
            ("DAYBOOK_PAGE_TOKEN_KEY", "s3cret"),
            ("DAYBOOK_READ_TIMEOUT_SECONDS", "s3cret"),
            ("DAYBOOK_READ_TIMEOUT_SECONDS", "901"),
            ("DAYBOOK_READ_TIMEOUT_SECONDS", "0"),
            ("DAYBOOK_SEARCHES_MAX", "0"),
            ("DAYBOOK_EXPORTS_MAX", "-1"),
            ("DAYBOOK_RANGE_DAYS_MAX", "s3cret"),
            ("DAYBOOK_CORS_ORIGINS", "*"),
            ("DAYBOOK_CORS_ORIGINS", "null"),
            ("DAYBOOK_CORS_ORIGINS", "https://s3cret.example.com/"),
            (
                "DAYBOOK_CORS_ORIGINS",
                "https://a.example.com,ftp://s3cret.example.com",
            ),
            ("DAYBOOK_STREAM_ANSWERS", "s3cret"),
            ("DAYBOOK_LISTEN", "s3cret"),
        ] {
            let message = config(&[(name, value)]).unwrap_err().to_string();
            assert!(message.contains(name), "{message}");
            assert!(!message.contains("s3cret"), "{message}");
        }
        for url in [
            "http://id.example.com/jwks",
            "ftp://id.example.com",
            "not a url",
        ] {
            let message = config(&[("DAYBOOK_JWKS", ""), ("DAYBOOK_JWKS_URL", url)])
                .unwrap_err()
                .to_string();
            assert!(message.contains("DAYBOOK_JWKS_URL"), "{message}");
        }
    }
}
