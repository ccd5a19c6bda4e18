//! The reader: pages, single events, counts and exports of one tenant.

use std::collections::VecDeque;
use std::time::Duration;

use clickhouse::query::{Query, RowCursor};
use daybook_event::AuditEvent;
use jiff::SignedDuration;
use tokio::time::timeout;
use uuid::Uuid;

use crate::condition::Condition;
use crate::connection::client;
use crate::endpoint::{Credentials, Endpoint};
use crate::error::StoreError;
use crate::export::Export;
use crate::filter::{Filter, TimeRange};
use crate::row::EventColumn;
use crate::search::{Direction, Page, Position, Search, Sort, TOTAL_BOUND, TotalMode};
use crate::span::{Known, Shown, Spans};
use crate::statistics::{self, Bar, Facet, FacetValue, HistogramOptions};
use crate::tenant::TenantId;

/// Most events of one page.
pub(crate) const ROWS_MAX: u32 = 10_000;

/// The header that the view reads the tenant from.
pub(crate) const TENANT_HEADER: &str = "X-Daybook-Org";
/// A little longer than the reader's role may take.
const ANSWER_WAIT: Duration = Duration::from_secs(35);

/// Reads events, one tenant at a time. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct Reader {
    client: clickhouse::Client,
    shown: Shown,
}

impl Reader {
    /// A reader that connects when it is first used.
    ///
    /// # Errors
    /// [`StoreError::InvalidEndpoint`].
    pub fn new(endpoint: &Endpoint, credentials: &Credentials) -> Result<Self, StoreError> {
        Ok(Self {
            client: client(endpoint, credentials)?,
            shown: Shown::default(),
        })
    }

    /// One page of a tenant's events, at most 10,000 of them.
    ///
    /// # Errors
    /// [`StoreError::Timeout`] and [`StoreError::TooMuch`] where a narrower question may succeed,
    /// and whatever else ClickHouse says.
    pub async fn search(&self, tenant: &TenantId, search: &Search) -> Result<Page, StoreError> {
        let client = self.of_tenant(tenant);
        let condition = Condition::of(&search.filter)?;
        let (page, (total, total_is_bounded)) = futures::try_join!(
            answer(page(&client, search, self.shown.of(tenant))),
            answer(total(&client, &condition, search.total)),
        )?;
        self.shown.saw(tenant, search, &page);
        Ok(Page {
            total,
            total_is_bounded,
            ..page
        })
    }

    /// One event of a tenant.
    ///
    /// # Errors
    /// Whatever ClickHouse says; see [`StoreError`].
    pub async fn get(&self, tenant: &TenantId, id: Uuid) -> Result<Option<AuditEvent>, StoreError> {
        let client = self.of_tenant(tenant);
        // An event's id starts with its time, by which the table is sorted.
        let Ok(timestamp_ms) = i64::try_from(id.as_u128() >> 80) else {
            return Ok(None);
        };
        let condition = Condition::is_event(id, timestamp_ms);
        let sql = select(&condition, "LIMIT 1");
        let mut cursor = rows(condition.bind_to(whole(&client, &sql)))?;
        answer(next(&mut cursor)).await
    }

    /// Every event that matches, in the order of the search, as ClickHouse sends them: memory does
    /// not grow with their number. `limit`, `offset`, `direction` and `total` of the search are
    /// ignored; a `position` is where it goes on.
    pub fn export(&self, tenant: &TenantId, search: &Search) -> Export {
        Export::new(self.of_tenant(tenant), search, self.shown.of(tenant))
    }

    /// How many of a tenant's events match.
    ///
    /// # Errors
    /// As [`Reader::search`].
    pub async fn count(&self, tenant: &TenantId, filter: &Filter) -> Result<u64, StoreError> {
        let client = self
            .of_tenant(tenant)
            .with_setting("wait_end_of_query", "1");
        answer(statistics::count(&client, filter)).await
    }

    /// How many of a tenant's events match in each span of time, oldest first, at most
    /// [`BARS_MAX`](crate::BARS_MAX). Spans without events are left out.
    ///
    /// # Errors
    /// As [`Reader::search`]; [`StoreError::Refused`] where the time zone is not known.
    pub async fn histogram(
        &self,
        tenant: &TenantId,
        filter: &Filter,
        options: &HistogramOptions,
    ) -> Result<Vec<Bar>, StoreError> {
        let client = self
            .of_tenant(tenant)
            .with_setting("wait_end_of_query", "1");
        answer(statistics::histogram(&client, filter, options)).await
    }

    /// The values of a field among a tenant's events that match, the most frequent first, at most
    /// [`FACET_VALUES_MAX`](crate::FACET_VALUES_MAX).
    ///
    /// # Errors
    /// As [`Reader::search`].
    pub async fn facet(
        &self,
        tenant: &TenantId,
        filter: &Filter,
        facet: Facet,
        limit: u32,
    ) -> Result<Vec<FacetValue>, StoreError> {
        let client = self
            .of_tenant(tenant)
            .with_setting("wait_end_of_query", "1");
        answer(statistics::facet(&client, filter, facet, limit)).await
    }

    /// Whether ClickHouse answers this reader, and has the schema.
    ///
    /// # Errors
    /// Whatever ClickHouse says; see [`StoreError`].
    pub async fn ping(&self) -> Result<(), StoreError> {
        // The column of the newest view: what it is not there for cannot be read.
        let sql = "SELECT count() FROM (SELECT event FROM tenant_events LIMIT 0)";
        let query = whole(&self.client, sql);
        answer(async { Ok(query.fetch_one::<u64>().await?) }).await?;
        Ok(())
    }

