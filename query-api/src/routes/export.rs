//! `GET|POST /v1/logs/export`: every event that matches, as JSON lines, CSV or OCSF, as the store sends
//! them.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use daybook_event::AuditEvent;
use daybook_store::{Export, Filter, StoreError};
use futures::{StreamExt as _, stream};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::api::SharedApi;
use crate::auth::{Identity, Permission, Services};
use crate::catalog::{AcceptedLanguages, Locale};
use crate::concurrency::Turn;
use crate::document::{BodyProblems, ReadProblems};
use crate::error::Problem;
use crate::export_format::{CutOff, ExportFormat};
use crate::recording::say_read;
use crate::request_id::RequestId;
use crate::routes::{body_bytes, in_time};
use crate::search_request::{ExportRequest, check_range, export_from_json, export_from_query};
use crate::tenant_reader::TenantReader;

/// How many bytes are sent at once, and one event more.
const CHUNK_BYTES: usize = 256 * 1024;
/// How many of these wait for a client that reads slowly, and how long it may take for one of them.
const CHUNKS_MAX: usize = 2;
const CHUNK_TIMEOUT: Duration = Duration::from_mins(2);
/// How long an export may wait for its record's sake.
const COUNT_TIMEOUT: Duration = Duration::from_secs(5);
/// What the marker of an export that is cut off for its size may need.
const MARKER_BYTES_MAX: usize = 1024;

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
    export(&api, identity, services, &request, request_id, &languages).await
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
    export(&api, identity, services, &request, request_id, &languages).await
}

async fn export(
    api: &SharedApi,
    identity: Identity,
    services: Services,
    request: &ExportRequest,
    request_id: RequestId,
    languages: &AcceptedLanguages,
) -> Result<Response, Problem> {
    let locale = languages.locale(&api.catalogs, request.locale.as_deref());
    let search = &request.search;
    check_range(&search.filter, api.range_days_max, Timestamp::now())?;
    let reader = api.exporting(identity.tenant, services)?;
    let count = counted(api, &reader, &search.filter).await;
    say_read(&identity.person, "exported the audit log", count);
    let (events, turn) = reader.export(search);
    let lines = Lines::new(api, request, request_id, locale, events, Some(turn));
    // The status is sent before the first line: what fails until then can still be a status.
    let lines = in_time(api.read_timeout, lines.begun()).await?;
    let format = request.format;
    let headers = [
        (CONTENT_TYPE, format.content_type()),
        (CONTENT_DISPOSITION, format.content_disposition()),
    ];
    Ok((headers, body_of(lines)).into_response())
}

/// The body that a task of its own writes: a client that reads no more, and keeps its connection,
/// would otherwise keep the export's turn as long. A body that is not whole ends in an error.
fn body_of<E: Events + 'static>(lines: Lines<E>) -> Body {
    let (chunks, written) = mpsc::channel(CHUNKS_MAX);
    let writing = tokio::spawn(write(lines, chunks));
    let body = stream::unfold(Some((written, writing)), async |state| {
        let (mut written, writing) = state?;
        if let Some(bytes) = written.recv().await {
            return Some((Ok(bytes), Some((written, writing))));
        }
        match writing.await {
            Ok(true) => None,
            _ => Some((Err(io::Error::from(io::ErrorKind::TimedOut)), None)),
        }
    });
    // Compression asks again after the end.
    Body::from_stream(body.fuse())
}

