//! A batch with all kinds of trouble: each message has its own fate.

use daybook_tests::events::Call;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::{delete_call, shared_up, start_up};

#[tokio::test(flavor = "multi_thread")]
async fn each_message_of_a_mixed_batch_has_its_own_fate() {
    let (_data, up) = start_up().await;
    let broken = r#"{"v":1,"event":{"requestContext":"#.to_owned();
    let from_the_future = Call {
        time: Timestamp::now()
            .checked_add(SignedDuration::from_hours(24 * 365))
            .unwrap(),
        ..delete_call("mixed")
    };
    let future = from_the_future.message(204, None);
    let without_tenant = Call {
        org_id: None,
        ..delete_call("")
    };
    let unknown_service = Call {
        domain_name: "billing.example.com",
        resource: "/v9/invoices/{invoiceId}",
        path: "/v9/invoices/7".to_owned(),
        ..delete_call("mixed")
    };
    let good = delete_call("mixed");
    let answer = up
        .intake(&[
            broken.clone(),
            future.clone(),
            without_tenant.message(204, None),
            unknown_service.message(204, None),
            good.message(204, None),
        ])
        .await
        .unwrap();

    assert_eq!(answer["accepted"], 3);
    let failed = answer["failed"].as_array().unwrap();
    assert_eq!(failed.len(), 2);
    assert_eq!(
        failed[0],
        json!({"line": 1, "reason": "the message is not JSON: it ends too early at line 1, column 33"})
    );
    assert_eq!(failed[1]["line"], 2);
    let reason = failed[1]["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("the event's time lies in the future: 315"),
        "{reason}"
    );

    let dead = up.dead_letters().unwrap();
    let bodies: Vec<&str> = dead
        .iter()
        .filter_map(|letter| letter["body"].as_str())
        .collect();
    assert_eq!(bodies, [broken.as_str(), future.as_str()]);
    assert_eq!(dead[0]["reason"], failed[0]["reason"]);

    let token = up.token("mixed").await.unwrap();
    let logs = up
        .logs(&token, &json!({"sort": "timestamp"}))
        .await
        .unwrap();
    assert_eq!(logs.len(), 2, "the tenantless event is nobody's");
    let unknown = logs
        .iter()
        .find(|log| log["http"]["domainName"] == "billing.example.com")
        .unwrap();
    assert_eq!(unknown["described"], false);
    assert_eq!(
        (&unknown["service_name"], &unknown["event_name"]),
        (&json!(""), &json!(""))
    );
    assert_eq!(unknown["action"], "delete");
    assert_eq!(
        unknown["activity"],
        "jane@example.com called DELETE /v9/invoices/7"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_text_are_kept_as_they_are() {
    use base64::Engine as _;
    let (_data, up) = start_up().await;
    let answer = daybook_tests::http::post(
        &format!("{}/intake", up.url),
        &[("content-type", "text/plain")],
        vec![0xff, 0xfe, b'\n', b'\n', 0xff],
    )
    .await
    .unwrap();
    let reason = "the message is not UTF-8 text";
    assert_eq!(
        answer.json().unwrap(),
        json!({"accepted": 0, "failed": [{"line": 1, "reason": reason}, {"line": 3, "reason": reason}]})
    );
    let dead = up.dead_letters().unwrap();
    let kept = base64::engine::general_purpose::STANDARD
        .decode(dead[0]["body_base64"].as_str().unwrap())
        .unwrap();
    assert_eq!(kept, [0xff, 0xfe]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_page_cannot_write_to_the_intake() {
    let up = shared_up();
    let url = format!("{}/intake", up.url);
    for headers in [
        [("origin", "https://evil.example")],
        [("host", "evil.example")],
    ] {
        let message = delete_call("forged").message(204, None);
        let answer = daybook_tests::http::post(&url, &headers, message)
            .await
            .unwrap();
        assert_eq!(answer.status, 403);
    }
    let token = up.token("forged").await.unwrap();
    assert_eq!(up.total(&token).await.unwrap(), 0);
}
