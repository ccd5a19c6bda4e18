//! Connections to ClickHouse: the official client for rows, and a plain request for what it cannot
//! send.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use clickhouse::Compression;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, connect::Connect};
use hyper_util::rt::TokioExecutor;

use crate::endpoint::{Credentials, Endpoint};
use crate::error::{StoreError, from_clickhouse_text};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TCP_KEEPALIVE: Duration = Duration::from_mins(1);
/// Shorter than the time after which ClickHouse closes an idle connection (3 s, its default).
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(2);

/// The official client for one user.
pub(crate) fn client(
    endpoint: &Endpoint,
    credentials: &Credentials,
) -> Result<clickhouse::Client, StoreError> {
    let client = if endpoint.check()?.scheme_str() == Some("https") {
        clickhouse::Client::with_http_client(
            Client::builder(TokioExecutor::new())
                .pool_idle_timeout(POOL_IDLE_TIMEOUT)
                .build(tls_connector()?),
        )
    } else {
        clickhouse::Client::with_http_client(
            Client::builder(TokioExecutor::new())
                .pool_idle_timeout(POOL_IDLE_TIMEOUT)
                .build(tcp_connector()),
        )
    };
    Ok(client
        .with_url(&endpoint.url)
        .with_database(&endpoint.database)
        .with_user(&credentials.user)
        .with_password(&credentials.password)
        .with_compression(Compression::Lz4)
        .with_product_info("daybook", env!("CARGO_PKG_VERSION")))
}

fn tcp_connector() -> HttpConnector {
    let mut connector = HttpConnector::new();
    // The official client's own connector leaves Nagle's algorithm on: 1,000 rows then take three
    // times as long.
    connector.set_nodelay(true);
    connector.set_keepalive(Some(TCP_KEEPALIVE));
    connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
    connector.enforce_http(false);
    connector
}

fn tls_connector() -> Result<HttpsConnector<HttpConnector>, StoreError> {
    let builder = HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(rustls::crypto::ring::default_provider())
        .map_err(|error| {
            StoreError::InvalidEndpoint(format!("the system's certificates: {error}"))
        })?;
    Ok(builder
        .https_only()
        .enable_http1()
        .wrap_connector(tcp_connector()))
}

/// Sends a query together with an external table, which the official client cannot.
///
/// For thousands of keys an external table is far quicker than array parameters, and has no bound
/// on its size: <https://clickhouse.com/docs/engines/table-engines/special/external-data>.
#[derive(Clone)]
pub(crate) struct ExternalTableClient {
    sender: Sender,
    url: String,
    authorization: HeaderValue,
}

#[derive(Clone)]
enum Sender {
    Tcp(Client<HttpConnector, Full<Bytes>>),
    Tls(Client<HttpsConnector<HttpConnector>, Full<Bytes>>),
}

/// An external table: its columns as ClickHouse writes them, and its rows in RowBinary.
pub(crate) struct ExternalTable<'a> {
    pub(crate) name: &'a str,
    pub(crate) structure: &'a str,
    pub(crate) rows: &'a [u8],
}

impl ExternalTableClient {
    pub(crate) fn new(endpoint: &Endpoint, credentials: &Credentials) -> Result<Self, StoreError> {
        let is_tls = endpoint.check()?.scheme_str() == Some("https");
        let mut builder = Client::builder(TokioExecutor::new());
        builder.pool_idle_timeout(POOL_IDLE_TIMEOUT);
        let sender = if is_tls {
            Sender::Tls(builder.build(tls_connector()?))
        } else {
            Sender::Tcp(builder.build(tcp_connector()))
        };
        let user_and_password = format!("{}:{}", credentials.user, credentials.password);
        let basic = format!("Basic {}", BASE64.encode(user_and_password));
        let mut authorization = HeaderValue::try_from(basic)
            .map_err(|_| StoreError::InvalidEndpoint("the password cannot be sent".to_owned()))?;
        authorization.set_sensitive(true);
        Ok(Self {
            sender,
            // The whole answer is there before the status is sent, so the status is the truth.
            url: format!(
                "{}/?database={}&default_format=RowBinary&wait_end_of_query=1",
                endpoint.url.trim_end_matches('/'),
                endpoint.database
            ),
            authorization,
        })
    }

    /// Runs `sql`, and returns its answer in RowBinary, at most `answer_bytes_max` of it.
    pub(crate) async fn query(
        &self,
        sql: &str,
        parameters: &[(&str, String)],
        table: &ExternalTable<'_>,
        answer_bytes_max: usize,
    ) -> Result<Bytes, StoreError> {
        let body = Multipart::of(sql, parameters, table);
        let request = Request::post(&self.url)
            .header(AUTHORIZATION, self.authorization.clone())
            .header(CONTENT_TYPE, body.content_type)
            .body(Full::from(body.bytes))
            .map_err(|error| StoreError::InvalidEndpoint(error.to_string()))?;
        match &self.sender {
            Sender::Tcp(client) => send(client, request, answer_bytes_max).await,
            Sender::Tls(client) => send(client, request, answer_bytes_max).await,
        }
    }
}

impl fmt::Debug for ExternalTableClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ExternalTableClient")
            .finish_non_exhaustive()
    }
}

async fn send<C: Connect + Clone + Send + Sync + 'static>(
    client: &Client<C, Full<Bytes>>,
    request: Request<Full<Bytes>>,
    answer_bytes_max: usize,
) -> Result<Bytes, StoreError> {
    let response = client
        .request(request)
        .await
        .map_err(|error| StoreError::unreachable(&error))?;
    let is_success = response.status().is_success();
    let body = Limited::new(response.into_body(), answer_bytes_max)
        .collect()
        .await
        .map_err(|error| StoreError::unreachable(error.as_ref()))?
        .to_bytes();
    if is_success {
        Ok(body)
    } else {
        Err(from_clickhouse_text(&String::from_utf8_lossy(&body)))
    }
}

/// A `multipart/form-data` body (RFC 7578).
struct Multipart {
    content_type: String,
    bytes: Vec<u8>,
}

impl Multipart {
    fn of(sql: &str, parameters: &[(&str, String)], table: &ExternalTable<'_>) -> Self {
        // Random, so that no value can contain it.
        let boundary = format!("daybook{:032x}", rand::random::<u128>());
        let mut bytes = Vec::with_capacity(table.rows.len() + 2_048);
        let mut part = |name: &str, file: bool, value: &[u8]| {
            let file = if file { "; filename=\"keys\"" } else { "" };
            bytes.extend_from_slice(
                format!(
                    "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n"
                )
                .as_bytes(),
            );
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        };
        part("query", false, sql.as_bytes());
        for (name, value) in parameters {
            part(&format!("param_{name}"), false, value.as_bytes());
        }
        let name = table.name;
        part(
            &format!("{name}_structure"),
            false,
            table.structure.as_bytes(),
        );
        part(&format!("{name}_format"), false, b"RowBinary");
        part(name, true, table.rows);
        bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        Self {
            content_type: format!("multipart/form-data; boundary={boundary}"),
            bytes,
        }
    }
}
