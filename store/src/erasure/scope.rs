//! Whom or what an erasure is about, and which rows that is.

use clickhouse::query::Query;
use daybook_event::OWN_SERVICE;
use serde::{Deserialize, Serialize};

use crate::erasure::key::{ErasureKey, folded};
use crate::erasure::traces::{self, Named, Own, Pattern};
use crate::error::StoreError;

/// Most bytes of an identifier.
pub const SUBJECT_BYTES_MAX: usize = 1_024;
/// Most ids, and most addresses, of one person beside the given one.
pub(crate) const LINKS_MAX: usize = 25;

/// From so many bytes on an id is one person's, whatever kind of thing an event names it: a UUID, a ULID, an
/// ObjectId. A shorter one is often a number, and order 7 is not user 7.
pub(crate) const UNIQUE_BYTES_MIN: usize = 12;

/// The last word of the kinds of entities whose ids are those of users: by itself (`team member`), or behind a
/// small letter (`TeamMember`).
const PERSONS: [(&str, &str); 3] = [("user", "User"), ("person", "Person"), ("member", "Member")];

/// Whether nobody and nothing else in the world has this id.
fn is_unique(id: &str) -> bool {
    id.len() >= UNIQUE_BYTES_MIN || id.contains('@')
}

/// Whether an entity of this kind is the person who has this id.
pub(crate) fn is_person(kind: &str, id: &str) -> bool {
    let lower = kind.to_ascii_lowercase();
    let is_small = |letter: char| letter.is_ascii_lowercase();
    let is_of_persons = PERSONS.iter().any(|(word, capital)| {
        let before_word = lower.strip_suffix(word);
        let before_capital = kind.strip_suffix(capital);
        before_word.is_some_and(|before| !before.ends_with(is_small))
            || before_capital.is_some_and(|before| before.ends_with(is_small))
    });
    is_unique(id) || is_of_persons
}

/// [`is_person`] of a row whose entity or parent has an id of the subject.
fn is_person_sql(place: &str) -> String {
    let is_of_persons = is_of_persons_sql(place);
    format!(
        "(length({place}_id) >= {UNIQUE_BYTES_MIN} OR position({place}_id, '@') > 0 \
         OR {is_of_persons})"
    )
}

/// Whether a row's entity or parent is of a kind whose ids are those of users.
fn is_of_persons_sql(place: &str) -> String {
    let words = PERSONS.map(|(word, _)| word).join("|");
    let capitals = PERSONS.map(|(_, capital)| capital).join("|");
    format!(
        "(match(lower({place}_type), '(^|[^a-z])({words})$') \
         OR match({place}_type, '[a-z]({capitals})$'))"
    )
}

/// Whom or what an erasure is about, within a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Every event of the tenant.
    Tenant,
    /// A person by their id.
    User(String),
    /// A person by their e-mail address.
    Email(String),
    /// A thing.
    Entity {
        /// A singular noun: `workflow`.
        kind: String,
        /// The id within its kind.
        id: String,
    },
}

impl Scope {
    /// The word for it: `tenant`, `user`, `email`, `entity`. Whoever's id is an address is known by that.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::User(id) if !id.contains('@') => "user",
            Self::User(_) | Self::Email(_) => "email",
            Self::Entity { .. } => "entity",
        }
    }

    /// Whether it names an id that is not one in the world.
    pub(crate) fn has_short_id(&self) -> bool {
        match self {
            Self::User(id) | Self::Entity { id, .. } => !is_unique(id),
            Self::Tenant | Self::Email(_) => false,
        }
    }

    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let texts: &[&String] = match self {
            Self::Tenant => &[],
            Self::User(text) | Self::Email(text) => &[text],
            Self::Entity { kind, id } => &[kind, id],
        };
        for text in texts {
            if text.trim().is_empty() || text.len() > SUBJECT_BYTES_MAX {
                return Err(StoreError::InvalidErasure(format!(
                    "the {} is empty or has more than {SUBJECT_BYTES_MAX} bytes",
                    self.as_str()
                )));
            }
        }
        match self {
            Self::Email(address) if !address.contains('@') => Err(StoreError::InvalidErasure(
                "an e-mail address has an @".to_owned(),
            )),
            _ => Ok(()),
        }
    }
}

