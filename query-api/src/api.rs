//! The router: which address is answered by which room.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::tenant_reader::TenantReader;
use axum::Router;
use axum::middleware::from_fn;
use daybook_store::{Eraser, Reader, StoreError, TenantId};
use http::{HeaderName, HeaderValue, Method, header};
use tower::util::option_layer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;
use tower_http::cors::{AllowOrigin, CorsLayer};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use utoipa_axum::routes;

use crate::answer;
use crate::auth::{Services, TokenVerifier};
use crate::catalog::Catalogs;
use crate::concurrency::{Bound, Turn};
use crate::error::Problem;
use crate::page_token::PageTokenKey;
use crate::recording::say_nobody;
use crate::request_id::REQUEST_ID_HEADER;
use crate::routes::health::Readiness;
use crate::routes::{docs, erasures, export, health, history, logs, page, statistics};

/// How long a read may take, unless it is configured: less than API Gateway waits (29 s).
const READ_TIMEOUT_DEFAULT: Duration = Duration::from_secs(20);

/// Each search is up to two queries, and the reader's role may run 100 at once.
const SEARCHES_MAX_DEFAULT: usize = 80;
const EXPORTS_MAX_DEFAULT: usize = 16;
/// Each may look through all texts of a tenant.
const ERASURES_MAX: usize = 8;
/// Of events that are there as they were stored and once more as they are written, in a function of 512 MB.
const EVENTS_BYTES_MAX_DEFAULT: usize = 64 << 20;
/// When to try again: a search is over sooner than an export.
const SEARCH_RETRY_AFTER_SECONDS: u32 = 1;
const EXPORT_RETRY_AFTER_SECONDS: u32 = 10;
const ERASURE_RETRY_AFTER_SECONDS: u32 = 5;
/// Below, compression costs more than it saves.
const COMPRESSED_BYTES_MIN: u64 = 1024;
/// How long a browser may remember what a page of another origin may send.
const CORS_MAX_AGE: Duration = Duration::from_hours(1);

/// What the API needs to answer.
#[non_exhaustive]
pub struct Api {
    /// Reads the store.
    pub reader: Reader,
    /// Says who asks.
    pub verifier: TokenVerifier,
    /// Takes erasures on; what it began is for [`work_on_erasures`](crate::work_on_erasures) or
    /// `daybook erase --resume` to go on with. None: they are answered with 501.
    pub eraser: Option<Eraser>,
    /// Signs cursors. The same on every instance, or cursors of one are refused by the others.
    pub page_token_key: [u8; 32],
    /// How long one read may take before the answer is 504; of an export, how long it may take
    /// until something more comes. 20 seconds.
    pub read_timeout: Duration,
    /// How many bytes an answer may have, for where answers are not streamed: a longer page is
    /// refused, a longer export cut off with a marker. No bound.
    pub answer_bytes_max: Option<usize>,
    /// How many bytes of events, as they are stored, one read may hold at once, if it is of more than one: a longer page is
    /// refused, and of what lies before a history's page no more is read. 64 MiB.
    pub events_bytes_max: usize,
    /// How many searches, and reads of single events, go on at once, of which no tenant gets more
    /// than half; the others are answered with 429. 80.
    pub searches_max: usize,
    /// The same for exports. 16.
    pub exports_max: usize,
    /// The longest time range that may be asked for, in days; a range without an end is longer
    /// than any. No bound.
    pub range_days_max: Option<u32>,
    /// Sentences in other languages and other words. English and German.
    pub catalogs: Catalogs,
    /// Whether reads are recorded: exports are then counted first. No.
    pub records_reads: bool,
    /// The origins whose pages may read answers (CORS), such as `https://app.example.com`. None.
    pub cors_origins: Vec<HeaderValue>,
}

/// The API as the handlers share it. What reads the store is out of their reach, but for one tenant.
#[derive(Debug)]
pub(crate) struct ServedApi {
    reader: Reader,
    searches: Bound,
    exports: Bound,
    erasures: Bound,
    pub(crate) eraser: Option<Eraser>,
    pub(crate) readiness: Readiness,
    pub(crate) verifier: TokenVerifier,
    pub(crate) page_token_key: PageTokenKey,
    pub(crate) read_timeout: Duration,
    pub(crate) answer_bytes_max: Option<usize>,
    pub(crate) events_bytes_max: usize,
    pub(crate) range_days_max: Option<u32>,
    pub(crate) records_reads: bool,
    pub(crate) catalogs: Catalogs,
}

pub(crate) type SharedApi = Arc<ServedApi>;

impl ServedApi {
    fn new(api: Api) -> Self {
        Self {
            reader: api.reader,
            searches: Bound::new(api.searches_max, SEARCH_RETRY_AFTER_SECONDS),
            exports: Bound::new(api.exports_max, EXPORT_RETRY_AFTER_SECONDS),
            erasures: Bound::new(ERASURES_MAX, ERASURE_RETRY_AFTER_SECONDS),
            eraser: api.eraser,
            readiness: Readiness::default(),
            verifier: api.verifier,
            page_token_key: PageTokenKey(api.page_token_key),
            read_timeout: api.read_timeout,
            answer_bytes_max: api.answer_bytes_max,
            events_bytes_max: api.events_bytes_max,
            range_days_max: api.range_days_max,
            records_reads: api.records_reads,
            catalogs: api.catalogs,
        }
    }

    /// How many bytes of events a page may have. Its answer is longer than they are.
    pub(crate) fn page_bytes_max(&self) -> usize {
        let of_answer = self.answer_bytes_max.unwrap_or(usize::MAX);
        of_answer.min(self.events_bytes_max)
    }

