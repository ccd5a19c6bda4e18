//! The audit event: one change, as it is stored and read.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::time::{expiry_serde, timestamp_serde};

/// The version of this shape, stored with each event.
pub const SCHEMA_VERSION: u16 = 1;

/// The reserved tenant of events that name no tenant (logins, public endpoints).
///
/// The leading control character keeps it out of reach: no token with it as its tenant is
/// accepted, and an event that claims it is treated as naming no tenant.
pub const UNATTRIBUTED_ORG_ID: &str = "\u{1}unattributed";

/// Who did what to which thing, when, from where and with what outcome.
///
/// Strings are never null: an empty string says "not known". Times are UTC with milliseconds.
/// An event is identified by `(org_id, id)` everywhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditEvent {
    /// Made from the request alone, see [`crate::event_id`].
    pub id: Uuid,
    /// The tenant. [`UNATTRIBUTED_ORG_ID`] where the request names none.
    pub org_id: String,
    /// When the request was made.
    #[serde(with = "timestamp_serde")]
    pub timestamp: Timestamp,
    /// The service's name; empty where no known document claims the request.
    pub service_name: String,
    /// The document's `operationId`; empty where the operation is not described.
    pub event_name: String,
    /// What kind of change it was.
    pub action: Action,
    /// How it ended.
    pub outcome: Outcome,
    /// The HTTP status of the response; 0 where no response was captured.
    pub status_code: u16,
    /// Who called.
    pub caller: Caller,
    /// The thing acted upon.
    pub entity: Entity,
    /// What the thing is part of.
    pub parent: Entity,
    /// The request, redacted.
    pub http: HttpRequest,
    /// The id that follows a request through many services.
    pub correlation_id: String,
    /// The sentence, as plain text: `jane@example.com deleted workflow Onboarding`.
    pub activity: String,
    /// The same sentence in parts, in its order: their texts, joined without anything between, are
    /// [`Self::activity`]. Empty for events stored before there were parts.
    pub activity_parts: Vec<ActivityPart>,
    /// The redacted request body as JSON text; empty where there was none.
    pub detail: String,
    /// What changed, field by field, where the handler said so. A field is a pointer of at most 256 bytes.
    pub changes: Vec<Change>,
    /// Why, in the handler's words.
    pub reason: String,
    /// What personal data was read, as JSON text, where the handler said so.
    pub privacy: String,
    /// Where a person can look at the entity.
    pub source_url: String,
    /// Which intake the event came through: `capture` (the capture layer) or `api_gateway` (a bare event).
    pub source: String,
    /// The version of this shape.
    pub schema_version: u16,
    /// SHA-256 (hexadecimal, 16 digits) of the OpenAPI document that explained it.
    pub spec_version: String,
    /// Whether an OpenAPI operation explained this event. `false`: the request is all that is known.
    pub described: bool,
    /// What was removed, as `place#/json/pointer`: a thousand at most, of at most 256 bytes each. What has a longer
    /// pointer is named by what it stands in.
    pub redacted: Vec<String>,
    /// When it was stored.
    #[serde(with = "timestamp_serde")]
    pub ingested_at: Timestamp,
    /// When retention removes it; an empty string (in JSON) says never.
    #[serde(with = "expiry_serde")]
    pub expires_at: Timestamp,
}

impl Default for AuditEvent {
    fn default() -> Self {
        Self {
            id: Uuid::nil(),
            org_id: String::new(),
            timestamp: Timestamp::UNIX_EPOCH,
            service_name: String::new(),
            event_name: String::new(),
            action: Action::Execute,
            outcome: Outcome::Unknown,
            status_code: 0,
            caller: Caller::default(),
            entity: Entity::default(),
            parent: Entity::default(),
            http: HttpRequest::default(),
            correlation_id: String::new(),
            activity: String::new(),
            activity_parts: Vec::new(),
            detail: String::new(),
            changes: Vec::new(),
            reason: String::new(),
            privacy: String::new(),
            source_url: String::new(),
            source: String::new(),
            schema_version: SCHEMA_VERSION,
            spec_version: String::new(),
            described: false,
            redacted: Vec::new(),
            ingested_at: Timestamp::UNIX_EPOCH,
            expires_at: crate::never_expires(),
        }
    }
}

/// Who called.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Caller {
    /// A person, a program with a key, or one of the platform's own parts.
    #[serde(rename = "type")]
    pub kind: CallerType,
    /// The subject of the token, or the IAM principal.
    pub user_id: String,
    /// The person's e-mail address.
    pub user_email: String,
    /// The person's name.
    pub name: String,
    /// The API key's or client's id, never its secret.
    pub token_id: String,
}

/// A thing: its kind as a noun, its id and its name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Entity {
    /// A singular noun: `workflow`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The id within its kind.
    pub id: String,
    /// What people call it.
    pub name: String,
}

impl Entity {
    /// Members of a body or a state in which a thing says its own id, best first.
    pub const ID_MEMBERS: [&str; 3] = ["id", "_id", "uuid"];