    fn of_tenant(&self, tenant: &TenantId) -> clickhouse::Client {
        self.client
            .clone()
            .with_header(TENANT_HEADER, tenant.to_header_value())
    }
}

async fn page(
    client: &clickhouse::Client,
    search: &Search,
    known: Known,
) -> Result<Page, StoreError> {
    let limit = search.limit.min(ROWS_MAX);
    // One more than asked for tells whether there is another page.
    let mut asked = Search {
        limit: limit + 1,
        ..search.clone()
    };
    let mut events = VecDeque::with_capacity(limit as usize + 1);
    let mut bytes = 0_usize;
    let mut is_cut = false;
    let mut spans = Spans::new(&asked, known, SignedDuration::ZERO);
    'page: while let Some(span) = spans.next() {
        let wanted = asked.limit;
        let mut cursor = rows(piece(client, &asked, &span, true)?)?;
        while let Some(row) = cursor.next().await? {
            bytes = bytes.saturating_add(row.event.bytes());
            // The one more is on no page.
            if bytes > search.bytes_max && (1..limit as usize).contains(&events.len()) {
                is_cut = true;
                break 'page;
            }
            let event = row.event.to_event()?;
            asked.limit = asked.limit.saturating_sub(1);
            match search.direction {
                Direction::Next => events.push_back(event),
                Direction::Prev => events.push_front(event),
            }
        }
        if asked.limit == 0 {
            break;
        }
        spans.found(wanted - asked.limit, asked.limit);
    }
    let is_over = events.len() > limit as usize;
    if is_over {
        match search.direction {
            Direction::Next => events.pop_back(),
            Direction::Prev => events.pop_front(),
        };
    }
    let has_more = is_over || is_cut;
    // A page that was come to from a position, or over others, has events behind it.
    let is_from_somewhere = search.position.is_some() || search.offset > 0;
    let (is_next, is_prev) = match search.direction {
        Direction::Next => (has_more, is_from_somewhere),
        Direction::Prev => (is_from_somewhere, has_more),
    };
    let position = |event: Option<&AuditEvent>| event.map(|event| Position::of(event, search.sort));
    Ok(Page {
        next: position(events.back()).filter(|_| is_next),
        prev: position(events.front()).filter(|_| is_prev),
        events: events.into(),
        total: None,
        total_is_bounded: false,
        is_cut,
    })
}

/// The query for the events of a search, as far as they lie beyond its position and in the span.
pub(crate) fn piece(
    client: &clickhouse::Client,
    search: &Search,
    span: &TimeRange,
    is_whole: bool,
) -> Result<Query, StoreError> {
    let mut condition = Condition::of(&search.filter)?;
    condition.within(span);
    if let Some(position) = search.position {
        condition.beyond(position, search.sort, search.direction);
    }
    let order = order_by(search.sort, search.direction);
    let sql = select(
        &condition,
        &format!("{order} LIMIT {{limit:UInt32}} OFFSET {{offset:UInt64}}"),
    );
    let query = if is_whole {
        whole(client, &sql)
    } else {
        client.query(&sql)
    };
    Ok(condition
        .bind_to(query)
        .param("limit", search.limit)
        .param("offset", search.offset))
}

fn select(condition: &Condition, rest: &str) -> String {
    let condition = condition.text();
    format!("SELECT ?fields FROM tenant_events WHERE {condition} {rest}")
}

fn order_by(sort: Sort, direction: Direction) -> String {
    let column = sort.column();
    let is_descending = sort.is_descending() == (direction == Direction::Next);
    let order = if is_descending { "DESC" } else { "ASC" };
    format!("ORDER BY {column} {order}, id {order}")
}

async fn total(
    client: &clickhouse::Client,
    condition: &Condition,
    mode: TotalMode,
) -> Result<(Option<u64>, bool), StoreError> {
    let condition_text = condition.text();
    let sql = match mode {
        TotalMode::None => return Ok((None, false)),
        TotalMode::Exact => format!("SELECT count() FROM tenant_events WHERE {condition_text}"),
        TotalMode::Bounded => format!(
            "SELECT count() FROM (SELECT 1 FROM tenant_events WHERE {condition_text} LIMIT {})",
            TOTAL_BOUND + 1
        ),
    };
    let count: u64 = condition.bind_to(whole(client, &sql)).fetch_one().await?;
    if mode == TotalMode::Bounded && count > TOTAL_BOUND {
        return Ok((Some(TOTAL_BOUND), true));
    }
    Ok((Some(count), false))
}

/// A query whose answer is sent when it is complete, so that a failure is never half an answer.
fn whole(client: &clickhouse::Client, sql: &str) -> Query {
    client.query(sql).with_setting("wait_end_of_query", "1")
}

pub(crate) fn rows(query: Query) -> Result<RowCursor<EventColumn<'static>>, StoreError> {
    Ok(query.fetch::<EventColumn<'static>>()?)
}

async fn next(
    cursor: &mut RowCursor<EventColumn<'static>>,
) -> Result<Option<AuditEvent>, StoreError> {
    let row = cursor.next().await?;
    row.map(|row| row.event.to_event()).transpose()
}

/// Bounds the time of an answer; ClickHouse's own bound cannot help where ClickHouse is gone.
pub(crate) async fn answer<T>(
    answer: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    timeout(ANSWER_WAIT, answer)
        .await
        .unwrap_or(Err(StoreError::Timeout))
}
