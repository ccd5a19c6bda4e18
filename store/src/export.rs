//! Every event of a question, in pieces that begin where the one before ended.
//!
//! A piece is one query. It has an end soon, so that a slow reader keeps none open until its time is
//! over, and it is as large as the reader is quick: to begin one takes ClickHouse as long as to send a
//! thousand events.

use std::time::Duration;

use clickhouse::query::RowCursor;
use daybook_event::AuditEvent;
use jiff::SignedDuration;
use tokio::time::Instant;

use crate::error::StoreError;
use crate::filter::TimeRange;
use crate::packed::LastFacts;
use crate::reader::{answer, piece, rows};
use crate::row::EventColumn;
use crate::search::{Direction, Position, Search, TotalMode};
use crate::span::{Known, Spans};

/// The first piece. As many of the largest events are less than a reader's role may be sent.
const PIECE_ROWS_MIN: u32 = 2_000;
/// Less than a reader's role may be sent (`max_result_rows`).
const PIECE_ROWS_MAX: u32 = 90_000;
/// A tenth of what a reader's role may be sent, as large events may follow small ones.
const PIECE_BYTES_MAX: u64 = 100_000_000;
/// A piece that took less is followed by a larger one, and one that took four times as long by a
/// smaller one: far below what a reader's role may take.
const PIECE_TIME: Duration = Duration::from_secs(1);

/// An export under way.
pub struct Export {
    client: clickhouse::Client,
    /// Its position is that of the last event that was read, its limit that of the piece.
    search: Search,
    /// Where the next piece is looked for, and the rest, seen from there.
    span: TimeRange,
    spans: Spans,
    known: Known,
    piece: Option<Piece>,
    last_facts: LastFacts,
    /// As many rows as a piece may have; fewer after one was too large.
    rows_max: u32,
    /// Nothing comes any more.
    is_over: bool,
}

struct Piece {
    cursor: RowCursor<EventColumn<'static>>,
    rows: u32,
    began: Instant,
    /// Where the piece before it ended.
    begin: Option<Position>,
}

impl Export {
    /// An export of a tenant of which something may be known.
    pub(crate) fn new(client: clickhouse::Client, search: &Search, known: Known) -> Self {
        let search = Search {
            limit: PIECE_ROWS_MIN,
            offset: 0,
            direction: Direction::Next,
            total: TotalMode::None,
            ..search.clone()
        };
        let mut spans = Spans::new(&search, known, SignedDuration::ZERO);
        Self {
            client,
            span: spans.next().unwrap_or_default(),
            spans,
            known,
            search,
            piece: None,
            last_facts: LastFacts::default(),
            rows_max: PIECE_ROWS_MAX,
            is_over: false,
        }
    }

    /// Writes the next event over `event`, whose memory is used again; false after the last, and after an
    /// error. It can be given up and called again.
    ///
    /// # Errors
    /// As [`Reader::search`](crate::Reader::search); nothing comes afterwards.
    pub async fn next_into(&mut self, event: &mut AuditEvent) -> Result<bool, StoreError> {
        while !self.is_over {
            match self.next_of_piece(event).await {
                Ok(true) => return Ok(true),
                Ok(false) => self.end_piece(),
                Err(error) if self.goes_on_after(&error) => self.piece = None,
                Err(error) => {
                    self.is_over = true;
                    return Err(error);
                }
            }
        }
        Ok(false)
    }

    /// Whether the rest can be asked for in a smaller piece; then the next one is.
    fn goes_on_after(&mut self, error: &StoreError) -> bool {
        // Of the same events a broken piece has given nothing yet, or the next one has fewer of them: either
        // way there is an end.
        let has_begun = self.piece.as_ref().is_some_and(|piece| piece.rows > 0);
        let goes_on = match error {
            // Larger events than those before: as few at once as at first can be sent.
            StoreError::TooMuch { .. } => {
                self.rows_max = (self.search.limit / 2).max(PIECE_ROWS_MIN);
                has_begun || self.search.limit > PIECE_ROWS_MIN
            }
            // Its reader was slow for so long that ClickHouse gave the piece up.
            StoreError::Timeout | StoreError::Unavailable { .. } => has_begun,
            _ => false,
        };
        self.search.limit = PIECE_ROWS_MIN;
        goes_on
    }

    async fn next_of_piece(&mut self, event: &mut AuditEvent) -> Result<bool, StoreError> {
        let piece = match &mut self.piece {
            Some(piece) => piece,
            none => none.insert(Piece {
                cursor: rows(piece(&self.client, &self.search, &self.span, false)?)?,
                rows: 0,
                began: Instant::now(),
                begin: self.search.position,
            }),
        };
        let read = async {
            match piece.cursor.next().await? {
                Some(row) => {
                    row.event.write_to(event, &mut self.last_facts)?;
                    Ok(true)
                }
                None => Ok(false),
            }
        };
        if !answer(read).await? {
            return Ok(false);
        }
        piece.rows += 1;
        self.search.position = Some(Position::of(event, self.search.sort));
        Ok(true)
    }

    /// Says how large the next piece is, where there is one.
    fn end_piece(&mut self) {
        let Some(piece) = self.piece.take() else {
            return;
        };
        if piece.rows < self.search.limit {
            self.spans.found(piece.rows, self.search.limit - piece.rows);
            match self.spans.next() {
                Some(span) => self.span = span,
                None => self.is_over = true,
            }
            return;
        }
        let bytes_per_row = piece.cursor.decoded_bytes() / u64::from(piece.rows.max(1));
        let rows_of_bytes = PIECE_BYTES_MAX / bytes_per_row.max(1);
        let time = piece.began.elapsed();
        let rows = if time < PIECE_TIME {
            piece.rows * 3
        } else if time > PIECE_TIME * 4 {
            piece.rows / 2
        } else {
            piece.rows
        };
        let rows_max = u32::try_from(rows_of_bytes).unwrap_or(PIECE_ROWS_MAX);
        self.search.limit = rows.min(rows_max).clamp(PIECE_ROWS_MIN / 4, self.rows_max);
        // The next piece reaches about as far as this one, times its rows to this one's: a nearer span
        // would hold less than it, and be one query more.
        let reach = match (piece.begin, self.search.position) {
            (Some(begin), Some(end)) => end.time.duration_since(begin.time).abs(),
            _ => SignedDuration::ZERO,
        };
        let growth = self.search.limit.div_ceil(piece.rows.max(1));
        let reach_min = reach.saturating_mul(i32::try_from(growth).unwrap_or(i32::MAX));
        // How far apart the newest events lie says nothing any more where a piece has been measured.
        let known = if piece.begin.is_some() {
            Known::default()
        } else {
            self.known
        };
        self.spans = Spans::new(&self.search, known, reach_min);
        self.span = self.spans.next().unwrap_or_default();
    }
}

impl std::fmt::Debug for Export {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Export").finish_non_exhaustive()
    }
}
