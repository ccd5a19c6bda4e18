//! What no search asks for, as JSON text in three columns of a row.
//!
//! A page unpacks a granule of each column for every event that it finds, and an insert writes each
//! column of a block, so that few columns are quick. The texts leave out what other columns say: a
//! path that follows from its template, the words of a sentence's parts, an id among the path
//! parameters. It makes rows smaller, and a person's traces fewer: what replaces an entity's id in one
//! column replaces it everywhere.
//!
//! `facts` names no person and no thing, and nobody changes it. `rest` may hold identifiers: its keys
//! are shorter than any identifier that an erasure looks for. `told` may also call people by their
//! names, which can be any word, so it has no keys.

use std::borrow::Cow;
use std::collections::BTreeMap;

use daybook_event::{ActivityPart, ActivityPartKind, AuditEvent, CallerType, Change, UnknownWord};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Serialize, Serializer};

use crate::native::Word;

const ENTITY_ID: &str = "e";
const PARENT_ID: &str = "p";
const OWN_VALUE: char = '=';
/// Between the parts of a sentence, each `kind:bytes` or `kind:bytes:word`.
const PART_SEPARATOR: char = '|';

/// The column `facts`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Facts<'a> {
    #[serde(borrow)]
    caller_type: Cow<'a, str>,
    status_code: u16,
    #[serde(borrow)]
    domain_name: Cow<'a, str>,
    #[serde(borrow)]
    stage: Cow<'a, str>,
    #[serde(borrow)]
    source: Cow<'a, str>,
    schema_version: u16,
    #[serde(borrow)]
    spec_version: Cow<'a, str>,
    described: bool,
}

impl<'a> Facts<'a> {
    pub(crate) fn of(event: &'a AuditEvent) -> Self {
        Self {
            caller_type: event.caller.kind.as_str().into(),
            status_code: event.status_code,
            domain_name: (&event.http.domain_name).into(),
            stage: (&event.http.stage).into(),
            source: (&event.source).into(),
            schema_version: event.schema_version,
            spec_version: (&event.spec_version).into(),
            described: event.described,
        }
    }
}

impl Word for Facts<'_> {
    /// Nothing where there are none.
    fn text(&self) -> Cow<'_, str> {
        if *self == Self::default() {
            return Cow::Borrowed("");
        }
        Cow::Owned(serde_json::to_string(self).unwrap_or_default())
    }
}

/// The columns `told`: the reason, the changes, and parts that do not make up the sentence.
type Told = (String, Vec<[String; 3]>, Vec<[String; 3]>);

/// The column `rest`, as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Rest {
    /// Nothing where it is the template with the parameters in it.
    path: Option<String>,
    route: String,
    heads: BTreeMap<String, String>,
    query: BTreeMap<String, String>,
    /// Path parameters: an id of the event is a mark, any other value stands behind one.
    args: BTreeMap<String, String>,
    /// The parent's name.
    owner: String,
    /// How the sentence is cut.
    parts: String,
    /// `privacy`.
    seen: String,
    /// `source_url`.
    page: String,
    /// `redacted`.
    cut: Vec<String>,
}

/// The column `rest`, as it is written.
struct RestOf<'a>(&'a AuditEvent);

impl Serialize for RestOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let event = self.0;
        let http = &event.http;
        let mut map = serializer.serialize_map(None)?;
        if !expands_to(&http.resource, &http.path_params, &http.path) {
            map.serialize_entry("path", &http.path)?;
        }
        for (key, text) in [
            ("route", &http.resource),
            ("owner", &event.parent.name),
            ("seen", &event.privacy),
            ("page", &event.source_url),
        ] {
            if !text.is_empty() {
                map.serialize_entry(key, text)?;
            }
        }
        for (key, pairs) in [("heads", &http.headers), ("query", &http.query)] {
            if !pairs.is_empty() {
                map.serialize_entry(key, pairs)?;
            }
        }
        if !http.path_params.is_empty() {
            map.serialize_entry("args", &MarkedParams(event))?;
        }
        if is_cut_from_sentence(event) && !event.activity_parts.is_empty() {
            map.serialize_entry("parts", &cuts(&event.activity_parts))?;
        }
        if !event.redacted.is_empty() {
            map.serialize_entry("cut", &event.redacted)?;
        }
        map.end()
    }
}

