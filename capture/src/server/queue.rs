//! The queue behind a server's calls: the call only puts itself in, one thread cleans, batches and
//! sends, a few batches at a time.
//!
//! The thread has a runtime of its own. The service's may end before the service does, or be one of several
//! (each worker's, each test's), and a task that ended with it would leave the queue without anybody.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::{io, thread};

use bytes::Bytes;
use daybook_aws_access::with_sources;
use futures::future::{AbortHandle, Abortable};
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt, stream};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use super::event::ReceivedRequest;
use crate::capture::Shared;
use crate::counters::Unacknowledged;
use crate::delivery::in_a_thread;
use crate::exchange::{Exchange, Observed};
use crate::message::{MessageError, Outgoing as Made, outgoing};
use crate::sink::{BATCH_LENGTH_MAX, MESSAGE_BYTES_MAX, Message, Receipt};

/// How many batches are under way at the same time. Their order is nobody's promise: a call's time says when
/// it was, and in a FIFO queue each call is a group of its own.
const BATCHES_AT_ONCE_MAX: usize = 4;

/// How many messages of a batch are made at the same time: while one takes long, the others go past it, and no
/// batch asks for all of the service's processors.
const MAKING_AT_ONCE_MAX: usize = 2;

/// The most memory that waiting calls may hold, however few they are.
const WAITING_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A bounded queue and its thread.
pub(super) struct Queue {
    sender: mpsc::Sender<Item>,
    outgoing: Arc<Outgoing>,
    is_started: AtomicBool,
    worker: Mutex<Worker>,
}

/// What is behind the queue; the thread holds it, and so must not hold the queue's sender.
struct Outgoing {
    shared: Arc<Shared>,
    waiting_bytes: AtomicUsize,
    burst: Burst,
}

enum Item {
    Call(Box<Waiting>),
    /// Answered when everything before it is done with.
    Flush(oneshot::Sender<()>),
}

/// A service that no call ever comes to needs no thread.
enum Worker {
    Idle(mpsc::Receiver<Item>),
    Running {
        abort: AbortHandle,
        /// Answered, or given up, when nothing of the work is left.
        ended: oneshot::Receiver<()>,
    },
    Stopped,
}

/// A call that has ended.
struct Waiting {
    request: ReceivedRequest,
    observed: Observed,
    place: Place,
}

/// A captured call's place in the queue: its memory, and that it is not acknowledged yet.
struct Place {
    outgoing: Arc<Outgoing>,
    bytes: usize,
    captured: Unacknowledged,
}

impl Place {
    fn take(outgoing: Arc<Outgoing>, bytes: usize) -> Self {
        outgoing.waiting_bytes.fetch_add(bytes, Ordering::Relaxed);
        Self {
            captured: outgoing.shared.counters.captured(),
            outgoing,
            bytes,
        }
    }