/// Writes for as long as somebody reads; whether that was to the end.
async fn write<E: Events>(mut lines: Lines<E>, chunks: mpsc::Sender<Bytes>) -> bool {
    loop {
        let next = tokio::select! {
            next = lines.next() => next,
            () = chunks.closed() => return false,
        };
        let Some(bytes) = next else {
            return true;
        };
        match tokio::time::timeout(CHUNK_TIMEOUT, chunks.send(bytes)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return false,
            Err(_) => {
                tracing::warn!(
                    request_id = lines.request_id.as_str(),
                    events_written = lines.events_written,
                    "an export is given up: its client reads no more"
                );
                return false;
            }
        }
    }
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

/// Where events come from, one after the other.
trait Events: Send {
    /// Writes the next event over `event`; false after the last.
    fn next_into(
        &mut self,
        event: &mut AuditEvent,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

impl Events for Export {
    async fn next_into(&mut self, event: &mut AuditEvent) -> Result<bool, StoreError> {
        Export::next_into(self, event).await
    }
}

/// An export on its way out.
struct Lines<E> {
    format: ExportFormat,
    locale: Option<Arc<Locale>>,
    events: E,
    /// The event that is written next, where `progress` says that there is one, and its memory.
    event: Box<AuditEvent>,
    read_timeout: Duration,
    bytes_max: Option<usize>,
    request_id: RequestId,
    events_written: u64,
    /// As they are sent.
    bytes_written: usize,
    /// Whole lines that are not sent yet.
    out: Vec<u8>,
    progress: Progress,
    /// Given back when the last line is written, or when nobody reads on.
    turn: Option<Turn>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// An event is read and not written.
    Read,
    /// The event is written.
    Written,
    /// There is no event any more.
    Ended,
}

/// Why lines end before the last event.
enum Stop {
    Store(StoreError),
    Full,
}

impl<E: Events> Lines<E> {
    /// Without lines yet.
    fn new(
        api: &SharedApi,
        request: &ExportRequest,
        request_id: RequestId,
        locale: Option<Arc<Locale>>,
        events: E,
        turn: Option<Turn>,
    ) -> Self {
        Self {
            format: request.format,
            locale,
            events,
            event: Box::default(),
            read_timeout: api.read_timeout,
            bytes_max: api.answer_bytes_max,
            request_id,
            events_written: 0,
            bytes_written: 0,
            out: Vec::new(),
            progress: Progress::Written,
            turn,
        }
    }

    /// With its first event read.
    async fn begun(mut self) -> Result<Self, StoreError> {
        self.format.head(&mut self.out);
        self.bytes_written = self.format.bytes_sent(&self.out);
        self.read().await?;
        Ok(self)
    }

    async fn read(&mut self) -> Result<(), StoreError> {
        let is_one = self.events.next_into(&mut self.event).await?;
        self.progress = if is_one {
            Progress::Read
        } else {
            Progress::Ended
        };
        Ok(())
    }

    /// The next lines; nothing after the last, or after the marker that says it is not the last.
    async fn next(&mut self) -> Option<Bytes> {
        if self.progress == Progress::Ended && self.out.is_empty() {
            self.turn = None;
            return None;
        }
        let written_before = self.events_written;
        let stop = match tokio::time::timeout(self.read_timeout, self.fill()).await {
            Ok(Ok(())) => None,
            Ok(Err(Stop::Store(error))) => Some(Problem::from_store(&error)),
            Ok(Err(Stop::Full)) => Some(Problem::export_too_large()),
            // Slowly, but they come.
            Err(_) if self.events_written > written_before => None,
            Err(_) => Some(Problem::timed_out()),
        };
        if let Some(problem) = stop {
            self.cut_off(&problem);
        }
        if self.out.is_empty() {
            return None;
        }
        let room = self.out.len();
        Some(Bytes::from(std::mem::replace(
            &mut self.out,
            Vec::with_capacity(room),
        )))
    }

    /// Writes lines until there are enough to be sent, or no more. It can be given up between any two.
    async fn fill(&mut self) -> Result<(), Stop> {
        while self.out.len() < CHUNK_BYTES {
            match self.progress {
                Progress::Ended => return Ok(()),
                Progress::Read => self.write()?,
                Progress::Written => self.read().await.map_err(Stop::Store)?,
            }
        }
        Ok(())
    }

    fn write(&mut self) -> Result<(), Stop> {
        let begin = self.out.len();
        if let Some(locale) = &self.locale {
            locale.word(&mut self.event);
        }
        self.format.event(&mut self.out, &self.event);
        let bytes = match self.bytes_max {
            Some(_) => self.format.bytes_sent(&self.out[begin..]),
            None => 0,
        };
        let is_full = self
            .bytes_max
            .is_some_and(|bytes_max| self.bytes_written + bytes + MARKER_BYTES_MAX > bytes_max);
        if is_full {
            self.out.truncate(begin);
            return Err(Stop::Full);
        }
        self.bytes_written += bytes;
        self.events_written += 1;
        self.progress = Progress::Written;
        Ok(())
    }

    fn cut_off(&mut self, problem: &Problem) {
        self.progress = Progress::Ended;
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
        self.format.cut_off(&mut self.out, &cut_off);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::future::pending;

    use daybook_store::TenantId;
    use serde_json::Value;

    use super::*;
    use crate::concurrency::Bound;

    /// Events, errors, and then the end or nothing for ever.
    struct Given {
        items: VecDeque<Result<(), StoreError>>,
        hangs: bool,
    }

    impl Events for Given {
        async fn next_into(&mut self, event: &mut AuditEvent) -> Result<bool, StoreError> {
            match self.items.pop_front() {
                Some(item) => item.map(|()| {
                    *event = AuditEvent::default();
                    true
                }),
                None if self.hangs => pending().await,
                None => Ok(false),
            }
        }
    }

    fn lines(
        items: impl IntoIterator<Item = Result<(), StoreError>>,
        bytes_max: Option<usize>,
        hangs: bool,
    ) -> Lines<Given> {
        Lines {
            format: ExportFormat::Ndjson,
            locale: None,
            events: Given {
                items: items.into_iter().collect(),
                hangs,
            },
            event: Box::default(),
            read_timeout: Duration::from_millis(20),
            bytes_max,
            request_id: RequestId::generate(),
            events_written: 0,
            bytes_written: 0,
            out: Vec::new(),
            progress: Progress::Written,
            turn: None,
        }
    }

    async fn written(
        items: impl IntoIterator<Item = Result<(), StoreError>>,
        bytes_max: Option<usize>,
        hangs: bool,
    ) -> Vec<Value> {
        let lines = lines(items, bytes_max, hangs);
        let mut lines = lines.begun().await.unwrap();
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

    fn events(count: usize) -> impl Iterator<Item = Result<(), StoreError>> {
        (0..count).map(|_| Ok(()))
    }

    #[tokio::test]
    async fn a_whole_export_is_events_and_nothing_else() {
        for count in [0, 1, 3, 1_000] {
            let lines = written(events(count), None, false).await;
            assert_eq!(lines.len(), count);
            assert!(lines.iter().all(|line| line.get("error").is_none()));
        }
    }

    #[tokio::test]
    async fn an_export_that_breaks_says_so_in_its_last_line() {
        let broken = Err(StoreError::Unavailable {
            message: "connection reset by 10.0.0.7".to_owned(),
            code: None,
        });
        let lines = written(events(3).chain([broken]).chain(events(1)), None, false).await;
        assert_eq!(lines.len(), 4);
        assert_eq!(lines[3]["error"]["status"], 503);
        assert_eq!(lines[3]["events_written"], 3);
        assert!(!lines[3].to_string().contains("10.0.0.7"));
    }

    #[tokio::test]
    async fn an_export_that_stalls_says_so_in_its_last_line() {
        let lines = written(events(1), None, true).await;
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[1]["error"]["status"], 504);
    }

    #[tokio::test]
    async fn an_export_over_its_size_says_so_in_its_last_line() {
        let lines = written(events(100), Some(10_000), false).await;
        let marker = lines.last().unwrap();
        assert_eq!(marker["events_written"], lines.len() - 1);
        assert_eq!(
            marker["error"]["type"],
            "urn:daybook:problem:export-too-large"
        );
        let bytes: usize = lines.iter().map(|line| line.to_string().len() + 1).sum();
        assert!(bytes <= 10_000, "{bytes}");
    }

    #[tokio::test]
    async fn a_csv_over_its_size_as_lambda_sends_it_says_so_in_its_last_line() {
        let mut lines = lines(events(100), Some(10_000), false);
        lines.format = ExportFormat::Csv;
        let mut lines = lines.begun().await.unwrap();
        let mut text = Vec::new();
        while let Some(bytes) = lines.next().await {
            text.extend_from_slice(&bytes);
        }
        let text = String::from_utf8(text).unwrap();
        let last = text.lines().last().unwrap();
        assert!(
            last.starts_with("\"# This export was cut off here\""),
            "{last}"
        );
        let sent = serde_json::to_string(&text).unwrap();
        assert!(sent.len() <= 10_000, "{}", sent.len());
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_reads_no_more_keeps_no_turn_and_gets_no_whole_body() {
        let bound = Bound::new(1, 1);
        let tenant = TenantId::new("acme").unwrap();
        let mut lines = lines(events(5_000), None, false);
        lines.turn = Some(bound.take(&tenant).unwrap());
        let mut body = body_of(lines.begun().await.unwrap()).into_data_stream();
        assert!(body.next().await.unwrap().is_ok());
        tokio::time::sleep(CHUNK_TIMEOUT / 2).await;
        assert!(bound.take(&tenant).is_err());
        tokio::time::sleep(CHUNK_TIMEOUT).await;
        assert!(bound.take(&tenant).is_ok());
        let rest: Vec<_> = body.collect().await;
        let (last, before) = rest.split_last().unwrap();
        assert!(last.is_err() && before.iter().all(Result::is_ok));
    }

    #[tokio::test]
    async fn a_body_that_is_read_is_whole() {
        let lines = lines(events(5_000), None, false).begun().await.unwrap();
        let body = axum::body::to_bytes(body_of(lines), usize::MAX).await;
        let text = String::from_utf8(body.unwrap().to_vec()).unwrap();
        assert_eq!(text.lines().count(), 5_000);
    }
}
