//! Removing secrets from the values of a call.

use std::borrow::Cow;
use std::collections::BTreeMap;

use daybook_event::{REDACTED, check_json_bounds, check_json_values};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::loosely_marked::LooselyMarked;
use super::marked::{At, Marked, told};
use super::place::Place;
use super::siblings::Siblings;
use super::walk::{Inherited, SECRET_KEY_BYTES_MIN, Walk, note};
use crate::operation::Operation;
use crate::secrets::OperationSecrets;
use crate::secrets::drawn::looks_random;
use crate::secrets::names::{
    LEAST_SECRET_NUMBER, describes_a_secret, describes_secrets, is_chosen, is_of_change,
    is_of_secret, is_option_of_secret, is_query_secret, is_secret_member, is_secret_name,
    names_a_card, names_a_thing, rule_in_headers,
};
use crate::secrets::shapes::{Numbers, redact_shapes, rules_that_find};
use crate::value_location::ValueLocation;

/// How deep a value is looked through; what lies deeper is removed.
pub(super) const VALUE_DEPTH_MAX: usize = 256;

/// How many times JSON inside a JSON string is opened.
const INNER_JSON_LEVELS_MAX: usize = 4;

/// The largest text that is opened as JSON, and how deep it may nest.
const INNER_JSON_BYTES_MAX: usize = 1 << 20;
const INNER_JSON_DEPTH_MAX: usize = 64;
/// The memory that its values take. It is there twice.
const INNER_JSON_VALUES_BYTES_MAX: usize = 16 << 20;

/// The shortest text that is a secret because it looks drawn and stands among others.
const SHORT_SECRET_BYTES_MIN: usize = 8;

/// How much is removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// What is secret: by the document's marks, by name, by shape.
    #[default]
    Standard,
    /// Everything but what the document marks as auditable (`x-audit.keep`) and the ids and names of
    /// the thing acted upon and of its parent; from those, what is secret. The names of query
    /// parameters and of members go too, unless something that stays is there or below. Of a request
    /// that no document describes, nothing stays.
    ///
    /// A response is never stored, so that ids and names are read from it as in [`Mode::Standard`]; a sentence's template
    /// reads of it what is left by [`Redactor::auditable_response`].
    Strict,
}

/// Removes secrets: what the operation's document marks, then what is one by name or by shape.
///
/// `null`, `true` and `false` are never secrets and stay, except in [`Mode::Strict`].
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    mode: Mode,
    /// The template of the operation's path.
    pub(super) template: Option<String>,
    /// Its path names cards: what looks like a card's number is one.
    is_about_cards: bool,
    redact: Vec<Marked>,
    pub(super) keep: Vec<Marked>,
    /// Where ids and names are, which a sentence needs; known only in [`Mode::Strict`].
    pub(super) told: Vec<Marked>,
}

impl Redactor {
    /// A redactor for calls of `operation`; without one, names and shapes alone decide.
    pub fn new(operation: Option<&Operation>) -> Self {
        Self::with_mode(operation, Mode::Standard)
    }

    /// A redactor for calls of `operation` that removes as much as `mode` says.
    pub fn with_mode(operation: Option<&Operation>, mode: Mode) -> Self {
        let Some(operation) = operation else {
            return Self {
                mode,
                ..Self::default()
            };
        };
        let OperationSecrets { redact, keep, .. } = &operation.secrets;
        let marked = |locations: &[ValueLocation]| locations.iter().map(Marked::new).collect();
        Self {
            mode,
            template: Some(operation.path.clone()),
            is_about_cards: speaks_of_cards(&operation.path),
            redact: marked(redact),
            keep: marked(keep),
            told: match mode {
                Mode::Standard => Vec::new(),
                Mode::Strict => told(operation),
            },
        }
    }

    /// The same for a call of `path`, which says what it is about where no document does.
    #[must_use]
    pub fn on_path(mut self, path: &str) -> Self {
        if self.template.is_none() {
            self.is_about_cards = speaks_of_cards(path);
        }
        self
    }

