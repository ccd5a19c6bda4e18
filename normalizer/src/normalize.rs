//! The pure middle: one decoded message and the documents give one audit event.

use std::fmt;

use daybook_event::{
    AHEAD_MAX, AuditEvent, Caller, EventIdentity, HandlerFailure, HttpRequest, Outcome,
    SCHEMA_VERSION, UNATTRIBUTED_ORG_ID, event_id, never_expires, write_detail,
};
use daybook_openapi::redaction::{Mode, Place, REDACTED, Redactor};
use daybook_openapi::{
    Index, Operation, OwnLists, RequestLine, RequestValues, Sentence, SentenceFacts, sentence,
};
use daybook_store::{DIGEST_WAY_BYTES, NewEvent};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::Poison;
use crate::body;
use crate::caller::{actor, caller, org_id, usable_org_id};
use crate::changes::{States, changes};
use crate::explained::Explained;
use crate::gateway_event::GatewayEvent;
use crate::message::Message;
use crate::settings::Settings;
use crate::stored_request::{correlation_id, http, mark_of_cut, request_body, source_url};
use crate::things::{Things, first_value};

/// What a message becomes.
#[derive(Debug, Clone, PartialEq)]
pub enum Normalized {
    /// An event to store.
    Event(Box<NewEvent>),
    /// Nothing, on purpose.
    Dropped(DropReason),
}

/// Why a message is left out on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DropReason {
    /// A bare GET whose operation does not say `capture`.
    Read,
    /// A HEAD or OPTIONS, which browsers and monitors send by themselves.
    Probe,
    /// Its operation says `ignore`.
    Ignored,
}

impl fmt::Display for DropReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Read => "a read that no document asks to capture",
            Self::Probe => "a HEAD or OPTIONS, which is never recorded",
            Self::Ignored => "its operation says ignore",
        })
    }
}

/// Turns one message into an event, or says why it is left out.
///
/// # Errors
/// A [`Poison`] where the message can never become an event.
pub fn normalize(
    message: &Message,
    index: &Index,
    settings: &Settings,
    now: Timestamp,
) -> Result<Normalized, Poison> {
    let request = GatewayEvent::read(&message.event)?;
    let body = message.body.as_deref().unwrap_or_default();
    let form = body::form_fields(body, request.header("content-type"));
    let found = index.find(&RequestLine {
        domain_name: &request.domain_name,
        api_id: &request.api_id,
        stage: &request.stage,
        method: &request.method,
        path: &request.path,
        resource: &request.resource,
        proxy: request.proxy(),
        path_params: Some(&request.path_params),
        query: Some(&request.query),
        form: Some(&form),
        headers: Some(&request.headers),
    });
    let explained = Explained::from(found);
    if let Some(reason) = drop_reason(message, &request, explained.operation) {
        return Ok(Normalized::Dropped(reason));
    }
    let timestamp = timestamp(message, &request, now)?;

    let new = new_event(message, &request, &explained, timestamp, settings, now);
    Ok(Normalized::Event(Box::new(new)))
}

