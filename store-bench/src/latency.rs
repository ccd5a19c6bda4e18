//! How fast events of the largest tenant are found, through the store and by hand-written SQL.

use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use daybook_event::Action;
use daybook_store::{
    Bucket, Facet, Filter, HistogramOptions, Match, Position, Reader, Search, Sort, TenantId,
    TimeRange, TotalMode,
};
use jiff::{Timestamp, ToSpan as _};

use crate::engine::Bench;
use crate::generate::{Generator, a_person, tenant_name};

const HAND_WRITTEN: &str = include_str!("hand_written.sql");
pub(crate) const SERIES: usize = 5;
pub(crate) const RUNS_A_SERIES: usize = 7;
pub(crate) const DEEP: u64 = 100_000;
pub(crate) const PHRASE: &str = "onboarding payroll";

/// One question, and the time that an answer may take.
pub(crate) struct Question {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    goal_ms: u64,
    pub(crate) answer: Answer,
}

pub(crate) enum Answer {
    Page(Box<Search>),
    Count(Filter),
    Histogram(Filter, HistogramOptions),
}

impl Answer {
    /// How many rows came back.
    pub(crate) async fn ask(&self, reader: &Reader, tenant: &TenantId) -> Result<u64> {
        Ok(match self {
            Self::Page(search) => reader.search(tenant, search).await?.events.len() as u64,
            Self::Count(filter) => reader.count(tenant, filter).await.map(|_| 1)?,
            Self::Histogram(filter, options) => {
                reader.histogram(tenant, filter, options).await?.len() as u64
            }
        })
    }
}

pub(crate) async fn table(
    bench: &Bench,
    generator: Generator,
    out: &mut (dyn Write + Send),
) -> Result<()> {
    let tenant = TenantId::new(&tenant_name(0))?;
    let reader = bench.reader()?;
    let of_tenant = reader.count(&tenant, &Filter::default()).await?;
    let newest = page_at(&reader, &tenant, 0).await?;
    let deep = page_at(&reader, &tenant, DEEP.min(of_tenant / 2)).await?;
    let parameters = parameters(generator, &tenant, newest, deep)?;
    writeln!(
        out,
        "\nlatency, largest tenant ({of_tenant} events), best of {SERIES} medians of {RUNS_A_SERIES}\n\
         first: with nothing of earlier searches in ClickHouse's memory, once\n\
         question                   rows   goal ms  first ms  store ms   by hand ms  ratio  rows read  by hand"
    )?;
    for question in questions(generator, newest, deep) {
        let sql = hand_written(question.name)?;
        let before = bench.rows_read().await?;
        let rows = question.answer.ask(&reader, &tenant).await?;
        let between = bench.rows_read().await?;
        bench.ask_table(sql, &parameters).await?;
        let after = bench.rows_read().await?;
        bench.forget_searched().await?;
        let began = Instant::now();
        question.answer.ask(&reader, &tenant).await?;
        let first = began.elapsed();

        let (mut by_store, mut by_hand) = (Vec::new(), Vec::new());
        for _ in 0..SERIES {
            let (mut store_times, mut hand_times) = (Vec::new(), Vec::new());
            // In turns, so that what else the machine does falls on both.
            for _ in 0..RUNS_A_SERIES {
                let began = Instant::now();
                question.answer.ask(&reader, &tenant).await?;
                store_times.push(began.elapsed());
                let began = Instant::now();
                bench.ask_table(sql, &parameters).await?;
                hand_times.push(began.elapsed());
            }
            by_store.push(median(store_times));
            by_hand.push(median(hand_times));
        }
        let (store, hand) = (least(&by_store), least(&by_hand));
        writeln!(
            out,
            "{:<26} {rows:>5}   {:>7}  {:>8.1}  {:>8.1}   {:>10.1}  {:>5.2}  {:>9}  {:>7}",
            question.title,
            question.goal_ms,
            first.as_secs_f64() * 1_000.0,
            store.as_secs_f64() * 1_000.0,
            hand.as_secs_f64() * 1_000.0,
            store.as_secs_f64() / hand.as_secs_f64(),
            between - before,
            after - between,
        )?;
    }
    Ok(())
}

/// The questions of the table, to be asked while something else goes on.
pub(crate) struct Round {
    tenant: TenantId,
    reader: Reader,
    questions: Vec<Question>,
}

impl Round {
    pub(crate) async fn new(bench: &Bench, generator: Generator) -> Result<Self> {
        let tenant = TenantId::new(&tenant_name(0))?;
        let reader = bench.reader()?;
        let of_tenant = reader.count(&tenant, &Filter::default()).await?;
        let newest = page_at(&reader, &tenant, 0).await?;
        let deep = page_at(&reader, &tenant, DEEP.min(of_tenant / 2)).await?;
        Ok(Self {
            tenant,
            reader,
            questions: questions(generator, newest, deep),
        })
    }

    pub(crate) fn titles(&self) -> impl Iterator<Item = &'static str> {
        self.questions.iter().map(|question| question.title)
    }

    /// Asks each once, and says how long each took.
    pub(crate) async fn ask(&self) -> Result<Vec<Duration>> {
        let mut times = Vec::with_capacity(self.questions.len());
        for question in &self.questions {
            let began = Instant::now();
            question.answer.ask(&self.reader, &self.tenant).await?;
            times.push(began.elapsed());
        }
        Ok(times)
    }
}

