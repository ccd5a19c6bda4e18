//! `GET|POST /v1/logs/export`: every event that matches, as JSON lines, CSV or OCSF, as the store sends
//! them.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use daybook_event::AuditEvent;
use daybook_store::{Filter, Search, StoreError};
use futures::{Stream, StreamExt as _, stream};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use jiff::Timestamp;

use crate::api::SharedApi;
use crate::auth::{Identity, Permission, Services};
use crate::catalog::{AcceptedLanguages, Locale};
use crate::concurrency::Turn;
use crate::document::{BodyProblems, ReadProblems};
use crate::error::Problem;
use crate::export_format::{CutOff, ExportFormat};
use crate::recording::say_read;
use crate::request_id::RequestId;
use crate::routes::body_bytes;
use crate::search_request::{ExportRequest, check_range, export_from_json, export_from_query};
use crate::tenant_reader::TenantReader;

/// How many events are written at once, where that many are there.
const CHUNK_EVENTS_MAX: usize = 256;
/// How long an export may wait for its record's sake.
const COUNT_TIMEOUT: Duration = Duration::from_secs(5);
/// What the marker of an export that is cut off for its size may need.
const MARKER_BYTES_MAX: usize = 1024;

type Chunk = Vec<Result<AuditEvent, StoreError>>;
type Chunks = Pin<Box<dyn Stream<Item = Chunk> + Send>>;

/// Export, with the filter as the query: every event that matches.
#[utoipa::path(
    get,
    path = "/v1/logs/export",
    operation_id = "exportLogsByQuery",
    tag = "events",
    responses(
        (
            status = 200,
            description = "A line per event, to the last, or to a line that says why not.",
            content_type = "application/x-ndjson",
            body = ref("#/components/schemas/ExportAnswer"),
        ),
        ReadProblems,
    ),
)]
pub(crate) async fn by_query(
    State(api): State<SharedApi>,
    identity: Identity,
    languages: AcceptedLanguages,
    Extension(request_id): Extension<RequestId>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let services = identity.require(Permission::Export)?;
    let request = export_from_query(query.as_deref().unwrap_or_default())?;
    let locale = languages.locale(&api.catalogs, request.locale.as_deref());
    let lines = Lines::new(&api, &request, request_id, locale);
    export(&api, identity, services, &request.search, lines).await
}

/// Export, with the filter as the body: every event that matches.
#[utoipa::path(
    post,
    path = "/v1/logs/export",
    operation_id = "exportLogs",
    tag = "events",
    request_body = ref("#/components/schemas/ExportRequest"),
    responses(
        (
            status = 200,
            description = "A line per event, to the last, or to a line that says why not.",
            content_type = "application/x-ndjson",
            body = ref("#/components/schemas/ExportAnswer"),
        ),
        ReadProblems,
        BodyProblems,
    ),
)]
pub(crate) async fn by_body(
    State(api): State<SharedApi>,
    identity: Identity,
    languages: AcceptedLanguages,
    Extension(request_id): Extension<RequestId>,
    body: Body,
) -> Result<Response, Problem> {
    let services = identity.require(Permission::Export)?;
    let request = export_from_json(&body_bytes(body).await?)?;
    let locale = languages.locale(&api.catalogs, request.locale.as_deref());
    let lines = Lines::new(&api, &request, request_id, locale);
    export(&api, identity, services, &request.search, lines).await
}

async fn export(
    api: &SharedApi,
    identity: Identity,
    services: Services,
    search: &Search,
    mut lines: Lines,
) -> Result<Response, Problem> {
    check_range(&search.filter, api.range_days_max, Timestamp::now())?;
    let reader = api.exporting(identity.tenant, services)?;
    let count = counted(api, &reader, &search.filter).await;
    say_read(&identity.person, "exported the audit log", count);
    let (events, turn) = reader.export(search);
    let mut chunks: Chunks = Box::pin(events.ready_chunks(CHUNK_EVENTS_MAX));
    // The status is sent before the first line: what fails until then can still be a status.
    let mut first = tokio::time::timeout(api.read_timeout, chunks.next())
        .await
        .map_err(|_| Problem::timed_out())?
        .unwrap_or_default();
    if matches!(first.first(), Some(Err(_)))
        && let Err(error) = first.swap_remove(0)
    {
        return Err(Problem::from_store(&error));
    }

    lines.chunks = Box::pin(stream::iter([first]).chain(chunks));
    lines.turn = Some(turn);
    let format = lines.format;
    let headers = [
        (CONTENT_TYPE, format.content_type()),
        (CONTENT_DISPOSITION, format.content_disposition()),
    ];
    let pieces = stream::unfold(lines, async |mut lines| {
        let bytes = lines.next().await?;
        Some((Ok::<_, Infallible>(bytes), lines))
    });
    // Compression asks again after the end.
    let body = Body::from_stream(pieces.fuse());
    Ok((headers, body).into_response())
}

/// How many events an export has, for the record of it, which is made before the last one is out;
/// nothing where that cannot be had.
async fn counted(api: &SharedApi, reader: &TenantReader, filter: &Filter) -> Option<u64> {
    if !api.records_reads {
        return None;
    }
    let counting = tokio::time::timeout(COUNT_TIMEOUT, reader.count(filter));
    counting.await.ok()?.ok()
}