    /// The ids of the things that an event is about: those of several stand in `id` with commas between them.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.id.split(',')
    }
}

/// The request, redacted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HttpRequest {
    /// Upper case.
    pub method: String,
    /// The concrete path.
    pub path: String,
    /// The template: `/v1/workflows/{id}`.
    pub resource: String,
    /// The host that was called.
    pub domain_name: String,
    /// API Gateway's stage.
    pub stage: String,
    /// The client's address as API Gateway saw it.
    pub ip: String,
    /// The client's `User-Agent`.
    pub user_agent: String,
    /// Headers of an allow-list, lower-case names.
    pub headers: BTreeMap<String, String>,
    /// Query parameters; several values of one name are joined by commas.
    pub query: BTreeMap<String, String>,
    /// Path parameters, decoded once.
    pub path_params: BTreeMap<String, String>,
}

/// One part of a sentence: what it is, so that a page can style it, and the word behind it, so that
/// it can be said in another language.
///
/// A catalogue of messages in another language is keyed by the event's `service_name`, `event_name`
/// and `outcome`; the parts are its arguments, by their kind. Texts of the kind
/// [`ActivityPartKind::Text`] are English and replaced by the catalogue's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ActivityPart {
    /// What it is.
    pub kind: ActivityPartKind,
    /// As it stands in the sentence: `deleted`, `workflows`, `Onboarding`.
    pub text: String,
    /// What the text is a form of: the base of a verb (`delete`), the singular of a noun (`workflow`),
    /// the place of a template's value (`body.email`); empty for everything else.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub word: String,
}

/// One changed field.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Change {
    /// A JSON pointer.
    pub field: String,
    /// JSON text; empty where the field was not there.
    pub before: String,
    /// JSON text; empty where the field is no longer there.
    pub after: String,
}

/// A word that is not one of a closed set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{word:?} is not one of {expected}")]
pub struct UnknownWord {
    word: String,
    expected: &'static str,
}

macro_rules! closed_set {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $($(#[$variant_meta])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Every member, in the order of the definition.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word on the wire and in the database.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(UnknownWord {
                        word: word.chars().take(40).collect(),
                        expected: concat!($($word, " "),+).trim_ascii_end(),
                    }),
                }
            }
        }
    };
}

closed_set! {
    /// What kind of change a call makes.
    Action {
        /// Something new is there.
        Create = "create",
        /// Nothing changed.
        Read = "read",
        /// Something that was there is different.
        Update = "update",
        /// Something is gone.
        Delete = "delete",
        /// A domain verb that is none of the others: publish, trigger, log in.
        Execute = "execute",
    }
}

closed_set! {
    /// How a call ended.
    Outcome {
        /// A status below 400.
        Success = "success",
        /// 401 or 403: the caller was not allowed to.
        Denied = "denied",
        /// Any other status from 400, or a handler that failed.
        Failure = "failure",
        /// No response was captured.
        Unknown = "unknown",
    }
}

closed_set! {
    /// What kind of caller it was.
    CallerType {
        /// A person.
        User = "user",
        /// A program with its own key, client or IAM role.
        Api = "api",
        /// A rule that a person set up.
        Automation = "automation",
        /// A part of the platform itself.
        Service = "service",
    }
}

closed_set! {
    /// What a part of a sentence is.
    ActivityPartKind {
        /// Words that hold the sentence together: `tried to`, `from`, spaces. Also a whole sentence
        /// whose parts nobody knows, because the handler wrote it.
        Text = "text",
        /// Who.
        Actor = "actor",
        /// What was done.
        Verb = "verb",
        /// What follows the noun and belongs to the verb: `as read`.
        Complement = "complement",
        /// The noun of the thing.
        EntityType = "entity_type",
        /// The thing's name or id; one of several ids.
        Entity = "entity",
        /// How many things, where they are too many to be listed.
        Count = "count",
        /// The noun of what the thing is part of.
        ParentType = "parent_type",
        /// Its name or id.
        Parent = "parent",
        /// Another value of the call, where the document's own sentence asks for it.
        Value = "value",
        /// Method and path, where no document describes the call.
        Request = "request",
    }
}

#[allow(clippy::derivable_impls)] // the macro that defines the set marks no default
impl Default for ActivityPartKind {
    fn default() -> Self {
        Self::Text
    }
}

#[allow(clippy::derivable_impls)] // the macro that defines the set marks no default
impl Default for CallerType {
    fn default() -> Self {
        Self::User
    }
}

impl Outcome {
    /// The outcome that an HTTP status says; [`Outcome::Unknown`] for 0.
    ///
    /// 401 and 403 are RFC 9110's two ways to say "not allowed" (sections 15.5.2, 15.5.4).
    pub const fn from_status_code(status_code: u16) -> Self {
        match status_code {
            0 => Self::Unknown,
            401 | 403 => Self::Denied,
            1..=399 => Self::Success,
            _ => Self::Failure,
        }
    }
}
