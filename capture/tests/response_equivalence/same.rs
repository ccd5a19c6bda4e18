//! What is posted to the Runtime API with the layer and without it.

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

fn assert_same(label: &str, events: &[String], without: &[Completion], with: &[Completion]) {
    assert_eq!(without.len(), with.len());
    for ((event, without), with) in events.iter().zip(without).zip(with) {
        let label = || format!("{label}: {event:.600}");
        assert_eq!(without.kind, with.kind, "{}", label());
        assert_eq!(without.headers, with.headers, "{}", label());
        assert_eq!(without.trailers, with.trailers, "{}", label());
        assert!(without.body == with.body, "{}", label());
    }
}

/// One style's share of the events, each for every handler.
struct Share {
    style: Style,
    events: Vec<String>,
    captured: usize,
}

fn shares(templates: &[Template]) -> Vec<Share> {
    let mut shares: Vec<Share> = Style::ALL
        .into_iter()
        .map(|style| Share {
            style,
            events: Vec::new(),
            captured: 0,
        })
        .collect();
    let length = shares.len();
    for (index, template) in templates.iter().enumerate() {
        let share = &mut shares[index % length];
        for handler in HANDLERS {
            share.events.push(template.for_handler(handler));
            share.captured += usize::from(template.is_captured);
        }
    }
    shares
}

/// The answers with a queue of this mood; says so itself where the queue was not what it seems.
async fn answers_with(share: &Share, mood: Mood, flush_timeout_ms: u64) -> Vec<Completion> {
    let queue = Queue::start(mood).await;
    let environment = queue.environment(flush_timeout_ms);
    let with = answers(share.style, &share.events, &environment).await;
    let label = format!("{:?} {mood:?}", share.style);
    match mood {
        Mood::Healthy(Duration::ZERO) => {
            assert_eq!(queue.messages().len(), share.captured, "{label}");
        }
        Mood::Denied => assert!(queue.requests() >= share.captured, "{label}"),
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
    let shares = shares(&templates);
    let bare: Vec<Vec<Completion>> = stream::iter(&shares)
        .map(|share| answers(share.style, &share.events, &[]))
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

    let pairs = MOODS
        .iter()
        .flat_map(|mood| shares.iter().zip(&bare).map(move |pair| (mood, pair)));
    let pairs: Vec<_> = pairs.collect();
    stream::iter(pairs)
        .for_each_concurrent(
            PROCESSES,
            async |((mood, flush_timeout_ms), (share, without))| {
                let with = answers_with(share, *mood, *flush_timeout_ms).await;
                let label = format!("{:?} {mood:?}", share.style);
                assert_same(&label, &share.events, without, &with);
            },
        )
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
