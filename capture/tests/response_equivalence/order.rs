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
async fn the_client_has_its_response_before_the_queue_takes_the_message() {
    let paths = [
        "/succeed",
        "/text",
        "/slow",
        "/large",
        "/stream",
        "/breaks-off",
        "/fail",
        "/panic",
        "/panic-at-once",
    ];
    for style in Style::ALL {
        let queue = Queue::start(Mood::Shut).await;
        let function = Function::start(style, &queue.environment(600_000)).await;
        for (index, path) in paths.iter().enumerate() {
            // A response that waited for the queue would never come: nothing is let in before it is there.
            function.invoke(&event("POST", path).to_string()).await;
            assert_eq!(queue.messages().len(), index, "{style:?} {path}");
            queue.let_one_in();
            function.asked(index + 2).await;
            assert_eq!(queue.messages().len(), index + 1, "{style:?} {path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_black_hole_the_next_event_is_asked_for_when_the_flush_timeout_is_over() {
    const FLUSH_TIMEOUT: Duration = Duration::from_millis(300);
    let queue = Queue::start(Mood::BlackHole).await;
    let function = Function::start(Style::Run, &queue.environment(300)).await;
    let mut delays = Vec::new();
    for asked_before in 1..=10 {
        let (answered_at, asked_at) = invoke(&function, "/succeed", asked_before).await;
        let delay = asked_at - answered_at;
        let tick = Duration::from_millis(20);
        assert!(delay + tick >= FLUSH_TIMEOUT, "{delay:?}");
        delays.push(delay);
    }
    // A busy machine only ever adds to a delay, so the shortest of several is what the layer itself takes;
    // to the millisecond a test with a clock of its own shows it (`a_black_hole_delays_the_next_event_…`).
    let shortest = delays.iter().min().unwrap();
    assert!(*shortest < FLUSH_TIMEOUT * 4 / 3, "{delays:?}");
    assert!(queue.requests() >= delays.len());
}
