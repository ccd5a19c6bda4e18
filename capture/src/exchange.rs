//! One call while it is under way: the event as it came, and what becomes known on the way out.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use daybook_event::{Entity, HandlerContext, HandlerFailure, Original, Privacy};
use jiff::Timestamp;
use serde_json::Value;

use crate::bounded_json::written;
use crate::taken_body::TakenBody;

thread_local! {
    /// The call that this thread serves at this moment.
    static CURRENT: RefCell<Option<Arc<Exchange>>> = const { RefCell::new(None) };

    /// How that call stands to the layer. It alone is touched in a call that is left out: it has nothing to
    /// drop, so it costs a nanosecond, and the other one ten times that.
    static INSIDE: Cell<Inside> = const { Cell::new(Inside::Nothing) };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// No layer is around.
    Nothing,
    LeftOut,
    Captured,
}

/// The captured call that this thread serves.
#[inline]
pub(crate) fn current_exchange() -> Option<Arc<Exchange>> {
    if INSIDE.get() != Inside::Captured {
        return None;
    }
    CURRENT.with_borrow(Clone::clone)
}

/// Whether the runtime around the handler has the layer, be the call left out or not.
#[inline]
pub(crate) fn is_inside_the_runtime_layer() -> bool {
    INSIDE.get() != Inside::Nothing
}

/// While it lives, this thread serves a call. What it served before it serves again afterwards.
///
/// A guard and not a function that takes a closure, because a request that is moved into a closure costs
/// more than all else that is done for a left-out call.
pub(crate) struct Within {
    _inside: WasInside,
    /// A left-out call has not touched it.
    _served: Option<Served>,
}

impl Within {
    /// Begins a step of this exchange's call, or of one that is left out.
    #[inline]
    pub(crate) fn enter(exchange: Option<&Arc<Exchange>>) -> Self {
        let inside = match exchange {
            Some(_) => Inside::Captured,
            None => Inside::LeftOut,
        };
        Self {
            _inside: WasInside(INSIDE.replace(inside)),
            _served: exchange.map(|exchange| Served(CURRENT.replace(Some(exchange.clone())))),
        }
    }
}

/// How the call that a thread served before stood to the layer.
struct WasInside(Inside);

impl Drop for WasInside {
    #[inline]
    fn drop(&mut self) {
        INSIDE.set(self.0);
    }
}

/// The call that a thread served before.
struct Served(Option<Arc<Exchange>>);

impl Drop for Served {
    fn drop(&mut self) {
        // The last holder of an exchange does more than free memory: not while the cell is borrowed.
        let ended = CURRENT.replace(self.0.take());
        drop(ended);
    }
}

/// Takes what became known of a server's call.
type End = Box<dyn FnOnce(Observed) + Send + Sync>;

/// One call while it is under way.
pub(crate) struct Exchange {
    /// The event's bytes, as they came.
    pub(crate) event: Bytes,
    /// Lambda's request id, unique per invocation.
    pub(crate) request_id: String,
    /// The bodies of reads are never taken.
    pub(crate) is_read: bool,
    /// The longest response body that is taken.
    pub(crate) body_bytes_max: usize,
    /// The mark of a request body that was cut before the event was made of it.
    pub(crate) truncated: Option<Original>,
    /// Of a server's call, which goes to its queue when nobody holds the exchange any more.
    end: Option<End>,
    started: Instant,
    observed: Mutex<Observed>,
}

// A service may well log a response with its body, which holds its exchange: no content has a place there.
impl fmt::Debug for Exchange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Exchange")
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

/// What became known on the way out.
#[derive(Default)]
pub(crate) struct Observed {
    /// When the response was ready.
    pub(crate) ready: Option<Ready>,
    pub(crate) answer: Answer,
    /// The response body, where one is taken and complete.
    pub(crate) body: Option<String>,
    /// The response body that is to be written when the response is out.
    pub(crate) json: Option<Value>,
    pub(crate) said: HandlerContext,
    /// Who called, where the service verified it itself.
    pub(crate) claims: Option<Value>,
    /// What a server's handler read of the request body.
    pub(crate) request_body: Option<TakenBody>,
    pub(crate) withheld: Withheld,
}

