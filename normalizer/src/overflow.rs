//! Messages that were too large for the queue: the whole of each, read from the overflow bucket
//! within bounds of memory and time.

use std::sync::Arc;
use std::time::Duration;

use daybook_event::check_json_values;
use daybook_overflow::{OBJECT_BYTES_MAX, OverflowBucket, OverflowError};
use tokio::time::{Instant, timeout_at};

use crate::contained::contained;
use crate::message::{Message, VALUES_BYTES_MAX, decode_whole};

/// How many bytes of objects one batch may hold at the same time. A thousand small messages may each
/// point to eight megabytes.
const BATCH_BYTES_MAX: u64 = 32 << 20;

/// How long one object may take.
const GET_TIMEOUT: Duration = Duration::from_secs(10);

/// What looks like a mistake in the configuration, a bucket's name that is missing or another, is waited for through so many
/// deliveries, or as many as there are: an hour of them where the queue is that of `deploy/template.yaml`.
const DELIVERIES_WAITED: u32 = 10;

/// The whole messages of one batch.
pub(crate) struct Wholes {
    bucket: Option<Arc<OverflowBucket>>,
    bytes_left: u64,
    deadline: Instant,
    deliveries_waited: u32,
}

/// What there is to store.
pub(crate) enum Found {
    /// The message is whole, and always was.
    AsItIs(Message),
    /// The whole message of which the one in the queue is a cut copy.
    Whole(Message),
    /// The cut copy: the whole is lost, for this reason.
    Cut(Message, String),
    /// Nothing yet: the whole may be read later.
    Later(String),
}

impl Wholes {
    /// After `deliveries_max` of them a message is given up.
    pub(crate) fn new(
        bucket: Option<Arc<OverflowBucket>>,
        deadline: Instant,
        deliveries_max: u32,
    ) -> Self {
        Self {
            bucket,
            bytes_left: BATCH_BYTES_MAX,
            deadline,
            deliveries_waited: DELIVERIES_WAITED.min(deliveries_max),
        }
    }

    /// `delivery` is which one of the message's this is, from 1, where anybody counts.
    pub(crate) async fn find(&mut self, mut message: Message, delivery: Option<u32>) -> Found {
        let Some(pointer) = message.overflow.take() else {
            return Found::AsItIs(message);
        };
        let may_be_mended = delivery.is_some_and(|delivery| delivery < self.deliveries_waited);
        let Some(bucket) = &self.bucket else {
            let reason = "no overflow bucket is configured".to_owned();
            return if may_be_mended {
                Found::Later(reason)
            } else {
                Found::Cut(message, reason)
            };
        };
        let bytes = pointer.bytes;
        // What is over the bound of an object the bucket refuses, now and always.
        if bytes <= OBJECT_BYTES_MAX as u64 && bytes > self.bytes_left {
            return Found::Later("the batch holds as many large messages as it may".to_owned());
        }
        let deadline = self.deadline.min(Instant::now() + GET_TIMEOUT);
        let object = match timeout_at(deadline, Box::pin(bucket.get(&pointer))).await {
            Ok(Ok(object)) => object,
            Ok(Err(error)) if error.may_succeed_later() => return Found::Later(words(&error)),
            Ok(Err(error @ OverflowError::OtherBucket)) if may_be_mended => {
                return Found::Later(words(&error));
            }
            Ok(Err(error)) => return Found::Cut(message, words(&error)),
            Err(_) => return Found::Later("S3 did not answer in time".to_owned()),
        };
        self.bytes_left -= bytes;
        match contained(|| decode_whole(&object)) {
            Ok(whole) => best_of(whole, message),
            Err(poison) => Found::Cut(message, format!("the object is no message: {poison}")),
        }
    }
}

/// The whole message, unless nothing of its body would be kept and its cut copy has most of that.
fn best_of(mut whole: Message, mut cut: Message) -> Found {
    let has_too_many = |message: &Message| message.body.as_deref().is_some_and(has_too_many_values);
    if has_too_many(&whole) && !has_too_many(&cut) {
        let reason = "the object's body takes more memory than there is";
        return Found::Cut(cut, reason.to_owned());
    }
    // Of a response only what it names is kept, which its cut copy may name as well.
    let body_of = |message: &mut Message| message.response.as_mut()?.body.take();
    let fits = |body: &String| !has_too_many_values(body.as_bytes());
    let answered = body_of(&mut whole);
    let answered = answered.filter(fits).or_else(|| body_of(&mut cut));
    if let Some(response) = &mut whole.response {
        response.body = answered;
    }
    Found::Whole(whole)
}

/// Whether nothing of a body would be kept.
fn has_too_many_values(body: &[u8]) -> bool {
    let start = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    let is_container = matches!(start.trim_ascii_start().first(), Some(b'{' | b'['));
    is_container && check_json_values(body, VALUES_BYTES_MAX).is_err()
}

fn words(error: &OverflowError) -> String {
    format!("the overflow bucket: {error}")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn message(body: &str, answered: &str) -> Message {
        let message = json!({ "v": 1, "event": { "body": body },
            "response": { "status_code": 201, "body": answered } });
        decode_whole(message.to_string().as_bytes()).unwrap()
    }

    /// So many items that their values need more memory than a body may.
    const LARGE: usize = 300_000;

    /// A list of items that are next to nothing but braces.
    fn rich(items: usize) -> String {
        Value::from(vec![json!({"": 0}); items]).to_string()
    }

    #[test]
    fn the_cut_copy_is_taken_where_it_alone_can_be_read() {
        let (small, large, cut) = (rich(10), rich(LARGE), rich(LARGE - 1));
        for (whole, cut, expected) in [
            (&small, "[]", &*small),
            (&large, &*small, &*small),
            (&large, &cut, &large),
        ] {
            let found = best_of(message(whole, ""), message(cut, ""));
            let (Found::Cut(found, _) | Found::Whole(found)) = found else {
                panic!("nothing is found");
            };
            assert_eq!(found.body.as_deref(), Some(expected.as_bytes()));
        }
    }

    #[test]
    fn a_response_that_cannot_be_read_is_that_of_the_cut_copy() {
        let (small, large) = (rich(10), rich(LARGE));
        for (whole, cut, expected) in [
            (&*small, "[]", &*small),
            (&large, r#"{"id":7}"#, r#"{"id":7}"#),
        ] {
            let Found::Whole(found) = best_of(message("{}", whole), message("{}", cut)) else {
                panic!("it is cut");
            };
            assert_eq!(found.response.unwrap().body.as_deref(), Some(expected));
        }
    }
}