struct MarkedParams<'a>(&'a AuditEvent);

impl Serialize for MarkedParams<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let event = self.0;
        serializer.collect_map(event.http.path_params.iter().map(|(name, value)| {
            let marked = if value.is_empty() {
                Cow::Borrowed("=")
            } else if *value == event.entity.id {
                Cow::Borrowed(ENTITY_ID)
            } else if *value == event.parent.id {
                Cow::Borrowed(PARENT_ID)
            } else {
                Cow::Owned(format!("{OWN_VALUE}{value}"))
            };
            (name, marked)
        }))
    }
}

/// Writes the column `rest` over what is in `bytes`.
pub(crate) fn write_rest(event: &AuditEvent, bytes: &mut Vec<u8>) {
    write_json(&RestOf(event), bytes);
}

/// Writes the column `told` over what is in `bytes`.
pub(crate) fn write_told(event: &AuditEvent, bytes: &mut Vec<u8>) {
    let is_cut = is_cut_from_sentence(event);
    if event.reason.is_empty() && event.changes.is_empty() && is_cut {
        bytes.clear();
        return;
    }
    let changes: Vec<_> = event
        .changes
        .iter()
        .map(|change| [&*change.field, &change.before, &change.after])
        .collect();
    let parts: Vec<_> = event
        .activity_parts
        .iter()
        .filter(|_| !is_cut)
        .map(|part| [part.kind.as_str(), &part.text, &part.word])
        .collect();
    write_json(&(&event.reason, changes, parts), bytes);
}

fn write_json(value: &impl Serialize, bytes: &mut Vec<u8>) {
    bytes.clear();
    // Texts and maps of them can always be written.
    if serde_json::to_writer(&mut *bytes, value).is_err() {
        bytes.clear();
    }
}

/// Puts into an event, of which the other columns are there, what these three say. A text that is no
/// JSON of its column says nothing: an event is found whatever became of it.
///
/// # Errors
/// A newer Daybook may have stored a type of caller that this one does not know.
pub(crate) fn unpack(
    event: &mut AuditEvent,
    facts: &str,
    told: &str,
    rest: &str,
) -> Result<(), UnknownWord> {
    let facts: Facts<'_> = read(facts);
    event.caller.kind = match &*facts.caller_type {
        "" => CallerType::default(),
        word => word.parse()?,
    };
    event.status_code = facts.status_code;
    event.schema_version = facts.schema_version;
    event.described = facts.described;
    for (text, stored) in [
        (&mut event.http.domain_name, facts.domain_name),
        (&mut event.http.stage, facts.stage),
        (&mut event.source, facts.source),
        (&mut event.spec_version, facts.spec_version),
    ] {
        (*stored).clone_into(text);
    }

    let rest: Rest = read(rest);
    event.parent.name = rest.owner;
    event.privacy = rest.seen;
    event.source_url = rest.page;
    event.redacted = rest.cut;
    event.http.resource = rest.route;
    event.http.headers = rest.heads;
    event.http.query = rest.query;
    event.http.path_params = rest.args;
    for value in event.http.path_params.values_mut() {
        *value = match value.as_str() {
            ENTITY_ID => event.entity.id.clone(),
            PARENT_ID => event.parent.id.clone(),
            own => own.strip_prefix(OWN_VALUE).unwrap_or(own).to_owned(),
        };
    }
    let http = &mut event.http;
    http.path = rest
        .path
        .unwrap_or_else(|| pieces(&http.resource, &http.path_params).collect());

    let (reason, changes, parts): Told = read(told);
    event.reason = reason;
    event.changes = changes
        .into_iter()
        .map(|[field, before, after]| Change {
            field,
            before,
            after,
        })
        .collect();
    event.activity_parts = if rest.parts.is_empty() {
        let of = |[kind, text, word]: [String; 3]| ActivityPart {
            // What a newer Daybook calls by another kind is still a part of the sentence.
            kind: kind.parse().unwrap_or_default(),
            text,
            word,
        };
        parts.into_iter().map(of).collect()
    } else {
        cut_sentence(&event.activity, &rest.parts)
    };
    Ok(())
}

