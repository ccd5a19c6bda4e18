//! Connections to ClickHouse: the official client for rows, and a plain request for what it cannot
//! send.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt;
use std::io::Write as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use clickhouse::Compression;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderValue, Request};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, connect::Connect};
use hyper_util::rt::TokioExecutor;
use lz4_flex::frame::{BlockSize, FrameEncoder, FrameInfo};

use crate::endpoint::{Credentials, Endpoint};
use crate::error::{StoreError, from_clickhouse_text};
use crate::native::Block;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TCP_KEEPALIVE: Duration = Duration::from_mins(1);
/// Shorter than the time after which ClickHouse closes an idle connection (3 s, its default).
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(2);
/// An insert answers nothing, or why it failed.
const ANSWER_BYTES_TO_INSERT_MAX: usize = 1 << 20;

/// The official client for one user.
pub(crate) fn client(
    endpoint: &Endpoint,
    credentials: &Credentials,
) -> Result<clickhouse::Client, StoreError> {
    let is_tls = endpoint.check()?.scheme_str() == Some("https");
    let client = if is_tls {
        clickhouse::Client::with_http_client(pool(tls_connector()?))
    } else {
        clickhouse::Client::with_http_client(pool(tcp_connector()))
    };
    Ok(client
        .with_url(&endpoint.url)
        .with_database(&endpoint.database)
        .with_user(&credentials.user)
        .with_password(&credentials.password)
        .with_compression(if is_tls {
            Compression::Lz4
        } else {
            // Within one machine it costs more than it saves.
            Compression::None
        })
        .with_product_info("daybook", env!("CARGO_PKG_VERSION")))
}

fn pool<C, B>(connector: C) -> Client<C, B>
where
    C: Connect + Clone,
    B: Body<Data: Send> + Send,
{
    Client::builder(TokioExecutor::new())
        .pool_idle_timeout(POOL_IDLE_TIMEOUT)
        .build(connector)
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

/// Sends what the official client cannot: external tables, and bodies that are made already.
#[derive(Clone)]
pub(crate) struct PlainClient {
    sender: Sender,
    url: String,
    database: String,
    authorization: HeaderValue,
    is_compressed: bool,
}

#[derive(Clone)]
enum Sender {
    Tcp(Client<HttpConnector, Pieces>),
    Tls(Client<HttpsConnector<HttpConnector>, Pieces>),
}

/// An external table: its columns as ClickHouse writes them, and its rows in RowBinary.
///
/// For thousands of keys it is far quicker than array parameters, and has no bound on its size:
/// <https://clickhouse.com/docs/engines/table-engines/special/external-data>.
pub(crate) struct ExternalTable<'a> {
    pub(crate) name: &'a str,
    pub(crate) structure: &'a str,
    pub(crate) rows: &'a [u8],
}

/// A body for an insert, compressed where that pays.
#[derive(Clone)]
pub(crate) struct InsertBody(Vec<Bytes>);

impl PlainClient {
    pub(crate) fn new(endpoint: &Endpoint, credentials: &Credentials) -> Result<Self, StoreError> {
        let is_tls = endpoint.check()?.scheme_str() == Some("https");
        let sender = if is_tls {
            Sender::Tls(pool(tls_connector()?))
        } else {
            Sender::Tcp(pool(tcp_connector()))
        };
        let user_and_password = format!("{}:{}", credentials.user, credentials.password);
        let basic = format!("Basic {}", BASE64.encode(user_and_password));
        let mut authorization = HeaderValue::try_from(basic)
            .map_err(|_| StoreError::InvalidEndpoint("the password cannot be sent".to_owned()))?;
        authorization.set_sensitive(true);
        Ok(Self {
            sender,
            url: endpoint.url.trim_end_matches('/').to_owned(),
            database: endpoint.database.clone(),
            authorization,
            is_compressed: is_tls,
        })
    }

    /// The database that queries are about.
    pub(crate) fn database(&self) -> &str {
        &self.database
    }

    /// Runs `sql` and returns its answer in RowBinary,
    /// at most `answer_bytes_max` of it.
    pub(crate) async fn query(
        &self,
        sql: &str,
        settings: &[(&str, &str)],
        parameters: &[(&str, String)],
        table: Option<&ExternalTable<'_>>,
        answer_bytes_max: usize,
    ) -> Result<Bytes, StoreError> {
        let body = Multipart::of(sql, parameters, table);
        let request = Request::post(self.target(settings, None))
            .header(CONTENT_TYPE, body.content_type)
            .body(Pieces::from(Bytes::from(body.bytes)));
        self.send(request, answer_bytes_max).await
    }

