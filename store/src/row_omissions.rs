//! What a row leaves out, because other columns of it say the same: a path that follows from its
//! template, the words of a sentence, an id among the path parameters.
//!
//! It makes rows a quarter smaller, and a person's traces fewer: what replaces an entity's id in one
//! column replaces it everywhere.

use std::collections::BTreeMap;

use daybook_event::{ActivityPart, ActivityPartKind, AuditEvent};

/// The path is the template with the parameters in it.
const PATH: u8 = 1;
/// The texts of the sentence's parts are cut from the sentence.
pub(crate) const PART_TEXTS: u8 = 2;
/// Values of path parameters are marked: an id of the event, or a value of their own.
const PARAM_VALUES: u8 = 4;

const ENTITY_ID: &str = "e";
const PARENT_ID: &str = "p";
const OWN_VALUE: char = '=';

/// Which of an event's values its row leaves out, as bits.
pub(crate) fn omissions(event: &AuditEvent) -> u8 {
    let http = &event.http;
    let mut bits = 0;
    if !http.path.is_empty() && expands_to(&http.resource, &http.path_params, &http.path) {
        bits |= PATH;
    }
    if !event.activity_parts.is_empty() && is_joined(&event.activity_parts, &event.activity) {
        bits |= PART_TEXTS;
    }
    let is_an_id = |value: &String| {
        !value.is_empty() && (*value == event.entity.id || *value == event.parent.id)
    };
    if http.path_params.values().any(is_an_id) {
        bits |= PARAM_VALUES;
    }
    bits
}

pub(crate) fn leaves_out_path(omissions: u8) -> bool {
    omissions & PATH != 0
}

pub(crate) fn leaves_out_part_texts(omissions: u8) -> bool {
    omissions & PART_TEXTS != 0
}

/// What stands for a path parameter's value: a mark, and what follows it.
pub(crate) fn marked_value<'a>(
    event: &'a AuditEvent,
    omissions: u8,
    value: &'a str,
) -> (&'static str, &'a str) {
    if omissions & PARAM_VALUES == 0 {
        ("", value)
    } else if value.is_empty() {
        ("=", "")
    } else if value == event.entity.id {
        (ENTITY_ID, "")
    } else if value == event.parent.id {
        (PARENT_ID, "")
    } else {
        ("=", value)
    }
}

/// Puts back what the row of this event left out. `part_bytes` are the lengths of the parts' texts.
pub(crate) fn restore(event: &mut AuditEvent, omissions: u8, part_bytes: &[u32]) {
    if omissions & PARAM_VALUES != 0 {
        for value in event.http.path_params.values_mut() {
            *value = match value.as_str() {
                ENTITY_ID => event.entity.id.clone(),
                PARENT_ID => event.parent.id.clone(),
                own => own.strip_prefix(OWN_VALUE).unwrap_or(own).to_owned(),
            };
        }
    }
    if leaves_out_path(omissions) {
        let http = &mut event.http;
        http.path.clear();
        http.path.extend(pieces(&http.resource, &http.path_params));
    }
    if leaves_out_part_texts(omissions) {
        let mut rest = event.activity.as_str();
        let mut texts = part_bytes.iter().map(|&bytes| {
            // A sentence that was rewritten may be shorter than its parts were.
            let (text, after) = rest.split_at_checked(bytes as usize)?;
            rest = after;
            Some(text)
        });
        for part in &mut event.activity_parts {
            let text = texts.next().flatten().unwrap_or_default();
            text.clone_into(&mut part.text);
        }
        if !is_joined(&event.activity_parts, &event.activity) {
            event.activity_parts = vec![ActivityPart {
                kind: ActivityPartKind::Text,
                text: event.activity.clone(),
                word: String::new(),
            }];
        }
    }
}