fn new_event(
    message: &Message,
    request: &GatewayEvent,
    explained: &Explained<'_>,
    timestamp: Timestamp,
    settings: &Settings,
    now: Timestamp,
) -> NewEvent {
    let redactor =
        Redactor::with_mode(explained.operation, settings.redaction).on_path(&request.path);
    let mut redacted = Vec::new();
    let request_body = request_body(message, request, &redactor, &mut redacted);
    let outcome = outcome(message);
    let response_body = response_body(message, &redactor).filter(|_| outcome == Outcome::Success);
    let http = http(request, explained, &redactor, &mut redacted);
    let path_params: Vec<(String, String)> = http.path_params.clone().into_iter().collect();
    let query: Vec<(String, String)> = http.query.clone().into_iter().collect();
    let values = RequestValues {
        path_params: &path_params,
        query: &query,
        request: request_body.as_ref(),
        response: response_body.as_ref(),
        own_lists: own_lists(explained.operation),
    };
    let org_id = org_id(&message.event, settings)
        .or_else(|| {
            let location = explained.operation?.org.as_ref()?;
            usable_org_id(&first_value(location, &values)?)
        })
        .unwrap_or_else(|| UNATTRIBUTED_ORG_ID.to_owned());
    let caller = redacted_caller(caller(&message.event, settings), &redactor, &mut redacted);
    let states = States::of(message, &redactor, &mut redacted);
    let things = Things::of(
        &message.context,
        &states,
        explained.operation,
        &values,
        &redactor,
        &mut redacted,
    );
    let handlers_own = stated_message(message, &redactor, &mut redacted);
    let (activity, unsaid) = said(handlers_own, is_over(message, outcome), || {
        told_activity(
            explained, &things, &caller, &http, outcome, values, &redactor,
        )
    });
    let privacy = stated_privacy(message, &mut redacted);
    let reason = stated_reason(message, &redactor, &mut redacted);
    let correlation_id = correlation_id(request, &http.headers, &redactor);
    redacted.sort();
    redacted.dedup();
    let body = request_body.as_ref();
    let cut = message.truncated.as_ref().map(mark_of_cut);
    let from_client = write_detail(body, cut.clone(), None);
    let detail = match unsaid {
        Some(unsaid) => write_detail(body, cut, Some(unsaid)),
        None => from_client.clone(),
    };
    let event = AuditEvent {
        id: identity(message, request, timestamp),
        timestamp,
        service_name: explained
            .service
            .map(|service| service.name.clone())
            .unwrap_or_default(),
        event_name: explained
            .operation
            .map(|operation| operation.operation_id.clone())
            .unwrap_or_default(),
        action: explained.action(&request.method),
        outcome,
        status_code: message
            .response
            .as_ref()
            .map_or(0, |response| response.status_code),
        entity: things.entity,
        parent: things.parent,
        correlation_id,
        activity: activity.text,
        activity_parts: activity.parts,
        detail,
        changes: changes(states.before(), states.after()),
        reason,
        privacy,
        source_url: source_url(&http),
        source: if message.captured {
            "capture"
        } else {
            "api_gateway"
        }
        .to_owned(),
        schema_version: SCHEMA_VERSION,
        spec_version: explained
            .service
            .map(|service| service.spec_version.clone())
            .unwrap_or_default(),
        described: explained.operation.is_some(),
        redacted,
        ingested_at: now,
        expires_at: expiry(timestamp, settings),
        org_id,
        caller,
        http,
    };
    NewEvent {
        request_digest: request_digest(&event, &from_client, message, settings.redaction),
        event,
    }
}

/// The sentence, and what the handler said that it does not hold.
fn said(
    handlers_own: Option<String>,
    is_over: bool,
    tell: impl FnOnce() -> Sentence,
) -> (Sentence, Option<String>) {
    let stated = handlers_own.as_deref().and_then(Sentence::stated);
    match stated.zip(handlers_own) {
        // A handler writes its sentence of what it is about to do: it is not what happened then.
        Some((sentence, whole)) if is_over => {
            let is_cut = !sentence.holds(&whole);
            (sentence, is_cut.then_some(whole))
        }
        stated => (tell(), stated.map(|(_, whole)| whole)),
    }
}

/// Whether the handler came to its end, and nothing says that what it was about to do did not happen.
fn is_over(message: &Message, outcome: Outcome) -> bool {
    let failure = message
        .response
        .as_ref()
        .and_then(|response| response.failure);
    failure.is_none() && matches!(outcome, Outcome::Success | Outcome::Unknown)
}

/// The response's body, redacted; the body of a failure names nothing that was changed. It is never stored: what is removed from it is not worth telling.
fn response_body(message: &Message, redactor: &Redactor) -> Option<Value> {
    let text = message.response.as_ref()?.body.as_deref()?;
    let mut body = body::json(text)?;
    redactor.json(Place::Response, &mut body, &mut Vec::new());
    Some(body)
}