/// What becomes of the subject's own events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ErasureMode {
    /// They are removed.
    Delete,
    /// They stay, and a pseudonym stands in the subject's place.
    Anonymise,
}

impl ErasureMode {
    /// The word for it: `delete`, `anonymise`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Anonymise => "anonymise",
        }
    }
}

/// All that the subject is known by, in plain text. It is kept only while the work needs it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Subject {
    pub(crate) user_ids: Vec<String>,
    /// Folded.
    pub(crate) emails: Vec<String>,
    /// Kind and id.
    pub(crate) entity: Option<(String, String)>,
    /// Whether the pseudonym is made of the first hash that was kept of it. An older version made it of the identifier,
    /// which comes in another order where it is known again.
    pub(crate) is_known_by_hash: bool,
}

impl Subject {
    /// Of a whole tenant.
    pub(crate) fn new() -> Self {
        Self {
            is_known_by_hash: true,
            ..Self::default()
        }
    }

    /// What it is known by beside what was asked for, which stays the last address: ids come first, and an id that is
    /// an address is one.
    pub(crate) fn add_links(&mut self, user_ids: Vec<String>, emails: Vec<String>) {
        let (addresses, ids): (Vec<_>, Vec<_>) =
            user_ids.into_iter().partition(|id| id.contains('@'));
        self.user_ids.extend(ids);
        self.emails.splice(..0, addresses.into_iter().chain(emails));
    }

    /// Names under which it goes on: one stands in place of an id, or of an address where there was no id.
    pub(crate) fn add_pseudonyms(&mut self, pseudonyms: Vec<String>) {
        self.emails.extend(pseudonyms.iter().cloned());
        self.user_ids.extend(pseudonyms);
    }

    pub(crate) fn of(scope: &Scope) -> Self {
        let mut subject = Self::new();
        match scope {
            Scope::Tenant => {}
            Scope::User(id) if id.contains('@') => subject.emails.push(folded(id)),
            Scope::User(id) => subject.user_ids.push(id.clone()),
            Scope::Email(email) => subject.emails.push(folded(email)),
            Scope::Entity { kind, id } => subject.entity = Some((kind.clone(), id.clone())),
        }
        subject
    }

    /// Of no event.
    pub(crate) fn nobody() -> Self {
        Self {
            // No event's kind is empty where its id is not, and no id has control characters alone.
            entity: Some((String::new(), "\u{1}".to_owned())),
            ..Self::new()
        }
    }

    pub(crate) fn is_tenant(&self) -> bool {
        self.identifiers().next().is_none()
    }

    pub(crate) fn identifiers(&self) -> impl Iterator<Item = &str> {
        self.ids().chain(self.emails.iter().map(String::as_str))
    }

    /// Those of its identifiers that are ids.
    fn ids(&self) -> impl Iterator<Item = &str> {
        let entity = self.entity.iter().map(|(_, id)| id.as_str());
        self.user_ids.iter().map(String::as_str).chain(entity)
    }

    /// What remains of it.
    pub(crate) fn hashes(&self, key: &ErasureKey, org_id: &str) -> Vec<String> {
        let persons = self.user_ids.iter().chain(&self.emails);
        let mut hashes: Vec<_> = persons
            .map(|identifier| key.person(org_id, identifier))
            .collect();
        if let Some((kind, id)) = &self.entity {
            hashes.push(key.entity(org_id, kind, id));
        }
        hashes
    }

    /// The same wherever the first of the hashes is.
    fn pseudonym(&self, key: &ErasureKey, org_id: &str, hashes: &[String]) -> String {
        let first = if self.is_known_by_hash {
            hashes.first().map(String::as_str)
        } else {
            self.identifiers().next()
        };
        key.pseudonym(org_id, first.unwrap_or_default())
    }

