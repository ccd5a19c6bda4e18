//! What the other members of an object say about one of them: a name beside its value, a key type
//! beside a key's parts.

use std::cell::LazyCell;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::secrets::drawn::{has_drawn_part, looks_random};
use crate::secrets::names::{
    LEAST_SECRET_NUMBER, describes_a_secret, is_of_change, is_of_secret, is_one_of, is_secret_name,
    least_secret_number, names_a_count, names_a_thing, rule_of,
};
use crate::words;

/// The least letters of what was and what is beside a title that are taken for drawn.
const DRAWN_BYTES_MIN: usize = 6;

/// How many digits a code has that was or is.
const CODE_DIGITS: RangeInclusive<usize> = 4..=8;

/// The least letters of a part of what begins as a page's path does and is drawn.
const DRAWN_PART_BYTES_MIN: usize = 8;

/// Members that name what stands in [`VALUES`].
const NAMES: &[&str] = &[
    "name",
    "key",
    "field",
    "id",
    "attribute",
    "type",
    "label",
    "parameterkey",
    "param",
    "property",
];

/// The last words of such names that have more: `OptionName`, `headerName`.
const NAME_ENDS: &[&str] = &["name", "key", "field"];

/// Those of [`NAMES`] that things have beside what they changed from and to.
const NAMES_OF_THINGS: &[&str] = &["id", "type", "label"];

/// The first words of a title that is written as one: a mail is called `reset-password`, and goes from one to another.
const VERBS: &[&str] = &[
    "reset", "forgot", "change", "update", "set", "recover", "confirm", "request",
];

/// The first words of members that name no mail.
#[rustfmt::skip] // a list of words, not of lines
const FIELDS: &[&str] = &[
    "field", "attribute", "property", "param", "parameter", "parameterkey", "option", "setting",
    "header", "column", "variable",
];

/// The first words of those that end in `value` and hold as a number what the thing beside them is.
const VALUES_OF_THINGS: &[&str] = &["old", "new", "parameter"];

/// Members whose value a sibling names, beside those that end in `value`.
const VALUES: &[&str] = &["values", "content", "val"];

/// The first words of those that end in `value` and are bounds.
const BOUNDS: &[&str] = &["min", "minimum", "max", "maximum", "has", "is"];

/// Members that hold what somebody changed, and what it was changed to.
#[rustfmt::skip] // a list of words, not of lines
const CHANGES: &[&str] = &[
    "old", "new", "from", "to", "fromstring", "tostring", "before", "after", "previous", "current",
    "prev", "lhs", "rhs", "original",
];

/// Those beside which a path says what was changed: deep-diff and others.
const DIFFERENCES: &[&str] = &["rhs", "lhs", "newValue", "oldValue"];

/// The same of records, in which a path may also be a page's that was another one: `"previous": "/login"`.
const RECORDS: &[&str] = &["new", "old", "after", "before", "current", "previous"];

/// Those of [`CHANGES`] that a mail has as well.
const FROM_AND_TO: &[&str] = &["from", "to"];

/// Members that say by being true that the value beside them is secret: Terraform Cloud, GitLab, Bitbucket, Azure
/// DevOps, CloudFormation. Without their separators.
#[rustfmt::skip] // a list of words, not of lines
const FLAGS: &[&str] = &[
    "sensitive", "issensitive", "masked", "ismasked", "secured", "secret", "issecret", "noecho",
];

/// Types that say it: AWS Systems Manager, Vercel.
const SECRET_TYPES: &[&str] = &["securestring", "sensitive", "encrypted"];

/// RFC 7518, sections 6.2.2, 6.3.2 and 6.4: the private parts of a JSON web key.
const JWK_PRIVATE: &[&str] = &["d", "p", "q", "dp", "dq", "qi", "k"];

/// RFC 6749, 7521 and 8628: what proves a grant.
const GRANTS: &[&str] = &[
    "code",
    "assertion",
    "device_code",
    "subject_token",
    "actor_token",
];