impl Observed {
    /// How much memory it holds, roughly.
    pub(crate) fn bytes_held(&self) -> usize {
        let said = &self.said;
        let values = [&self.json, &self.claims, &said.before, &said.after];
        let texts = [&self.body, &said.message, &said.reason];
        let named = [&said.entity, &said.parent];
        let request_body = self.request_body.as_ref();
        request_body.map_or(0, TakenBody::bytes_held)
            + sum(values, json_bytes)
            + sum(texts, String::capacity)
            + sum(named, entity_bytes)
            + said.privacy.as_ref().map_or(0, privacy_bytes)
    }
}

fn sum<'a, T: 'a, const N: usize>(
    parts: [&'a Option<T>; N],
    bytes_held: impl Fn(&T) -> usize,
) -> usize {
    parts.into_iter().flatten().map(bytes_held).sum()
}

fn entity_bytes(entity: &Entity) -> usize {
    entity.kind.capacity() + entity.id.capacity() + entity.name.capacity()
}

fn privacy_bytes(privacy: &Privacy) -> usize {
    let fields = privacy.fields_accessed.iter();
    let fields = fields.map(|field| size_of::<String>() + field.capacity());
    let texts = [&privacy.operation, &privacy.risk_level, &privacy.consent];
    fields.sum::<usize>() + texts.map(String::capacity).iter().sum::<usize>()
}

fn json_bytes(value: &Value) -> usize {
    let inside = match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(json_bytes).sum(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| name.len() + json_bytes(value))
            .sum(),
        _ => 0,
    };
    size_of::<Value>() + inside
}

/// What a handler keeps back of its call. What was kept back once stays so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Withheld {
    #[default]
    Nothing,
    /// What the client sent as a body.
    RequestBody,
    /// The call as a whole.
    Call,
}

/// When the response was ready, and how long that took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ready {
    pub(crate) captured_at: Timestamp,
    pub(crate) duration_ms: u64,
}

/// How the handler ended, as far as it could be seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The handler is not wrapped, or was given up.
    #[default]
    NotSeen,
    /// It answered with this HTTP status.
    Status(u16),
    /// It gave no answer.
    Failed(HandlerFailure),
    /// It answered with this HTTP status, and the body did not come to its end.
    BrokenOff(u16, HandlerFailure),
}

impl Exchange {
    pub(crate) fn new(
        event: Bytes,
        request_id: String,
        is_read: bool,
        body_bytes_max: usize,
    ) -> Self {
        Self {
            event,
            request_id,
            is_read,
            body_bytes_max,
            truncated: None,
            end: None,
            started: Instant::now(),
            observed: Mutex::default(),
        }
    }

    /// A server's call, of which there is no event before it has ended.
    pub(crate) fn of_server(end: End, is_read: bool, body_bytes_max: usize) -> Self {
        let mut exchange = Self::new(Bytes::new(), String::new(), is_read, body_bytes_max);
        exchange.end = Some(end);
        exchange
    }

    /// A server's call that has ended, with the event that was made of it.
    pub(crate) fn ended(
        event: Bytes,
        request_id: String,
        truncated: Option<Original>,
        observed: Observed,
    ) -> Self {
        let mut exchange = Self::new(event, request_id, false, 0);
        exchange.truncated = truncated;
        exchange.observed = Mutex::new(observed);
        exchange
    }

    /// The handler ended. Only the first time counts.
    pub(crate) fn answered(&self, answer: Answer) {
        self.with_observed(|observed| {
            if observed.answer == Answer::NotSeen {
                observed.answer = answer;
                observed.ready = Some(self.ready_now());
            }
        });
    }

    /// The handler failed, be it before there was an answer or in the middle of its body. A part of a body
    /// names nothing.
    pub(crate) fn failed(&self, failure: HandlerFailure) {
        self.answered(Answer::Failed(failure));
        self.with_observed(|observed| {
            if let Answer::Status(status_code) = observed.answer {
                observed.answer = Answer::BrokenOff(status_code, failure);
                observed.body = None;
            }
        });
    }

