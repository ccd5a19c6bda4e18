//! `GET /v1/logs/facets` and `GET /v1/logs/histogram`: what the events of a filter come to.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{RawQuery, State};
use daybook_event::{AHEAD_MAX, Action, Outcome, timestamp_serde};
use daybook_store::{
    Bar, Bucket, Facet, FacetValue, Filter, HistogramOptions, Search, Sort, StoreError, TimeRange,
    TotalMode,
};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::api::SharedApi;
use crate::auth::{Identity, Permission};
use crate::document::ReadProblems;
use crate::error::{FieldFault, Problem};
use crate::fields::{Faults, Fields};
use crate::recording::say_read;
use crate::routes::in_time;
use crate::search_request::{
    FILTER_FIELDS, body_of_query, check_range, filter_and_sort_now, range_of,
};
use crate::tenant_reader::TenantReader;
use crate::time_zone::representative;

/// The fields whose values can be counted, as a request names them.
pub(crate) const FACETS: [(&str, Facet); 8] = [
    ("service_name", Facet::ServiceName),
    ("event_name", Facet::EventName),
    ("action", Facet::Action),
    ("outcome", Facet::Outcome),
    ("method", Facet::Method),
    ("user.email", Facet::UserEmail),
    ("user.user_id", Facet::UserId),
    ("entity.type", Facet::EntityType),
];
/// The parameters beside the filter.
pub(crate) const FACET_FIELDS: [&str; 2] = ["field", "limit"];
pub(crate) const HISTOGRAM_FIELDS: [&str; 3] = ["by", "bucket", "time_zone"];

const FACET_VALUES_DEFAULT: u32 = 10;
const FACET_VALUES_MAX: u32 = 100;

/// Beyond, a wider bucket is chosen.
const BARS_CHOSEN_MAX: i64 = 120;
/// Beyond, a wider bucket than the asked one is taken.
const BARS_MAX: i64 = 2_000;
/// ClickHouse's errors for a time zone that it does not know.
const BAD_ARGUMENTS: u32 = 36;
const POCO_EXCEPTION: u32 = 1000;

/// Buckets with their names and seconds, narrowest first; a month is as long as the shortest.
const BUCKETS: [(&str, Bucket, i64); 5] = [
    ("minute", Bucket::Minute, 60),
    ("hour", Bucket::Hour, 3_600),
    ("day", Bucket::Day, 86_400),
    ("week", Bucket::Week, 604_800),
    ("month", Bucket::Month, 2_419_200),
];

#[derive(Debug, Serialize)]
pub(crate) struct FacetsAnswer {
    facets: BTreeMap<&'static str, Vec<CountedValue>>,
}

#[derive(Debug, Serialize)]
struct CountedValue {
    value: String,
    count: u64,
}

#[derive(Debug, Serialize)]
pub(crate) struct HistogramAnswer {
    bucket: &'static str,
    time_zone: String,
    /// Null where there is no event.
    from: Option<String>,
    to: String,
    bars: Vec<WireBar>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct WireBar {
    #[serde(with = "timestamp_serde")]
    start: Timestamp,
    count: u64,
    /// There only where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<BTreeMap<String, u64>>,
}

/// Facets: the most frequent values of fields among the events of a filter.
#[utoipa::path(
    get,
    path = "/v1/logs/facets",
    operation_id = "countValues",
    tag = "events",
    responses(
        (
            status = 200,
            description = "For each field its most frequent values, with their numbers of events.",
            body = ref("#/components/schemas/FacetsAnswer"),
        ),
        ReadProblems,
    ),
)]
pub(crate) async fn facets(
    State(api): State<SharedApi>,
    identity: Identity,
    RawQuery(query): RawQuery,
) -> Result<Json<FacetsAnswer>, Problem> {
    let services = identity.require(Permission::View)?;
    let (filter, names, limit) = facets_request(query.as_deref().unwrap_or_default())?;
    check_range(&filter, api.range_days_max, Timestamp::now())?;
    let reader = api.searching(identity.tenant, services)?;
    let counted = count_values(&reader, &filter, &names, limit);
    let facets = in_time(api.read_timeout, counted).await?;
    let count = facets.values().map(Vec::len).sum::<usize>();
    let did = format!("counted {count} values of the audit log");
    say_read(&identity.person, &did, None);
    Ok(Json(FacetsAnswer { facets }))
}