    /// Makes a body of a block in the Native format.
    pub(crate) fn insert_body(&self, block: Block) -> Result<InsertBody, StoreError> {
        let pieces = block.into_pieces();
        if self.is_compressed {
            Ok(InsertBody(vec![compressed(&pieces)?]))
        } else {
            Ok(InsertBody(pieces))
        }
    }

    /// Runs an `INSERT … FORMAT Native`.
    pub(crate) async fn insert(
        &self,
        sql: &str,
        settings: &[(&str, &str)],
        body: &InsertBody,
    ) -> Result<(), StoreError> {
        let mut request = Request::post(self.target(settings, Some(sql)));
        if self.is_compressed {
            request = request.header(CONTENT_ENCODING, "lz4");
        }
        let request = request.body(Pieces(body.0.clone().into()));
        self.send(request, ANSWER_BYTES_TO_INSERT_MAX).await?;
        Ok(())
    }

    fn target(&self, settings: &[(&str, &str)], sql: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(format!("{}/?", self.url));
        query
            .append_pair("database", &self.database)
            .append_pair("default_format", "RowBinary")
            // The whole answer is there before the status is sent, so the status is the truth.
            .append_pair("wait_end_of_query", "1")
            // To format an answer of a few rows in threads of their own takes longer.
            .append_pair("output_format_parallel_formatting", "0")
            .extend_pairs(settings);
        if let Some(sql) = sql {
            query.append_pair("query", sql);
        }
        query.finish()
    }

    async fn send(
        &self,
        request: http::Result<Request<Pieces>>,
        answer_bytes_max: usize,
    ) -> Result<Bytes, StoreError> {
        let mut request =
            request.map_err(|error| StoreError::InvalidEndpoint(error.to_string()))?;
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, self.authorization.clone());
        match &self.sender {
            Sender::Tcp(client) => send(client, request, answer_bytes_max).await,
            Sender::Tls(client) => send(client, request, answer_bytes_max).await,
        }
    }
}

impl fmt::Debug for PlainClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PlainClient")
            .finish_non_exhaustive()
    }
}

async fn send<C: Connect + Clone + Send + Sync + 'static>(
    client: &Client<C, Pieces>,
    request: Request<Pieces>,
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

/// What HTTP calls the content encoding `lz4`.
fn compressed(pieces: &[Bytes]) -> Result<Bytes, StoreError> {
    // Where it is not told, the first piece says how large its blocks are, and that is a few bytes.
    let info = FrameInfo::new().block_size(BlockSize::Max4MB);
    let mut encoder = FrameEncoder::with_frame_info(info, Vec::new());
    let frame = pieces
        .iter()
        .try_for_each(|piece| encoder.write_all(piece))
        .map_err(lz4_flex::frame::Error::from)
        .and_then(|()| encoder.finish());
    frame
        .map(Bytes::from)
        .map_err(|error| StoreError::unreachable(&error))
}

/// A body of which the pieces are sent one after the other.
struct Pieces(VecDeque<Bytes>);

impl From<Bytes> for Pieces {
    fn from(bytes: Bytes) -> Self {
        Self(VecDeque::from([bytes]))
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.iter().map(|piece| piece.len() as u64).sum())
    }
}

/// A `multipart/form-data` body (RFC 7578).
struct Multipart {
    content_type: String,
    bytes: Vec<u8>,
}

impl Multipart {
    fn of(sql: &str, parameters: &[(&str, String)], table: Option<&ExternalTable<'_>>) -> Self {
        // Random, so that no value can contain it.
        let boundary = format!("daybook{:032x}", rand::random::<u128>());
        let mut bytes = Vec::with_capacity(table.map_or(0, |table| table.rows.len()) + 2_048);
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
        if let Some(ExternalTable {
            name,
            structure,
            rows,
        }) = table
        {
            part(&format!("{name}_structure"), false, structure.as_bytes());
            part(&format!("{name}_format"), false, b"RowBinary");
            part(name, true, rows);
        }
        bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        Self {
            content_type: format!("multipart/form-data; boundary={boundary}"),
            bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use lz4_flex::frame::FrameDecoder;

    use super::*;

    #[test]
    fn a_compressed_body_is_all_of_its_pieces_in_large_blocks() {
        let noise: Vec<u8> = (0..50_000).map(|_| rand::random()).collect();
        let mut pieces = vec![Bytes::from_static(b"head")];
        pieces.extend((0..20).map(|_| Bytes::from(noise.clone())));
        let body = compressed(&pieces).unwrap();
        // In blocks of 64 KiB only the end of each would be known from its beginning.
        assert!(body.len() < 2 * noise.len(), "{} bytes", body.len());
        let mut read = Vec::new();
        FrameDecoder::new(&*body).read_to_end(&mut read).unwrap();
        assert!(read == pieces.concat());
    }
}