/// Kubernetes API, Secret: whatever they hold.
const KUBERNETES_SECRET: &[&str] = &["data", "stringData"];

/// The longest name of a secret that a sibling gives.
const NAME_BYTES_MAX: usize = 80;

/// What an object's members say about each other.
pub(super) struct Siblings {
    of_values: OfValues,
    /// The members that they make secret.
    secret: Vec<&'static [&'static str]>,
}

/// What they say about a value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum OfValues {
    Nothing,
    /// `value` is secret.
    One,
    /// So it is of a thing whose other numbers are its own: `{"type": "token", "marketValue": 1200}`.
    Thing,
    /// What else holds a value is, too: `content`.
    All,
    /// What it was and what it is are where they look drawn: a title of several words may be what changes itself. A password
    /// of letters alone stays there.
    Label,
    /// The same of a PIN, where they are digits as well.
    LabelOfCode,
    /// What it was and what it is are, but not from whom to whom a mail of that title goes.
    Title,
    /// What it was and what it is are.
    Changes,
}

impl OfValues {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::One, Self::Thing) | (Self::Thing, Self::One) => Self::All,
            (one, other) => one.max(other),
        }
    }
}

impl Siblings {
    pub(super) fn of(members: &Map<String, Value>) -> Self {
        let mut secret = Vec::new();
        // Asked of each member that names a secret, of which there may be as many as there are.
        let has_number = LazyCell::new(|| has_number(members));
        let said = members
            .iter()
            .map(|(name, value)| said_by(members, name, value, || *has_number));
        let of_values = said.fold(OfValues::Nothing, OfValues::and);
        if members.contains_key("kty") {
            secret.push(JWK_PRIVATE);
        }
        if is_kubernetes_secret(members) {
            secret.push(KUBERNETES_SECRET);
        }
        if members.contains_key("grant_type") || members.contains_key("grantType") {
            secret.push(GRANTS);
        }
        Self { of_values, secret }
    }

    /// Whether the member is a secret for the sake of another one.
    pub(super) fn make_secret(&self, name: &str, value: &Value) -> bool {
        let of = self.of_values;
        let may_be_its_own = || (is_amount(value) || value.is_object()) && !is_value_of_thing(name);
        (of >= OfValues::One && ends_in_value(name) && (of != OfValues::Thing || !may_be_its_own()))
            || (of >= OfValues::Thing && is_one_of(VALUES, name))
            || (of >= OfValues::Label
                && is_one_of(CHANGES, name)
                && (of == OfValues::Changes || !is_one_of(FROM_AND_TO, name))
                && match of {
                    OfValues::Label => is_drawn(value),
                    OfValues::LabelOfCode => is_drawn(value) || is_code(value),
                    _ => true,
                })
            || self.secret.iter().any(|names| is_one_of(names, name))
    }

    /// Whether everything below the member is a secret, whatever it is called.
    pub(super) fn make_all_secret(&self, name: &str) -> bool {
        self.secret
            .iter()
            .any(|names| *names == KUBERNETES_SECRET && names.contains(&name))
    }
}

/// `Hunter2x9`
fn is_drawn(value: &Value) -> bool {
    value.as_str().is_some_and(|text| {
        !text.contains(char::is_whitespace) && looks_random(text, DRAWN_BYTES_MIN)
    })
}

/// `"4711"`, `482913`; what has more digits is a time or a count.
fn is_code(value: &Value) -> bool {
    match value {
        Value::String(text) => {
            CODE_DIGITS.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        }
        Value::Number(number) => CODE_DIGITS.contains(&number.to_string().len()) && number.is_u64(),
        _ => false,
    }
}

/// `1200`, `"1200.50"`: an amount may be a text, which has a point then.
fn is_amount(value: &Value) -> bool {
    let is_decimal = |text: &str| {
        let is_of_amount = |byte: u8| byte.is_ascii_digit() || b".-".contains(&byte);
        text.contains('.') && text.bytes().all(is_of_amount) && text.parse::<f64>().is_ok()
    };
    value.is_number() || value.as_str().is_some_and(is_decimal)
}