/// The place of the event that so many newer ones stand before.
pub(crate) async fn page_at(reader: &Reader, tenant: &TenantId, offset: u64) -> Result<Position> {
    let search = Search {
        limit: 1,
        offset,
        total: TotalMode::None,
        ..Search::default()
    };
    let page = reader.search(tenant, &search).await?;
    let event = page
        .events
        .first()
        .context("the largest tenant has no events")?;
    Ok(Position::of(event, Sort::TimestampDescending))
}

/// A week in the middle of what is there.
pub(crate) fn week(newest: Position) -> Result<(Timestamp, Timestamp)> {
    let to = newest.time.checked_sub(30.hours().minutes(24 * 60 * 40))?;
    Ok((to.checked_sub((24 * 7).hours())?, to))
}

fn parameters(
    generator: Generator,
    tenant: &TenantId,
    newest: Position,
    deep: Position,
) -> Result<Vec<(&'static str, String)>> {
    let (from, to) = week(newest)?;
    let (entity_type, entity_id) = generator.an_entity();
    Ok(vec![
        ("org", tenant.as_str().to_owned()),
        ("from", from.as_millisecond().to_string()),
        ("to", to.as_millisecond().to_string()),
        ("entity_type", entity_type.to_owned()),
        ("entity_id", entity_id),
        ("user_id", a_person()),
        ("word", generator.a_rare_word()),
        ("phrase", PHRASE.to_owned()),
        (
            "histogram_from",
            ninety_days(newest)?.as_millisecond().to_string(),
        ),
        ("deep", deep.time.as_millisecond().to_string()),
        ("deep_id", deep.id.to_string()),
    ])
}

pub(crate) fn ninety_days(newest: Position) -> Result<Timestamp> {
    Ok(newest.time.checked_sub((24 * 90).hours())?)
}

pub(crate) fn questions(generator: Generator, newest: Position, deep: Position) -> Vec<Question> {
    let page = |filter: Filter| Search {
        filter,
        total: TotalMode::None,
        ..Search::default()
    };
    let (entity_type, entity_id) = generator.an_entity();
    let (from, to) = week(newest).map_or((None, None), |(from, to)| (Some(from), Some(to)));
    let words = |words: String| Filter {
        words: vec![words],
        ..Filter::default()
    };
    let question = |name, title, goal_ms, answer| Question {
        name,
        title,
        goal_ms,
        answer,
    };
    let of_page = |search: Search| Answer::Page(Box::new(search));
    let week_and_action = Filter {
        timestamp: TimeRange { from, to },
        action: Match::any_of([Action::Delete]),
        ..Filter::default()
    };
    let entity = Filter {
        entity_type: Match::any_of([entity_type.to_owned()]),
        entity_id: Match::any_of([entity_id]),
        ..Filter::default()
    };
    let actor = Filter {
        user_id: Match::any_of([a_person()]),
        ..Filter::default()
    };
    let counted = Filter {
        service_name: Match::any_of(["workflow".to_owned()]),
        action: Match::any_of([Action::Delete]),
        ..Filter::default()
    };
    let ninety_days = Filter {
        timestamp: TimeRange {
            from: ninety_days(newest).ok(),
            to: None,
        },
        ..Filter::default()
    };
    let by_day = HistogramOptions {
        bucket: Bucket::Day,
        time_zone: "UTC".to_owned(),
        by: Some(Facet::Outcome),
    };
    let whole_history = Search {
        limit: 1_000,
        ..page(entity)
    };
    let deep_page = Search {
        position: Some(deep),
        ..page(Filter::default())
    };
    vec![
        question("latest", "latest 50", 25, of_page(page(Filter::default()))),
        question(
            "week_and_action",
            "7 days + action",
            25,
            of_page(page(week_and_action)),
        ),
        question(
            "entity",
            "one entity's whole history",
            30,
            of_page(whole_history),
        ),
        question("actor", "one actor", 60, of_page(page(actor))),
        question(
            "word",
            "a rare word",
            25,
            of_page(page(words(generator.a_rare_word()))),
        ),
        question(
            "phrase",
            "a phrase",
            150,
            of_page(page(words(PHRASE.to_owned()))),
        ),
        question(
            "count",
            "exact count with filters",
            60,
            Answer::Count(counted),
        ),
        question(
            "histogram",
            "90 days by day and outcome",
            60,
            Answer::Histogram(ninety_days, by_day),
        ),
        question("deep_page", "a page 100,000 deep", 25, of_page(deep_page)),
    ]
}

/// The statement of this name.
fn hand_written(name: &str) -> Result<&'static str> {
    HAND_WRITTEN
        .split(";\n")
        .filter_map(|piece| piece.trim_start().rsplit_once("-- ").map(|(_, rest)| rest))
        .filter_map(|piece| piece.split_once('\n'))
        .find(|(title, _)| title.split(':').next() == Some(name))
        .map(|(_, sql)| sql)
        .with_context(|| format!("no hand-written SQL for {name}"))
}

pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

pub(crate) fn least(times: &[Duration]) -> Duration {
    times.iter().min().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_has_its_sql_by_hand() {
        let position = Position {
            time: "2026-10-31T00:00:00Z".parse().unwrap(),
            id: uuid::Uuid::nil(),
        };
        for question in questions(Generator::new(10_000, position.time), position, position) {
            let sql = hand_written(question.name).unwrap();
            assert!(sql.starts_with("SELECT "), "{sql}");
            assert!(!sql.contains("--"), "{sql}");
        }
    }
}
