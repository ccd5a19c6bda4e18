//! From a finished exchange to the message that is sent, within the size that a queue takes.

use std::borrow::Cow;
use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use daybook_event::{
    CapturedExchange, CapturedResponse, HandlerContext, MESSAGE_VERSION, timestamp_ms,
};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::credentials::{Credentials, Members, NotAnEvent, remove_from_text};
use crate::exchange::{Answer, Exchange, Observed, Ready};
use crate::sink::{MESSAGE_BYTES_MAX, Message};

/// Room for the mark of a cut body.
const MARK_BYTES_MAX: usize = 256;

/// Containers deeper than this are dropped whole where a body is cut.
const CUT_DEPTH_MAX: usize = 8;

/// Why there is nothing to send.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MessageError {
    #[error(transparent)]
    NotAnEvent(#[from] NotAnEvent),
    #[error("the message cannot be written")]
    Json(#[from] serde_json::Error),
    #[error("the event has {bytes} bytes without its bodies, more than a message holds")]
    TooLarge { bytes: usize },
}

/// The message, and whether it lost a body or a part of it to the size limit.
pub(crate) fn message_of(
    exchange: &Exchange,
    credentials: &Credentials,
) -> Result<(Message, bool), MessageError> {
    let (observed, ready) = exchange.finish();
    let event = credentials.remove_from_event(&exchange.event)?;
    let id = message_id(exchange);
    let mut outgoing = Outgoing {
        exchange: captured_exchange(id.clone(), event, observed, ready)?,
        truncated: None,
    };
    let mut json = outgoing.to_line()?;
    let is_truncated = json.len() > MESSAGE_BYTES_MAX;
    if is_truncated {
        json = outgoing.shrink(&exchange.event)?;
    }
    Ok((Message::new(id, json), is_truncated))
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
    };
    let context = HandlerContext {
        before: without_credentials(observed.said.before),
        after: without_credentials(observed.said.after),
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
    })
}

fn without_credentials(value: Option<Value>) -> Option<Value> {
    let value = value?;
    match remove_from_text(&value.to_string()) {
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
        hexadecimal(&exchange.event)[..32].to_owned()
    } else {
        id
    }
}

#[derive(Serialize)]
struct Outgoing {
    #[serde(flatten)]
    exchange: CapturedExchange,
    #[serde(skip_serializing_if = "Option::is_none")]
    truncated: Option<Truncated>,
}

/// The mark of a request body that was cut.
#[derive(Serialize)]
struct Truncated {
    original_bytes: usize,
    sha256: String,
}

impl Outgoing {
    fn to_line(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self).map(for_the_queue)
    }

    /// Drops the response body, cuts the request body, drops the entity's two states: as much of
    /// it as is needed, in this order.
    fn shrink(&mut self, original_event: &[u8]) -> Result<String, MessageError> {
        if let Some(response) = &mut self.exchange.response {
            response.body = None;
        }
        let json = self.to_line()?;
        if json.len() <= MESSAGE_BYTES_MAX {
            return Ok(json);
        }
        let excess = json.len() + MARK_BYTES_MAX - MESSAGE_BYTES_MAX;
        if let Some(event) = cut_event_body(self.exchange.event.get(), excess) {
            self.exchange.event = RawValue::from_string(event)?;
            self.truncated = mark_of(original_event);
        }
        let json = self.to_line()?;
        if json.len() <= MESSAGE_BYTES_MAX {
            return Ok(json);
        }
        if let Some(context) = &mut self.exchange.context {
            context.before = None;
            context.after = None;
        }
        let json = self.to_line()?;
        if json.len() <= MESSAGE_BYTES_MAX {
            return Ok(json);
        }
        Err(MessageError::TooLarge { bytes: json.len() })
    }
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

fn mark_of(original_event: &[u8]) -> Option<Truncated> {
    let members: Members<'_> = serde_json::from_slice(original_event).ok()?;
    let (_, body) = members.0.iter().find(|(name, _)| name == "body")?;
    let body: Cow<'_, str> = serde_json::from_str(body.get()).ok()?;
    Some(Truncated {
        original_bytes: body.len(),
        sha256: hexadecimal(body.as_bytes()),
    })
}

fn hexadecimal(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::with_capacity(64), |mut digits, byte| {
            // Writing to a string cannot fail.
            let _ = write!(digits, "{byte:02x}");
            digits
        })
}

