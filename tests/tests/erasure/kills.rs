//! Killed at any point, by client or by server, an erasure goes on and ends.

use std::time::Duration;

use daybook_event::OWN_SERVICE;
use daybook_store::{ErasureMode, ErasureState, Scope};
use daybook_tests::clickhouse::ClickHouse;

use crate::canaries::{
    TIME_MAX, canaries, eraser, event_of_canaries, events_of, on_disk, request, run, start, writer,
};
use crate::fixture::{batch, everything, tenant};

const POINTS: u32 = 20;

#[tokio::test]
async fn killed_at_twenty_random_points_it_still_completes() {
    let mut clickhouse: ClickHouse = start().await;
    let stays = tenant("killed-stays");
    writer(&clickhouse)
        .insert(&batch(&stays, 0..50))
        .await
        .unwrap();
    let before = events_of(&clickhouse, &stays).await;
    let mut kills = 0;
    for round in 1_u32.. {
        if kills >= POINTS {
            break;
        }
        let gone = tenant(&format!("killed-{round}"));
        let name = format!("ROUND{round}X");
        let mut events = batch(&gone, 0..100);
        events.push(event_of_canaries(&gone, 100, &name));
        writer(&clickhouse).insert(&events).await.unwrap();
        let person = Scope::User(format!("{name}USERID"));
        let scope = if round % 2 == 0 {
            person
        } else {
            Scope::Tenant
        };
        let asked = request(&gone, scope, ErasureMode::Delete);
        // Whoever asked does not hear of it: the next one finds it.
        let time = Duration::from_millis(rand::random_range(0..40));
        let _ = tokio::time::timeout(time, eraser(&clickhouse).request(&asked)).await;
        let mut unfinished = eraser(&clickhouse).unfinished().await.unwrap();
        let mut requests = 1;
        if unfinished.is_empty() {
            requests += 1;
            unfinished.push(eraser(&clickhouse).request(&asked).await.unwrap());
        }
        for _ in 0..6 {
            let time = Duration::from_millis(rand::random_range(0..400));
            let eraser = eraser(&clickhouse);
            let work = eraser.run_to_end(unfinished[0], TIME_MAX);
            if tokio::time::timeout(time, work).await.is_ok() {
                break;
            }
            kills += 1;
            if kills % 4 == 0 {
                clickhouse = clickhouse.restart(true).await.unwrap();
            }
        }
        for id in eraser(&clickhouse).unfinished().await.unwrap() {
            let receipt = eraser(&clickhouse).run_to_end(id, TIME_MAX).await.unwrap();
            assert_eq!(receipt.state, ErasureState::Verified);
        }
        let words = canaries(&name);
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        assert_eq!(on_disk(&clickhouse, &words), Vec::<&str>::new());
        let page = everything(&clickhouse.reader().unwrap(), &gone).await;
        let own = page
            .events
            .iter()
            .filter(|event| event.service_name == OWN_SERVICE);
        // Each erasure leaves one record. A request that was given up may reach the server after it was looked
        // for: then there are two.
        let erasures = format!(
            "SELECT uniqExact(id) FROM erasures WHERE org_id = '{}'",
            gone.as_str()
        );
        let records = own.count();
        assert_eq!(records.to_string(), run(&clickhouse, &erasures).await);
        assert!((1..=requests).contains(&records), "{records} of {requests}");
    }
    assert_eq!(events_of(&clickhouse, &stays).await, before);
    // An index that a migration made names nobody.
    let mutations = "system.mutations WHERE command NOT LIKE '%INDEX%'";
    for table in ["erasure_subjects", mutations] {
        let left = run(&clickhouse, &format!("SELECT count() FROM {table}")).await;
        assert_eq!(left, "0", "{table}");
    }
}
