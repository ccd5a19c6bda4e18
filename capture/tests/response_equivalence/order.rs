//! When things happen: the response, then the message, then the next event.

use std::time::{Duration, Instant};

use crate::function::Function;
use crate::message::event;
use crate::queue::{Mood, Queue};
use crate::service::Style;

const QUEUE_DELAY: Duration = Duration::from_millis(400);

/// When the client had its response, and when the function asked for the next event.
async fn invoke(function: &Function, path: &str, asked_before: usize) -> (Instant, Instant) {
    let answer = function.invoke(&event("POST", path).to_string()).await;
    let asked_at = function.asked(asked_before + 1).await;
    (answer.completed_at, asked_at)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_message_goes_out_after_the_response_and_before_the_next_event_is_asked_for() {
    for (style, path) in [
        (Style::Run, "/succeed"),
        (Style::Run, "/fail"),
        (Style::RuntimeLayerOnly, "/succeed"),
        (Style::Streaming, "/stream"),
        (Style::PlainStreaming, "/stream"),
    ] {
        let queue = Queue::start(Mood::Healthy(QUEUE_DELAY)).await;
        let function = Function::start(style, &queue.environment(60_000)).await;
        let (answered_at, asked_at) = invoke(&function, path, 1).await;
        let label = format!("{style:?} {path}");
        let [message] = queue.messages().try_into().expect(&label);
        assert!(answered_at <= message.came_at, "{label}");
        assert!(message.answered_at <= asked_at, "{label}");
        // The client has its whole response long before the message is sent.
        let before = message.answered_at - answered_at;
        assert!(before >= Duration::from_millis(380), "{label}: {before:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_black_hole_the_next_event_is_asked_for_when_the_flush_timeout_is_over() {
    const FLUSH_TIMEOUT: Duration = Duration::from_millis(400);
    let queue = Queue::start(Mood::BlackHole).await;
    let function = Function::start(Style::Run, &queue.environment(400)).await;
    for asked_before in 1..=2 {
        let (answered_at, asked_at) = invoke(&function, "/succeed", asked_before).await;
        let delay = asked_at - answered_at;
        let tick = Duration::from_millis(20);
        assert!(delay + tick >= FLUSH_TIMEOUT, "{delay:?}");
        // How much less than this it is, a test with a clock of its own shows: a busy machine may
        // take its time, but without the timeout the event would never be asked for.
        assert!(delay < FLUSH_TIMEOUT + Duration::from_secs(10), "{delay:?}");
    }
    assert!(queue.requests() >= 2);
}
