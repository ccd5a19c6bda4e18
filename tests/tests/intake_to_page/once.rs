//! Exactly once: whatever is delivered again, in whatever batch, before or after a restart or a kill.

use std::collections::HashSet;

use daybook_tests::up::Up;
use serde_json::{Value, json};

use crate::{PROGRAM, delete_call, start_up};

/// How many events the kill test sends.
const EVENTS: usize = 50_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_message_delivered_five_times_is_one_event_also_after_a_restart() {
    let (data, up) = start_up().await;
    let message = delete_call("once").message(204, None);
    let other = || delete_call("once").message(204, None);
    let repeated = [message.clone(), message.clone()];
    up.intake(std::slice::from_ref(&message)).await.unwrap();
    up.intake(&[other(), message.clone()]).await.unwrap();
    let answer = up.intake(&repeated).await.unwrap();
    assert_eq!(answer, json!({"accepted": 2, "failed": []}));
    up.interrupt().await.unwrap();

    let up = Up::start(PROGRAM, data.path(), &["--no-seed"])
        .await
        .unwrap();
    up.intake(&[message.clone(), other()]).await.unwrap();

    let token = up.token("once").await.unwrap();
    let logs = up.logs(&token, &json!({})).await.unwrap();
    assert_eq!(logs.len(), 3);
    assert_eq!(up.total(&token).await.unwrap(), 3);
    let exported = up.get(&token, "/v1/logs/export").await.unwrap();
    assert_eq!(exported.status, 200);
    assert_eq!(ids_of_lines(&exported.text()), ids(&logs));
    assert_eq!(exported.text().lines().count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_copy_wins_and_another_story_under_its_id_is_a_dead_letter() {
    let (_data, up) = start_up().await;
    let mut call = delete_call("conflict");
    up.intake(&[call.message(204, None)]).await.unwrap();
    // Another response of the same request adds nothing: the first copy stays.
    let again = up.intake(&[call.message(500, None)]).await.unwrap();
    assert_eq!(again, json!({"accepted": 1, "failed": []}));
    call.body = Some(json!({"force": true}));
    let forged = call.message(204, None);
    let answer = up.intake(std::slice::from_ref(&forged)).await.unwrap();
    let reason = "conflict: an event with this id is stored already, and its request differs (method, path, caller or body)";
    assert_eq!(
        answer,
        json!({"accepted": 0, "failed": [{"line": 1, "reason": reason}]})
    );
    let dead = up.dead_letters().unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!(
        (&dead[0]["body"], &dead[0]["reason"]),
        (&json!(forged), &json!(reason))
    );
    let token = up.token("conflict").await.unwrap();
    let logs = up.logs(&token, &json!({})).await.unwrap();
    assert_eq!(logs.len(), 1);
    assert_eq!(
        (&logs[0]["status_code"], &logs[0]["detail"]),
        (&json!(204), &json!(""))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_in_the_middle_of_an_intake_loses_nothing_and_doubles_nothing() {
    let (data, up) = start_up().await;
    let lines: Vec<String> = (0..EVENTS)
        .map(|_| delete_call("killed").message(204, None))
        .collect();
    let token = up.token("killed").await.unwrap();
    {
        let sending = up.intake(&lines);
        tokio::pin!(sending);
        // Killed when a part is stored and a part is not.
        loop {
            tokio::select! {
                answer = &mut sending => panic!("the intake ended before the kill: {answer:?}"),
                total = up.total(&token) => {
                    let total = total.unwrap();
                    assert!(total < EVENTS as u64);
                    if total > 0 {
                        break;
                    }
                }
            }
        }
        let id = up.process_id().to_string();
        let killed = std::process::Command::new("kill")
            .args(["-9", &id])
            .status();
        assert!(killed.unwrap().success());
    }
    drop(up);

    let up = Up::start(PROGRAM, data.path(), &["--no-seed"])
        .await
        .unwrap();
    let stored_before = up.total(&token).await.unwrap();
    assert!(
        stored_before > 0 && stored_before < EVENTS as u64,
        "{stored_before}"
    );
    let answer = up.intake(&lines).await.unwrap();
    assert_eq!(answer, json!({"accepted": EVENTS, "failed": []}));
    assert_eq!(up.total(&token).await.unwrap(), EVENTS as u64);
    let exported = up.get(&token, "/v1/logs/export").await.unwrap().text();
    assert_eq!(exported.lines().count(), EVENTS);
    assert_eq!(ids_of_lines(&exported).len(), EVENTS);
}

fn ids(logs: &[Value]) -> HashSet<String> {
    logs.iter()
        .map(|log| log["id"].as_str().unwrap().to_owned())
        .collect()
}

fn ids_of_lines(lines: &str) -> HashSet<String> {
    let logs: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    ids(&logs)
}
