//! A request's body: passed to the handler frame by frame, and a bounded copy of what it read.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Buf;
use daybook_event::Original;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::json_prefix;
use crate::exchange::Exchange;
use crate::taken_body::{CopiedBytes, Reserved, TakenBody};

pin_project! {
    /// A request body that is passed on as it is, frame by frame, and of which a bounded copy of
    /// what the handler reads is kept. What the handler does not read is not read.
    pub struct CapturedBody<B> {
        #[pin]
        inner: B,
        copy: Option<BodyCopy>,
    }
}

impl<B: Body> CapturedBody<B> {
    /// A body of which no copy is made.
    pub(super) fn untouched(inner: B) -> Self {
        Self { inner, copy: None }
    }

    /// A body that is copied into the exchange, within the limits.
    pub(super) fn copied(inner: B, exchange: Arc<Exchange>, limits: CopyLimits) -> Self {
        let copy = (!inner.is_end_stream()).then(|| BodyCopy {
            exchange,
            bytes_max: limits.bytes_max,
            taken: TakenBody {
                reserved: Some(Reserved::new(limits.copies)),
                ..TakenBody::default()
            },
        });
        Self { inner, copy }
    }
}

// The copy is personal data and has no place in a log.
impl<B: fmt::Debug> fmt::Debug for CapturedBody<B> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CapturedBody")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

impl<B: Body> Body for CapturedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let mut this = self.project();
        let frame = ready!(this.inner.as_mut().poll_frame(context));
        if let Some(copy) = this.copy.as_mut() {
            let is_end = match &frame {
                Some(Ok(frame)) => {
                    if let Some(data) = frame.data_ref() {
                        copy.push(data);
                    }
                    frame.is_trailers() || this.inner.is_end_stream()
                }
                Some(Err(_)) => false,
                None => true,
            };
            copy.taken.is_whole = is_end;
            if is_end || matches!(frame, Some(Err(_))) {
                *this.copy = None;
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// The copy under way; handed to the exchange when the body has ended or is dropped.
struct BodyCopy {
    exchange: Arc<Exchange>,
    bytes_max: usize,
    taken: TakenBody,
}

impl BodyCopy {
    fn push(&mut self, data: &impl Buf) {
        let chunk = data.chunk();
        let taken = &mut self.taken;
        if !taken.is_cut() {
            let kept = chunk.len().min(self.bytes_max - taken.bytes.len());
            let reserved = taken.reserved.as_mut();
            if reserved.is_some_and(|reserved| reserved.add(kept)) {
                taken.bytes.extend_from_slice(&chunk[..kept]);
            }
        }
        taken.read_bytes += data.remaining();
    }
}

impl Drop for BodyCopy {
    fn drop(&mut self) {
        self.exchange
            .took_request_body(std::mem::take(&mut self.taken));
    }
}

/// How much of a body is copied.
pub(super) struct CopyLimits {
    /// Of this one.
    pub(super) bytes_max: usize,
    /// Of it and all others.
    pub(super) copies: Arc<CopiedBytes>,
}

/// A body as an event has it.
#[derive(Debug, Default)]
pub(super) struct EventBody {
    pub(super) text: Option<String>,
    pub(super) is_base64: bool,
    pub(super) truncated: Option<Original>,
}

impl TakenBody {
    /// The body of an event; `content_length` is what the client announced.
    ///
    /// What is cut ends where a member, an item, a form's parameter or a word ends, because credentials are
    /// removed afterwards, by what stands in front of them and behind.
    pub(super) fn into_event_body(self, content_length: usize, is_form: bool) -> EventBody {
        if self.read_bytes == 0 {
            return EventBody::default();
        }
        let is_cut = self.is_cut() || !self.is_whole;
        let truncated = is_cut.then(|| Original {
            original_bytes: content_length.max(self.read_bytes) as u64,
            // Nobody removed the credentials of all of it: a digest would give them away.
            sha256: String::new(),
        });
        let text = match String::from_utf8(self.bytes) {
            Ok(text) => text,
            Err(error) => {
                let is_in_mid_character = is_cut && error.utf8_error().error_len().is_none();
                let end = error.utf8_error().valid_up_to();
                let mut bytes = error.into_bytes();
                if !is_in_mid_character {
                    return EventBody {
                        text: Some(STANDARD.encode(bytes)),
                        is_base64: true,
                        truncated,
                    };
                }
                bytes.truncate(end);
                String::from_utf8(bytes).unwrap_or_default()
            }
        };
        let text = if is_cut {
            whole_parts(text, is_form)
        } else {
            text
        };
        EventBody {
            text: Some(text),
            is_base64: false,
            truncated,
        }
    }
}

fn whole_parts(mut text: String, is_form: bool) -> String {
    if is_form {
        text.truncate(text.rfind('&').unwrap_or(0));
        return text;
    }
    json_prefix::close(&text).unwrap_or_else(|| whole_words(text))
}

/// What tells a secret in a text may stand behind it (`https://user:password@host`), so no part of a word stays.
fn whole_words(mut text: String) -> String {
    let ends_word =
        |character: char| character.is_whitespace() || matches!(character, '"' | '\'' | '<' | '>');
    let behind = text
        .char_indices()
        .rev()
        .find(|(_, character)| ends_word(*character));
    text.truncate(behind.map_or(0, |(at, character)| at + character.len_utf8()));
    text
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;

    #[test]
    fn all_copies_together_have_a_bound_and_what_finds_no_room_is_cut() {
        let copies = Arc::new(CopiedBytes::new(10));
        let exchange = || Arc::new(Exchange::new("".into(), String::new(), false, 0));
        let copy = |exchange: &Arc<Exchange>| {
            let limits = CopyLimits {
                bytes_max: 8,
                copies: copies.clone(),
            };
            let body = http_body_util::Full::new(bytes::Bytes::from("x"));
            CapturedBody::copied(body, exchange.clone(), limits)
                .copy
                .unwrap()
        };
        let taken = |exchange: &Exchange| exchange.finish().0.request_body.unwrap();
        let [first, second, third] = [exchange(), exchange(), exchange()];
        let (mut first_copy, mut second_copy) = (copy(&first), copy(&second));
        first_copy.push(&&b"12345678"[..]);
        second_copy.push(&&b"12"[..]);
        second_copy.push(&&b"3"[..]);
        drop((first_copy, second_copy));
        // Its call is still under way, and the copy with it.
        let mut third_copy = copy(&third);
        third_copy.push(&&b"1"[..]);
        drop(third_copy);
        let (first, second, third) = (taken(&first), taken(&second), taken(&third));
        assert_eq!((first.bytes.len(), first.is_cut()), (8, false));
        assert_eq!((second.bytes.len(), second.is_cut()), (2, true));
        assert_eq!((third.bytes.len(), third.is_cut()), (0, true));
        drop((first, second, third));
        assert_eq!(copies.bytes.load(Ordering::Relaxed), 0);
    }
}
