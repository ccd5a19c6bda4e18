//! A filter as an SQL condition: fixed texts, joined, with every value a bound parameter.

use std::ops::RangeInclusive;

use clickhouse::query::Query;
use daybook_event::{Action, IpRange, Outcome, never_expires};
use jiff::Timestamp;

use crate::entity_ids::ENTITY_IDS;
use crate::error::StoreError;
use crate::filter::{EntityName, Filter, Match, TimeRange};
use crate::packed::in_json;
use crate::search::{Direction, Position, Sort};

/// Most bytes of one parameter. ClickHouse refuses form fields of more than 128 KiB.
pub(crate) const PARAMETER_BYTES_MAX: usize = 100_000;
/// The expression of the text index; the condition must say the same. The details are JSON text, where what a
/// backslash stands in front of is no letter; nor are the signs beyond ASCII.
const SEARCHED_TEXT: &str = r"lowerUTF8(replaceRegexpAll(concat(activity, ' ', entity_name, ' ', replaceRegexpAll(detail, '\\\\(u00..|.)', ' ')), '[\\x{A0}-\\x{A9}\\x{AB}-\\x{B4}\\x{B6}-\\x{B9}\\x{BB}-\\x{BF}\\x{D7}\\x{F7}\\x{37E}\\x{387}\\x{55A}-\\x{55F}\\x{589}-\\x{58A}\\x{5BE}\\x{5C0}\\x{5C3}\\x{5F3}-\\x{5F4}\\x{60C}-\\x{60D}\\x{61B}-\\x{61F}\\x{66A}-\\x{66D}\\x{6D4}\\x{964}-\\x{965}\\x{E5A}-\\x{E5B}\\x{F0B}-\\x{F12}\\x{F14}\\x{104A}-\\x{104F}\\x{1361}-\\x{1368}\\x{17D4}-\\x{17D6}\\x{17D8}-\\x{17DA}\\x{2000}-\\x{206F}\\x{20A0}-\\x{20CF}\\x{2190}-\\x{2BFF}\\x{2E00}-\\x{2E7F}\\x{3000}-\\x{3004}\\x{3008}-\\x{3020}\\x{3030}\\x{FE00}-\\x{FE19}\\x{FE30}-\\x{FE6F}\\x{FF01}-\\x{FF0F}\\x{FF1A}-\\x{FF20}\\x{FF3B}-\\x{FF40}\\x{FF5B}-\\x{FF65}\\x{FFE0}-\\x{FFEE}\\x{1F000}-\\x{1FAFF}]', ' '))";
/// Punctuation, spaces, currencies, symbols and pictures beyond ASCII.
const SIGNS: &[RangeInclusive<char>] = &[
    '\u{a0}'..='\u{a9}',
    '\u{ab}'..='\u{b4}',
    '\u{b6}'..='\u{b9}',
    '\u{bb}'..='\u{bf}',
    '\u{d7}'..='\u{d7}',
    '\u{f7}'..='\u{f7}',
    '\u{37e}'..='\u{37e}',
    '\u{387}'..='\u{387}',
    '\u{55a}'..='\u{55f}',
    '\u{589}'..='\u{58a}',
    '\u{5be}'..='\u{5be}',
    '\u{5c0}'..='\u{5c0}',
    '\u{5c3}'..='\u{5c3}',
    '\u{5f3}'..='\u{5f4}',
    '\u{60c}'..='\u{60d}',
    '\u{61b}'..='\u{61f}',
    '\u{66a}'..='\u{66d}',
    '\u{6d4}'..='\u{6d4}',
    '\u{964}'..='\u{965}',
    '\u{e5a}'..='\u{e5b}',
    '\u{f0b}'..='\u{f12}',
    '\u{f14}'..='\u{f14}',
    '\u{104a}'..='\u{104f}',
    '\u{1361}'..='\u{1368}',
    '\u{17d4}'..='\u{17d6}',
    '\u{17d8}'..='\u{17da}',
    '\u{2000}'..='\u{206f}',
    '\u{20a0}'..='\u{20cf}',
    '\u{2190}'..='\u{2bff}',
    '\u{2e00}'..='\u{2e7f}',
    '\u{3000}'..='\u{3004}',
    '\u{3008}'..='\u{3020}',
    '\u{3030}'..='\u{3030}',
    '\u{fe00}'..='\u{fe19}',
    '\u{fe30}'..='\u{fe6f}',
    '\u{ff01}'..='\u{ff0f}',
    '\u{ff1a}'..='\u{ff20}',
    '\u{ff3b}'..='\u{ff40}',
    '\u{ff5b}'..='\u{ff65}',
    '\u{ffe0}'..='\u{ffee}',
    '\u{1f000}'..='\u{1faff}',
];
/// ClickHouse asks its index for 64 words at most. The rest of a longer phrase is still compared.
const WORDS_IN_INDEX_MAX: usize = 60;