    fn acknowledge(mut self, sent_bytes: usize) {
        self.captured.acknowledge(sent_bytes);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let waiting_bytes = &self.outgoing.waiting_bytes;
        waiting_bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl Queue {
    pub(super) fn new(shared: Arc<Shared>, length_max: usize) -> Self {
        let (sender, receiver) = mpsc::channel(length_max);
        Self {
            sender,
            outgoing: Arc::new(Outgoing {
                shared,
                waiting_bytes: AtomicUsize::new(0),
                burst: Burst::default(),
            }),
            is_started: AtomicBool::new(false),
            worker: Mutex::new(Worker::Idle(receiver)),
        }
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.outgoing.shared
    }

    /// Starts the thread, the first time.
    pub(super) fn start(&self) {
        if self.is_started.load(Ordering::Acquire) {
            return;
        }
        let mut worker = self.worker();
        match std::mem::replace(&mut *worker, Worker::Stopped) {
            Worker::Idle(receiver) => match start(receiver, self.outgoing.clone()) {
                Ok(running) => *worker = running,
                // Its calls find a queue that is shut down, and are counted.
                Err(error) => tracing::error!(
                    %error,
                    "daybook: nothing is recorded, the thread that sends cannot be started"
                ),
            },
            other => *worker = other,
        }
        self.is_started.store(true, Ordering::Release);
    }

    /// Puts a call that has ended into the queue. It neither waits nor fails: what finds no place
    /// is dropped and counted.
    pub(super) fn push(&self, request: ReceivedRequest, observed: Observed) {
        let bytes = request.bytes_held() + observed.bytes_held();
        let place = Place::take(self.outgoing.clone(), bytes);
        if self.outgoing.waiting_bytes.load(Ordering::Relaxed) > WAITING_BYTES_MAX {
            self.outgoing.burst.note(1, "the queue holds too much");
            return;
        }
        let waiting = Waiting {
            request,
            observed,
            place,
        };
        if let Err(error) = self.sender.try_send(Item::Call(Box::new(waiting))) {
            let (reason, is_closed) = match &error {
                mpsc::error::TrySendError::Full(_) => ("the queue is full", false),
                mpsc::error::TrySendError::Closed(_) => ("the queue is shut down", true),
            };
            self.outgoing.burst.note(1, reason);
            // It counts as dropped from here on.
            drop(error);
            // What fills a queue is flushed within moments and told of then. Behind a closed one nothing is.
            if is_closed {
                self.outgoing.shared.lost();
            }
        }
    }

    /// Waits until everything that is in the queue now is acknowledged or given up.
    pub(super) async fn flush(&self) {
        if !self.is_started.load(Ordering::Acquire) {
            return;
        }
        let (done, is_done) = oneshot::channel();
        if self.sender.send(Item::Flush(done)).await.is_ok() {
            // An error says that the thread has ended, and with it all that was in the queue.
            let _ = is_done.await;
        }
    }

    /// Ends the thread. What is still in the queue, and what comes later, is dropped and counted.
    pub(super) async fn stop(&self) {
        let worker = std::mem::replace(&mut *self.worker(), Worker::Stopped);
        if let Worker::Running { abort, ended } = worker {
            abort.abort();
            // Answered or given up, it is over.
            let _ = ended.await;
        }
    }

    fn worker(&self) -> std::sync::MutexGuard<'_, Worker> {
        self.worker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn start(receiver: mpsc::Receiver<Item>, outgoing: Arc<Outgoing>) -> io::Result<Worker> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (abort, registration) = AbortHandle::new_pair();
    let (sender, ended) = oneshot::channel();
    let working = move || {
        // Aborted or at its end: what it held is dropped, and so counted, before anybody is told.
        let _ = runtime.block_on(Abortable::new(work(receiver, outgoing), registration));
        let _ = sender.send(());
        runtime.shutdown_background();
    };
    thread::Builder::new()
        .name("daybook".to_owned())
        .spawn(working)?;
    Ok(Worker::Running { abort, ended })
}

async fn work(mut receiver: mpsc::Receiver<Item>, outgoing: Arc<Outgoing>) {
    let mut items = Vec::with_capacity(BATCH_LENGTH_MAX);
    let mut sending = FuturesUnordered::new();
    loop {
        let count = tokio::select! {
            biased;
            Some(()) = sending.next() => continue,
            count = receiver.recv_many(&mut items, BATCH_LENGTH_MAX),
                if sending.len() < BATCHES_AT_ONCE_MAX => count,
        };
        if count == 0 {
            break;
        }
        let mut calls = Vec::new();
        let mut flushes = Vec::new();
        for item in items.drain(..) {
            match item {
                Item::Call(call) => calls.push(*call),
                Item::Flush(done) => flushes.push(done),
            }
        }
        if !calls.is_empty() {
            sending.push(outgoing.send(calls));
        }
        if !flushes.is_empty() {
            while sending.next().await.is_some() {}
        }
        for done in flushes {
            // Whoever asked may have stopped waiting.
            let _ = done.send(());
        }
    }
    while sending.next().await.is_some() {}
}

impl Outgoing {
    async fn send(self: &Arc<Self>, calls: Vec<Waiting>) {
        let making = stream::iter(calls).map(|call| self.message(call));
        let made: Vec<_> = making.buffer_unordered(MAKING_AT_ONCE_MAX).collect().await;
        let mut batch = Vec::new();
        let mut batch_bytes = 0;
        let mut is_flushed = false;
        for (message, place) in made.into_iter().flatten() {
            let bytes = message.body().len();
            if batch_bytes + bytes > MESSAGE_BYTES_MAX && !batch.is_empty() {
                self.send_batch(std::mem::take(&mut batch)).await;
                is_flushed = true;
                batch_bytes = 0;
            }
            batch_bytes += bytes;
            batch.push((message, place));
        }
        if !batch.is_empty() {
            self.send_batch(batch).await;
        } else if !is_flushed {
            self.shared.lost();
        }
    }

    /// The message of a call, within a limit of its own: one that takes too long takes no other one with it.
    ///
    /// Another thread makes it, for this one sends batches meanwhile. The place stays here: a shutdown that ends
    /// the work must count it at once.
    async fn message(self: &Arc<Self>, call: Waiting) -> Option<(Message, Place)> {
        let Waiting {
            request,
            observed,
            place,
        } = call;
        let (started, timeout) = (Instant::now(), self.shared.flush_timeout());
        let outgoing = self.clone();
        let making = move || outgoing.made_of(request, observed);
        let message = match in_a_thread(making, started + timeout).await {
            Ok(made) => self.shared.fitted(made, started, timeout).await,
            Err(error) => Err(with_sources(&error)),
        };
        match message {
            Ok(message) => Some((message, place)),
            Err(reason) => {
                self.burst.note(1, &reason);
                None
            }
        }
    }

    fn made_of(
        &self,
        request: ReceivedRequest,
        mut observed: Observed,
    ) -> Result<Made, MessageError> {
        let ready = observed.ready.ok_or(MessageError::Unfinished)?;
        let request_id = Uuid::new_v4().to_string();
        let event = request.into_event(&request_id, observed.request_body.take(), ready);
        let exchange = Exchange::ended(
            Bytes::from(event.json),
            request_id,
            event.truncated,
            observed,
        );
        let was_cut = exchange.truncated.is_some();
        let made = outgoing(&exchange, &self.shared.credentials)?;
        // What is over the limit is counted when it is cut.
        if was_cut && matches!(made, Made::Whole(_)) {
            self.shared.counters.truncated();
        }
        Ok(made)
    }

    async fn send_batch(&self, batch: Vec<(Message, Place)>) {
        let started = Instant::now();
        let (messages, waiting): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .map(|(message, place)| {
                let (bytes, receipt) = (message.body().len(), message.receipt());
                (message, (place, bytes, receipt))
            })
            .unzip();
        let deadline = started + self.shared.flush_timeout();
        // A sink may panic before it returns a future.
        let sending = AssertUnwindSafe(async { self.shared.sink.send(messages).await });
        let (unacknowledged, reason) = match timeout_at(deadline, sending.catch_unwind()).await {
            Ok(Ok(Ok(()))) => (0, String::new()),
            Ok(Ok(Err(error))) => (error.unacknowledged, with_sources(&error)),
            Ok(Err(_)) => (waiting.len(), "the sink panicked".to_owned()),
            Err(_) => {
                let timeout_ms = self.shared.flush_timeout_ms;
                let reason = format!("no acknowledgement within {timeout_ms} ms");
                (waiting.len(), reason)
            }
        };
        match count(waiting, unacknowledged) {
            0 => self.burst.is_over(),
            dropped => self.burst.note(dropped, &reason),
        }
        self.shared.flushed(started.elapsed());
    }
}

/// Counts the calls of a batch, `unacknowledged` of which the sink has given up, and says how many are
/// dropped.
///
/// Those are safe of which the sink said so. A sink may as well tell only how many are not: any of the
/// others are safe then.
fn count(waiting: Vec<(Place, usize, Receipt)>, unacknowledged: usize) -> usize {
    let safe = waiting.len().saturating_sub(unacknowledged);
    let named = waiting.iter();
    let named = named.filter(|(_, _, receipt)| receipt.is_acknowledged());
    let mut nameless = safe.saturating_sub(named.count());
    let mut dropped = 0;
    for (place, bytes, receipt) in waiting {
        if receipt.is_acknowledged() {
            place.acknowledge(bytes);
        } else if nameless > 0 {
            nameless -= 1;
            place.acknowledge(bytes);
        } else {
            dropped += 1;
        }
    }
    dropped
}

/// Losses that follow each other: the first is logged, the others are counted.
#[derive(Default)]
struct Burst {
    dropped: AtomicU64,
}

impl Burst {
    fn note(&self, dropped: usize, reason: &str) {
        if self.dropped.fetch_add(dropped as u64, Ordering::Relaxed) == 0 {
            tracing::warn!(
                dropped,
                %reason,
                "daybook: audit messages are being dropped"
            );
        }
    }

    fn is_over(&self) {
        let dropped = self.dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            tracing::warn!(dropped, "daybook: audit messages are sent again");
        }
    }
}
