//! What a tenant's events come to: how many, over time, and by the values of a field.

use clickhouse::Row;
use daybook_event::{Action, Outcome};
use jiff::Timestamp;
use serde::Deserialize;

use crate::condition::Condition;
use crate::error::StoreError;
use crate::filter::Filter;

/// Most bars of one histogram: a day by minutes, four years by hours would be too many.
pub const BARS_MAX: u32 = 10_000;
/// Most values of one facet.
pub const FACET_VALUES_MAX: u32 = 1_000;

/// How wide a bar of a histogram is, by the clock of the asked time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bucket {
    /// A minute.
    Minute,
    /// An hour.
    Hour,
    /// A day, from midnight.
    Day,
    /// A week, from Monday.
    Week,
    /// A month, from the first.
    Month,
}

impl Bucket {
    fn function(self) -> &'static str {
        match self {
            Self::Minute => "toStartOfMinute",
            Self::Hour => "toStartOfHour",
            Self::Day => "toStartOfDay",
            Self::Week => "toMonday",
            Self::Month => "toStartOfMonth",
        }
    }
}

/// A field whose values can be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Facet {
    /// The service's name.
    ServiceName,
    /// The `operationId`.
    EventName,
    /// The kind of change.
    Action,
    /// How it ended.
    Outcome,
    /// The HTTP method.
    Method,
    /// The caller's e-mail address.
    UserEmail,
    /// The caller's id.
    UserId,
    /// The kind of thing.
    EntityType,
}

impl Facet {
    fn column(self) -> &'static str {
        match self {
            Self::ServiceName => "service_name",
            Self::EventName => "event_name",
            Self::Action => "action",
            Self::Outcome => "outcome",
            Self::Method => "http_method",
            Self::UserEmail => "caller_user_email",
            Self::UserId => "caller_user_id",
            Self::EntityType => "entity_type",
        }
    }

    /// All values of a field that has no others.
    fn words(self) -> Option<Vec<&'static str>> {
        match self {
            Self::Action => Some(Action::ALL.iter().map(|action| action.as_str()).collect()),
            Self::Outcome => Some(
                Outcome::ALL
                    .iter()
                    .map(|outcome| outcome.as_str())
                    .collect(),
            ),
            _ => None,
        }
    }
}

/// What bars are divided by: an expression for each row, and what makes it the value, once for each bar.
struct Division {
    of_row: String,
    of_bar: String,
    /// Whether each row has a value, so that an empty one is of a word that is not known.
    is_never_empty: bool,
}

impl Division {
    fn by(facet: Option<Facet>) -> Self {
        let words = facet.and_then(Facet::words);
        let is_never_empty = words.is_some();
        let column = facet.map_or("''", Facet::column);
        let (of_row, of_bar) = match words {
            // Two keys of which one is a text take ClickHouse up to twice as long as two numbers.
            Some(words) => {
                let numbers: Vec<_> = (1..=words.len()).map(|number| number.to_string()).collect();
                let (words, numbers) = (words.join("', '"), numbers.join(", "));
                (
                    format!("CAST(transform({column}, ['{words}'], [{numbers}], 0), 'UInt8')"),
                    format!("['{words}'][bar_value]"),
                )
            }
            None => (column.to_owned(), "toString(bar_value)".to_owned()),
        };
        Self {
            of_row,
            of_bar,
            is_never_empty,
        }
    }
}

/// How a histogram is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistogramOptions {
    /// How wide a bar is.
    pub bucket: Bucket,
    /// An IANA time zone: `Europe/Berlin`.
    pub time_zone: String,
    /// What bars are divided by.
    pub by: Option<Facet>,
}

/// One bar of a histogram, or the part of it with one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// When the bar begins.
    pub start: Timestamp,
    /// The value that it is divided by; empty where it is not divided.
    pub value: String,
    /// How many events.
    pub count: u64,
}

/// One value of a field.
#[derive(Debug, Clone, PartialEq, Eq, Row, Deserialize)]
pub struct FacetValue {
    /// The value.
    pub value: String,
    /// How many events have it.
    pub count: u64,
}

#[derive(Row, Deserialize)]
struct BarRow {
    start_seconds: i64,
    value: String,
    count: u64,
}

pub(crate) async fn count(client: &clickhouse::Client, filter: &Filter) -> Result<u64, StoreError> {
    let condition = Condition::of(filter)?;
    let sql = format!(
        "SELECT count() FROM tenant_events WHERE {}",
        condition.text()
    );
    Ok(condition.bind_to(client.query(&sql)).fetch_one().await?)
}

pub(crate) async fn histogram(
    client: &clickhouse::Client,
    filter: &Filter,
    options: &HistogramOptions,
) -> Result<Vec<Bar>, StoreError> {
    if options.time_zone.is_empty() {
        // ClickHouse would take its own.
        return Err(StoreError::Refused {
            message: "a time zone has a name".to_owned(),
            code: None,
        });
    }
    let condition = Condition::of(filter)?;
    let condition_text = condition.text();
    let function = options.bucket.function();
    let Division {
        of_row,
        of_bar,
        is_never_empty,
    } = Division::by(options.by);
    // Each row is only counted; what is made of its bar is made once a bar.
    let sql = format!(
        "SELECT toUnixTimestamp64Second(toDateTime64(bar, 0, {{zone:String}})) AS start_seconds, \
         {of_bar} AS value, bar_count AS count FROM ( \
         SELECT {function}(timestamp, {{zone:String}}) AS bar, {of_row} AS bar_value, count() AS bar_count \
         FROM tenant_events WHERE {condition_text} GROUP BY bar, bar_value) \
         ORDER BY start_seconds, value LIMIT {{bars:UInt32}}"
    );
    let rows: Vec<BarRow> = condition
        .bind_to(client.query(&sql))
        .param("zone", &options.time_zone)
        .param("bars", BARS_MAX)
        .fetch_all()
        .await?;
    rows.into_iter()
        .map(|row| {
            if is_never_empty && row.value.is_empty() {
                let problem = "a newer version's word stands among the values of a histogram";
                return Err(StoreError::UnreadableRow(problem.to_owned()));
            }
            let start = Timestamp::from_second(row.start_seconds)
                .map_err(|error| StoreError::UnreadableRow(error.to_string()))?;
            Ok(Bar {
                start,
                value: row.value,
                count: row.count,
            })
        })
        .collect()
}

pub(crate) async fn facet(
    client: &clickhouse::Client,
    filter: &Filter,
    facet: Facet,
    limit: u32,
) -> Result<Vec<FacetValue>, StoreError> {
    let condition = Condition::of(filter)?;
    let (column, condition_text) = (facet.column(), condition.text());
    let sql = format!(
        "SELECT toString({column}) AS value, count() AS count FROM tenant_events \
         WHERE {condition_text} GROUP BY value ORDER BY count DESC, value LIMIT {{limit:UInt32}}"
    );
    Ok(condition
        .bind_to(client.query(&sql))
        .param("limit", limit.min(FACET_VALUES_MAX))
        .fetch_all()
        .await?)
}
