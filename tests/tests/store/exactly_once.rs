//! However often and by however many an event is delivered, it is there once.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use daybook_event::AuditEvent;
use daybook_store::{DIGEST_WAY_BYTES, Filter, Search, Stored, TenantId};
use daybook_tests::clickhouse::ClickHouse;
use futures::future::try_join_all;
use jiff::{Timestamp, ToSpan};

use crate::fixture::{ask, batch, clickhouse, event, event_at, everything, exported, new, tenant};

const ENGINE: &str = env!("CARGO_BIN_EXE_clickhouse-engine");

/// Page, count and export agree that there are `expected` events, none twice.
async fn assert_once(tenant: &TenantId, expected: usize) {
    assert_once_in(clickhouse(), tenant, expected).await;
}

async fn assert_once_in(clickhouse: &ClickHouse, tenant: &TenantId, expected: usize) {
    let reader = clickhouse.reader().unwrap();
    let page = everything(&reader, tenant).await;
    let ids: HashSet<_> = page.events.iter().map(|event| event.id).collect();
    assert_eq!(
        ids.len(),
        page.events.len(),
        "an event is twice on the page"
    );
    assert_eq!(page.events.len(), expected);
    assert_eq!(page.total, Some(expected as u64));
    let exported = exported(&reader, tenant, &Search::default()).await;
    assert_eq!(exported, page.events);
}

fn count(outcomes: &[Stored], wanted: Stored) -> usize {
    outcomes
        .iter()
        .filter(|&&outcome| outcome == wanted)
        .count()
}

#[tokio::test]
async fn the_same_events_in_other_batches_are_there_once() {
    let tenant = tenant("once-batches");
    let writer = clickhouse().writer().unwrap();
    let first = writer.insert(&batch(&tenant, 0..100)).await.unwrap();
    assert_eq!(first, vec![Stored::Inserted; 100]);

    // With one row fewer, with one more, shifted, and by another writer.
    for (numbers, expected_new) in [(0..99, 0), (0..101, 1), (50..150, 49), (0..150, 0)] {
        let other = clickhouse().writer().unwrap();
        let outcomes = other.insert(&batch(&tenant, numbers)).await.unwrap();
        assert_eq!(count(&outcomes, Stored::Inserted), expected_new);
    }
    assert_once(&tenant, 150).await;
}

/// ClickHouse counts the seconds of a part in 32 bits.
#[tokio::test]
async fn a_part_across_the_last_second_of_32_bits_is_looked_through() {
    let tenant = tenant("once-2106");
    let times = ["2106-02-05T00:00:00Z", "2106-02-20T00:00:00Z"];
    let events: Vec<_> = (0..)
        .zip(times)
        .map(|(number, time)| new(event_at(&tenant, number, time.parse().unwrap())))
        .collect();
    let writer = clickhouse().writer().unwrap();
    writer.insert(&events).await.unwrap();
    for copy in &events {
        // One that has looked at nothing yet.
        let other = clickhouse().writer().unwrap();
        let outcomes = other.insert(std::slice::from_ref(copy)).await.unwrap();
        assert_eq!(outcomes, [Stored::Duplicate]);
    }
    assert_once(&tenant, 2).await;
}

#[tokio::test]
async fn copies_within_a_batch_are_there_once() {
    let tenant = tenant("once-within");
    let writer = clickhouse().writer().unwrap();
    let mut events = batch(&tenant, 0..3);
    events.extend(batch(&tenant, 1..4));
    let outcomes = writer.insert(&events).await.unwrap();
    let (i, d) = (Stored::Inserted, Stored::Duplicate);
    assert_eq!(outcomes, [i, i, i, d, d, i]);
    assert_once(&tenant, 4).await;
}

#[tokio::test]
async fn an_empty_batch_is_no_work() {
    let outcomes = clickhouse().writer().unwrap().insert(&[]).await.unwrap();
    assert!(outcomes.is_empty());
}

#[tokio::test]
async fn writers_side_by_side_store_each_event_once() {
    let tenant = tenant("once-side-by-side");
    let name = &tenant;
    // Four processes' worth of writers, each with batches that overlap all the others'.
    let writers = (0..4_u32).map(|number| async move {
        let writer = clickhouse().writer()?;
        let mut inserted = 0;
        for round in 0..5 {
            let start = (number * 100 + round * 300) % 1_200;
            let outcomes = writer.insert(&batch(name, start..start + 500)).await?;
            inserted += count(&outcomes, Stored::Inserted);
        }
        anyhow::Ok(inserted)
    });
    try_join_all(writers).await.unwrap();
    let expected: HashSet<u32> = (0..4_u32)
        .flat_map(|number| (0..5).map(move |round| (number * 100 + round * 300) % 1_200))
        .flat_map(|start| start..start + 500)
        .collect();
    assert_once(&tenant, expected.len()).await;
}

