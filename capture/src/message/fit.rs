//! An exchange that is over the size of a message, cut until it fits, and marked.
//!
//! The bodies and the entity's two states share the room: what is small stays whole beside what is
//! large. So the response that names what was created is not lost to a large request.

use std::borrow::Cow;

use base64::Engine;
use daybook_event::{CapturedExchange, HandlerContext, Original, Truncated};
use serde_json::Value;
use serde_json::value::RawValue;

use super::cut_json::{Written, cut_json, escaped_char_length, escaped_length};
use super::{MessageError, for_the_queue, sha256, to_line};
use crate::credentials::{BASE64, Members, quoted};
use crate::sink::MESSAGE_BYTES_MAX;

/// A context without the two states that is longer than this is dropped: no handler has that much
/// to say.
const CONTEXT_BYTES_MAX: usize = MESSAGE_BYTES_MAX / 4;

/// The least that is kept for bodies and states where the event itself has to be cut.
const BODIES_BYTES_MIN: usize = MESSAGE_BYTES_MAX / 4;

/// What `,"body":` and the like add to a part.
const NAME_BYTES_MAX: usize = 16;

/// The exchange as the JSON text of a message, at most [`MESSAGE_BYTES_MAX`] bytes.
pub(super) fn fit(mut exchange: CapturedExchange) -> Result<String, MessageError> {
    let event = EventText::of(exchange.event.get());
    let states = States::take(&mut exchange);
    let response = exchange
        .response
        .as_mut()
        .and_then(|response| response.body.take());

    // What was cut before has its mark: the whole of it is not here any more.
    let marked_before = exchange.truncated.take().and_then(|marks| marks.request);
    let mut marks = Truncated {
        request: marked_before
            .clone()
            .or_else(|| event.body.as_ref().map(Body::original)),
        response: response.as_deref().map(original_of_text),
        ..states.marks.clone()
    };
    let without_body = fit_the_rest(&mut exchange, &mut marks, &event)?;
    let fixed = to_line(&exchange)?.len();

    let mut room = MESSAGE_BYTES_MAX.saturating_sub(fixed);
    let response_length = response
        .as_deref()
        .map_or(0, |body| escaped_length(body) + NAME_BYTES_MAX);
    let request_length = event
        .body
        .as_ref()
        .map_or(0, |body| body.quoted.len() + NAME_BYTES_MAX);
    if states.bytes <= share(states.bytes, [response_length, request_length], room) {
        room -= states.bytes;
        states.put_back(&mut exchange);
        marks.before = None;
        marks.after = None;
    }
    let response_share = share(response_length, [request_length, 0], room);
    if let (Some(body), Some(captured)) = (response, exchange.response.as_mut()) {
        if response_length <= response_share {
            captured.body = Some(body);
            marks.response = None;
        } else {
            let text_room = response_share.saturating_sub(NAME_BYTES_MAX);
            captured.body = cut_json(&body, text_room, Written::Quoted);
        }
        room -= captured
            .body
            .as_deref()
            .map_or(0, |body| escaped_length(body) + NAME_BYTES_MAX);
    }
    if let Some(body) = &event.body {
        let written: Cow<'_, str> = if request_length <= room {
            marks.request = marked_before;
            Cow::Borrowed(&body.quoted)
        } else {
            let cut = body.cut(room.saturating_sub(NAME_BYTES_MAX));
            // Written with fewer escapes than it came with, all of it may fit after all.
            if cut == for_the_queue(quoted(&body.text)) {
                marks.request = marked_before;
            }
            Cow::Owned(cut)
        };
        exchange.event = RawValue::from_string(with_body(&without_body, &written))?;
    }
    exchange.truncated = marks.is_any().then_some(marks);
    Ok(to_line(&exchange)?)
}

/// Puts the event without its body and all marks into the exchange; cuts what the handler said and
/// the event itself where even they are too much. Says what became of the event.
fn fit_the_rest(
    exchange: &mut CapturedExchange,
    marks: &mut Truncated,
    event: &EventText,
) -> Result<String, MessageError> {
    let context = serde_json::to_string(&exchange.context)?;
    if context.len() > CONTEXT_BYTES_MAX {
        marks.context = Some(original_of_text(&context));
        exchange.context = None;
    }
    exchange.event = RawValue::from_string("null".to_owned())?;
    exchange.truncated = Some(Truncated {
        event: Some(original_of_text("")),
        ..marks.clone()
    });
    let head = to_line(exchange)?.len();
    let room = MESSAGE_BYTES_MAX.saturating_sub(head + BODIES_BYTES_MIN);
    let mut without_body = event.without_body.clone();
    if without_body.len() > room {
        marks.event = Some(original_of_text(&without_body));
        without_body = cut_json(&without_body, room, Written::Plain).unwrap_or("{}".to_owned());
    }
    exchange.event = RawValue::from_string(without_body.clone())?;
    exchange.truncated = Some(marks.clone());
    Ok(without_body)
}