    /// How much is removed.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Removes secrets from a JSON value and names what was removed: `request#/user/password`.
    /// At most 1,000 places are named, each with at most 256 bytes: what has a longer pointer is named by what
    /// it stands in.
    pub fn json(&self, place: Place, value: &mut Value, removed: &mut Vec<String>) {
        let mut walk = self.walk(place, None, removed);
        if place == Place::Request {
            walk.loosely_marked = LooselyMarked::of(&self.redact, value);
        }
        if self.mode == Mode::Strict && matches!(place, Place::Request | Place::Context) {
            self.keep_auditable(&mut walk, value);
        } else {
            self.visit(&mut walk, value, Inherited::No);
        }
    }

    /// What a sentence's template may read of a response: in [`Mode::Strict`], only what is auditable.
    pub fn auditable_response<'a>(&self, body: &'a Value) -> Cow<'a, Value> {
        let mut body = Cow::Borrowed(body);
        if self.mode == Mode::Strict {
            let mut removed = Vec::new();
            let mut walk = self.walk(Place::Response, None, &mut removed);
            self.keep_auditable(&mut walk, body.to_mut());
        }
        body
    }

    /// Removes what has the shape of a secret from free text: a message, a user agent.
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut removed = Vec::new();
        let mut walk = self.walk(Place::Context, None, &mut removed);
        self.text_or_json(&mut walk, text)
    }

    /// [`Redactor::text`] of an id: a number in it is no payment card, unless it is written in groups or
    /// the call is about cards.
    pub fn id<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut removed = Vec::new();
        let mut walk = self.walk(Place::Context, Some("id"), &mut removed);
        self.text_or_json(&mut walk, text)
    }

    /// [`Redactor::text`] of a text that stands at a named place, which is named where something was
    /// removed: `context#/reason`.
    pub fn named_text(
        &self,
        place: Place,
        name: &str,
        text: &str,
        removed: &mut Vec<String>,
    ) -> String {
        let redacted = self.text(text).into_owned();
        if redacted != text || text.contains(REDACTED) {
            note(removed, place, &[name.to_owned()]);
        }
        redacted
    }

    /// The names of the rules that find a secret in a free text, for whoever wonders why one is gone.
    pub fn rules(&self, text: &str) -> Vec<&'static str> {
        rules_that_find(text)
    }

    /// Removes secrets from named texts (query, path parameters, headers).
    pub fn pairs(
        &self,
        place: Place,
        pairs: &mut BTreeMap<String, String>,
        removed: &mut Vec<String>,
    ) {
        for name in secret_keys(pairs.keys()) {
            if pairs.remove(&name).is_some() {
                pairs.insert(REDACTED.to_owned(), REDACTED.to_owned());
            }
        }
        // The answer of a login in a URL: `?code=…&state=…` (RFC 6749, section 4.1.2).
        let is_login =
            place == Place::Query && pairs.contains_key("state") && pairs.contains_key("code");
        if self.mode == Mode::Strict && place == Place::Query {
            self.keep_auditable_query(pairs, removed);
        }
        for (name, value) in pairs.iter_mut() {
            let is_of_login = is_login
                && matches!(name.as_str(), "code" | "state")
                && !is_marked(&self.keep, place, std::slice::from_ref(name));
            let redacted = if is_of_login && !value.is_empty() {
                REDACTED.to_owned()
            } else {
                self.named(place, name, value).into_owned()
            };
            if redacted != *value || redacted == REDACTED {
                *value = redacted;
                note(removed, place, std::slice::from_ref(name));
            }
        }
    }

    /// What stays of a text that stands at a named place.
    pub(super) fn named<'a>(&self, place: Place, name: &str, value: &'a str) -> Cow<'a, str> {
        let pointer = [name.to_owned()];
        if value.is_empty() || is_marked(&self.keep, place, &pointer) {
            return Cow::Borrowed(value);
        }
        let mut removed = Vec::new();
        let mut walk = self.walk(place, Some(name), &mut removed);
        let is_secret = Self::is_secret_pair(place, name, value)
            || self.is_marked_secret(place, &pointer)
            || (self.mode == Mode::Strict && !is_marked(&self.told, place, &pointer))
            || walk.is_card(value);
        if is_secret {
            Cow::Borrowed(REDACTED)
        } else {
            self.text_or_json(&mut walk, value)
        }
    }

    fn walk<'a>(&self, place: Place, name: Option<&str>, removed: &'a mut Vec<String>) -> Walk<'a> {
        let mut walk = Walk::new(place, self.is_about_cards, removed);
        if let Some(name) = name {
            walk.enter(name.to_owned());
        }
        walk
    }

    /// Whether the document marks a header as secret, whatever else is removed.
    pub fn marks_header(&self, name: &str) -> bool {
        let pointer = [name.to_owned()];
        self.is_marked_secret(Place::Headers, &pointer)
            && !is_marked(&self.keep, Place::Headers, &pointer)
    }

    fn is_secret_pair(place: Place, name: &str, value: &str) -> bool {
        match place {
            Place::Query => is_query_secret(name, value),
            Place::Headers => rule_in_headers(name).is_some(),
            _ => is_secret_name(name) && !is_chosen(name, value),
        }
    }

    fn is_marked_secret(&self, place: Place, pointer: &[String]) -> bool {
        let at = At::new(place, pointer);
        self.redact.iter().any(|mark| mark.covers_secret(&at))
    }

    fn text_or_json<'a>(&self, walk: &mut Walk<'_>, text: &'a str) -> Cow<'a, str> {
        match self.inner_json(walk, text) {
            InnerJson::Redacted(redacted) => Cow::Owned(redacted),
            InnerJson::Clean => redact_shapes(text, Numbers::Ids),
            InnerJson::Other => redact_shapes(text, walk.numbers(text)),
        }
    }

    pub(super) fn visit(&self, walk: &mut Walk<'_>, value: &mut Value, inherited: Inherited) {
        if walk.pointer().len() > VALUE_DEPTH_MAX {
            walk.remove(value);
            return;
        }
        let mut inherited = inherited;
        if is_marked(&self.keep, walk.place, walk.pointer()) {
            inherited = Inherited::Kept;
        } else if self.is_marked_secret(walk.place, walk.pointer())
            || walk.loosely_marked.is_marked()
        {
            walk.remove(value);
            return;
        }
        match value {
            Value::Object(members) => self.visit_members(walk, members, inherited),
            Value::Array(items) => {
                let mut is_argument = false;
                for (position, item) in items.iter_mut().enumerate() {
                    let is_option = names_argument(item);
                    walk.enter(position.to_string());
                    if is_argument && inherited == Inherited::No && is_argument_of_option(item) {
                        self.visit(walk, item, Inherited::Named);
                    } else {
                        self.visit(walk, item, inherited);
                    }
                    walk.leave();
                    is_argument = is_option;
                }
            }
            _ if inherited == Inherited::Kept => {}
            // The capture layer was here before: what it removed is listed as well.
            Value::String(text) if text == REDACTED => {
                walk.note();
            }
            Value::String(text) if !text.is_empty() => {
                // Below a login, an address describes it.
                let is_address = matches!(inherited, Inherited::Below(_))
                    && (text.starts_with("https://") || text.starts_with("http://"));
                if (inherited != Inherited::No && !is_address) || walk.is_card(text) {
                    walk.remove(value);
                    return;
                }
                let numbers = match self.inner_json(walk, text) {
                    InnerJson::Redacted(redacted) => {
                        *text = redacted;
                        return;
                    }
                    InnerJson::Clean => Numbers::Ids,
                    InnerJson::Other => walk.numbers(text),
                };
                if let Cow::Owned(redacted) = redact_shapes(text, numbers) {
                    *text = redacted;
                    walk.note();
                }
            }
            Value::Number(number) if walk.is_secret_number(number, inherited) => {
                walk.remove(value);
            }
            _ => {}
        }
    }

    fn visit_members(
        &self,
        walk: &mut Walk<'_>,
        members: &mut Map<String, Value>,
        inherited: Inherited,
    ) {
        redact_keys(walk, members);
        let siblings = Siblings::of(members);
        let least_below = match inherited {
            Inherited::Named => 0,
            Inherited::Below(least) => least,
            Inherited::Direct => walk.least_secret_number().unwrap_or(0),
            _ => LEAST_SECRET_NUMBER,
        };
        // Secrets by the names of what they are for: `{"passwords": {"database": …}}`.
        // Among the credentials of one login, and the tokens of one where one has its own name, a member is what it is called.
        let has_rule = |start: &str| walk.rule().is_some_and(|rule| rule.starts_with(start));
        let has_secret = || {
            let mut members = members.iter();
            members.any(|(name, member)| is_secret_member(name, member))
        };
        let is_of_secrets = inherited == Inherited::Direct
            && walk.names_several()
            && !has_rule("credential")
            && members.values().all(Value::is_string)
            && !(has_rule("token") && has_secret());
        let are_passwords = is_of_secrets && has_rule("password");
        for (name, member) in members.iter_mut() {
            let inherited = if inherited == Inherited::Sealed || siblings.make_all_secret(name) {
                Inherited::Sealed
            } else if siblings.make_secret(name, member) {
                Inherited::Named
            } else if is_thing(name, member) {
                Inherited::Thing
            } else if is_secret_member(name, member) {
                Inherited::Direct
            } else if match inherited {
                Inherited::Direct if is_of_secrets => {
                    !describes_a_secret(name)
                        || (!describes_secrets(name) && (are_passwords || is_drawn_member(member)))
                }
                Inherited::Direct | Inherited::Named | Inherited::Below(_) => {
                    !describes_a_secret(name)
                }
                Inherited::Thing => is_of_secret(name, member),
                _ => false,
            } {
                Inherited::Below(least_below)
            } else {
                Inherited::No
            };
            walk.enter(name.clone());
            self.visit(walk, member, inherited);
            walk.leave();
        }
    }

    /// The text with the secrets of the JSON that it is removed, where it is some and has any.
    /// What is too large, too deep or too often quoted to be opened is removed whole.
    fn inner_json(&self, walk: &mut Walk<'_>, text: &str) -> InnerJson {
        if !text.trim_start().starts_with(['{', '[', '"']) {
            return InnerJson::Other;
        }
        let bytes = text.as_bytes();
        let is_flat = check_json_bounds(bytes, usize::MAX, INNER_JSON_DEPTH_MAX).is_ok();
        let is_small = bytes.len() <= INNER_JSON_BYTES_MAX
            && check_json_values(bytes, INNER_JSON_VALUES_BYTES_MAX).is_ok();
        if is_flat && !is_small && !is_long_json(text) {
            return InnerJson::Other;
        }
        let inner = (is_flat && is_small).then(|| serde_json::from_str(text));
        let mut inner: Value = match inner {
            Some(Err(_)) => return InnerJson::Other,
            Some(Ok(inner)) if walk.inner_json_levels < INNER_JSON_LEVELS_MAX => inner,
            _ => {
                walk.note();
                return InnerJson::Redacted(REDACTED.to_owned());
            }
        };
        let removed_before = walk.removed.len();
        let before = inner.clone();
        walk.inner_json_levels += 1;
        self.visit(walk, &mut inner, Inherited::No);
        walk.inner_json_levels -= 1;
        if walk.removed.len() > removed_before || inner != before {
            return InnerJson::Redacted(inner.to_string());
        }
        // Of members with one name, only the last was looked at.
        let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
        if digits(text) == digits(&inner.to_string()) {
            InnerJson::Clean
        } else {
            InnerJson::Other
        }
    }
}