fn drop_reason(
    message: &Message,
    request: &GatewayEvent,
    operation: Option<&Operation>,
) -> Option<DropReason> {
    if matches!(request.method.as_str(), "HEAD" | "OPTIONS") {
        return Some(DropReason::Probe);
    }
    if operation.is_some_and(|operation| operation.ignore) {
        return Some(DropReason::Ignored);
    }
    let asked_for = message.captured || operation.is_some_and(|operation| operation.capture);
    (request.method == "GET" && !asked_for).then_some(DropReason::Read)
}

fn timestamp(
    message: &Message,
    request: &GatewayEvent,
    now: Timestamp,
) -> Result<Timestamp, Poison> {
    let timestamp = match request.request_time_ms {
        Some(time_ms) => {
            Timestamp::from_millisecond(time_ms).map_err(|_| Poison::ImpossibleTime(time_ms))?
        }
        None => message.captured_at.ok_or(Poison::NoTime)?,
    };
    let time_ms = timestamp.as_millisecond();
    if timestamp < Timestamp::UNIX_EPOCH || timestamp > never_expires() {
        return Err(Poison::ImpossibleTime(time_ms));
    }
    let ahead = timestamp.duration_since(now);
    if ahead > AHEAD_MAX {
        return Err(Poison::Future {
            ahead_seconds: ahead.as_secs(),
        });
    }
    // Milliseconds are what API Gateway measures and what is stored.
    Timestamp::from_millisecond(time_ms).map_err(|_| Poison::ImpossibleTime(time_ms))
}

/// Where the store has days of the tenant, it puts theirs in its place, and only it says what has expired.
fn expiry(timestamp: Timestamp, settings: &Settings) -> Timestamp {
    settings
        .retention_days
        .and_then(|days| {
            let kept = SignedDuration::from_hours(i64::from(days) * 24);
            timestamp.checked_add(kept).ok()
        })
        .map_or_else(never_expires, |expiry| expiry.min(never_expires()))
}

fn identity(message: &Message, request: &GatewayEvent, timestamp: Timestamp) -> uuid::Uuid {
    // Without any id the whole event is its own name: two deliveries of it are still one event.
    let fallback = || {
        message
            .id
            .clone()
            .unwrap_or_else(|| hex(&Sha256::digest(message.event.to_string().as_bytes())))
    };
    let request_id = if request.request_id.is_empty() {
        fallback()
    } else {
        request.request_id.clone()
    };
    event_id(&EventIdentity {
        request_time_ms: timestamp.as_millisecond(),
        api_id: &request.api_id,
        stage: &request.stage,
        request_id: &request_id,
        method: &request.method,
        path: &request.path,
    })
}

fn outcome(message: &Message) -> Outcome {
    match &message.response {
        None => Outcome::Unknown,
        Some(response) => match response.failure {
            Some(HandlerFailure::Error | HandlerFailure::Panic) => Outcome::Failure,
            // It may have been answered in the last moment: nobody saw a response.
            Some(HandlerFailure::Timeout) => Outcome::Unknown,
            None => Outcome::from_status_code(response.status_code),
        },
    }
}

/// A claim may hold what it should not: an authorizer that takes the API key for the principal.
fn redacted_caller(mut caller: Caller, redactor: &Redactor, redacted: &mut Vec<String>) -> Caller {
    let name = redactor.text(&caller.name).into_owned();
    for (member, known, clean) in [
        ("user_id", &mut caller.user_id, None),
        ("user_email", &mut caller.user_email, None),
        ("token_id", &mut caller.token_id, None),
        ("name", &mut caller.name, Some(name)),
    ] {
        let clean = clean.unwrap_or_else(|| redactor.id(known).into_owned());
        if clean != *known {
            redacted.push(format!("caller#/{member}"));
        }
        *known = clean;
    }
    caller
}

