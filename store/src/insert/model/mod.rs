//! Thousands of schedules, each made by a seed, in which everything goes wrong that may: events are
//! delivered twice and in other batches, side by side; clients and the server are killed; answers come
//! late or never; a tenant is erased; clocks are wrong. What was acknowledged is there, once.

mod chance;
mod clickhouse;
mod schedule;

use std::sync::atomic::{AtomicU64, Ordering};

use clickhouse::Missing;
use schedule::{Settings, run};

const SCHEDULES: u64 = 10_000;

/// The first seeds of which a schedule goes wrong, with what went wrong.
fn failures(settings: Settings, seeds: u64, failures_max: usize) -> Vec<(u64, Vec<String>)> {
    let (next, failed) = (AtomicU64::new(0), std::sync::Mutex::new(Vec::new()));
    std::thread::scope(|threads| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            threads.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds || failed.lock().unwrap().len() >= failures_max {
                        return;
                    }
                    let violations = run(seed, settings);
                    if !violations.is_empty() {
                        failed.lock().unwrap().push((seed, violations));
                    }
                }
            });
        }
    });
    failed.into_inner().unwrap()
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_is_there_twice() {
    let failures = failures(Settings::default(), SCHEDULES, 3);
    assert!(failures.is_empty(), "{failures:#?}");
}

/// Takes a protection away, and expects that it is missed.
fn expect_violation(settings: Settings, expected: &str) {
    let failures = failures(settings, SCHEDULES, 1);
    let (seed, violations) = failures.first().expect("nothing went wrong without it");
    assert!(
        violations.iter().any(|violation| violation == expected),
        "{seed}: {violations:?}"
    );
}

#[test]
fn without_tokens_an_event_is_there_twice() {
    let missing = Missing::Tokens;
    expect_violation(
        Settings {
            missing,
            ..Settings::default()
        },
        "an event is there twice",
    );
}

#[test]
fn an_erasure_that_does_not_wait_for_the_writers_misses_what_they_store() {
    expect_violation(
        Settings {
            erasure_waits: false,
            ..Settings::default()
        },
        "an erased event was stored",
    );
}

#[test]
fn a_seed_makes_the_same_schedule_again() {
    let settings = Settings {
        missing: Missing::Tokens,
        ..Settings::default()
    };
    let (seed, violations) = failures(settings, SCHEDULES, 1).remove(0);
    assert_eq!(run(seed, settings), violations);
}