/// A condition and the values that its text names.
#[derive(Debug, Default)]
pub(crate) struct Condition {
    text: String,
    parameters: Vec<Value>,
}

#[derive(Debug)]
enum Value {
    Text(String),
    Texts(Vec<String>),
    Milliseconds(i64),
}

impl Condition {
    /// What the filter says.
    pub(crate) fn of(filter: &Filter) -> Result<Self, StoreError> {
        let mut condition = Self::default();
        let mut rest = Some(filter);
        while let Some(filter) = rest {
            condition.add(filter);
            rest = filter.also.as_deref();
        }
        condition.check_bounds()?;
        Ok(condition)
    }

    fn add(&mut self, filter: &Filter) {
        self.time_range("timestamp", &filter.timestamp);
        self.time_range("ingested_at", &filter.ingested);
        self.matches("service_name", &filter.service_name);
        if let Some(service) = &filter.hide_service {
            let hidden = self.bind("String", Value::Text(service.clone()));
            self.and(&format!("service_name != {hidden}"));
        }
        self.matches("event_name", &filter.event_name);
        self.matches("action", &words(&filter.action, Action::as_str));
        let outcome = Match {
            any_of: with_denied(&filter.outcome.any_of),
            none_of: with_denied(&filter.outcome.none_of),
        };
        self.matches("outcome", &words(&outcome, Outcome::as_str));
        self.matches("http_method", &filter.method);
        self.matches("caller_user_email", &filter.user_email);
        self.matches("caller_user_id", &filter.user_id);
        self.matches("caller_token_id", &filter.token_id);
        self.actor(&filter.actor);
        self.entity(filter);
        self.addresses(&filter.ip, &filter.ip_ranges);
        self.matches("correlation_id", &filter.correlation_id);
        for words in filter.words.iter().filter(|words| !words.is_empty()) {
            let contains = self.contains(words);
            self.and(&contains);
        }
        for words in filter
            .without_words
            .iter()
            .filter(|words| !words.is_empty())
        {
            let contains = self.contains(words);
            self.and(&format!("NOT ({contains})"));
        }
    }

    /// Adds that the request was made in this span.
    pub(crate) fn within(&mut self, span: &TimeRange) {
        self.time_range("timestamp", span);
    }

    /// Adds what lies beyond a position.
    ///
    /// The tuple alone would say it, but ClickHouse finds the place in the index by the column.
    pub(crate) fn beyond(&mut self, position: Position, sort: Sort, direction: Direction) {
        let column = sort.column();
        let less = sort.is_descending() == (direction == Direction::Next);
        let comparison = if less { '<' } else { '>' };
        let time = self.bind_time(position.time.as_millisecond());
        let id = self.bind("UUID", Value::Text(position.id.to_string()));
        self.and(&format!(
            "{column} {comparison}= {time} AND ({column}, id) {comparison} ({time}, {id})"
        ));
    }

    /// Adds that the event is this one, of this time.
    pub(crate) fn is_event(id: uuid::Uuid, timestamp_ms: i64) -> Self {
        let mut condition = Self::default();
        let time = condition.bind_time(timestamp_ms);
        condition.and(&format!("timestamp = {time}"));
        let id = condition.bind("UUID", Value::Text(id.to_string()));
        condition.and(&format!("id = {id}"));
        condition
    }

    /// The text, for behind WHERE.
    pub(crate) fn text(&self) -> &str {
        if self.text.is_empty() {
            "1"
        } else {
            &self.text
        }
    }

    /// Gives the query the values.
    pub(crate) fn bind_to(&self, query: Query) -> Query {
        self.parameters
            .iter()
            .enumerate()
            .fold(query, |query, (number, value)| {
                let name = name(number);
                match value {
                    Value::Text(text) => query.param(&name, text),
                    Value::Texts(texts) => query.param(&name, texts),
                    Value::Milliseconds(milliseconds) => query.param(&name, milliseconds),
                }
            })
    }

    fn and(&mut self, condition: &str) {
        if !self.text.is_empty() {
            self.text.push_str(" AND ");
        }
        self.text.push_str(condition);
    }

    /// Remembers a value and returns the text that stands for it.
    fn bind(&mut self, sql_type: &str, value: Value) -> String {
        let name = name(self.parameters.len());
        self.parameters.push(value);
        format!("{{{name}:{sql_type}}}")
    }

    fn bind_time(&mut self, milliseconds: i64) -> String {
        let milliseconds = self.bind("Int64", Value::Milliseconds(milliseconds));
        format!("fromUnixTimestamp64Milli({milliseconds}, 'UTC')")
    }