fn is_joined(parts: &[ActivityPart], activity: &str) -> bool {
    let mut rest = activity;
    for part in parts {
        match rest.strip_prefix(part.text.as_str()) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    rest.is_empty()
}

/// Pieces of a template with its parameters replaced: `{id}`, and `{proxy+}` for the rest of a path.
fn pieces<'a>(
    template: &'a str,
    params: &'a BTreeMap<String, String>,
) -> impl Iterator<Item = &'a str> {
    let mut rest = template;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some(inside) = rest.strip_prefix('{')
            && let Some((name, after)) = inside.split_once('}')
            && let Some(value) = params.get(name.strip_suffix('+').unwrap_or(name))
        {
            rest = after;
            return Some(value.as_str());
        }
        // A brace that opens no parameter is text.
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let end = rest[first..]
            .find('{')
            .map_or(rest.len(), |place| place + first);
        let (text, after) = rest.split_at(end);
        rest = after;
        Some(text)
    })
}

fn expands_to(template: &str, params: &BTreeMap<String, String>, path: &str) -> bool {
    let mut rest = path;
    for piece in pieces(template, params) {
        match rest.strip_prefix(piece) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn event(resource: &str, path: &str, params: &[(&str, &str)]) -> AuditEvent {
        let mut event = AuditEvent::default();
        event.http.resource = resource.to_owned();
        event.http.path = path.to_owned();
        event.http.path_params = params
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        event.entity.id = "42".to_owned();
        event.parent.id = "7".to_owned();
        event
    }

    /// The event as it comes out of its row.
    fn there_and_back(event: &AuditEvent) -> AuditEvent {
        let bits = omissions(event);
        let mut row = event.clone();
        if leaves_out_path(bits) {
            row.http.path.clear();
        }
        for value in row.http.path_params.values_mut() {
            let (mark, rest) = marked_value(event, bits, value);
            *value = format!("{mark}{rest}");
        }
        let part_bytes: Vec<u32> = event
            .activity_parts
            .iter()
            .map(|part| u32::try_from(part.text.len()).unwrap())
            .collect();
        if leaves_out_part_texts(bits) {
            for part in &mut row.activity_parts {
                part.text.clear();
            }
        }
        restore(&mut row, bits, &part_bytes);
        row
    }

    #[test]
    fn a_path_that_follows_from_its_template_is_left_out() {
        for (resource, path, params, expected) in [
            ("/w/{id}", "/w/42", &[("id", "42")][..], PATH | PARAM_VALUES),
            ("/w/{id}/x", "/w/9/x", &[("id", "9")], PATH),
            ("/{proxy+}", "/a/b", &[("proxy", "a/b")], PATH),
            ("/w/{id}", "/w/a%20b", &[("id", "a b")], 0),
            ("/w/{id}", "/prod/w/9", &[("id", "9")], 0),
            ("/w/{", "/w/{", &[], PATH),
            ("", "", &[], 0),
        ] {
            let event = event(resource, path, params);
            assert_eq!(omissions(&event), expected, "{resource}");
            assert_eq!(there_and_back(&event), event, "{resource}");
        }
    }

    #[test]
    fn a_sentence_that_was_rewritten_is_one_part() {
        let mut event = AuditEvent {
            activity: "somebody deleted it".to_owned(),
            activity_parts: vec![ActivityPart::default(); 2],
            ..AuditEvent::default()
        };
        restore(&mut event, PART_TEXTS, &[16, 9]);
        assert_eq!(event.activity_parts.len(), 1);
        assert_eq!(event.activity_parts[0].text, event.activity);
    }

    proptest! {
        #[test]
        fn nothing_is_lost(
            resource in "[/{}aé+=ep42]{0,12}", path in "[/{}aé+=ep42]{0,12}",
            params in prop::collection::btree_map("[a+]{0,2}", "[=ep427]{0,3}", 0..4),
            entity in "[ep=427]{0,2}", parent in "[ep=427]{0,2}",
            texts in prop::collection::vec("[aé]{0,3}", 0..4), activity in "[aé]{0,6}",
            joins in any::<bool>(), expands in any::<bool>(),
        ) {
            let mut event = event(&resource, &path, &[]);
            event.entity.id = entity;
            event.parent.id = parent;
            event.http.path_params = params;
            if expands {
                event.http.path = pieces(&resource, &event.http.path_params).collect();
            }
            event.activity = if joins { texts.concat() } else { activity };
            event.activity_parts = texts
                .into_iter()
                .map(|text| ActivityPart { text, ..ActivityPart::default() })
                .collect();
            prop_assert_eq!(there_and_back(&event), event);
        }
    }
}