/// What stands in front of `value` at the end of a name, if it does.
fn front_of_value(name: &str) -> Option<&str> {
    let (front, end) = name.split_at_checked(name.len().checked_sub("value".len())?)?;
    end.eq_ignore_ascii_case("value").then_some(front)
}

/// `value`, `newValue`, `ParameterValue`.
fn ends_in_value(name: &str) -> bool {
    front_of_value(name).is_some()
        && !first_word(name).is_some_and(|first| BOUNDS.contains(&first.as_str()))
}

/// `value`, `oldValue`, `newvalue`.
fn is_value_of_thing(name: &str) -> bool {
    let front = front_of_value(name).map(|front| front.trim_end_matches(['_', '-', ' ']));
    front.is_some_and(|front| front.is_empty() || is_one_of(VALUES_OF_THINGS, front))
}

fn first_word(name: &str) -> Option<String> {
    words::split(name).into_iter().next()
}

fn said_by(
    members: &Map<String, Value>,
    name: &str,
    value: &Value,
    has_number: impl Fn() -> bool,
) -> OfValues {
    match value {
        Value::Bool(true) if is_flag_here(members, name) => OfValues::One,
        Value::String(text) => said_by_text(members, name, text, has_number),
        // `{"kind": "E", "path": ["password"], "lhs": …, "rhs": …}`
        Value::Array(path) if name.eq_ignore_ascii_case("path") => {
            let segments = path.iter().map(|segment| match segment {
                Value::String(name) => name.clone(),
                other => other.to_string(),
            });
            let path = segments.collect::<Vec<_>>().join("/");
            said_by_path(members, &path, has_number)
        }
        _ => OfValues::Nothing,
    }
}

fn said_by_text(
    members: &Map<String, Value>,
    name: &str,
    text: &str,
    has_number: impl Fn() -> bool,
) -> OfValues {
    let is = |word: &str| name.eq_ignore_ascii_case(word);
    // `{"op": "replace", "path": "/password", "value": …}` (RFC 6902, section 4).
    if is("path") {
        return said_by_path(members, text, has_number);
    }
    // Azure lists a storage account's keys as `{"keyName", "value"}`.
    if is("keyname") {
        return OfValues::All;
    }
    let is_secret_type = is("type") && is_one_of(SECRET_TYPES, text);
    if is_secret_type || (text.eq_ignore_ascii_case("true") && is_flag_here(members, name)) {
        return OfValues::One;
    }
    if text.len() > NAME_BYTES_MAX || !is_secret_name(text) || (names_a_count(text) && has_number())
    {
        return OfValues::Nothing;
    }
    let has_space = text.contains(' ');
    if !is_one_of(NAMES, name) && (has_space || !ends_in_name(name)) {
        OfValues::Nothing
    } else if is_one_of(NAMES_OF_THINGS, name) {
        OfValues::Thing
    } else if !is_field(name) && has_space && is_title(text) {
        // What changes is the title's text, or what has it.
        match rule_of(text) {
            Some(rule) if rule.contains("one-time") => OfValues::LabelOfCode,
            _ => OfValues::Label,
        }
    } else if !is_field(name) && (has_space || is_title(text)) {
        OfValues::Title
    } else {
        OfValues::Changes
    }
}

fn is_field(name: &str) -> bool {
    first_word(name).is_some_and(|first| FIELDS.contains(&first.as_str()))
}

/// `reset-password`; a reset token is a secret of its own.
fn is_title(text: &str) -> bool {
    let is_drawn = |rule: &str| rule.starts_with("token") || rule.starts_with("cookie");
    first_word(text).is_some_and(|first| VERBS.contains(&first.as_str()))
        && !rule_of(text).is_some_and(is_drawn)
}