/// An export on its way out.
struct Lines {
    format: ExportFormat,
    locale: Option<Arc<Locale>>,
    chunks: Chunks,
    read_timeout: Duration,
    bytes_max: Option<usize>,
    request_id: RequestId,
    events_written: u64,
    bytes_written: usize,
    progress: Progress,
    /// Given back when the last line is written, or when nobody reads on.
    turn: Option<Turn>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// Nothing is written.
    Begun,
    UnderWay,
    Finished,
}

impl Lines {
    /// Without events yet.
    fn new(
        api: &SharedApi,
        request: &ExportRequest,
        request_id: RequestId,
        locale: Option<Arc<Locale>>,
    ) -> Self {
        Self {
            format: request.format,
            locale,
            chunks: Box::pin(stream::empty()),
            read_timeout: api.read_timeout,
            bytes_max: api.answer_bytes_max,
            request_id,
            events_written: 0,
            bytes_written: 0,
            progress: Progress::Begun,
            turn: None,
        }
    }

    /// The next lines; nothing after the last, or after the marker that says it is not the last.
    async fn next(&mut self) -> Option<Bytes> {
        let mut out = Vec::new();
        match self.progress {
            Progress::Finished => return None,
            Progress::UnderWay => {}
            Progress::Begun => self.format.head(&mut out),
        }
        self.progress = Progress::UnderWay;
        self.bytes_written += out.len();
        let chunk = match tokio::time::timeout(self.read_timeout, self.chunks.next()).await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => {
                self.progress = Progress::Finished;
                // The head of an export without events.
                return (!out.is_empty()).then(|| Bytes::from(out));
            }
            Err(_) => return Some(self.cut_off(out, &Problem::timed_out())),
        };
        for event in chunk {
            let begin = out.len();
            match event {
                Ok(mut event) => {
                    if let Some(locale) = &self.locale {
                        locale.word(&mut event);
                    }
                    self.format.event(&mut out, &event);
                }
                Err(error) => return Some(self.cut_off(out, &Problem::from_store(&error))),
            }
            let bytes = out.len() - begin;
            let is_full = self
                .bytes_max
                .is_some_and(|bytes_max| self.bytes_written + bytes + MARKER_BYTES_MAX > bytes_max);
            if is_full {
                out.truncate(begin);
                return Some(self.cut_off(out, &Problem::export_too_large()));
            }
            self.bytes_written += bytes;
            self.events_written += 1;
        }
        Some(Bytes::from(out))
    }

    fn cut_off(&mut self, mut out: Vec<u8>, problem: &Problem) -> Bytes {
        self.progress = Progress::Finished;
        self.turn = None;
        tracing::error!(
            request_id = self.request_id.as_str(),
            events_written = self.events_written,
            fault = problem.log().unwrap_or_default(),
            "an export was cut off"
        );
        let cut_off = CutOff {
            error: problem.document(&self.request_id),
            events_written: self.events_written,
        };
        self.format.cut_off(&mut out, &cut_off);
        Bytes::from(out)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    async fn written(chunks: Vec<Chunk>, bytes_max: Option<usize>, hangs: bool) -> Vec<Value> {
        let after: Chunks = if hangs {
            Box::pin(stream::pending())
        } else {
            Box::pin(stream::empty())
        };
        let mut lines = Lines {
            format: ExportFormat::Ndjson,
            locale: None,
            chunks: Box::pin(stream::iter(chunks).chain(after)),
            read_timeout: Duration::from_millis(20),
            bytes_max,
            request_id: RequestId::generate(),
            events_written: 0,
            bytes_written: 0,
            progress: Progress::Begun,
            turn: None,
        };
        let mut text = Vec::new();
        while let Some(bytes) = lines.next().await {
            text.extend_from_slice(&bytes);
        }
        String::from_utf8(text)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    fn events(count: usize) -> Chunk {
        (0..count).map(|_| Ok(AuditEvent::default())).collect()
    }

    #[tokio::test]
    async fn a_whole_export_is_events_and_nothing_else() {
        let lines = written(vec![events(2), events(1)], None, false).await;
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line.get("error").is_none()));
    }

    #[tokio::test]
    async fn an_export_that_breaks_says_so_in_its_last_line() {
        let mut broken = events(2);
        broken.push(Err(StoreError::Unavailable {
            message: "connection reset by 10.0.0.7".to_owned(),
            code: None,
        }));
        let lines = written(vec![events(1), broken, events(1)], None, false).await;
        assert_eq!(lines.len(), 4);
        assert_eq!(lines[3]["error"]["status"], 503);
        assert_eq!(lines[3]["events_written"], 3);
        assert!(!lines[3].to_string().contains("10.0.0.7"));
    }

    #[tokio::test]
    async fn an_export_that_stalls_says_so_in_its_last_line() {
        let lines = written(vec![events(1)], None, true).await;
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[1]["error"]["status"], 504);
    }

    #[tokio::test]
    async fn an_export_over_its_size_says_so_in_its_last_line() {
        let lines = written(vec![events(100)], Some(10_000), false).await;
        let marker = lines.last().unwrap();
        assert_eq!(marker["events_written"], lines.len() - 1);
        assert_eq!(
            marker["error"]["type"],
            "urn:daybook:problem:export-too-large"
        );
        let bytes: usize = lines.iter().map(|line| line.to_string().len() + 1).sum();
        assert!(bytes <= 10_000, "{bytes}");
    }
}
