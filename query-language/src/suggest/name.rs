//! A qualifier's name in other words, and which is meant by it.

use super::closest;
use crate::query::QUALIFIERS;

/// What people write who know other search bars.
const CUSTOMARY: &[(&str, &str)] = &[
    ("by", "actor"),
    ("email", "actor"),
    ("user", "actor"),
    ("user_id", "actor"),
    ("who", "actor"),
    ("caller", "actor"),
    ("verb", "action"),
    ("app", "service"),
    ("service_name", "service"),
    ("event", "operation"),
    ("event_name", "operation"),
    ("operation_id", "operation"),
    ("code", "outcome"),
    ("is", "outcome"),
    ("result", "outcome"),
    ("status", "outcome"),
    ("status_code", "outcome"),
    ("object", "entity"),
    ("resource", "entity"),
    ("type", "entity"),
    ("correlation_id", "correlation"),
    ("request_id", "correlation"),
    ("trace", "correlation"),
    ("trace_id", "correlation"),
    ("from", "after"),
    ("since", "after"),
    ("start", "after"),
    ("end", "before"),
    ("to", "before"),
    ("until", "before"),
    ("address", "ip"),
];

/// Qualifiers that do not take every value.
const CHOOSY: [&str; 5] = ["action", "outcome", "ip", "after", "before"];

/// The qualifiers that may be meant by `name`, best first; `takes` says which take the value as it is.
pub(crate) fn names_meant(
    name: &str,
    takes: impl Fn(&str) -> bool,
) -> impl Iterator<Item = &'static str> {
    let customary = CUSTOMARY
        .iter()
        .find(|(other, _)| *other == name)
        .map(|(_, known)| *known);
    // `acton:delete` is as close to `actor` as to `action`; its value tells.
    let told_by_value = closest(name, CHOOSY).filter(|known| takes(known));
    [customary, told_by_value, closest(name, QUALIFIERS)]
        .into_iter()
        .flatten()
}