#[tokio::test]
async fn digests_that_were_made_in_different_ways_are_not_compared() {
    let tenant = tenant("once-ways");
    let writer = clickhouse().writer().unwrap();
    writer.insert(&batch(&tenant, 0..1)).await.unwrap();
    let mut after_a_deployment = new(event(&tenant, 0));
    after_a_deployment.request_digest.fill(7);
    let outcomes = writer.insert(&[after_a_deployment]).await.unwrap();
    assert_eq!(outcomes, [Stored::Duplicate]);
}

#[tokio::test]
async fn another_request_with_a_stored_id_is_a_conflict_and_changes_nothing() {
    let tenant = tenant("once-conflict");
    let writer = clickhouse().writer().unwrap();
    writer.insert(&batch(&tenant, 0..2)).await.unwrap();

    let mut forged = new(event(&tenant, 1));
    forged.request_digest[DIGEST_WAY_BYTES..].fill(7);
    forged.event.activity = "nobody did anything".to_owned();
    let again = new(event(&tenant, 1));
    let fresh = new(event(&tenant, 2));
    let mut forged_fresh = forged.clone();
    forged_fresh.event.id = fresh.event.id;
    forged_fresh.event.timestamp = fresh.event.timestamp;

    let outcomes = writer
        .insert(&[forged, again, fresh, forged_fresh])
        .await
        .unwrap();
    assert_eq!(
        outcomes,
        [
            Stored::Conflict,
            Stored::Duplicate,
            Stored::Inserted,
            Stored::Conflict
        ]
    );
    let reader = clickhouse().reader().unwrap();
    let stored = reader.get(&tenant, event(&tenant, 1).id).await.unwrap();
    assert_eq!(stored, Some(event(&tenant, 1)));
    assert_once(&tenant, 3).await;
}

#[tokio::test]
async fn one_id_in_two_tenants_is_two_events() {
    let (one, two) = (tenant("once-one"), tenant("once-two"));
    let mut events = batch(&one, 0..1);
    events.extend(batch(&two, 0..1));
    events[1].event.id = events[0].event.id;
    let outcomes = clickhouse()
        .writer()
        .unwrap()
        .insert(&events)
        .await
        .unwrap();
    assert_eq!(outcomes, [Stored::Inserted; 2]);
    assert_once(&one, 1).await;
    assert_once(&two, 1).await;
}

#[tokio::test]
async fn a_batch_over_a_hundred_and_fifty_months_is_stored() {
    let tenant = tenant("once-months");
    let events: Vec<_> = (0..150_u32)
        .map(|number| {
            let (year, month) = (1970 + number * 2, number % 12 + 1);
            let timestamp = format!("{year:04}-{month:02}-28T23:59:59.999Z");
            new(event_at(&tenant, number, timestamp.parse().unwrap()))
        })
        .collect();
    let writer = clickhouse().writer().unwrap();
    assert_eq!(
        writer.insert(&events).await.unwrap(),
        vec![Stored::Inserted; 150]
    );
    assert_eq!(
        writer.insert(&events).await.unwrap(),
        vec![Stored::Duplicate; 150]
    );
    assert_once(&tenant, 150).await;
}

#[tokio::test]
async fn the_head_of_a_month_stays_when_all_of_it_is_gone() {
    // One of its own: to drop a partition, ClickHouse cancels what mutations of other tests do to the table.
    let clickhouse = ClickHouse::start(ENGINE).await.unwrap();
    let tenant = tenant("once-head");
    let at = |number: u32| {
        let time: Timestamp = "2031-05-01T00:00:00Z".parse().unwrap();
        new(event_at(
            &tenant,
            number,
            time + i64::from(number).seconds(),
        ))
    };
    let writer = clickhouse.writer().unwrap();
    for number in 0..3 {
        writer.insert(&[at(number)]).await.unwrap();
    }
    // Nobody of Daybook may do this to the table.
    let administrator = ClickHouse::administrator();
    let head = async || {
        let sql = "SELECT max(max_block_number) FROM system.parts \
                   WHERE table = 'events' AND partition = '203105' AND active";
        let answer = ask(&clickhouse, &administrator, "", &[], sql).await;
        answer.text.trim().parse::<u64>().unwrap()
    };
    let before = head().await;
    assert!(before > 2);
    for sql in [
        "ALTER TABLE events DELETE WHERE org_id = 'once-head'",
        "ALTER TABLE events DROP PARTITION 203105",
    ] {
        let answer = ask(&clickhouse, &administrator, "mutations_sync=2", &[], sql).await;
        assert_eq!(answer.code(), None, "{}", answer.text);
        // Longer than ClickHouse takes to look for empty parts (1 s).
        let cleaned = Instant::now() + Duration::from_secs(3);
        while Instant::now() < cleaned {
            assert_eq!(head().await, before, "{sql}");
        }
        assert_once_in(&clickhouse, &tenant, 0).await;
    }
    let again = [at(0), at(1), at(2)];
    let outcomes = writer.insert(&again).await.unwrap();
    assert_eq!(outcomes, [Stored::Inserted; 3]);
    let outcomes = writer.insert(&again).await.unwrap();
    assert_eq!(outcomes, [Stored::Duplicate; 3]);
    assert_once_in(&clickhouse, &tenant, 3).await;
}