    fn as_actor(&self) -> &'static str {
        if self.entity.is_some() {
            return "0";
        }
        "(caller_user_id IN {user_ids:Array(String)} OR lower(caller_user_id) IN {emails:Array(String)} \
         OR lower(caller_user_email) IN {emails:Array(String)})"
    }

    fn as_entity(&self) -> String {
        let named = self.named_as("entity");
        if self.entity.is_some() {
            return named;
        }
        // A pseudonym that is the name of a thing with an id of its own was a trace there.
        format!(
            "({named} OR lower(entity_name) IN {{emails:Array(String)}} \
             AND (position(entity_name, '@') > 0 OR entity_id = ''))"
        )
    }

    /// Whether a row's thing of this place, `entity` or `parent`, is the subject by its kind and id.
    fn named_as(&self, place: &str) -> String {
        if self.entity.is_some() {
            return format!(
                "({place}_type = {{entity_type:String}} AND {place}_id = {{entity_id:String}})"
            );
        }
        let is_person = is_person_sql(place);
        format!(
            "({place}_id IN {{user_ids:Array(String)}} AND {is_person} \
             OR lower({place}_id) IN {{emails:Array(String)}})"
        )
    }

    /// Whether a row names the subject by its id among those of several things; nothing where it is known by
    /// addresses alone, which are found in any text if they have six bytes.
    fn among_others(&self) -> Option<String> {
        let kind = if self.entity.is_some() {
            "entity_type = {entity_type:String}".to_owned()
        } else if self.user_ids.is_empty() {
            return None;
        } else {
            // What is one in the world is found in any text as well.
            is_of_persons_sql("entity")
        };
        Some(format!("({kind} AND {})", traces::AMONG_OTHERS))
    }

    /// Whether an id of the person may be another thing's as well.
    pub(crate) fn has_short_id(&self) -> bool {
        self.user_ids.iter().any(|id| !is_unique(id))
    }

    /// Whether one of its identifiers is looked for in no text.
    pub(crate) fn has_identifier_of_no_text(&self) -> bool {
        self.identifiers()
            .any(|identifier| !traces::is_telling(identifier))
    }
}