    /// The status that the handler answered with.
    pub(crate) fn status(&self) -> Option<u16> {
        self.with_observed(|observed| match observed.answer {
            Answer::Status(status_code) => Some(status_code),
            _ => None,
        })
    }

    /// How much memory the event and what became known on the way out hold, roughly.
    pub(crate) fn bytes_held(&self) -> usize {
        self.event.len() + self.with_observed(|observed| observed.bytes_held())
    }

    pub(crate) fn took_body(&self, body: String) {
        self.with_observed(|observed| observed.body = Some(body));
    }

    pub(crate) fn took_json(&self, json: Value) {
        self.with_observed(|observed| observed.json = Some(json));
    }

    pub(crate) fn say(&self, later: HandlerContext) {
        self.with_observed(|observed| {
            observed.said = merge(std::mem::take(&mut observed.said), later);
        });
    }

    /// Who called. Said last counts.
    pub(crate) fn claim(&self, claims: Value) {
        self.with_observed(|observed| observed.claims = Some(claims));
    }

    pub(crate) fn withhold(&self, withheld: Withheld) {
        self.with_observed(|observed| observed.withheld = observed.withheld.max(withheld));
    }

    /// Whether its handler left it out.
    pub(crate) fn is_left_out(&self) -> bool {
        self.with_observed(|observed| observed.withheld == Withheld::Call)
    }

    pub(crate) fn took_request_body(&self, body: TakenBody) {
        self.with_observed(|observed| observed.request_body = Some(body));
    }

    /// What is known; where no handler was seen, the end is now.
    pub(crate) fn finish(&self) -> (Observed, Ready) {
        let mut observed = self.with_observed(std::mem::take);
        if let Some(json) = observed.json.take() {
            observed.body = written(&json, self.body_bytes_max);
        }
        let ready = observed.ready.unwrap_or_else(|| self.ready_now());
        (observed, ready)
    }

    fn ready_now(&self) -> Ready {
        Ready {
            captured_at: Timestamp::now(),
            duration_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }

    fn with_observed<T>(&self, change: impl FnOnce(&mut Observed) -> T) -> T {
        // A panic elsewhere leaves whole values behind: nothing here is half done.
        change(&mut self.observed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// `later` where it says something, else `earlier`.
fn merge(earlier: HandlerContext, later: HandlerContext) -> HandlerContext {
    HandlerContext {
        entity: match (earlier.entity, later.entity) {
            (Some(earlier), Some(later)) => Some(Entity {
                kind: or_else(later.kind, earlier.kind),
                id: or_else(later.id, earlier.id),
                name: or_else(later.name, earlier.name),
            }),
            (earlier, later) => later.or(earlier),
        },
        parent: later.parent.or(earlier.parent),
        before: later.before.or(earlier.before),
        after: later.after.or(earlier.after),
        message: later.message.or(earlier.message),
        reason: later.reason.or(earlier.reason),
        privacy: later.privacy.or(earlier.privacy),
    }
}

fn or_else(text: String, fallback: String) -> String {
    if text.is_empty() { fallback } else { text }
}

/// A step of a captured call's handler: this thread serves it, and watches for a panic.
pub(crate) struct HandlerStep<'a> {
    _watch: PanicWatch<'a>,
    _within: Within,
}

impl Exchange {
    /// Begins a step of this call's handler, which may be read or polled by a task of its own.
    pub(crate) fn step(self: &Arc<Self>) -> HandlerStep<'_> {
        HandlerStep {
            _watch: PanicWatch(Some(self)),
            _within: Within::enter(Some(self)),
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if let Some(end) = self.end.take() {
            let (mut observed, ready) = self.finish();
            observed.ready = Some(ready);
            end(observed);
        }
    }
}

/// While it lives, a panic on this thread is noted as the handler's.
///
/// Nothing is caught, so the panic reaches `lambda_runtime` exactly as it would have.
pub(crate) struct PanicWatch<'a>(pub(crate) Option<&'a Exchange>);

impl Drop for PanicWatch<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(exchange) = self.0
            && std::thread::panicking()
        {
            exchange.failed(HandlerFailure::Panic);
        }
    }
}
