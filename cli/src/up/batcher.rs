//! Messages of many requests, stored together: while one batch is being stored, the next gathers.
//!
//! A service sends each of its calls in a request of its own. Stored one by one they would wait for
//! each other; together a dozen of them cost what one costs.

use std::collections::HashSet;
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};
use daybook_normalizer::handler::{BatchHandler, BatchReport};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

/// How many messages go through the handler at once, beside those of the last request that came to them.
pub(crate) const BATCH_MESSAGES_MAX: usize = 5_000;
/// How many bytes of them, beside the last request's.
pub(crate) const BATCH_BYTES_MAX: usize = 16 << 20;
const REQUESTS_WAITING_MAX: usize = 256;
const HANDLE_TIME_MAX: Duration = Duration::from_mins(1);
/// What cannot be stored for a moment is tried again before the sender is told.
const ATTEMPTS_MAX: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// What became of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It can be searched now.
    Accepted,
    /// It is left out on purpose.
    Dropped,
    /// It is not stored, for this reason.
    Failed(String),
}

/// Takes messages of many requests. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Batcher {
    requests: mpsc::Sender<Request>,
}

struct Request {
    bodies: Vec<String>,
    fates: oneshot::Sender<Vec<Fate>>,
}

impl Batcher {
    /// Begins to work. The task ends when the last clone is gone and what it was given is stored.
    pub(crate) fn start(
        handler: BatchHandler,
        stop: watch::Receiver<bool>,
    ) -> (Self, JoinHandle<()>) {
        let (requests, waiting) = mpsc::channel(REQUESTS_WAITING_MAX);
        let working = tokio::spawn(work(handler, stop, waiting));
        (Self { requests }, working)
    }

    /// Stores messages and says, in their order, what became of each.
    pub(crate) async fn store(&self, bodies: Vec<String>) -> Vec<Fate> {
        let count = bodies.len();
        let (fates, answer) = oneshot::channel();
        let sent = self.requests.send(Request { bodies, fates }).await;
        match (sent, answer.await) {
            (Ok(()), Ok(fates)) => fates,
            _ => vec![Fate::Failed("not stored: the intake has ended".to_owned()); count],
        }
    }
}

async fn work(
    handler: BatchHandler,
    stop: watch::Receiver<bool>,
    mut waiting: mpsc::Receiver<Request>,
) {
    while let Some(first) = waiting.recv().await {
        let mut bodies = first.bodies;
        let mut bytes = bytes_of(&bodies);
        let mut senders = vec![(bodies.len(), first.fates)];
        while bodies.len() < BATCH_MESSAGES_MAX
            && bytes < BATCH_BYTES_MAX
            && let Ok(next) = waiting.try_recv()
        {
            bytes += bytes_of(&next.bodies);
            senders.push((next.bodies.len(), next.fates));
            bodies.extend(next.bodies);
        }
        let mut fates = handle(&handler, &stop, bodies).await.into_iter();
        for (count, sender) in senders {
            // A sender that went away does not wait for its answer any more.
            let _ = sender.send(fates.by_ref().take(count).collect());
        }
    }
}

fn bytes_of(bodies: &[String]) -> usize {
    bodies.iter().map(String::len).sum()
}

/// Runs a batch through the handler, again and again while some of it may still succeed.
async fn handle(
    handler: &BatchHandler,
    stop: &watch::Receiver<bool>,
    bodies: Vec<String>,
) -> Vec<Fate> {
    let mut fates = vec![Fate::Accepted; bodies.len()];
    let mut open: Vec<(usize, String)> = bodies.into_iter().enumerate().collect();
    let mut pause = FIRST_PAUSE;
    for attempt in 1..=ATTEMPTS_MAX {
        let report = handler.handle(batch_of(&open), HANDLE_TIME_MAX).await;
        note_fates(&report, &mut fates);
        let failed: HashSet<usize> = report
            .failed
            .iter()
            .filter_map(|id| id.parse().ok())
            .collect();
        open.retain(|(index, _)| failed.contains(index));
        if open.is_empty() {
            break;
        }
        if attempt == ATTEMPTS_MAX || *stop.borrow() {
            let why = report.failure.unwrap_or_default();
            for (index, _) in &open {
                fates[*index] = Fate::Failed(format!("not stored yet, send it again: {why}"));
            }
            break;
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
    fates
}

fn note_fates(report: &BatchReport, fates: &mut [Fate]) {
    let dead = report
        .dead
        .iter()
        .map(|(id, reason)| (id, Fate::Failed(reason.clone())));
    let dropped = report.dropped.iter().map(|(id, _)| (id, Fate::Dropped));
    for (id, fate) in dead.chain(dropped) {
        if let Some(known) = id
            .parse()
            .ok()
            .and_then(|index: usize| fates.get_mut(index))
        {
            *known = fate;
        }
    }
}

fn batch_of(open: &[(usize, String)]) -> SqsEvent {
    let mut event = SqsEvent::default();
    event.records = open
        .iter()
        .map(|(index, body)| {
            let mut message = SqsMessage::default();
            message.message_id = Some(index.to_string());
            message.body = Some(body.clone());
            message
        })
        .collect();
    event
}