/// How much of `room` belongs to one part beside two others: what they do not need, at least a fair
/// share.
fn share(bytes: usize, others: [usize; 2], room: usize) -> usize {
    let mut open = [bytes, others[0], others[1]];
    open.sort_unstable();
    let mut left = room;
    let mut parts = open.len();
    for length in open {
        let fair = left / parts;
        if length > fair || length == bytes {
            return fair;
        }
        left -= length;
        parts -= 1;
    }
    left
}

/// The event's text with its body apart.
struct EventText {
    /// Without the member `body`.
    without_body: String,
    body: Option<Body>,
}

/// A request's body.
struct Body {
    /// As a JSON string.
    quoted: String,
    text: String,
    is_base64: bool,
}

impl EventText {
    fn of(event: &str) -> Self {
        let event = for_the_queue(event.to_owned());
        let Ok(members) = serde_json::from_str::<Members<'_>>(&event) else {
            return Self {
                without_body: event,
                body: None,
            };
        };
        let is_base64 = members.has_base64_body();
        let mut body = None;
        let mut without_body = String::with_capacity(event.len() / 8);
        without_body.push('{');
        for (name, value) in &members.0 {
            if name == "body" && body.is_none() {
                let text = serde_json::from_str::<String>(value.get());
                if let Ok(text) = text {
                    body = Some(Body {
                        quoted: value.get().to_owned(),
                        text,
                        is_base64,
                    });
                    continue;
                }
            }
            if without_body.len() > 1 {
                without_body.push(',');
            }
            without_body.push_str(&quoted(name));
            without_body.push(':');
            without_body.push_str(value.get());
        }
        without_body.push('}');
        Self { without_body, body }
    }
}

/// The event with the member `body` back at its end.
fn with_body(event: &str, quoted_body: &str) -> String {
    let head = event.strip_suffix('}').unwrap_or(event);
    let comma = if head.ends_with('{') { "" } else { "," };
    format!("{head}{comma}\"body\":{quoted_body}}}")
}

impl Body {
    fn original(&self) -> Original {
        let decoded = self
            .is_base64
            .then(|| BASE64.decode(&self.text).ok())
            .flatten();
        original_of(decoded.as_deref().unwrap_or(self.text.as_bytes()))
    }

    /// As much of it as fits, as a JSON string of at most `quoted_bytes_max` bytes; `null` where
    /// nothing of it can be kept.
    fn cut(&self, quoted_bytes_max: usize) -> String {
        let room = quoted_bytes_max.saturating_sub(2);
        let text = if self.is_base64 {
            self.cut_base64(room)
        } else if self.text.trim_start().starts_with(['{', '[']) {
            cut_json(&self.text, room, Written::Quoted)
        } else {
            Some(cut_text(&self.text, room))
        };
        text.map_or("null".to_owned(), |text| for_the_queue(quoted(&text)))
    }

    fn cut_base64(&self, room: usize) -> Option<String> {
        let decoded = String::from_utf8(BASE64.decode(&self.text).ok()?).ok()?;
        // Four characters, none of which is escaped, stand for three bytes.
        cut_json(&decoded, room / 4 * 3, Written::Plain).map(|json| BASE64.encode(json))
    }
}

/// A text of another kind, cut between characters; a form between its parameters.
fn cut_text(text: &str, room: usize) -> String {
    let mut length = 0;
    let end = text
        .char_indices()
        .find(|(_, character)| {
            length += escaped_char_length(*character);
            length > room
        })
        .map_or(text.len(), |(at, _)| at);
    let cut = &text[..end];
    // Half a parameter would read like another value.
    let whole_parameters = cut.rfind('&').filter(|_| cut.contains('='));
    whole_parameters.map_or(cut, |at| &cut[..at]).to_owned()
}

/// The entity before and after the change.
#[derive(Default)]
struct States {
    before: Option<Value>,
    after: Option<Value>,
    /// Both together.
    bytes: usize,
    marks: Truncated,
}

impl States {
    fn take(exchange: &mut CapturedExchange) -> Self {
        let Some(context) = exchange.context.as_mut() else {
            return Self::default();
        };
        let (before, after) = (context.before.take(), context.after.take());
        if *context == HandlerContext::default() {
            exchange.context = None;
        }
        let mut states = Self {
            // What an empty context adds.
            bytes: NAME_BYTES_MAX,
            ..Self::default()
        };
        let mut mark = |state: &Option<Value>| {
            let text = for_the_queue(state.as_ref()?.to_string());
            states.bytes += text.len() + NAME_BYTES_MAX;
            Some(original_of_text(&text))
        };
        states.marks.before = mark(&before);
        states.marks.after = mark(&after);
        Self {
            before,
            after,
            ..states
        }
    }

    fn put_back(self, exchange: &mut CapturedExchange) {
        if self.before.is_some() || self.after.is_some() {
            let context = exchange.context.get_or_insert_default();
            context.before = self.before;
            context.after = self.after;
        }
    }
}

fn original_of_text(text: &str) -> Original {
    original_of(text.as_bytes())
}

fn original_of(bytes: &[u8]) -> Original {
    Original {
        original_bytes: bytes.len() as u64,
        sha256: sha256(bytes),
    }
}

#[cfg(test)]
#[path = "fit_tests.rs"]
mod tests;
