//! What is posted to the Runtime API with the layer and without it, and that it is posted before the queue
//! hears of it.

use std::collections::HashMap;
use std::fmt::Debug;
use std::time::Duration;

use daybook_sample_service::runtime_api::{Completion, CompletionKind};
use futures::{StreamExt, stream};

use crate::function::Function;
use crate::generated::{Template, templates};
use crate::handler::HANDLERS;
use crate::queue::{Mood, Queue};
use crate::service::Style;

const EVENTS: usize = 1_000;

/// What is behind the layer, and how long it may try (in milliseconds): briefly where it is in vain.
const MOODS: [(Mood, u64); 6] = [
    (Mood::Healthy(Duration::ZERO), 60_000),
    (Mood::Refused, 10),
    (Mood::BlackHole, 10),
    (Mood::Denied, 60_000),
    (Mood::Throttled, 10),
    (Mood::Healthy(Duration::from_secs(10)), 10),
];

/// How many processes run at a time: most of them wait.
const PROCESSES: usize = 12;

async fn answers(
    style: Style,
    events: &[String],
    environment: &[(&'static str, String)],
) -> Vec<Completion> {
    let function = Function::start(style, environment).await;
    let mut answers = Vec::with_capacity(events.len());
    for event in events {
        answers.push(function.invoke(event).await);
    }
    // What is done after the last answer is done.
    function.asked(events.len() + 1).await;
    function.end().await;
    answers
}

fn assert_same<E: Debug>(label: &str, events: &[E], without: &[Completion], with: &[Completion]) {
    assert_eq!(without.len(), with.len());
    for ((event, without), with) in events.iter().zip(without).zip(with) {
        let label = || format!("{label}: {:.600}", format!("{event:?}"));
        assert_eq!(without.kind, with.kind, "{}", label());
        assert_eq!(without.headers, with.headers, "{}", label());
        assert_eq!(without.trailers, with.trailers, "{}", label());
        assert!(without.body == with.body, "{}", label());
    }
}

/// An event, and what its handler does.
#[derive(Debug, Clone, Copy)]
struct Case<'a> {
    template: &'a Template,
    handler: &'static str,
    /// What a service that serves it is written in. Each event meets five styles, and each style all handlers.
    style: Style,
}

impl Case<'_> {
    fn event(&self) -> String {
        self.template.for_handler(self.handler)
    }
}

fn cases(templates: &[Template]) -> Vec<Case<'_>> {
    let events = templates.iter().enumerate();
    events
        .flat_map(|(event, template)| {
            let handlers = HANDLERS.into_iter().enumerate();
            handlers.map(move |(place, handler)| Case {
                template,
                handler,
                style: Style::ALL[(event + place) % Style::ALL.len()],
            })
        })
        .collect()
}

/// The client has its whole response before the first byte of its message goes to the queue.
fn assert_order(label: &str, queue: &Queue, answers: &[Completion]) {
    let answers = answers.iter();
    let answered: HashMap<&str, _> = answers
        .map(|answer| (answer.request_id.as_str(), answer.completed_at))
        .collect();
    for (request_id, came_at) in queue.arrivals() {
        let answered_at = answered[request_id.as_str()];
        assert!(answered_at <= came_at, "{label}: {request_id}");
    }
}

/// The answers with a queue of this mood; says so itself where the queue was not what it seems.
async fn answers_with(
    cases: &[Case<'_>],
    (mood, flush_timeout_ms): (Mood, u64),
) -> Vec<Completion> {
    let style = cases[0].style;
    let queue = Queue::start(mood).await;
    let environment = queue.environment(flush_timeout_ms);
    let events: Vec<String> = cases.iter().map(Case::event).collect();
    let with = answers(style, &events, &environment).await;
    let label = format!("{style:?} {mood:?}");
    assert_order(&label, &queue, &with);
    let captured = cases.iter().filter(|case| case.template.is_captured);
    let captured = captured.count();
    match mood {
        Mood::Healthy(Duration::ZERO) => {
            assert_eq!(queue.messages().len(), captured, "{label}");
        }
        Mood::Denied => assert!(queue.requests() >= captured, "{label}"),
        Mood::Refused => assert_eq!(queue.requests(), 0, "{label}"),
        Mood::BlackHole | Mood::Throttled | Mood::Healthy(_) | Mood::Shut => {
            assert!(queue.requests() > 0, "{label}");
            assert!(queue.messages().is_empty(), "{label}");
        }
    }
    with
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_the_same_whatever_happens_behind_the_layer() {
    let templates = templates(EVENTS);
    let cases = cases(&templates);
    let cases = Style::ALL.map(|style| {
        let cases = cases.iter().filter(|case| case.style == style);
        cases.copied().collect::<Vec<_>>()
    });
    let bare: Vec<Vec<Completion>> = stream::iter(Style::ALL.into_iter().zip(&cases))
        .map(async |(style, cases)| {
            let events: Vec<String> = cases.iter().map(Case::event).collect();
            answers(style, &events, &[]).await
        })
        .buffered(PROCESSES)
        .collect()
        .await;
    let all = bare.iter().flatten();
    let failed = all.filter(|answer| answer.kind == CompletionKind::Error);
    let (answers, failures) = (bare.iter().flatten().count(), failed.count());
    assert_eq!(answers, EVENTS * HANDLERS.len());
    // Two handlers in five fail, and few events are such that no handler is reached.
    assert!(failures > answers * 2 / 5, "{failures} of {answers}");
    assert!(failures < answers * 3 / 5, "{failures} of {answers}");

    let services = MOODS
        .iter()
        .flat_map(|mood| cases.iter().zip(&bare).map(move |served| (mood, served)));
    let services: Vec<_> = services.collect();
    stream::iter(services)
        .for_each_concurrent(PROCESSES, async |(mood, (cases, without))| {
            let with = answers_with(cases, *mood).await;
            let label = format!("{:?} {:?}", cases[0].style, mood.0);
            assert_same(&label, cases, without, &with);
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_are_not_usable_cost_the_record_and_nothing_else() {
    let events: Vec<String> = templates(40)
        .iter()
        .flat_map(|template| HANDLERS.map(|handler| template.for_handler(handler)))
        .collect();
    let without = answers(Style::Run, &events, &[]).await;
    let unusable = [
        (
            "DAYBOOK_QUEUE_URL",
            "sqs.eu-central-1.amazonaws.com/1/audit",
        ),
        ("DAYBOOK_FLUSH_TIMEOUT_MS", "soon"),
    ];
    for count in [1, 2] {
        let environment = unusable[..count].iter();
        let environment: Vec<_> = environment
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect();
        let with = answers(Style::Run, &events, &environment).await;
        assert_same("unusable settings", &events, &without, &with);
    }
}