/// The event with a body that is at least `excess` bytes shorter; none where it has no body.
fn cut_event_body(event: &str, excess: usize) -> Option<String> {
    let members: Members<'_> = serde_json::from_str(event).ok()?;
    let is_base64 = members
        .0
        .iter()
        .any(|(name, value)| name == "isBase64Encoded" && value.get() == "true");
    let (_, body) = members.0.iter().find(|(name, _)| name == "body")?;
    let text: Cow<'_, str> = serde_json::from_str(body.get()).ok()?;
    let quoted_bytes_max = body.get().len().saturating_sub(excess);
    let cut = cut_body(&text, is_base64, quoted_bytes_max);

    let mut shorter = String::with_capacity(event.len().saturating_sub(excess));
    shorter.push('{');
    for (index, (name, value)) in members.0.iter().enumerate() {
        if index > 0 {
            shorter.push(',');
        }
        shorter.push_str(&Value::from(name.as_ref()).to_string());
        shorter.push(':');
        shorter.push_str(if name == "body" { &cut } else { value.get() });
    }
    shorter.push('}');
    Some(shorter)
}

/// The body, cut, as a JSON string of at most `quoted_bytes_max` bytes; `null` where nothing of
/// it can be kept.
fn cut_body(body: &str, is_base64: bool, quoted_bytes_max: usize) -> String {
    // Quotes and escapes make a string longer than its text, by how much is known afterwards.
    let mut bytes_max = quoted_bytes_max;
    for _ in 0..8 {
        let Some(cut) = cut_text(body, is_base64, bytes_max) else {
            break;
        };
        let quoted = Value::from(cut).to_string();
        if quoted.len() <= quoted_bytes_max {
            return quoted;
        }
        bytes_max = bytes_max * quoted_bytes_max / quoted.len() * 9 / 10;
    }
    "null".to_owned()
}

fn cut_text(body: &str, is_base64: bool, bytes_max: usize) -> Option<String> {
    if is_base64 {
        let decoded = String::from_utf8(STANDARD.decode(body).ok()?).ok()?;
        return cut_json(&decoded, bytes_max / 4 * 3, 0).map(|json| STANDARD.encode(json));
    }
    if body.trim_start().starts_with(['{', '[']) {
        return cut_json(body, bytes_max, 0);
    }
    Some(body[..body.floor_char_boundary(bytes_max)].to_owned())
}

/// As much of a JSON text as fits, cut between members and items, so that it is JSON again.
///
/// Of an object its smallest members are kept, of an array its first items; the first container
/// that does not fit is cut itself. A text of another kind that does not fit is dropped.
fn cut_json(json: &str, bytes_max: usize, depth: usize) -> Option<String> {
    let json = json.trim();
    if json.len() <= bytes_max {
        return Some(json.to_owned());
    }
    if bytes_max < 2 || depth > CUT_DEPTH_MAX {
        return None;
    }
    let is_object = json.starts_with('{');
    let parts = parts_of(json)?;
    let mut room = bytes_max - 2;
    let mut by_length: Vec<usize> = (0..parts.len()).collect();
    if is_object {
        by_length.sort_by_key(|index| parts[*index].1.get().len());
    }
    let mut kept: Vec<Option<Cow<'_, str>>> = vec![None; parts.len()];
    for index in by_length {
        let (name, value) = &parts[index];
        let Some(value_room) = room.checked_sub(name.len() + 1) else {
            break;
        };
        let text = if value.get().len() <= value_room {
            Some(Cow::Borrowed(value.get()))
        } else {
            cut_json(value.get(), value_room, depth + 1).map(Cow::Owned)
        };
        let is_whole = matches!(text, Some(Cow::Borrowed(_)));
        if let Some(text) = text {
            room = value_room - text.len();
            kept[index] = Some(text);
        }
        // Of what comes behind, nothing is smaller, or order forbids it.
        if !is_whole && kept[index].is_some() {
            break;
        }
    }
    let cut: Vec<String> = parts
        .iter()
        .zip(kept)
        .filter_map(|((name, _), text)| Some(format!("{name}{}", text?)))
        .collect();
    let cut = cut.join(",");
    Some(if is_object {
        format!("{{{cut}}}")
    } else {
        format!("[{cut}]")
    })
}

/// The members of an object, each with its name and colon, or the items of an array.
fn parts_of(json: &str) -> Option<Vec<(String, &RawValue)>> {
    if json.starts_with('{') {
        let members: Members<'_> = serde_json::from_str(json).ok()?;
        let named = |(name, value): (Cow<'_, str>, _)| {
            (Value::from(name.as_ref()).to_string() + ":", value)
        };
        Some(members.0.into_iter().map(named).collect())
    } else if json.starts_with('[') {
        let items: Vec<&RawValue> = serde_json::from_str(json).ok()?;
        Some(
            items
                .into_iter()
                .map(|item| (String::new(), item))
                .collect(),
        )
    } else {
        None
    }
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