/// One field after the other: a search is two queries at once, and this is to be no more.
async fn count_values(
    reader: &TenantReader,
    filter: &Filter,
    names: &[(&'static str, Facet)],
    limit: u32,
) -> Result<BTreeMap<&'static str, Vec<CountedValue>>, StoreError> {
    let mut facets = BTreeMap::new();
    for (name, facet) in names {
        // One more, in place of what is not known.
        let values = reader.facet(filter, *facet, limit + 1).await?;
        facets.insert(*name, counted(values, limit));
    }
    Ok(facets)
}

/// What is not known is no value.
fn counted(values: Vec<FacetValue>, limit: u32) -> Vec<CountedValue> {
    values
        .into_iter()
        .filter(|value| !value.value.is_empty())
        .take(limit as usize)
        .map(|FacetValue { value, count }| CountedValue { value, count })
        .collect()
}

type FacetsRequest = (Filter, Vec<(&'static str, Facet)>, u32);

fn facets_request(query: &str) -> Result<FacetsRequest, Problem> {
    let mut faults = Faults::default();
    let known = fields_of_filter(&FACET_FIELDS);
    let mut fields = Fields::new("", body_of_query(query)?, &known, &mut faults);
    let (filter, _) = filter_and_sort_now(&mut fields, &mut faults);
    let limit = fields
        .number("limit", 1, FACET_VALUES_MAX, &mut faults)
        .unwrap_or(FACET_VALUES_DEFAULT);
    let mut names = fields.choices("field", &FACETS.map(|facet| (facet.0, facet)), &mut faults);
    if names.is_empty() {
        names = FACETS.to_vec();
    }
    faults.into_result()?;
    Ok((filter, names, limit))
}

/// The names of a filter's fields, without its order, and more.
fn fields_of_filter(more: &[&'static str]) -> Vec<&'static str> {
    FILTER_FIELDS
        .into_iter()
        .filter(|name| *name != "sort")
        .chain(more.iter().copied())
        .collect()
}

/// Histogram: how many events of a filter there are over time.
#[utoipa::path(
    get,
    path = "/v1/logs/histogram",
    operation_id = "countOverTime",
    tag = "events",
    responses(
        (
            status = 200,
            description = "A bar for each span of time with events, oldest first.",
            body = ref("#/components/schemas/HistogramAnswer"),
        ),
        ReadProblems,
    ),
)]
pub(crate) async fn histogram(
    State(api): State<SharedApi>,
    identity: Identity,
    RawQuery(query): RawQuery,
) -> Result<Json<HistogramAnswer>, Problem> {
    let services = identity.require(Permission::View)?;
    let request = histogram_request(query.as_deref().unwrap_or_default())?;
    let now = Timestamp::now();
    check_range(&request.filter, api.range_days_max, now)?;
    let reader = api.searching(identity.tenant, services)?;
    let asked = range_of(&request.filter, |filter| filter.timestamp);
    let from = match asked.from {
        Some(from) => Some(from),
        None => in_time(api.read_timeout, first_time(&reader, &request.filter)).await?,
    };
    let end = asked.to.unwrap_or(now);
    let length = end.duration_since(from.unwrap_or(end));
    let ahead = asked.to.map_or(AHEAD_MAX, |_| SignedDuration::ZERO);
    let (name, bucket) = request.bucket(length, ahead);
    let options = HistogramOptions {
        bucket,
        time_zone: request.stored_zone.to_owned(),
        by: request.by,
    };
    let bars = match from {
        None => Vec::new(),
        Some(from) => {
            let mut filter = request.filter;
            filter.timestamp = TimeRange {
                from: Some(from),
                to: asked.to,
            };
            let read = reader.histogram(&filter, &options);
            in_time(api.read_timeout, known_zone(read)).await??
        }
    };
    let to = end_of(asked.to, now, from, &bars);
    let counted = bars.iter().map(|bar| bar.count).sum();
    let did = "counted the audit log over time";
    say_read(&identity.person, did, Some(counted));
    Ok(Json(HistogramAnswer {
        bucket: name,
        from: from.map(daybook_event::timestamp_ms),
        to: daybook_event::timestamp_ms(to),
        bars: merged(bars, options.by.is_some()),
        time_zone: request.time_zone,
    }))
}

/// Where the range ends: where nobody said it, events may be a little ahead of this machine's clock.
fn end_of(
    asked: Option<Timestamp>,
    now: Timestamp,
    from: Option<Timestamp>,
    bars: &[Bar],
) -> Timestamp {
    let begun = from.into_iter().chain(bars.last().map(|bar| bar.start));
    asked.unwrap_or_else(|| begun.fold(now, Timestamp::max))
}

#[derive(Debug)]
struct HistogramRequest {
    filter: Filter,
    bucket: Option<Bucket>,
    by: Option<Facet>,
    time_zone: String,
    /// The name by which the store knows it.
    stored_zone: &'static str,
}

impl HistogramRequest {
    /// The bucket and its name: the one that is asked for, or the next wider one that makes no more
    /// bars than anybody looks at, and than the store tells of, events `ahead` of the end included.
    fn bucket(&self, length: SignedDuration, ahead: SignedDuration) -> (&'static str, Bucket) {
        let (narrowest, bars_max) = match self.bucket {
            Some(asked) => (asked, BARS_MAX),
            None => (BUCKETS[0].1, BARS_CHOSEN_MAX),
        };
        let bars = |length: SignedDuration, seconds: i64| length.as_secs() / seconds;
        let stored = length.saturating_add(ahead);
        let (name, bucket, _) = BUCKETS
            .into_iter()
            .skip_while(|(_, bucket, _)| *bucket != narrowest)
            .find(|(_, _, seconds)| {
                bars(length, *seconds) <= bars_max
                    && bars(stored, *seconds) <= self.bars_stored_max()
            })
            .unwrap_or(BUCKETS[BUCKETS.len() - 1]);
        (name, bucket)
    }

    /// How many bars the store can tell of, which counts each of a bar's values. A range that begins
    /// and ends within a bar has one more than fit into its length.
    fn bars_stored_max(&self) -> i64 {
        let values = match self.by {
            Some(Facet::Action) => Action::ALL.len(),
            Some(Facet::Outcome) => Outcome::ALL.len(),
            _ => 1,
        };
        let values = i64::try_from(values).unwrap_or(i64::MAX);
        i64::from(daybook_store::BARS_MAX) / values - 2
    }
}

fn histogram_request(query: &str) -> Result<HistogramRequest, Problem> {
    let mut faults = Faults::default();
    let known = fields_of_filter(&HISTOGRAM_FIELDS);
    let mut fields = Fields::new("", body_of_query(query)?, &known, &mut faults);
    let (filter, _) = filter_and_sort_now(&mut fields, &mut faults);
    let by = [("outcome", Facet::Outcome), ("action", Facet::Action)];
    let by = fields.choice("by", &by, &mut faults);
    let buckets = BUCKETS.map(|(name, bucket, _)| (name, bucket));
    let bucket = fields.choice("bucket", &buckets, &mut faults);
    let time_zone = fields
        .text("time_zone", &mut faults)
        .unwrap_or_else(|| "UTC".to_owned());
    let stored_zone = representative(&time_zone);
    if stored_zone.is_none() {
        faults.add("/time_zone", TIME_ZONE_NEEDED);
    }
    faults.into_result()?;
    Ok(HistogramRequest {
        filter,
        bucket,
        by,
        time_zone,
        stored_zone: stored_zone.unwrap_or_default(),
    })
}

const TIME_ZONE_NEEDED: &str = "an IANA time zone such as Europe/Berlin is needed here";

/// Keeps apart that the store does not know the time zone.
async fn known_zone<T>(
    read: impl Future<Output = Result<T, StoreError>>,
) -> Result<Result<T, Problem>, StoreError> {
    match read.await {
        Err(StoreError::Refused {
            code: Some(BAD_ARGUMENTS | POCO_EXCEPTION),
            ..
        }) => Ok(Err(Problem::invalid_fields(vec![FieldFault::new(
            "/time_zone",
            TIME_ZONE_NEEDED,
        )]))),
        read => read.map(Ok),
    }
}

/// When the first event of the filter was.
async fn first_time(
    reader: &TenantReader,
    filter: &Filter,
) -> Result<Option<Timestamp>, StoreError> {
    let first = Search {
        filter: filter.clone(),
        sort: Sort::TimestampAscending,
        limit: 1,
        total: TotalMode::None,
        ..Search::default()
    };
    let page = reader.search(&first).await?;
    Ok(page.events.first().map(|event| event.timestamp))
}

/// The parts of each bar together.
fn merged(bars: Vec<Bar>, is_divided: bool) -> Vec<WireBar> {
    let mut merged: Vec<WireBar> = Vec::new();
    for Bar {
        start,
        value,
        count,
    } in bars
    {
        if merged.last().is_none_or(|last| last.start != start) {
            merged.push(WireBar {
                start,
                count: 0,
                by: is_divided.then(BTreeMap::new),
            });
        }
        if let Some(last) = merged.last_mut() {
            last.count += count;
            if let Some(by) = &mut last.by {
                by.insert(value, count);
            }
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_chosen_by_the_range_and_a_narrow_one_is_bounded() {
        let request = |bucket| HistogramRequest {
            filter: Filter::default(),
            bucket,
            by: None,
            time_zone: "UTC".to_owned(),
            stored_zone: "UTC",
        };
        for (hours, expected) in [
            (0, "minute"),
            (2, "minute"),
            (3, "hour"),
            (24 * 5, "hour"),
            (24 * 7, "day"),
            (24 * 120, "day"),
            (24 * 365, "week"),
            (24 * 365 * 3, "month"),
            (24 * 365 * 300, "month"),
            (-5, "minute"),
        ] {
            let length = SignedDuration::from_hours(hours);
            assert_eq!(
                request(None).bucket(length, AHEAD_MAX).0,
                expected,
                "{hours}"
            );
        }
        for (by, values) in [
            (None, 1),
            (Some(Facet::Action), Action::ALL.len()),
            (Some(Facet::Outcome), Outcome::ALL.len()),
        ] {
            let request = HistogramRequest {
                by,
                ..request(Some(Bucket::Minute))
            };
            for (minutes, ahead) in (1_985..2_010).flat_map(|it| [(it, 0), (it, 5)]) {
                let [length, ahead_of] = [minutes, ahead].map(SignedDuration::from_mins);
                let (_, bucket) = request.bucket(length, ahead_of);
                let rows = (minutes + ahead + 2) * i64::try_from(values).unwrap();
                let is_stored = rows <= i64::from(daybook_store::BARS_MAX);
                assert!(is_stored || bucket == Bucket::Hour, "{minutes} {ahead}");
            }
        }
        let year = SignedDuration::from_hours(24 * 365);
        let of_year = |bucket| request(Some(bucket)).bucket(year, AHEAD_MAX).0;
        assert_eq!(of_year(Bucket::Minute), "day");
        assert_eq!(of_year(Bucket::Day), "day");
    }

    #[test]
    fn a_range_without_an_end_ends_with_its_last_event_or_now() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let bar = |second| Bar {
            start: at(second),
            value: String::new(),
            count: 1,
        };
        let now = at(100);
        assert_eq!(end_of(None, now, Some(at(10)), &[bar(0), bar(60)]), now);
        assert_eq!(end_of(None, now, Some(at(130)), &[bar(120)]), at(130));
        assert_eq!(end_of(None, now, Some(at(10)), &[bar(120)]), at(120));
        assert_eq!(end_of(None, now, None, &[]), now);
        assert_eq!(end_of(Some(at(50)), now, Some(at(70)), &[]), at(50));
    }

    #[test]
    fn the_parts_of_a_bar_are_one_bar() {
        let bar = |second: i64, value: &str, count| Bar {
            start: Timestamp::from_second(second).unwrap(),
            value: value.to_owned(),
            count,
        };
        let bars = vec![bar(0, "a", 2), bar(0, "b", 3), bar(60, "b", 1)];
        let merged = merged(bars, true);
        assert_eq!(merged.len(), 2);
        assert_eq!(merged[0].count, 5);
        assert_eq!(merged[0].by.as_ref().unwrap()["b"], 3);
    }
}