    /// A turn at reading the events that the identity's permission shows.
    ///
    /// # Errors
    /// 429 where the tenant has as many reads under way as it may.
    pub(crate) fn searching(
        &self,
        tenant: TenantId,
        services: Services,
    ) -> Result<TenantReader, Problem> {
        self.reading(&self.searches, tenant, services)
    }

    /// The same for an export.
    ///
    /// # Errors
    /// 429 where the tenant has as many exports under way as it may.
    pub(crate) fn exporting(
        &self,
        tenant: TenantId,
        services: Services,
    ) -> Result<TenantReader, Problem> {
        self.reading(&self.exports, tenant, services)
    }

    fn reading(
        &self,
        bound: &Bound,
        tenant: TenantId,
        services: Services,
    ) -> Result<TenantReader, Problem> {
        let turn = bound.take(&tenant)?;
        let reader = self.reader.clone();
        Ok(TenantReader::new(reader, tenant, services, turn))
    }

    /// A turn at asking for an erasure, or after one.
    ///
    /// # Errors
    /// 429 where the tenant has as many under way as it may.
    pub(crate) fn erasing(&self, tenant: &TenantId) -> Result<Turn, Problem> {
        self.erasures.take(tenant)
    }

    /// Whether the store answers.
    ///
    /// # Errors
    /// Whatever it says instead.
    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        self.reader.ping().await
    }
}

impl Api {
    /// An API with the bounds of the fields' documentation.
    pub fn new(reader: Reader, verifier: TokenVerifier, page_token_key: [u8; 32]) -> Self {
        Self {
            reader,
            verifier,
            eraser: None,
            page_token_key,
            read_timeout: READ_TIMEOUT_DEFAULT,
            answer_bytes_max: None,
            events_bytes_max: EVENTS_BYTES_MAX_DEFAULT,
            searches_max: SEARCHES_MAX_DEFAULT,
            exports_max: EXPORTS_MAX_DEFAULT,
            range_days_max: None,
            catalogs: Catalogs::default(),
            records_reads: false,
            cors_origins: Vec::new(),
        }
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Api")
            .field("reader", &self.reader)
            .field("verifier", &self.verifier)
            .field("eraser", &self.eraser)
            .field("read_timeout", &self.read_timeout)
            .field("answer_bytes_max", &self.answer_bytes_max)
            .field("events_bytes_max", &self.events_bytes_max)
            .field("searches_max", &self.searches_max)
            .field("exports_max", &self.exports_max)
            .field("range_days_max", &self.range_days_max)
            .field("catalogs", &self.catalogs)
            .field("records_reads", &self.records_reads)
            .field("cors_origins", &self.cors_origins)
            .finish_non_exhaustive()
    }
}

/// The whole API and its page.
pub fn router(api: Api) -> Router {
    let cors = cors(&api.cors_origins);
    let (routes, document) = routes().split_for_parts();
    routes
        .merge(docs::router(document))
        .merge(page::router())
        .fallback(async || {
            say_nobody();
            Problem::not_found("There is nothing at this address.")
        })
        .method_not_allowed_fallback(async || {
            say_nobody();
            Problem::method_not_allowed()
        })
        .layer(CatchPanicLayer::custom(answer::panicked))
        .layer(option_layer(cors))
        .layer(from_fn(answer::finish))
        .layer(CompressionLayer::new().compress_when(SizeAbove::new(COMPRESSED_BYTES_MIN)))
        .with_state(Arc::new(ServedApi::new(api)))
}

/// The routes that are the API, each with its entry in the API's document.
fn routes() -> OpenApiRouter<SharedApi> {
    OpenApiRouter::default()
        .routes(of_the_log(routes!(logs::search)))
        .routes(of_the_log(routes!(logs::one)))
        .routes(of_the_log(routes!(statistics::facets)))
        .routes(of_the_log(routes!(statistics::histogram)))
        .routes(of_the_log(routes!(history::history)))
        .routes(of_the_log(routes!(export::by_query, export::by_body)))
        .routes(of_the_log(routes!(erasures::erase, erasures::list)))
        .routes(of_the_log(routes!(erasures::one)))
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
}

/// An address that takes the methods of its operations and no other, HEAD included.
///
/// A router answers HEAD as GET without the body. The length of that body and the status tell what is in
/// the log, and as HEAD is recorded nowhere, nobody would see who asked.
fn of_the_log(
    (schemas, paths, router): UtoipaMethodRouter<SharedApi>,
) -> UtoipaMethodRouter<SharedApi> {
    let items = || paths.paths.values();
    let methods = [
        ("GET", items().any(|item| item.get.is_some())),
        ("POST", items().any(|item| item.post.is_some())),
    ];
    let allowed = methods.into_iter().filter(|(_, is_there)| *is_there);
    let allowed: Vec<_> = allowed.map(|(method, _)| method).collect();
    let allowed = allowed.join(",");
    let refuse = async move || {
        say_nobody();
        ([(header::ALLOW, allowed)], Problem::method_not_allowed())
    };
    (schemas, paths, router.head(refuse.clone()).fallback(refuse))
}

/// Nothing, unless origins are configured: then those, exactly. Tokens come in a header, never in
/// a cookie, so no credentials are allowed.
fn cors(origins: &[HeaderValue]) -> Option<CorsLayer> {
    let request_id = HeaderName::from_static(REQUEST_ID_HEADER);
    let layer = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.iter().cloned()))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            HeaderName::from_static(erasures::IDEMPOTENCY_KEY_HEADER),
            request_id.clone(),
        ])
        .expose_headers([
            header::CONTENT_DISPOSITION,
            header::LOCATION,
            header::RETRY_AFTER,
            request_id,
        ])
        .max_age(CORS_MAX_AGE);
    (!origins.is_empty()).then_some(layer)
}

/// The document's part that the routes know.
pub(crate) fn document_of_routes() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}