/// `OptionName`, `parameter_key`, `headerField`.
fn ends_in_name(name: &str) -> bool {
    let found = words::split(name);
    found
        .last()
        .is_some_and(|last| NAME_ENDS.contains(&last.as_str()))
}

fn is_flag(name: &str) -> bool {
    let letters = name.chars().filter(|letter| !matches!(letter, '_' | '-'));
    FLAGS.iter().any(|flag| {
        letters
            .clone()
            .map(|letter| letter.to_ascii_lowercase())
            .eq(flag.chars())
    })
}

/// A loan is secured, too: that says something only of a variable, whose value is a text.
fn is_flag_here(members: &Map<String, Value>, name: &str) -> bool {
    let is_of_variable =
        |(name, value): (&String, &Value)| is_one_of(&["value"], name) && value.is_string();
    is_flag(name) && (!name.eq_ignore_ascii_case("secured") || members.iter().any(is_of_variable))
}

/// What is said by the path of what is patched, or of a difference.
fn said_by_path(
    members: &Map<String, Value>,
    path: &str,
    has_number: impl Fn() -> bool,
) -> OfValues {
    let is_patch = members.contains_key("op");
    let is_page = |value: &Value| {
        let may_be =
            |text: &str| text.starts_with('/') && !has_drawn_part(text, DRAWN_PART_BYTES_MIN);
        path.starts_with('/') && value.as_str().is_some_and(may_be)
    };
    let recorded = |name: &&str| members.get(*name).filter(|value| !is_page(value));
    let differs = DIFFERENCES.iter().find_map(|name| members.get(*name));
    let differs = differs.or_else(|| RECORDS.iter().find_map(recorded));
    let value = if is_patch {
        members.get("value")
    } else {
        differs
    };
    if !(is_patch || differs.is_some()) || !patches_secret(path, value, has_number) {
        OfValues::Nothing
    } else if is_patch {
        // `from` is another path.
        OfValues::All
    } else {
        OfValues::Changes
    }
}

/// Whether a JSON Patch changes a secret: its path is one's, or leads below one as members of a body do.
fn patches_secret(path: &str, value: Option<&Value>, has_number: impl Fn() -> bool) -> bool {
    let value = value.unwrap_or(&Value::Null);
    let is_position =
        |segment: &&str| *segment == "-" || segment.bytes().all(|byte| byte.is_ascii_digit());
    let mut names = path
        .split('/')
        .filter(|segment| !is_position(segment))
        .peekable();
    // The least number that is a secret where the path has come to, if anything is.
    let mut least = None;
    let mut is_in_thing = false;
    let is_item = path.rsplit('/').next().as_ref().is_some_and(is_position);
    while let Some(name) = names.next() {
        let is_thing_here = names_a_thing(name)
            && (names.peek()).is_some_and(|next| !is_of_change(next, &Value::from("")));
        least = if is_thing_here {
            None
        } else if is_secret_name(name) {
            if names.peek().is_some() {
                least_secret_number(name)
            } else {
                (is_item || !(names_a_count(name) && has_number())).then_some(0)
            }
        } else if is_in_thing && is_of_secret(name, value) {
            Some(LEAST_SECRET_NUMBER)
        } else {
            least.filter(|_| !describes_a_secret(name))
        };
        is_in_thing = is_thing_here;
    }
    least.is_some_and(|least| value.as_u64().is_none_or(|number| number >= least))
}

/// Whether what is named is one number, and not only what it is where nobody says.
fn has_number(members: &Map<String, Value>) -> bool {
    let is_default = |name: &str| first_word(name).is_some_and(|first| first == "default");
    members.iter().any(|(name, value)| {
        value.is_number()
            && ((ends_in_value(name) && !is_default(name))
                || is_one_of(VALUES, name)
                || is_one_of(CHANGES, name))
    })
}

fn is_kubernetes_secret(members: &Map<String, Value>) -> bool {
    members.get("kind").and_then(Value::as_str) == Some("Secret")
}