/// The sentence that the handler wrote itself; where only what a document marks is kept, none.
fn stated_message(
    message: &Message,
    redactor: &Redactor,
    redacted: &mut Vec<String>,
) -> Option<String> {
    let stated = message.context.message.as_deref()?;
    if redactor.mode() == Mode::Strict {
        redacted.push("context#/message".to_owned());
        return None;
    }
    // Redacted before it is cut: half a secret has no form by which it is known.
    Some(redactor.named_text(Place::Context, "message", stated, redacted))
}

fn stated_reason(message: &Message, redactor: &Redactor, redacted: &mut Vec<String>) -> String {
    let Some(reason) = message.context.reason.as_deref() else {
        return String::new();
    };
    if redactor.mode() == Mode::Strict {
        redacted.push("context#/reason".to_owned());
        return REDACTED.to_owned();
    }
    redactor.named_text(Place::Context, "reason", reason, redacted)
}

/// The sentence that the operation's meaning tells.
fn told_activity(
    explained: &Explained<'_>,
    things: &Things,
    caller: &Caller,
    http: &HttpRequest,
    outcome: Outcome,
    values: RequestValues<'_>,
    redactor: &Redactor,
) -> Sentence {
    let response = values
        .response
        .map(|body| redactor.auditable_response(body));
    let response = response.as_deref();
    // The handler may know better what kind of thing it was.
    let meaning = explained.operation.map(|operation| {
        operation
            .meaning
            .clone()
            .with_nouns(&things.entity.kind, &things.parent.kind)
    });
    sentence(&SentenceFacts {
        actor: &actor(caller),
        meaning: meaning.as_ref(),
        method: &http.method,
        path: &http.path,
        entity_ids: &things.entity_ids,
        entity_name: &things.entity.name,
        parent_id: &things.parent.id,
        parent_name: &things.parent.name,
        outcome,
        values: RequestValues { response, ..values },
    })
}

/// What personal data was read, named and counted and never told: nothing of it is a document's to mark.
fn stated_privacy(message: &Message, redacted: &mut Vec<String>) -> String {
    let Some(Ok(mut privacy)) = message.context.privacy.as_ref().map(serde_json::to_value) else {
        return String::new();
    };
    Redactor::new(None).json(Place::Context, &mut privacy, redacted);
    privacy.to_string()
}

/// A digest of what a second delivery may not change: method, path, caller and body (`from_client`). Of the same call, the
/// handler may say something else the second time.
///
/// It is made of the redacted request, so that it gives nothing away about a secret. What is redacted
/// depends on the document, on this program's rules, on the operator's setting and on whether the capture layer was there first:
/// these are the way in which the digest was made. So is whether the body was cut: the whole of it may be gone from the overflow
/// bucket when the message comes again.
fn request_digest(
    event: &AuditEvent,
    from_client: &str,
    message: &Message,
    redaction: Mode,
) -> [u8; 16] {
    let caller = &event.caller;
    let way = digest_of(&[
        &event.spec_version,
        env!("CARGO_PKG_VERSION"),
        &event.source,
        if redaction == Mode::Strict {
            "strict"
        } else {
            ""
        },
        if message.truncated.is_some() {
            "truncated"
        } else {
            ""
        },
    ]);
    let request = digest_of(&[
        &event.http.method,
        &event.http.path,
        caller.kind.as_str(),
        &caller.user_id,
        &caller.user_email,
        &caller.name,
        &caller.token_id,
        from_client,
    ]);
    let mut digest = [0_u8; 16];
    let (way_bytes, request_bytes) = digest.split_at_mut(DIGEST_WAY_BYTES);
    way_bytes.copy_from_slice(&way[..DIGEST_WAY_BYTES]);
    request_bytes.copy_from_slice(&request[..16 - DIGEST_WAY_BYTES]);
    digest
}

fn digest_of(parts: &[&str]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().into()
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::new(), |mut digits, byte| {
        // Writing to a String cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

fn own_lists(operation: Option<&Operation>) -> OwnLists {
    operation.map_or_else(OwnLists::default, |operation| operation.meaning.own_lists)
}
