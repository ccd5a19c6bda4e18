//! What an insert writes is compressed quickly, and what stays is compressed well.

use daybook_tests::clickhouse::ClickHouse;

use crate::fixture::{ask, clickhouse};

const QUICK: &str = "LZ4";
const WELL: &str = "ZSTD(1)";

/// Writes two parts of a month, with so many events of a megabyte, that came when `ingested_at` says. What
/// they are compressed with, and what the part is into which they are merged.
async fn codecs(month: &str, events: u32, ingested_at: &str) -> (Vec<String>, Vec<String>) {
    for _ in 0..2 {
        run(&format!(
            "INSERT INTO events (org_id, timestamp, id, rest, ingested_at, expires_at) \
             SELECT 'compression', '{month}-01 00:00:00', generateUUIDv4(), \
             randomPrintableASCII(1000000), {ingested_at}, '2299-12-31 00:00:00' \
             FROM numbers({events})"
        ))
        .await;
    }
    let partition = month.replace('-', "");
    let codecs = format!(
        "SELECT default_compression_codec FROM system.parts \
         WHERE table = 'events' AND active AND partition_id = '{partition}' FORMAT TSV"
    );
    let before = run(&codecs).await;
    run(&format!(
        "OPTIMIZE TABLE events PARTITION ID '{partition}' FINAL"
    ))
    .await;
    let lines = |text: String| text.lines().map(str::to_owned).collect();
    (lines(before), lines(run(&codecs).await))
}

async fn run(sql: &str) -> String {
    let settings = "async_insert=0&max_block_size=1000";
    let answer = ask(
        clickhouse(),
        &ClickHouse::administrator(),
        settings,
        &[],
        sql,
    )
    .await;
    assert_eq!(answer.code(), None, "{sql}: {}", answer.text);
    answer.text
}

#[tokio::test]
async fn the_lengths_of_texts_are_no_file_of_their_own() {
    codecs("1987-06", 1, "now64(3)").await;
    let files = "SELECT DISTINCT arrayJoin(substreams) FROM system.parts_columns \
                 WHERE table = 'events' AND active AND partition_id = '198706' AND column = 'rest'";
    assert_eq!(run(files).await.trim(), "rest");
}

#[tokio::test]
async fn a_small_part_is_compressed_quickly_while_it_is_young() {
    let (before, after) = codecs("1987-03", 1, "now64(3)").await;
    assert!(before.iter().all(|codec| codec == QUICK), "{before:?}");
    assert_eq!(after, [QUICK]);
}

#[tokio::test]
async fn a_large_part_is_compressed_well() {
    let (before, after) = codecs("1987-04", 20, "now64(3)").await;
    assert!(before.iter().all(|codec| codec == QUICK), "{before:?}");
    assert_eq!(after, [WELL]);
}

#[tokio::test]
async fn a_day_later_a_small_part_is_compressed_well_too() {
    let (_, after) = codecs("1987-05", 1, "now64(3) - INTERVAL 25 HOUR").await;
    assert_eq!(after, [WELL]);
}
