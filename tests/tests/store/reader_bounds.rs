//! Whoever writes the reader's SQL takes no more than a bounded part of the server.

use daybook_store::{Credentials, READER_USER};
use daybook_tests::clickhouse::ClickHouse;

use crate::access::{HEADER, hexadecimal};
use crate::fixture::{Answer, ask, batch, tenant};

const TENANT: &str = "bounded";
const EVENTS: u32 = 100;
/// Ten thousand million pairs of pairs: minutes of work.
const LONG: &str = "SELECT count() FROM tenant_events AS a, tenant_events AS b, tenant_events AS c, \
     tenant_events AS d, tenant_events AS e WHERE NOT ignore(a.id, b.id, c.id, d.id, e.id)";

/// A bound of the role, a value that is soon reached, a question that reaches it, and ClickHouse's code for that.
const BOUNDS: [(&str, &str, &str, u32); 5] = [
    ("max_execution_time", "1", LONG, 159),
    (
        "max_memory_usage",
        "20000000",
        "SELECT length(groupArray(repeat(concat(a.activity, b.activity), 200))) \
         FROM tenant_events AS a, tenant_events AS b",
        241,
    ),
    (
        "max_rows_to_read",
        "10",
        "SELECT count() FROM tenant_events WHERE activity != ''",
        158,
    ),
    ("max_result_rows", "10", "SELECT id FROM tenant_events", 396),
    (
        "max_result_bytes",
        "100",
        "SELECT id FROM tenant_events",
        396,
    ),
];
const AT_ONCE: &str = "max_concurrent_queries_for_user";
/// TOO_MANY_SIMULTANEOUS_QUERIES
const TOO_MANY: u32 = 202;

fn block<'a>(xml: &'a str, name: &str) -> &'a str {
    let (begins, ends) = (format!("<{name}>"), format!("</{name}>"));
    let block = xml.split(begins.as_str()).nth(1).unwrap();
    block.split(ends.as_str()).next().unwrap()
}

fn user_of(bound: &str) -> String {
    format!("{READER_USER}_{bound}")
}

/// Adds users that are like the reader, but that each has one of its bounds at a value that is soon reached.
fn with_bounded_users(xml: &str) -> String {
    let mut xml = xml.to_owned();
    let profile = block(block(&xml, "profiles"), READER_USER).to_owned();
    let user = block(block(&xml, "users"), READER_USER).to_owned();
    let bounds = BOUNDS.iter().map(|(bound, value, ..)| (*bound, *value));
    for (bound, value) in bounds.chain([(AT_ONCE, "1")]) {
        let name = user_of(bound);
        let known = format!("<{bound}>{}</{bound}>", block(&profile, bound));
        let mut profile = profile.replace(&known, &format!("<{bound}>{value}</{bound}>"));
        if bound == AT_ONCE {
            // The first question does not take longer than the second is asked.
            profile = profile.replace(">30</max_execution_time>", ">2</max_execution_time>");
        }
        let user = user.replace(
            &format!("<profile>{READER_USER}</profile>"),
            &format!("<profile>{name}</profile>"),
        );
        xml = xml
            .replace(
                "</profiles>",
                &format!("<{name}>{profile}</{name}></profiles>"),
            )
            .replace("</users>", &format!("<{name}>{user}</{name}></users>"));
    }
    xml
}

#[tokio::test]
async fn each_bound_of_the_reader_holds_through_the_view() {
    let engine = env!("CARGO_BIN_EXE_clickhouse-engine");
    let clickhouse = ClickHouse::start_with_users(engine, with_bounded_users);
    let clickhouse = clickhouse.await.unwrap();
    let events = batch(&tenant(TENANT), 0..EVENTS);
    clickhouse.writer().unwrap().insert(&events).await.unwrap();
    let own = hexadecimal(TENANT);
    let ask_as = async |user: &str, sql: &str| -> Answer {
        let login = Credentials {
            user: user.to_owned(),
            ..clickhouse.passwords().reader_credentials()
        };
        ask(&clickhouse, &login, "", &[(HEADER, &own)], sql).await
    };
    for (bound, _, question, code) in BOUNDS {
        let answer = ask_as(&user_of(bound), question).await;
        assert_eq!(answer.code(), Some(code), "{bound}: {}", answer.text);
        if question != LONG {
            let answer = ask_as(READER_USER, question).await;
            assert_eq!(answer.code(), None, "{question}: {}", answer.text);
        }
        // The bound is what refuses it: others with the same rights have one, too, and get an answer.
        let answer = ask_as(&user_of(bound), "SELECT 1").await;
        assert_eq!(answer.text.trim(), "1", "{bound}");
    }

    let one_at_once = user_of(AT_ONCE);
    let first = ask_as(&one_at_once, LONG);
    let second =
        async { while ask_as(&user_of(AT_ONCE), "SELECT 1").await.code() != Some(TOO_MANY) {} };
    tokio::select! {
        // Whichever comes second.
        answer = first => assert_eq!(answer.code(), Some(TOO_MANY), "{}", answer.text),
        () = second => {}
    }
}
