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
use std::fmt::{self, Write as _};

use daybook_event::{ActivityPart, ActivityPartKind, AuditEvent, CallerType, Change, UnknownWord};
use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::native::Word;

const ENTITY_ID: &str = "e";
const PARENT_ID: &str = "p";
const OWN_VALUE: char = '=';
/// Between the parts of a sentence, each `kind:bytes` or `kind:bytes:word`.
const PART_SEPARATOR: u8 = b'|';

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
    fn into_owned(self) -> Facts<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        Facts {
            caller_type: owned(self.caller_type),
            status_code: self.status_code,
            domain_name: owned(self.domain_name),
            stage: owned(self.stage),
            source: owned(self.source),
            schema_version: self.schema_version,
            spec_version: owned(self.spec_version),
            described: self.described,
        }
    }

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
#[derive(Debug, Default, Deserialize)]
struct Told<'a>(
    #[serde(borrow)] Cow<'a, str>,
    Vec<[String; 3]>,
    Vec<[String; 3]>,
);

/// The column `rest`, as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Rest<'a> {
    /// Nothing where it is the template with the parameters in it.
    #[serde(borrow)]
    path: Option<Cow<'a, str>>,
    #[serde(borrow)]
    route: Cow<'a, str>,
    #[serde(borrow)]
    heads: Pairs<'a>,
    #[serde(borrow)]
    query: Pairs<'a>,
    /// Path parameters: an id of the event is a mark, any other value stands behind one.
    #[serde(borrow)]
    args: Pairs<'a>,
    /// The parent's name.
    #[serde(borrow)]
    owner: Cow<'a, str>,
    /// How the sentence is cut.
    #[serde(borrow)]
    parts: Cow<'a, str>,
    /// `privacy`.
    #[serde(borrow)]
    seen: Cow<'a, str>,
    /// `source_url`.
    #[serde(borrow)]
    page: Cow<'a, str>,
    /// `redacted`.
    cut: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The members of an object.
#[derive(Debug, Default)]
struct Pairs<'a>(Vec<(Text<'a>, Text<'a>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Vec<(Text<'de>, Text<'de>)>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(Members).map(Self)
    }
}

impl Pairs<'_> {
    /// Makes `map` these pairs. Events one after the other often have the same names, whose memory is used
    /// again.
    fn write_to<'v>(
        &'v self,
        map: &mut BTreeMap<String, String>,
        value: impl Fn(&'v str) -> &'v str,
    ) {
        let names = self.0.iter().map(|(name, _)| &*name.0);
        if map.keys().map(String::as_str).eq(names) {
            for (stored, (_, text)) in map.values_mut().zip(&self.0) {
                value(&text.0).clone_into(stored);
            }
            return;
        }
        *map = self
            .0
            .iter()
            .map(|(name, text)| (name.0.to_string(), value(&text.0).to_owned()))
            .collect();
    }
}

/// The column `rest`, as it is written.
struct RestOf<'a> {
    event: &'a AuditEvent,
    is_cut: bool,
}