/// One erasure as SQL: fixed texts, with every value a bound parameter.
pub(crate) struct Plan<'a> {
    pub(crate) id: String,
    pub(crate) org_id: &'a str,
    pub(crate) up_to_ms: i64,
    pub(crate) mode: ErasureMode,
    pub(crate) subject: &'a Subject,
    pub(crate) pseudonym: String,
    pattern: Option<Pattern>,
    /// Of the identifiers that are numbers.
    numbers: Option<Pattern>,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(
        id: String,
        org_id: &'a str,
        up_to_ms: i64,
        mode: ErasureMode,
        subject: &'a Subject,
        hashes: &[String],
        key: &ErasureKey,
    ) -> Self {
        Self {
            id,
            org_id,
            up_to_ms,
            mode,
            subject,
            pseudonym: subject.pseudonym(key, org_id, hashes),
            pattern: Pattern::of(subject.identifiers()),
            numbers: Pattern::of_numbers(subject.identifiers()),
        }
    }

    /// Whether the identifiers are long enough to be looked for inside texts.
    pub(crate) fn searches_texts(&self) -> bool {
        self.pattern.is_some()
    }

    /// The rows that are looked at at all.
    pub(crate) fn bounds() -> String {
        format!(
            "org_id = {{org_id:String}} \
             AND timestamp <= fromUnixTimestamp64Milli({{up_to:Int64}}, 'UTC') \
             AND service_name != '{OWN_SERVICE}'"
        )
    }

    /// Whether a row is the subject's own.
    pub(crate) fn own(&self) -> String {
        if self.subject.is_tenant() {
            return "1".to_owned();
        }
        let (actor, entity) = (self.subject.as_actor(), self.subject.as_entity());
        format!("({actor} OR {entity})")
    }

    /// Whether a row that is not the subject's own tells of it: of a short id only that it is the parent, or one of
    /// several things.
    pub(crate) fn trace(&self) -> String {
        if self.subject.is_tenant() {
            return "0".to_owned();
        }
        let mut traces = vec![self.subject.named_as("parent")];
        traces.extend(self.subject.among_others());
        if self.pattern.is_some() {
            traces.push(traces::condition());
        }
        format!("({})", traces.join(" OR "))
    }

    /// The mutation that hides at once and removes in time.
    pub(crate) fn mutation(&self) -> String {
        let bounds = Self::bounds();
        let own = self.own();
        // Nothing else in a mutation says which erasure it belongs to.
        let mark = "{erasure:String} != ''";
        let delete = format!("DELETE WHERE {mark} AND {bounds} AND {own}");
        if self.subject.is_tenant() {
            return format!("ALTER TABLE events {delete}");
        }
        let trace = self.trace();
        let assignments = |own: Option<&Own>| {
            let named = Named {
                as_parent: self.subject.named_as("parent"),
                among_others: self.subject.among_others(),
            };
            let (has_pattern, has_numbers) = (self.pattern.is_some(), self.numbers.is_some());
            traces::assignments(has_pattern, has_numbers, &named, own)
        };
        match self.mode {
            ErasureMode::Delete => format!(
                "ALTER TABLE events {delete}, UPDATE {} WHERE {mark} AND {bounds} AND {trace}",
                assignments(None)
            ),
            ErasureMode::Anonymise => {
                let own_rows = Own {
                    as_actor: self.subject.as_actor().to_owned(),
                    as_entity: self.subject.as_entity(),
                };
                format!(
                    "ALTER TABLE events UPDATE {} WHERE {mark} AND {bounds} AND ({own} OR {trace})",
                    assignments(Some(&own_rows))
                )
            }
        }
    }

    /// Gives a query the values that the texts name; ones that a text does not name do no harm.
    pub(crate) fn bind_to(&self, query: Query) -> Query {
        let (entity_type, entity_id) = self.subject.entity.clone().unwrap_or_default();
        let bound = |pattern: &Option<Pattern>, pseudonym: &str| {
            let bound = pattern.as_ref();
            bound.map_or_else(Default::default, |pattern| {
                (pattern.text.clone(), pattern.replaced(pseudonym))
            })
        };
        let (pattern, replaced) = bound(&self.pattern, &self.pseudonym);
        let (numbers, replaced_number) = bound(&self.numbers, &as_number(&self.pseudonym));
        query
            .param("erasure", &self.id)
            .param("org_id", self.org_id)
            .param("up_to", self.up_to_ms)
            .param("user_ids", &self.subject.user_ids)
            .param("emails", &self.subject.emails)
            .param("entity_type", entity_type)
            .param("entity_id", entity_id)
            .param("one_of_several", traces::one_of_several(self.subject.ids()))
            .param("replaced_one", format!(r"\1{}\2", self.pseudonym))
            .param("pattern", pattern)
            .param("replaced", replaced)
            .param("numbers", numbers)
            .param("replaced_number", replaced_number)
            .param("pseudonym", &self.pseudonym)
    }
}

/// A pseudonym where JSON may have a number: its hexadecimal digits as a decimal number, which has too few digits to be
/// looked for itself.
fn as_number(pseudonym: &str) -> String {
    let digits = pseudonym.rsplit('-').next().unwrap_or_default();
    u32::from_str_radix(digits, 16)
        .unwrap_or_default()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_id_is_a_persons_only_where_the_kind_says_so() {
        for kind in [
            "user",
            "team member",
            "Organization User",
            "org_user",
            "org-person",
            "TeamMember",
            "User",
            "USER",
        ] {
            assert!(is_person(kind, "7"), "{kind}");
        }
        for kind in [
            "order",
            "invoice",
            "user group",
            "superuser",
            "",
            "chairperson",
            "ChairPERSON",
            "üuser group",
        ] {
            assert!(!is_person(kind, "7"), "{kind}");
            assert!(is_person(kind, "5f6d1c2b9a8e7d6c5b4a3f2e"), "{kind}");
        }
        assert!(is_person("seat", "a@b.c"));
    }
}
