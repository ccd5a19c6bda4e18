//! An event, as the API answers it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Who did what to which thing, when, from where and with what outcome. An empty text says "not
/// known".
///
/// Words of closed sets are texts here: a later Daybook may know more of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// Its id within the tenant.
    pub id: Uuid,
    /// The tenant.
    pub org_id: String,
    /// When the request was made.
    pub timestamp: Timestamp,
    /// The service.
    pub service_name: String,
    /// The operation.
    pub event_name: String,
    /// `create`, `read`, `update`, `delete` or `execute`.
    pub action: String,
    /// `success`, `denied`, `failure` or `unknown`.
    pub outcome: String,
    /// The HTTP status; 0 where none was captured.
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
    /// The sentence.
    pub activity: String,
    /// The sentence in parts.
    pub activity_parts: Vec<ActivityPart>,
    /// The redacted request body as JSON text.
    pub detail: String,
    /// What changed, as the service said.
    pub changes: Vec<Change>,
    /// Why.
    pub reason: String,
    /// What personal data was read, as JSON text.
    pub privacy: String,
    /// From which page the call was made.
    pub source_url: String,
    /// Which intake the event came through.
    pub source: String,
    /// The version of the event's shape.
    pub schema_version: u16,
    /// Which version of the service's document explained it.
    pub spec_version: String,
    /// Whether a document explained it.
    pub described: bool,
    /// What was removed.
    pub redacted: Vec<String>,
    /// When it was stored.
    pub ingested_at: Timestamp,
    /// When retention removes it; empty for never.
    pub expires_at: String,
}

/// Who called.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Caller {
    /// `user`, `api`, `automation` or `service`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The token's subject.
    pub user_id: String,
    /// The e-mail address.
    pub user_email: String,
    /// The name.
    pub name: String,
    /// The API key's or client's id.
    pub token_id: String,
}

/// A thing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Entity {
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id within its kind.
    pub id: String,
    /// What people call it.
    pub name: String,
}

/// The request, redacted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HttpRequest {
    /// Upper case.
    pub method: String,
    /// The concrete path.
    pub path: String,
    /// The template.
    pub resource: String,
    /// The host.
    pub domain_name: String,
    /// API Gateway's stage.
    pub stage: String,
    /// The caller's address.
    pub ip: String,
    /// The caller's program.
    pub user_agent: String,
    /// Headers of an allow-list.
    pub headers: BTreeMap<String, String>,
    /// Query parameters.
    pub query: BTreeMap<String, String>,
    /// Path parameters.
    pub path_params: BTreeMap<String, String>,
}

/// One part of a sentence.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ActivityPart {
    /// What it is: `actor`, `verb`, `entity`, …
    pub kind: String,
    /// As it stands in the sentence.
    pub text: String,
    /// What the text is a form of.
    #[serde(default)]
    pub word: String,
}

/// One changed field.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Change {
    /// A JSON pointer.
    pub field: String,
    /// JSON text; empty where there was nothing, or nothing is known.
    pub before: String,
    /// JSON text; empty where nothing is left.
    pub after: String,
}