    fn time_range(&mut self, column: &str, range: &TimeRange) {
        let last_ms = never_expires().as_millisecond() + 999;
        if let Some(from) = range.from {
            match ceil_ms(from) {
                ..=0 => {}
                from if from > last_ms => self.and("0"),
                from => {
                    let from = self.bind_time(from);
                    self.and(&format!("{column} >= {from}"));
                }
            }
        }
        if let Some(to) = range.to {
            match ceil_ms(to) {
                ..=0 => self.and("0"),
                to if to > last_ms => {}
                to => {
                    let to = self.bind_time(to);
                    self.and(&format!("{column} < {to}"));
                }
            }
        }
    }

    fn matches(&mut self, column: &str, values: &Match<String>) {
        if let Some(condition) = self.any_of(column, &values.any_of) {
            self.and(&condition);
        }
        self.none_of(column, &values.none_of);
    }

    fn any_of(&mut self, column: &str, values: &[String]) -> Option<String> {
        (!values.is_empty()).then(|| {
            let values = self.bind("Array(String)", Value::Texts(values.to_vec()));
            format!("{column} IN {values}")
        })
    }

    fn none_of(&mut self, column: &str, values: &[String]) {
        if !values.is_empty() {
            let values = self.bind("Array(String)", Value::Texts(values.to_vec()));
            self.and(&format!("{column} NOT IN {values}"));
        }
    }

    fn entity(&mut self, filter: &Filter) {
        let fields = [
            ("entity_type", "parent_type", &filter.entity_type),
            ("entity_id", "parent_id", &filter.entity_id),
        ];
        let (mut of_entity, mut of_parent) = (Vec::new(), Vec::new());
        for (entity, parent, values) in fields {
            of_entity.extend(self.any_of_entity(entity, &values.any_of));
            if filter.include_children {
                of_parent.extend(self.any_of(parent, &values.any_of));
            }
        }
        if !of_parent.is_empty() {
            let (of_entity, of_parent) = (of_entity.join(" AND "), of_parent.join(" AND "));
            self.and(&format!("(({of_entity}) OR ({of_parent}))"));
        } else if !of_entity.is_empty() {
            self.and(&of_entity.join(" AND "));
        }
        for (entity, parent, values) in fields {
            if let Some(condition) = self.any_of_entity(entity, &values.none_of) {
                self.and(&format!("NOT {condition}"));
            }
            if filter.include_children {
                self.none_of(parent, &values.none_of);
            }
        }
        self.entity_names(filter);
    }

    /// An event about several things has their ids in one text, with commas between them, and is found by each. An id
    /// that has commas of its own is found as a whole.
    fn any_of_entity(&mut self, column: &str, values: &[String]) -> Option<String> {
        if column != "entity_id" || values.is_empty() {
            return self.any_of(column, values);
        }
        let first = |value: &String| value.split(',').next().unwrap_or_default().to_owned();
        let firsts = values.iter().map(first).collect();
        let firsts = self.bind("Array(String)", Value::Texts(firsts));
        let by_index = format!("hasAny({ENTITY_IDS}, {firsts})");
        if !values.iter().any(|value| value.contains(',')) {
            return Some(by_index);
        }
        let whole = self.bind("Array(String)", Value::Texts(values.to_vec()));
        Some(format!(
            "({by_index} AND (entity_id IN {whole} OR hasAny({ENTITY_IDS}, {whole})))"
        ))
    }

    fn entity_names(&mut self, filter: &Filter) {
        let mut columns = vec![("entity_type", "entity_id")];
        if filter.include_children {
            columns.push(("parent_type", "parent_id"));
        }
        for (names, not) in [
            (&filter.entity.any_of, ""),
            (&filter.entity.none_of, "NOT "),
        ] {
            let mut any = Vec::new();
            for (kind_column, id_column) in &columns {
                for EntityName { kind, id } in names {
                    let kind = self.bind("String", Value::Text(kind.clone()));
                    let of_kind = format!("{kind_column} = {kind}");
                    any.push(match id {
                        None => of_kind,
                        Some(id) => {
                            let ids = std::slice::from_ref(id);
                            let of_id = self.any_of_entity(id_column, ids).unwrap_or_default();
                            format!("({of_kind} AND {of_id})")
                        }
                    });
                }
            }
            if !any.is_empty() {
                self.and(&format!("{not}({})", any.join(" OR ")));
            }
        }
    }

    fn actor(&mut self, values: &Match<String>) {
        let columns = [
            "caller_user_email",
            "caller_user_id",
            "caller_name",
            "caller_token_id",
        ];
        for (values, not) in [(&values.any_of, ""), (&values.none_of, "NOT ")] {
            if !values.is_empty() {
                // One parameter would do, but each is sent with its own name.
                let any: Vec<_> = columns
                    .iter()
                    .filter_map(|column| self.any_of(column, values))
                    .collect();
                self.and(&format!("{not}({})", any.join(" OR ")));
            }
        }
    }