/// Whether a long text is JSON, lines of JSON, or JSON that was cut. One with commas, as CSV has them, is none.
fn is_long_json(text: &str) -> bool {
    let first = serde_json::Deserializer::from_str(text)
        .into_iter::<IgnoredAny>()
        .next();
    match first {
        _ if text.trim_start().starts_with('"') => serde_json::from_str::<IgnoredAny>(text).is_ok(),
        Some(Ok(_)) => true,
        Some(Err(error)) => error.is_eof(),
        None => false,
    }
}

/// What a text is as JSON.
enum InnerJson {
    /// It is none, or not all of it was looked at.
    Other,
    /// It is some without a secret, and its numbers were seen with their names.
    Clean,
    Redacted(String),
}

fn is_drawn_member(member: &Value) -> bool {
    let is_text = |text: &str| text.contains(['.', '/', '@']) || text.contains(char::is_whitespace);
    member
        .as_str()
        .is_some_and(|text| !is_text(text) && looks_random(text, SHORT_SECRET_BYTES_MIN))
}

/// Whether a short name that is a secret as a text is a thing of its own here: a board's pin, a
/// payment's authorization. What has an old and a new value is none.
fn is_thing(name: &str, member: &Value) -> bool {
    let mut objects = match member {
        Value::Array(items) => items.as_slice(),
        other => std::slice::from_ref(other),
    }
    .iter()
    .filter_map(Value::as_object)
    .peekable();
    objects.peek().is_some()
        && names_a_thing(name)
        && !objects
            .flatten()
            .any(|(key, value)| is_of_change(key, value))
}

