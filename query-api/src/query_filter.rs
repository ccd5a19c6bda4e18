//! What a query of the search bar asks the store for.

use daybook_query_language::{Condition, Query};
use daybook_store::{EntityName, Filter, Match};
use jiff::Timestamp;

/// The filter that a query stands for, seen from `now`.
pub(crate) fn filter_of(query: &Query, now: Timestamp) -> Filter {
    let mut filter = Filter::default();
    for term in &query.terms {
        let not = term.is_negated;
        match &term.condition {
            Condition::Text(text) if not => filter.without_words.push(text.clone()),
            Condition::Text(text) => filter.words.push(text.clone()),
            Condition::Actor(name) => add(&mut filter.actor, not, name.clone()),
            Condition::Action(action) => add(&mut filter.action, not, *action),
            Condition::Service(name) => add(&mut filter.service_name, not, name.clone()),
            Condition::Operation(id) => add(&mut filter.event_name, not, id.clone()),
            Condition::Outcome(outcome) => add(&mut filter.outcome, not, *outcome),
            Condition::Method(method) => add(&mut filter.method, not, method.clone()),
            Condition::Entity(name) => {
                let name = EntityName {
                    kind: name.kind.clone(),
                    id: name.id.clone(),
                };
                add(&mut filter.entity, not, name);
            }
            Condition::Ip(range) => add(&mut filter.ip_ranges, not, *range),
            Condition::Correlation(id) => add(&mut filter.correlation_id, not, id.clone()),
            Condition::After(moment) => {
                filter.timestamp.from = filter.timestamp.from.max(Some(moment.at(now)));
            }
            Condition::Before(moment) => {
                let to = moment.at(now);
                filter.timestamp.to = Some(filter.timestamp.to.map_or(to, |before| before.min(to)));
            }
        }
    }
    filter
}

fn add<T>(values: &mut Match<T>, is_negated: bool, value: T) {
    if is_negated {
        values.none_of.push(value);
    } else {
        values.any_of.push(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(query: &str) -> Filter {
        let now = "2026-11-22T00:00:00Z".parse().unwrap();
        filter_of(&daybook_query_language::parse(query).unwrap(), now)
    }

    #[test]
    fn qualifiers_of_one_name_are_alternatives_and_times_narrow() {
        let found = filter(
            "-x y service:a service:b -service:c after:-7d after:2026-11-20 before:2026-12-01 before:-1d",
        );
        assert_eq!(found.words, ["y"]);
        assert_eq!(found.without_words, ["x"]);
        assert_eq!(found.service_name.any_of, ["a", "b"]);
        assert_eq!(found.service_name.none_of, ["c"]);
        let range = found.timestamp;
        assert_eq!(range.from, Some("2026-11-20T00:00:00Z".parse().unwrap()));
        assert_eq!(range.to, Some("2026-11-21T00:00:00Z".parse().unwrap()));
    }
}