fn read<'a, T: Deserialize<'a> + Default>(text: &'a str) -> T {
    if text.is_empty() {
        return T::default();
    }
    serde_json::from_str(text).unwrap_or_default()
}

/// Whether the parts are all said by the sentence, their kinds, lengths and words.
fn is_cut_from_sentence(event: &AuditEvent) -> bool {
    let mut rest = event.activity.as_str();
    for part in &event.activity_parts {
        match rest.strip_prefix(part.text.as_str()) {
            Some(after) if !part.word.contains(PART_SEPARATOR) => rest = after,
            _ => return false,
        }
    }
    rest.is_empty() || event.activity_parts.is_empty()
}

fn cuts(parts: &[ActivityPart]) -> String {
    let mut cuts = String::with_capacity(parts.len() * 16);
    for part in parts {
        if !cuts.is_empty() {
            cuts.push(PART_SEPARATOR);
        }
        cuts.push_str(part.kind.as_str());
        cuts.push(':');
        cuts.push_str(&part.text.len().to_string());
        if !part.word.is_empty() {
            cuts.push(':');
            cuts.push_str(&part.word);
        }
    }
    cuts
}

/// The parts of a sentence. One that was rewritten since is a single part.
fn cut_sentence(activity: &str, cuts: &str) -> Vec<ActivityPart> {
    let mut rest = activity;
    let parts: Option<Vec<_>> = cuts
        .split(PART_SEPARATOR)
        .map(|cut| {
            let (kind, cut) = cut.split_once(':')?;
            let (bytes, word) = cut.split_once(':').unwrap_or((cut, ""));
            let (text, after) = rest.split_at_checked(bytes.parse().ok()?)?;
            rest = after;
            Some(ActivityPart {
                kind: kind.parse().unwrap_or_default(),
                text: text.to_owned(),
                word: word.to_owned(),
            })
        })
        .collect();
    parts.filter(|_| rest.is_empty()).unwrap_or_else(|| {
        vec![ActivityPart {
            kind: ActivityPartKind::Text,
            text: activity.to_owned(),
            word: String::new(),
        }]
    })
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
    use crate::erasure::TRACE_BYTES_MIN;

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

    fn rest(event: &AuditEvent) -> String {
        let mut bytes = Vec::new();
        write_rest(event, &mut bytes);
        String::from_utf8(bytes).unwrap()
    }

    /// The event as it comes out of its row, whose other columns are as they were.
    fn there_and_back(event: &AuditEvent) -> AuditEvent {
        let (facts, rest) = (Facts::of(event).text().into_owned(), rest(event));
        let mut told = Vec::new();
        write_told(event, &mut told);
        let mut row = AuditEvent {
            activity: event.activity.clone(),
            entity: event.entity.clone(),
            parent: event.parent.clone(),
            ..AuditEvent::default()
        };
        row.parent.name.clear();
        row.http.user_agent.clone_from(&event.http.user_agent);
        unpack(&mut row, &facts, std::str::from_utf8(&told).unwrap(), &rest).unwrap();
        row
    }

    #[test]
    fn a_path_that_follows_from_its_template_is_left_out() {
        for (resource, path, params, expected) in [
            (
                "/w/{id}",
                "/w/42",
                &[("id", "42")][..],
                r#"{"route":"/w/{id}","args":{"id":"e"}}"#,
            ),
            (
                "/w/{id}/x",
                "/w/9/x",
                &[("id", "9")],
                r#"{"route":"/w/{id}/x","args":{"id":"=9"}}"#,
            ),
            (
                "/{proxy+}",
                "/a/b",
                &[("proxy", "a/b")],
                r#"{"route":"/{proxy+}","args":{"proxy":"=a/b"}}"#,
            ),
            (
                "/w/{id}",
                "/w/a%20b",
                &[("id", "a b")],
                r#"{"path":"/w/a%20b","route":"/w/{id}","args":{"id":"=a b"}}"#,
            ),
            ("/w/{", "/w/{", &[], r#"{"route":"/w/{"}"#),
            ("/w", "", &[], r#"{"path":"","route":"/w"}"#),
            ("", "", &[], "{}"),
        ] {
            let event = event(resource, path, params);
            assert_eq!(rest(&event), expected);
            assert_eq!(there_and_back(&event), event, "{resource}");
        }
    }

    #[test]
    fn a_sentence_that_was_rewritten_is_one_part() {
        for cuts in ["actor:16|verb:9", "actor:1|verb:7", "actor", "actor:x|"] {
            let parts = cut_sentence("somebody deleted it", cuts);
            assert_eq!(parts.len(), 1);
            assert_eq!(parts[0].text, "somebody deleted it");
        }
    }

    #[test]
    fn a_row_that_says_nothing_of_these_or_nonsense_is_an_event() {
        let mut event = event("", "", &[]);
        unpack(&mut event, "", "", "").unwrap();
        unpack(&mut event, "{", "[\"", "{\"args\":7}").unwrap();
        assert!(unpack(&mut event, r#"{"caller_type":"ghost"}"#, "", "").is_err());
        assert_eq!(event.entity.id, "42");
        assert_eq!(event.activity_parts, []);
    }

    #[test]
    fn no_key_is_taken_for_an_identifier() {
        let mut event = event("/r", "/p", &[("a", "b")]);
        event.parent.name = "x".to_owned();
        event.privacy = "x".to_owned();
        event.source_url = "x".to_owned();
        event.redacted = vec!["x".to_owned()];
        event.http.headers = [("a".to_owned(), "b".to_owned())].into();
        event.http.query.clone_from(&event.http.headers);
        event.activity_parts = vec![ActivityPart::default()];
        let rest: BTreeMap<String, serde_json::Value> =
            serde_json::from_str(&rest(&event)).unwrap();
        assert_eq!(rest.len(), 10);
        for key in rest.keys() {
            assert!(key.len() < TRACE_BYTES_MIN, "{key}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost(
            resource in "[/{}aé+=ep42]{0,12}", path in "[/{}aé+=ep42]{0,12}",
            params in prop::collection::btree_map("[a+]{0,2}", "[=ep427]{0,3}", 0..4),
            entity in "[ep=427]{0,2}", parent in "[ep=427]{0,2}",
            texts in prop::collection::vec(("[aé]{0,3}", "[:|\"\\\\\na]{0,2}"), 0..4), activity in "[aé]{0,6}",
            joins in any::<bool>(), expands in any::<bool>(), described in any::<bool>(),
            other in "[\"\\\\\0a]{0,3}", status_code in any::<u16>(),
        ) {
            let mut event = event(&resource, &path, &[]);
            event.entity.id = entity;
            event.parent.id = parent;
            event.http.path_params = params;
            if expands {
                event.http.path = pieces(&resource, &event.http.path_params).collect();
            }
            event.activity = if joins {
                texts.iter().map(|(text, _)| text.as_str()).collect()
            } else {
                activity
            };
            event.activity_parts = texts
                .into_iter()
                .map(|(text, word)| ActivityPart { text, word, ..ActivityPart::default() })
                .collect();
            event.described = described;
            event.status_code = status_code;
            for text in [
                &mut event.reason, &mut event.privacy, &mut event.source_url, &mut event.source,
                &mut event.spec_version, &mut event.parent.name, &mut event.http.domain_name,
                &mut event.http.stage,
            ] {
                text.clone_from(&other);
            }
            event.http.query = [(other.clone(), other.clone())].into();
            event.http.headers.clone_from(&event.http.query);
            event.redacted = vec![other.clone()];
            event.changes = vec![Change { after: other, ..Change::default() }];
            prop_assert_eq!(there_and_back(&event), event);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}", cuts in "[a-z:|0-9é]{0,20}") {
            let mut event = AuditEvent::default();
            let _ = unpack(&mut event, &text, &text, &text);
            let _ = cut_sentence(&text, &cuts);
        }
    }
}