/// No other option, and nothing that CloudFormation puts there: `{"Ref": "ApiParam"}`, `{"Fn::Sub": …}`.
fn is_argument_of_option(item: &Value) -> bool {
    let is_function = |name: &String| name == "Ref" || name.starts_with("Fn::");
    match item {
        Value::String(text) => !text.starts_with('-'),
        Value::Object(members) => members.len() != 1 || !members.keys().any(is_function),
        _ => true,
    }
}

/// `["--db-password", "…"]`
fn names_argument(item: &Value) -> bool {
    let name = item.as_str().and_then(|text| text.strip_prefix("--"));
    name.is_some_and(is_option_of_secret)
}

/// The keys in which a secret stands.
fn secret_keys<'a>(keys: impl Iterator<Item = &'a String>) -> Vec<String> {
    keys.filter(|key| may_hold_secret(key))
        .filter(|key| matches!(redact_shapes(key, Numbers::Any), Cow::Owned(_)))
        .cloned()
        .collect()
}

fn may_hold_secret(key: &str) -> bool {
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    key.len() >= SECRET_KEY_BYTES_MIN || !key.bytes().all(is_of_name)
}

/// A key may hold a secret of its own: `{"sk_live_…": {"scopes": …}}`.
pub(super) fn redact_keys(walk: &mut Walk<'_>, members: &mut Map<String, Value>) {
    let mut number = 0;
    for key in secret_keys(members.keys()) {
        if let Some(member) = members.remove(&key) {
            let mut new_key = REDACTED.to_owned();
            while members.contains_key(&new_key) {
                number += 1;
                new_key = format!("{REDACTED} {number}");
            }
            walk.enter(new_key.clone());
            walk.note();
            walk.leave();
            members.insert(new_key, member);
        }
    }
}

fn speaks_of_cards(path: &str) -> bool {
    path.split('/').any(names_a_card)
}

fn is_marked(marks: &[Marked], place: Place, pointer: &[String]) -> bool {
    let at = At::new(place, pointer);
    marks.iter().any(|mark| mark.covers_at(&at))
}
