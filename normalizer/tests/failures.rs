//! What becomes of a call whose handler gave no answer.

#![allow(clippy::unwrap_used)] // the helpers of tests give up as tests do

use daybook_event::Outcome;
use daybook_normalizer::context::build_index;
use daybook_normalizer::message::decode;
use daybook_normalizer::normalize::{Normalized, normalize};
use daybook_normalizer::settings::Settings;
use jiff::Timestamp;
use serde_json::json;

const NOW_MS: i64 = 1_795_379_689_123;

fn outcome_of(failure: &str) -> Outcome {
    let message = json!({
        "v": 1,
        "event": {
            "httpMethod": "DELETE", "path": "/v1/orders/7", "resource": "/v1/orders/{orderId}",
            "requestContext": {"apiId": "a1", "stage": "prod", "requestId": "r1", "requestTimeEpoch": NOW_MS},
        },
        "response": {"status_code": 0, "failure": failure},
    });
    let settings = Settings::default();
    let (index, _) = build_index(Vec::new(), &settings);
    let now = Timestamp::from_millisecond(NOW_MS).unwrap();
    match normalize(
        &decode(&message.to_string()).unwrap(),
        &index,
        &settings,
        now,
    )
    .unwrap()
    {
        Normalized::Event(new) => new.event.outcome,
        Normalized::Dropped(reason) => panic!("dropped: {reason}"),
    }
}

#[test]
fn an_error_and_a_panic_are_failures_and_what_a_timeout_hides_is_unknown() {
    assert_eq!(outcome_of("error"), Outcome::Failure);
    assert_eq!(outcome_of("panic"), Outcome::Failure);
    assert_eq!(outcome_of("timeout"), Outcome::Unknown);
}