impl Serialize for RestOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let event = self.event;
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
        if self.is_cut && !event.activity_parts.is_empty() {
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

/// Writes the columns `told` and `rest` over what is in these.
pub(crate) fn pack(event: &AuditEvent, told: &mut Vec<u8>, rest: &mut Vec<u8>) {
    let is_cut = is_cut_from_sentence(event);
    write_told(event, is_cut, told);
    write_json(&RestOf { event, is_cut }, rest);
}

fn write_told(event: &AuditEvent, is_cut: bool, bytes: &mut Vec<u8>) {
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

/// A text as it stands between the quotation marks of JSON.
pub(crate) fn in_json(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    json[1..json.len() - 1].to_owned()
}

fn write_json(value: &impl Serialize, bytes: &mut Vec<u8>) {
    bytes.clear();
    // Texts and maps of them can always be written.
    if serde_json::to_writer(&mut *bytes, value).is_err() {
        bytes.clear();
    }
}

/// The column `facts` as it was read last. Rows one after the other often share it.
#[derive(Debug, Default)]
pub(crate) struct LastFacts {
    text: String,
    facts: Facts<'static>,
}

impl LastFacts {
    pub(crate) fn of(&mut self, text: &str) -> &Facts<'static> {
        if self.text != text {
            self.facts = read::<Facts<'_>>(text).into_owned();
            text.clone_into(&mut self.text);
        }
        &self.facts
    }
}

/// Puts into an event, of which the other columns are there, what these three say. A text that is no
/// JSON of its column says nothing: an event is found whatever became of it.
///
/// # Errors
/// A newer Daybook may have stored a type of caller that this one does not know.
pub(crate) fn unpack(
    event: &mut AuditEvent,
    facts: &Facts<'_>,
    told: &str,
    rest: &str,
) -> Result<(), UnknownWord> {
    event.caller.kind = match &*facts.caller_type {
        "" => CallerType::default(),
        word => word.parse()?,
    };
    event.status_code = facts.status_code;
    event.schema_version = facts.schema_version;
    event.described = facts.described;
    let rest: Rest<'_> = read(rest);
    let Told(reason, changes, parts) = read(told);
    for (text, stored) in [
        (&mut event.http.domain_name, &facts.domain_name),
        (&mut event.http.stage, &facts.stage),
        (&mut event.source, &facts.source),
        (&mut event.spec_version, &facts.spec_version),
        (&mut event.parent.name, &rest.owner),
        (&mut event.privacy, &rest.seen),
        (&mut event.source_url, &rest.page),
        (&mut event.http.resource, &rest.route),
        (&mut event.reason, &reason),
    ] {
        (**stored).clone_into(text);
    }
    event.redacted = rest.cut;
    let http = &mut event.http;
    rest.heads.write_to(&mut http.headers, |value| value);
    rest.query.write_to(&mut http.query, |value| value);
    let (entity_id, parent_id) = (&event.entity.id, &event.parent.id);
    rest.args
        .write_to(&mut http.path_params, |value| match value {
            ENTITY_ID => entity_id,
            PARENT_ID => parent_id,
            own => own.strip_prefix(OWN_VALUE).unwrap_or(own),
        });
    http.path.clear();
    match rest.path {
        Some(path) => http.path.push_str(&path),
        None => http.path.extend(pieces(&http.resource, &http.path_params)),
    }
    event.changes = changes
        .into_iter()
        .map(|[field, before, after]| Change {
            field,
            before,
            after,
        })
        .collect();
    if rest.parts.is_empty() {
        let of = |[kind, text, word]: [String; 3]| ActivityPart {
            // What a newer Daybook calls by another kind is still a part of the sentence.
            kind: kind.parse().unwrap_or_default(),
            text,
            word,
        };
        event.activity_parts = parts.into_iter().map(of).collect();
    } else {
        cut_sentence(&event.activity, &rest.parts, &mut event.activity_parts);
    }
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
            Some(after) if !part.word.as_bytes().contains(&PART_SEPARATOR) => rest = after,
            _ => return false,
        }
    }
    rest.is_empty() || event.activity_parts.is_empty()
}

fn cuts(parts: &[ActivityPart]) -> String {
    let mut cuts = String::with_capacity(parts.len() * 16);
    for part in parts {
        if !cuts.is_empty() {
            cuts.push(char::from(PART_SEPARATOR));
        }
        cuts.push_str(part.kind.as_str());
        cuts.push(':');
        // Writing to a String cannot fail.
        let _ = write!(cuts, "{}", part.text.len());
        if !part.word.is_empty() {
            cuts.push(':');
            cuts.push_str(&part.word);
        }
    }
    cuts
}

/// Makes `parts` those of a sentence. One that was rewritten since is a single part.
fn cut_sentence(activity: &str, cuts: &str, parts: &mut Vec<ActivityPart>) {
    let mut rest = activity;
    let mut count = 0;
    let mut cuts = Some(cuts);
    while let Some(left) = cuts {
        let (cut, others) = match split_once(left, PART_SEPARATOR) {
            Some((cut, others)) => (cut, Some(others)),
            None => (left, None),
        };
        let Some((kind, text, word, after)) = next_part(rest, cut) else {
            count = 0;
            break;
        };
        write_part(parts, count, kind, text, word);
        count += 1;
        (rest, cuts) = (after, others);
    }
    if count == 0 || !rest.is_empty() {
        write_part(parts, 0, ActivityPartKind::Text, activity, "");
        count = 1;
    }
    parts.truncate(count);
}

/// The part at the beginning of `rest` that a cut describes, and what is behind it.
fn next_part<'a>(
    rest: &'a str,
    cut: &'a str,
) -> Option<(ActivityPartKind, &'a str, &'a str, &'a str)> {
    let (kind, cut) = split_once(cut, b':')?;
    let (bytes, word) = split_once(cut, b':').unwrap_or((cut, ""));
    let (text, after) = rest.split_at_checked(bytes.parse().ok()?)?;
    Some((kind.parse().unwrap_or_default(), text, word, after))
}

/// As `str::split_once`, for texts of a few bytes, in which that is slow.
fn split_once(text: &str, separator: u8) -> Option<(&str, &str)> {
    let place = text.bytes().position(|byte| byte == separator)?;
    Some((text.get(..place)?, text.get(place + 1..)?))
}

/// Writes over the part at that place, or adds it.
fn write_part(
    parts: &mut Vec<ActivityPart>,
    place: usize,
    kind: ActivityPartKind,
    text: &str,
    word: &str,
) {
    if place == parts.len() {
        parts.push(ActivityPart::default());
    }
    let part = &mut parts[place];
    part.kind = kind;
    text.clone_into(&mut part.text);
    word.clone_into(&mut part.word);
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
            .bytes()
            .position(|byte| byte == b'{')
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
#[path = "packed_tests.rs"]
mod tests;
