//! What the layer adds to a cold start and to a binary: two services, with and without it, against a Lambda
//! Runtime API on this machine.
//!
//! `cargo bench -p daybook-capture --bench cold_start` builds the examples `bare` and `default` in a package
//! of their own, as a service would, and starts them in turn. The package lies below the target folder, because
//! in this workspace the layer has the features that other crates and tests ask for. A time is the median of all
//! starts: by the clock, and by the processor time of all of the process's threads, which other programs on the
//! machine alter little.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // a benchmark gives up and talks as tests do
#![allow(clippy::cast_precision_loss)] // of some megabytes
#![allow(clippy::unnecessary_debug_formatting)] // a path in a manifest is quoted as a text in Rust is

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use daybook_sample_service::runtime_api::RuntimeApi;

const STARTS: usize = 41;

const WORKSPACE: &str = include_str!("../../Cargo.toml");

const EVENT: &str = include_str!("events/rest-post.json");

/// Without the layer, and with it.
const EXAMPLES: [&str; 2] = ["bare", "default"];

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let programs = build();
    let [without, with] = programs
        .each_ref()
        .map(|program| program.metadata().unwrap().len() as f64 / 1e6);
    println!(
        "MB, stripped: {without:.2} without the layer, {with:.2} with it, added {:.2}",
        with - without
    );

    let mut starts = [Vec::new(), Vec::new()];
    for round in 0..STARTS {
        // Neither of them always comes first.
        for which in [round % 2, 1 - round % 2] {
            starts[which].push(start(&programs[which]).await);
        }
    }
    println!("ms from the start of the process, medians of {STARTS} starts each:");
    for (what, part) in [
        (
            "first asks for an event, clock",
            (|start| start.asked.clock) as fn(&Start) -> Duration,
        ),
        ("first asks for an event, processor", |start| {
            start.asked.processor
        }),
        ("first response, clock", |start| start.answered.clock),
        ("first response, processor", |start| {
            start.answered.processor
        }),
    ] {
        let [without, with] = starts.each_ref().map(|starts| median_ms(starts, part));
        println!(
            "  {what}: {without:.2} without the layer, {with:.2} with it, added {:.2}",
            with - without
        );
    }
}

/// How far a process had come.
struct Start {
    asked: Elapsed,
    answered: Elapsed,
}

struct Elapsed {
    clock: Duration,
    processor: Duration,
}

async fn start(program: &Path) -> Start {
    let runtime_api = RuntimeApi::start().await.unwrap();
    let mut command = Command::new(program);
    command
        .env_clear()
        .envs(runtime_api.environment("hello"))
        .envs([
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            // Nobody listens there: what comes after the response is not measured.
            ("DAYBOOK_QUEUE_URL", "http://127.0.0.1:9/123456789012/audit"),
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let started = Instant::now();
    let mut process = command.spawn().unwrap();
    let asked_at = runtime_api.asked(1).await;
    let asked = Elapsed {
        clock: asked_at - started,
        processor: processor_time(process.id()),
    };
    let completion = runtime_api
        .invoke(Bytes::from_static(EVENT.as_bytes()))
        .await
        .unwrap();
    let answered = Elapsed {
        clock: completion.completed_at - started,
        processor: processor_time(process.id()),
    };
    process.kill().unwrap();
    process.wait().unwrap();
    Start { asked, answered }
}

/// The time that all threads of a process ran (Linux, `proc_pid_schedstat`); zero elsewhere.
fn processor_time(process_id: u32) -> Duration {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{process_id}/task")) else {
        return Duration::ZERO;
    };
    threads
        .filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok())
        .filter_map(|times| times.split(' ').next()?.parse().ok())
        .map(Duration::from_nanos)
        .sum()
}

fn median_ms(starts: &[Start], part: fn(&Start) -> Duration) -> f64 {
    let mut times: Vec<_> = starts.iter().map(part).collect();
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1_000.0
}

/// Both examples as a release would ship them, with the versions that this workspace has.
fn build() -> [PathBuf; 2] {
    let capture = Path::new(env!("CARGO_MANIFEST_DIR"));
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cold_start");
    fs::create_dir_all(&package).unwrap();
    fs::write(package.join("Cargo.toml"), manifest(capture)).unwrap();
    fs::copy(capture.join("../Cargo.lock"), package.join("Cargo.lock")).unwrap();
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--quiet", "--manifest-path"])
        .arg(package.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(package.join("target"))
        .status()
        .unwrap();
    assert!(built.success());
    EXAMPLES.map(|example| package.join("target/release").join(example))
}

fn manifest(capture: &Path) -> String {
    let version = |dependency: &str| {
        let line = format!("{dependency} = ");
        let mut lines = WORKSPACE.lines();
        lines.find(|text| text.starts_with(&line)).unwrap()
    };
    let programs = EXAMPLES.map(|example| {
        let path = capture.join("examples").join(example).with_extension("rs");
        format!("[[bin]]\nname = {example:?}\npath = {path:?}\n")
    });
    format!(
        "[package]\nname = \"cold-start\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\ndaybook-capture = {{ path = {capture:?} }}\n{}\n{}\n\n{}\n\
         [profile.release]\nstrip = true\n",
        version("lambda_http"),
        version("tokio"),
        programs.join("\n"),
    )
}