#[tokio::test]
async fn late_copies_among_much_that_is_stored_are_found() {
    let tenant = tenant("once-late");
    let writer = clickhouse().writer().unwrap();
    writer.insert(&batch(&tenant, 0..20_000)).await.unwrap();
    writer
        .insert(&batch(&tenant, 30_000..30_100))
        .await
        .unwrap();
    // A few of many, most of many, and between what is stored.
    for (numbers, expected_new) in [
        (19_990..20_010, 10),
        (100..19_000, 0),
        (29_950..30_150, 100),
        (25_000..25_010, 10),
    ] {
        let other = clickhouse().writer().unwrap();
        let outcomes = other.insert(&batch(&tenant, numbers)).await.unwrap();
        assert_eq!(count(&outcomes, Stored::Inserted), expected_new);
    }
    let reader = clickhouse().reader().unwrap();
    let total = reader.count(&tenant, &Filter::default()).await.unwrap();
    assert_eq!(total, 20_220);
}

#[tokio::test]
async fn what_has_expired_is_acknowledged_and_not_stored() {
    let tenant = tenant("once-expired");
    let expired = AuditEvent {
        expires_at: "2026-01-01T00:00:00Z".parse().unwrap(),
        ..event(&tenant, 0)
    };
    let events = [new(expired.clone()), new(event(&tenant, 1)), new(expired)];
    let outcomes = clickhouse()
        .writer()
        .unwrap()
        .insert(&events)
        .await
        .unwrap();
    assert_eq!(
        outcomes,
        [Stored::Expired, Stored::Inserted, Stored::Expired]
    );
    assert_once(&tenant, 1).await;
}

#[tokio::test]
async fn an_event_that_cannot_be_stored_is_named_and_nothing_is_written() {
    let tenant = tenant("once-unstorable");
    let mut events = batch(&tenant, 0..3);
    events[1].event.timestamp = "2300-01-01T00:00:00Z".parse().unwrap();
    let error = clickhouse()
        .writer()
        .unwrap()
        .insert(&events)
        .await
        .unwrap_err();
    assert!(
        error.to_string().starts_with("event 1 of the batch"),
        "{error}"
    );
    assert!(!error.may_succeed_later());
    assert_once(&tenant, 0).await;
}

/// A writer takes a token for spent when its insert was answered and the head is where it was.
#[tokio::test]
async fn an_insert_of_which_all_has_expired_spends_its_token() {
    let administrator = ClickHouse::administrator();
    let run = async |settings: &str, sql: &str| {
        let answer = ask(clickhouse(), &administrator, settings, &[], sql).await;
        assert_eq!(answer.code(), None, "{sql}: {}", answer.text);
        answer.text.trim().parse::<u64>().unwrap_or_default()
    };
    let insert = async |token: &str, expires_at: &str| {
        let settings = format!(
            "async_insert=0&insert_deduplicate=1&deduplicate_insert=enable&insert_deduplication_token={token}"
        );
        let sql = format!(
            "INSERT INTO events (org_id, timestamp, id, expires_at) \
             VALUES ('once-spent', '2032-07-01 00:00:00', generateUUIDv4(), '{expires_at}')"
        );
        run(&settings, &sql).await;
    };
    let head = "SELECT max(max_block_number) FROM system.parts \
                WHERE table = 'events' AND partition = '203207' AND active";
    let stored = "SELECT count() FROM events WHERE org_id = 'once-spent' AND expires_at > now64(3)";
    assert_eq!(run("", head).await, 0);
    insert("of-head-0", "2026-01-01 00:00:00").await;
    let after = run("", head).await;
    assert!(after > 0);
    insert("of-head-0", "2290-01-01 00:00:00").await;
    assert_eq!((run("", head).await, run("", stored).await), (after, 0));
    insert("of-this-head", "2290-01-01 00:00:00").await;
    assert_eq!(run("", stored).await, 1);
}