    fn addresses(&mut self, addresses: &Match<String>, ranges: &Match<IpRange>) {
        for (addresses, ranges, not) in [
            (&addresses.any_of, &ranges.any_of, ""),
            (&addresses.none_of, &ranges.none_of, "NOT "),
        ] {
            let mut any: Vec<_> = self.any_of("http_ip", addresses).into_iter().collect();
            for range in ranges {
                let (first, last) = range.bounds();
                let first = self.bind("IPv6", Value::Text(first.to_string()));
                let last = self.bind("IPv6", Value::Text(last.to_string()));
                // What is no address lies nowhere.
                any.push(format!(
                    "ifNull(toIPv6OrNull(http_ip) BETWEEN {first} AND {last}, 0)"
                ));
            }
            if !any.is_empty() {
                self.and(&format!("{not}({})", any.join(" OR ")));
            }
        }
    }

    /// Whether the words occur, in this order. The text index knows whole words; what lies between
    /// them has to be read.
    fn contains(&mut self, text: &str) -> String {
        // What a backslash stands in front of is a word of a sentence, and of JSON it may be an escape.
        let is_sure = |word: &&str| {
            let at = word.as_ptr().addr() - text.as_ptr().addr();
            !text[..at].ends_with('\\')
        };
        let words: Vec<_> = whole_words(text)
            .filter(is_sure)
            .take(WORDS_IN_INDEX_MAX)
            .collect();
        let is_one_word = words == [text];
        let mut all = Vec::new();
        if !words.is_empty() {
            let words = self.bind("String", Value::Text(words.join(" ")));
            all.push(format!("hasAllTokens({SEARCHED_TEXT}, lowerUTF8({words}))"));
        }
        if !is_one_word {
            // The details are JSON text; whoever looks for a piece of that finds it as it is.
            let in_json = in_json(text);
            let as_it_is = self.bind("String", Value::Text(text.to_owned()));
            let mut places = vec![
                ("activity", as_it_is.clone()),
                ("detail", as_it_is.clone()),
                ("entity_name", as_it_is),
            ];
            if in_json != text {
                let in_json = self.bind("String", Value::Text(in_json));
                places.push(("detail", in_json));
            }
            let any: Vec<_> = places
                .into_iter()
                .map(|(column, text)| format!("positionCaseInsensitiveUTF8({column}, {text}) > 0"))
                .collect();
            all.push(format!("({})", any.join(" OR ")));
        }
        all.join(" AND ")
    }

    fn check_bounds(&self) -> Result<(), StoreError> {
        let is_bounded = self.parameters.iter().all(|value| {
            let bytes = match value {
                // Escaped, a byte may be two.
                Value::Text(text) => text.len() * 2,
                Value::Texts(texts) => texts.iter().map(|text| parameter_bytes(text)).sum(),
                Value::Milliseconds(_) => 0,
            };
            bytes <= PARAMETER_BYTES_MAX
        });
        if is_bounded {
            Ok(())
        } else {
            Err(StoreError::TooMuch {
                message: "one condition of the filter is too long".to_owned(),
            })
        }
    }
}

/// What a text of an array takes in a parameter at most: each letter may be escaped, in quotes and with a comma.
pub(crate) fn parameter_bytes(text: &str) -> usize {
    text.len() * 2 + 3
}

/// As ClickHouse finds them in the text of its index, with its tokenizer `splitByNonAlpha`.
fn whole_words(text: &str) -> impl Iterator<Item = &str> {
    let parts_words = |letter: char| {
        if letter.is_ascii() {
            !letter.is_ascii_alphanumeric()
        } else {
            SIGNS.iter().any(|signs| signs.contains(&letter))
        }
    };
    text.split(parts_words).filter(|word| !word.is_empty())
}

fn name(number: usize) -> String {
    format!("p{number}")
}

fn words<T: Copy>(values: &Match<T>, word: fn(T) -> &'static str) -> Match<String> {
    let words = |values: &[T]| values.iter().map(|&value| word(value).to_owned()).collect();
    Match {
        any_of: words(&values.any_of),
        none_of: words(&values.none_of),
    }
}

fn with_denied(outcomes: &[Outcome]) -> Vec<Outcome> {
    let mut outcomes = outcomes.to_vec();
    if outcomes.contains(&Outcome::Failure) && !outcomes.contains(&Outcome::Denied) {
        outcomes.push(Outcome::Denied);
    }
    outcomes
}

/// The first whole millisecond that is not before the time: stored times are whole.
fn ceil_ms(time: Timestamp) -> i64 {
    let milliseconds = time.as_millisecond();
    let is_later = time.subsec_nanosecond() % 1_000_000 > 0;
    milliseconds + i64::from(is_later)
}

#[cfg(test)]
#[path = "condition_tests.rs"]
mod tests;
