//! What the other members of an object say about one of them: a name beside its value, a key type
//! beside a key's parts.

use std::cell::LazyCell;

use serde_json::{Map, Value};

use super::names::{
    LEAST_SECRET_NUMBER, describes_a_secret, is_of_change, is_of_secret, is_secret_name,
    least_secret_number, names_a_count, names_a_thing,
};

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

/// Members whose value a sibling names.
const VALUES: &[&str] = &[
    "value",
    "values",
    "content",
    "parametervalue",
    "newvalue",
    "oldvalue",
    "val",
];

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

/// What an object's members say about each other, as the members that they make secret.
pub(super) struct Siblings(Vec<&'static [&'static str]>);

impl Siblings {
    pub(super) fn of(members: &Map<String, Value>) -> Self {
        let mut secret = Vec::new();
        // Asked of each member that names a secret, of which there may be as many as there are.
        let has_number = LazyCell::new(|| has_number(members));
        if members
            .iter()
            .any(|(name, value)| names_secret(members, name, value, || *has_number))
        {
            secret.push(VALUES);
        }
        if members.contains_key("kty") {
            secret.push(JWK_PRIVATE);
        }
        if is_kubernetes_secret(members) {
            secret.push(KUBERNETES_SECRET);
        }
        if members.contains_key("grant_type") || members.contains_key("grantType") {
            secret.push(GRANTS);
        }
        Self(secret)
    }

    /// Whether the member is a secret for the sake of another one.
    pub(super) fn make_secret(&self, name: &str) -> bool {
        self.0
            .iter()
            .flat_map(|names| names.iter())
            .any(|known| name.eq_ignore_ascii_case(known))
    }

    /// Whether everything below the member is a secret, whatever it is called.
    pub(super) fn make_all_secret(&self, name: &str) -> bool {
        self.0
            .iter()
            .any(|names| *names == KUBERNETES_SECRET && names.contains(&name))
    }
}

fn names_secret(
    members: &Map<String, Value>,
    name: &str,
    value: &Value,
    has_number: impl Fn() -> bool,
) -> bool {
    let Value::String(text) = value else {
        return false;
    };
    let is = |word: &str| name.eq_ignore_ascii_case(word);
    // `{"op": "replace", "path": "/password", "value": …}` (RFC 6902, section 4).
    if is("path") && members.contains_key("op") {
        return patches_secret(text, members.get("value"), has_number);
    }
    let names_one = NAMES.iter().any(|known| is(known))
        && text.len() <= NAME_BYTES_MAX
        && is_secret_name(text)
        && !(names_a_count(text) && has_number());
    // Azure lists a storage account's keys as `{"keyName", "value"}`.
    names_one || is("keyname")
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
    while let Some(name) = names.next() {
        let is_thing_here = names_a_thing(name)
            && (names.peek()).is_some_and(|next| !is_of_change(next, &Value::from("")));
        least = if is_thing_here {
            None
        } else if is_secret_name(name) {
            let is_item = path.rsplit('/').next().as_ref().is_some_and(is_position);
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

/// Whether what is named is one number.
fn has_number(members: &Map<String, Value>) -> bool {
    members.iter().any(|(name, value)| {
        value.is_number() && VALUES.iter().any(|known| name.eq_ignore_ascii_case(known))
    })
}

fn is_kubernetes_secret(members: &Map<String, Value>) -> bool {
    members.get("kind").and_then(Value::as_str) == Some("Secret")
}
