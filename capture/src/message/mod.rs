//! From a finished exchange to the message that is sent.

mod cut_json;
mod fit;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;

use daybook_event::{
    CapturedExchange, CapturedResponse, HandlerContext, MESSAGE_VERSION, Overflow, Truncated,
    timestamp_ms,
};
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::claims::with_claims;
use crate::credentials::{Credentials, NotAnEvent, remove_from_part, remove_from_text};
use crate::exchange::{Answer, Exchange, Observed, Ready, Withheld};
use crate::sink::{MESSAGE_BYTES_MAX, Message};

/// The message and its context.
const LEVELS_AROUND_A_STATE: usize = 2;

/// The message, its event, and `requestContext`, `authorizer` and `jwt` in it.
const LEVELS_AROUND_CLAIMS: usize = 5;

/// Why there is nothing to send.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MessageError {
    #[error(transparent)]
    NotAnEvent(#[from] NotAnEvent),
    #[error("the message cannot be written")]
    Json(#[from] serde_json::Error),
    /// A panic's own words could repeat the event.
    #[error("making the message did not come to its end")]
    Unfinished,
    #[error("making the message takes too long")]
    TooSlow,
}

/// What an exchange becomes.
pub(crate) enum Outgoing {
    /// All of it, in one message.
    Whole(Message),
    /// More than a message holds.
    OverLimit(Box<OverLimit>),
}

/// An exchange that is more than a message holds.
pub(crate) struct OverLimit {
    id: String,
    whole: String,
    exchange: CapturedExchange,
}

impl OverLimit {
    /// The message's id.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// When the response was ready, RFC 3339.
    pub(crate) fn captured_at(&self) -> &str {
        self.exchange.captured_at.as_deref().unwrap_or_default()
    }

    /// The message as it would be without a limit, which may be taken out.
    pub(crate) fn whole_mut(&mut self) -> &mut String {
        &mut self.whole
    }

    /// The message, cut so that it fits, with the place where the whole lies.
    pub(crate) fn cut(mut self, overflow: Option<Overflow>) -> Result<Message, MessageError> {
        self.exchange.overflow = overflow;
        let body = fit::fit(self.exchange)?;
        Ok(Message::new(self.id, body))
    }
}

/// The message of an exchange, credentials removed.
pub(crate) fn outgoing(
    exchange: &Exchange,
    credentials: &Credentials,
) -> Result<Outgoing, MessageError> {
    let (mut observed, ready) = exchange.finish();
    let mut event = credentials.remove_from_event(&exchange.event)?;
    if observed.withheld != Withheld::Nothing {
        event = without_body(&event)?;
    }
    if let Some(claims) = without_credentials(observed.claims.take(), LEVELS_AROUND_CLAIMS) {
        event = with_claims(event, &claims);
    }
    let id = message_id(exchange);
    let truncated = exchange.truncated.clone().map(|request| Truncated {
        request: Some(request),
        ..Truncated::default()
    });
    let exchange = CapturedExchange {
        truncated,
        ..captured_exchange(id.clone(), event, observed, ready)?
    };
    let whole = to_line(&exchange)?;
    Ok(if whole.len() > MESSAGE_BYTES_MAX {
        Outgoing::OverLimit(Box::new(OverLimit {
            id,
            whole,
            exchange,
        }))
    } else {
        Outgoing::Whole(Message::new(id, whole))
    })
}

/// The event without what the client sent as a body.
fn without_body(event: &str) -> Result<String, MessageError> {
    let mut members: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(event)?;
    members.remove("body");
    Ok(serde_json::to_string(&members)?)
}

fn captured_exchange(
    id: String,
    event: String,
    observed: Observed,
    ready: Ready,
) -> Result<CapturedExchange, MessageError> {
    let response = match observed.answer {
        Answer::NotSeen => None,
        Answer::Status(status_code) => Some(CapturedResponse {
            status_code,
            body: observed
                .body
                .map(|body| remove_from_text(&body).unwrap_or(body)),
            failure: None,
        }),
        Answer::Failed(failure) => Some(CapturedResponse {
            failure: Some(failure),
            ..CapturedResponse::default()
        }),
        Answer::BrokenOff(status_code, failure) => Some(CapturedResponse {
            status_code,
            failure: Some(failure),
            body: None,
        }),
    };
    let context = HandlerContext {
        before: without_credentials(observed.said.before, LEVELS_AROUND_A_STATE),
        after: without_credentials(observed.said.after, LEVELS_AROUND_A_STATE),
        ..observed.said
    };
    Ok(CapturedExchange {
        v: MESSAGE_VERSION,
        id: Some(id),
        captured_at: Some(timestamp_ms(ready.captured_at)),
        event: RawValue::from_string(event)?,
        response,
        duration_ms: Some(ready.duration_ms),
        context: (context != HandlerContext::default()).then_some(context),
        truncated: None,
        overflow: None,
    })
}

fn without_credentials(value: Option<Value>, levels_around: usize) -> Option<Value> {
    let value = value?;
    match remove_from_part(&value.to_string(), levels_around) {
        Some(cleaned) => serde_json::from_str(&cleaned).ok(),
        None => Some(value),
    }
}

/// Lambda's request id; where there is none, one made from the event.
fn message_id(exchange: &Exchange) -> String {
    let id: String = exchange
        .request_id
        .chars()
        .filter(|character| character.is_ascii_alphanumeric() || *character == '-')
        .take(80)
        .collect();
    if id.is_empty() {
        sha256(&exchange.event)[..32].to_owned()
    } else {
        id
    }
}

/// A message as one line of characters that the queue takes.
fn to_line(exchange: &CapturedExchange) -> Result<String, serde_json::Error> {
    serde_json::to_string(exchange).map(for_the_queue)
}

/// One line of characters that SQS takes: it refuses U+FFFE and U+FFFF, which a client may well
/// put into a body to stay out of the log. Outside strings JSON may hold line breaks; inside
/// strings it never does.
fn for_the_queue(json: String) -> String {
    // One by one, as a search for several characters at once looks at each character of a megabyte.
    let is_fine = !['\n', '\r', '\u{fffe}', '\u{ffff}']
        .iter()
        .any(|refused| json.contains(*refused));
    if is_fine {
        return json;
    }
    json.replace(['\n', '\r'], " ")
        .replace('\u{fffe}', "\\ufffe")
        .replace('\u{ffff}', "\\uffff")
}

/// In 64 hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::with_capacity(64), |mut digits, byte| {
            // Writing to a string cannot fail.
            let _ = write!(digits, "{byte:02x}");
            digits
        })
}

#[cfg(test)]
mod tests;
