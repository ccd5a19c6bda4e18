//! Who looks for one event among many reads few rows, through the view that readers have.

use daybook_event::AuditEvent;
use daybook_store::{Filter, Match, Search, TenantId, TotalMode};
use daybook_tests::clickhouse::ClickHouse;

use crate::fixture::{ask, event, new, tenant};

const EVENTS: u32 = 20_000;
/// Of the 20 granules of 1,024 rows: that of the event, which is read twice, and what a bloom filter
/// takes for it.
const ROWS_MAX: u64 = 5 * 1_024;

fn varied(tenant: &TenantId, number: u32) -> AuditEvent {
    let mut event = event(tenant, number);
    "workflow".clone_into(&mut event.entity.kind);
    // Each is about three things, and none of them is another event's.
    event.entity.id = format!("e{number},f{number},g{number}");
    "folder".clone_into(&mut event.parent.kind);
    event.parent.id = format!("p{number}");
    event.caller.user_id = format!("u{number}");
    event.caller.user_email = format!("jane{number}@example.com");
    event.correlation_id = format!("c{number}");
    event.activity = format!("jane deleted needle{number}");
    event
}

async fn rows_read(clickhouse: &ClickHouse) -> u64 {
    let sql = "SELECT sum(value) FROM system.events WHERE event = 'SelectedRows'";
    let answer = ask(clickhouse, &ClickHouse::administrator(), "", &[], sql).await;
    answer.text.trim().parse().unwrap()
}

#[tokio::test]
async fn one_of_many_is_found_by_an_index() {
    let clickhouse = ClickHouse::start(env!("CARGO_BIN_EXE_clickhouse-engine"))
        .await
        .unwrap();
    let tenant = tenant("indexes");
    let batch: Vec<_> = (0..EVENTS)
        .map(|number| new(varied(&tenant, number)))
        .collect();
    clickhouse.writer().unwrap().insert(&batch).await.unwrap();
    // Merges make the indexes.
    let sql = "OPTIMIZE TABLE events FINAL";
    let answer = ask(&clickhouse, &ClickHouse::administrator(), "", &[], sql).await;
    assert_eq!(answer.code(), None, "{}", answer.text);

    let one = |value: &str| Match::any_of([value.to_owned()]);
    let reader = clickhouse.reader().unwrap();
    for filter in [
        Filter {
            entity_type: one("workflow"),
            entity_id: one("f12345"),
            ..Filter::default()
        },
        Filter {
            user_id: one("u12345"),
            ..Filter::default()
        },
        Filter {
            user_email: one("jane12345@example.com"),
            ..Filter::default()
        },
        Filter {
            correlation_id: one("c12345"),
            ..Filter::default()
        },
        Filter {
            words: vec!["NEEDLE12345".to_owned()],
            ..Filter::default()
        },
        Filter {
            entity_type: one("folder"),
            entity_id: one("p12345"),
            include_children: true,
            ..Filter::default()
        },
    ] {
        let search = Search {
            filter: filter.clone(),
            total: TotalMode::None,
            ..Search::default()
        };
        let before = rows_read(&clickhouse).await;
        let page = reader.search(&tenant, &search).await.unwrap();
        let rows = rows_read(&clickhouse).await - before;
        let found: Vec<_> = page.events.iter().map(|event| event.id).collect();
        assert_eq!(found, [event(&tenant, 12_345).id], "{filter:?}");
        assert!(rows <= ROWS_MAX, "{rows} rows read for {filter:?}");
    }
}
