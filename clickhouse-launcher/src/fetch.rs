//! Fetching the engine's npm package once, whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{IsTerminal, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::cache::{Cache, FileLock};
use crate::child::end_with_this_thread;
use crate::error::LauncherError;

/// An engine's package for one platform, with its version and integrity in npm's lock data.
struct PinnedPackage {
    operating_system: &'static str,
    processor: &'static str,
    name: &'static str,
    version: &'static str,
    package_json: &'static str,
    package_lock_json: &'static str,
    /// How long the library is: npm compares the package only while it unpacks it.
    library_bytes: u64,
}

const PINNED_PACKAGES: &[PinnedPackage] = &[PinnedPackage {
    operating_system: "linux",
    processor: "x86_64",
    name: "@chdb/lib-linux-x64-gnu",
    version: "26.7.3-stable.1",
    package_json: include_str!("../npm/linux-x64-gnu/package.json"),
    package_lock_json: include_str!("../npm/linux-x64-gnu/package-lock.json"),
    library_bytes: 566_330_096,
}];

const LIBRARY_FILE: &str = "libchdb.so";
const UNFINISHED_PREFIX: &str = "unfinished-";
const OUTPUT_BYTES_MAX: usize = 2_000;
const PROGRESS_INTERVAL: Duration = Duration::from_millis(200);
const PLAIN_PROGRESS_INTERVAL: Duration = Duration::from_secs(10);

/// The library in the cache, fetched with `npm` if it is not there, for as long as somebody holds the
/// other end of `given_up`.
pub(crate) fn library(
    cache: &Cache,
    npm: &Path,
    given_up: &Receiver<()>,
) -> Result<PathBuf, LauncherError> {
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    let package = PINNED_PACKAGES
        .iter()
        .find(|package| package.operating_system == os && package.processor == arch)
        .ok_or_else(|| LauncherError::UnknownPlatform {
            platform: format!("{os} {arch}"),
        })?;

    let engines = cache.engines_directory();
    let finished = engines.join(format!("{}-{os}-{arch}", package.version));
    let library = package.library_in(&finished);
    if package.is_whole(&library) {
        return Ok(library);
    }

    let _lock = fetch_lock(&engines.join("fetch.lock"), given_up)?;
    if package.is_whole(&library) {
        return Ok(library); // another process fetched it while this one waited
    }
    remove_unfinished(&engines);
    let unfinished = tempfile::Builder::new()
        .prefix(UNFINISHED_PREFIX)
        .tempdir_in(&engines)
        .map_err(LauncherError::io(format!(
            "creating a directory in {}",
            engines.display()
        )))?;
    write_new(unfinished.path(), "package.json", package.package_json)?;
    write_new(
        unfinished.path(),
        "package-lock.json",
        package.package_lock_json,
    )?;
    install(npm, unfinished.path(), package, given_up)?;
    check_and_sync(&package.library_in(unfinished.path()), package)?;
    if finished.exists() {
        // Without the whole library in it (or the function had returned): somebody cleaned up by
        // hand, or it was cut off.
        fs::remove_dir_all(&finished).map_err(LauncherError::io(format!(
            "removing {}",
            finished.display()
        )))?;
    }
    let unfinished = unfinished.keep();
    fs::rename(&unfinished, &finished).map_err(LauncherError::io(format!(
        "renaming {} to {}",
        unfinished.display(),
        finished.display()
    )))?;
    Ok(library)
}

impl PinnedPackage {
    fn library_in(&self, directory: &Path) -> PathBuf {
        directory
            .join("node_modules")
            .join(self.name)
            .join(LIBRARY_FILE)
    }

    /// One that was cut off would load, and end the process where its missing part is touched.
    fn is_whole(&self, library: &Path) -> bool {
        fs::metadata(library)
            .is_ok_and(|metadata| metadata.is_file() && metadata.len() == self.library_bytes)
    }
}

/// A rename may reach the disk before what it names.
fn check_and_sync(library: &Path, package: &PinnedPackage) -> Result<(), LauncherError> {
    if !package.is_whole(library) {
        return Err(LauncherError::Fetch {
            output: format!(
                "{} has no {LIBRARY_FILE} of {} bytes",
                package.name, package.library_bytes
            ),
        });
    }
    File::open(library)
        .and_then(|file| file.sync_all())
        .map_err(LauncherError::io(format!("syncing {}", library.display())))
}

/// Waits for the lock, and says so.
fn fetch_lock(path: &Path, given_up: &Receiver<()>) -> Result<FileLock, LauncherError> {
    let mut is_said = false;
    loop {
        if let Some(lock) = FileLock::try_take(path)? {
            return Ok(lock);
        }
        if !is_said {
            is_said = true;
            say("another daybook is fetching clickhouse: waiting for it");
        }
        pause(given_up)?;
    }
}

/// A moment, unless nobody wants the engine any more.
fn pause(given_up: &Receiver<()>) -> Result<(), LauncherError> {
    match given_up.recv_timeout(PROGRESS_INTERVAL) {
        Err(RecvTimeoutError::Timeout) => Ok(()),
        Ok(()) | Err(RecvTimeoutError::Disconnected) => Err(LauncherError::GivenUp),
    }
}

/// Removes what interrupted fetches left; the caller holds the lock, so no other fetch is at work.
fn remove_unfinished(engines: &Path) {
    let entries = fs::read_dir(engines).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        if name.to_string_lossy().starts_with(UNFINISHED_PREFIX) {
            // An npm whose daybook was killed may still write there; the next fetch tries again.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn write_new(directory: &Path, name: &str, content: &str) -> Result<(), LauncherError> {
    let path = directory.join(name);
    fs::write(&path, content).map_err(LauncherError::io(format!("writing {}", path.display())))
}

/// An npm that does not outlive its use.
struct Npm(Child);

impl Drop for Npm {
    fn drop(&mut self) {
        if let Ok(None) = self.0.try_wait() {
            // Its group: npm may be a script that starts another.
            let _ = kill_process_group(Pid::from_child(&self.0), Signal::KILL);
            let _ = self.0.wait();
        }
    }
}

fn install(
    npm: &Path,
    directory: &Path,
    package: &PinnedPackage,
    given_up: &Receiver<()>,
) -> Result<(), LauncherError> {
    let arguments = [
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--no-progress",
        "--loglevel=error",
    ];
    let mut command = Command::new(npm);
    command
        .args(arguments.map(OsString::from))
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .process_group(0);
    // This thread waits for npm, so it is there for as long as the process is.
    end_with_this_thread(&mut command);
    let mut npm = match command.spawn() {
        Ok(child) => Npm(child),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(LauncherError::NoEngine);
        }
        Err(error) => return Err(LauncherError::io("starting npm")(error)),
    };
    let stderr = npm.0.stderr.take();
    let output = thread::spawn(move || stderr.map(last_output).unwrap_or_default());

    let title = format!("fetching clickhouse ({} {})", package.name, package.version);
    let status = show_progress(&mut npm.0, directory, &title, given_up)?;
    let output = output.join().unwrap_or_default();
    if status {
        Ok(())
    } else {
        Err(LauncherError::Fetch { output })
    }
}

/// Waits for npm and shows meanwhile how much is on disk. True where npm succeeded.
fn show_progress(
    child: &mut Child,
    directory: &Path,
    title: &str,
    given_up: &Receiver<()>,
) -> Result<bool, LauncherError> {
    let is_terminal = std::io::stderr().is_terminal();
    let spinner = if is_terminal {
        ProgressBar::new_spinner()
    } else {
        say(title);
        ProgressBar::hidden()
    };
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}  {elapsed}") {
        spinner.set_style(style);
    }
    let started = Instant::now();
    let mut last_said = started;
    let status = loop {
        let status = child
            .try_wait()
            .map_err(LauncherError::io("waiting for npm"))?;
        if let Some(status) = status {
            break status;
        }
        if is_terminal {
            let bytes = HumanBytes(bytes_on_disk(directory));
            spinner.set_message(format!("{title}: {bytes}"));
            spinner.tick();
        } else if last_said.elapsed() >= PLAIN_PROGRESS_INTERVAL {
            last_said = Instant::now();
            say(&format!(
                "{title}: {}",
                HumanBytes(bytes_on_disk(directory))
            ));
        }
        pause(given_up)?;
    };
    spinner.finish_and_clear();
    if status.success() {
        let (bytes, seconds) = (
            HumanBytes(bytes_on_disk(directory)),
            started.elapsed().as_secs(),
        );
        say(&format!("{title}: {bytes} in {seconds} s"));
    }
    Ok(status.success())
}

/// One line for the person who waits; that nobody reads it is no reason to fail.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn bytes_on_disk(directory: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(directory) else {
        return 0;
    };
    entries
        .flatten()
        .filter_map(|entry| Some((entry.path(), entry.metadata().ok()?)))
        .map(|(path, metadata)| {
            if metadata.is_dir() {
                bytes_on_disk(&path)
            } else {
                metadata.len()
            }
        })
        .sum()
}

/// Reads to the end and keeps the last [`OUTPUT_BYTES_MAX`] bytes.
fn last_output(mut stream: impl Read) -> String {
    let mut kept = Vec::new();
    let mut buffer = [0_u8; 1024];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        kept.extend_from_slice(&buffer[..count]);
        let excess = kept.len().saturating_sub(OUTPUT_BYTES_MAX);
        kept.drain(..excess);
    }
    String::from_utf8_lossy(&kept).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use std::io::{self, BufRead};
    use std::os::unix::fs::PermissionsExt;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use std::sync::mpsc;

    use super::*;

    /// As somebody asks who waits for it.
    fn library(cache: &Cache, npm: &Path) -> Result<PathBuf, LauncherError> {
        let (_wanted, given_up) = mpsc::channel();
        super::library(cache, npm, &given_up)
    }

    /// A stand-in for npm that appends a line to `calls` and then does what `script` says.
    fn npm(directory: &Path, script: &str) -> PathBuf {
        let path = directory.join("npm");
        let calls = directory.join("calls");
        let content = format!(
            "#!/bin/sh\necho \"$@\" >> '{}'\n{script}\n",
            calls.display()
        );
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn calls(directory: &Path) -> usize {
        fs::read_to_string(directory.join("calls")).map_or(0, |text| text.lines().count())
    }

    /// As npm does, with a library of nothing but a hole.
    fn unpack() -> String {
        let [package] = PINNED_PACKAGES else {
            panic!("a stand-in for each");
        };
        format!(
            "grep -q integrity package-lock.json || exit 3
mkdir -p node_modules/{name} && truncate -s {bytes} node_modules/{name}/{LIBRARY_FILE}",
            name = package.name,
            bytes = package.library_bytes
        )
    }

    #[test]
    fn the_lock_data_pins_version_and_integrity_and_names_no_address() {
        for package in PINNED_PACKAGES {
            assert!(package.package_json.contains(package.version));
            assert!(package.package_lock_json.contains(package.version));
            assert!(
                package
                    .package_lock_json
                    .contains("\"integrity\": \"sha512-")
            );
            assert!(!package.package_lock_json.contains("://"));
        }
    }

    #[test]
    fn side_by_side_it_is_fetched_once() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::at(directory.path().join("cache"));
        let npm = npm(directory.path(), &unpack());
        let found = Arc::new(AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    assert!(library(&cache, &npm).unwrap().is_file());
                    found.fetch_add(1, Ordering::Relaxed);
                });
            }
        });
        assert_eq!(found.load(Ordering::Relaxed), 4);
        assert_eq!(calls(directory.path()), 1);
    }

    #[test]
    fn an_interrupted_fetch_is_repaired_by_the_next() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::at(directory.path().join("cache"));
        let half = cache
            .engines_directory()
            .join("unfinished-4711/node_modules");
        fs::create_dir_all(&half).unwrap();

        let failing = npm(directory.path(), "echo 'the network is away' >&2; exit 1");
        let error = library(&cache, &failing).unwrap_err();
        assert!(error.to_string().contains("the network is away"), "{error}");

        let working = npm(directory.path(), &unpack());
        assert!(library(&cache, &working).unwrap().is_file());
        assert!(!half.exists());
        assert_eq!(calls(directory.path()), 2);
    }

    #[test]
    fn a_library_that_was_cut_off_is_fetched_again() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::at(directory.path().join("cache"));
        let working = npm(directory.path(), &unpack());
        let whole = library(&cache, &working).unwrap();
        let bytes = fs::metadata(&whole).unwrap().len();
        let file = File::options().write(true).open(&whole).unwrap();
        file.set_len(bytes - 1).unwrap();

        assert_eq!(library(&cache, &working).unwrap(), whole);
        assert_eq!(fs::metadata(&whole).unwrap().len(), bytes);
        assert_eq!(calls(directory.path()), 2);

        // What npm itself leaves short is no engine.
        fs::remove_file(&whole).unwrap();
        let short = npm(
            directory.path(),
            &format!("{}; truncate -s 4 node_modules/*/*/*", unpack()),
        );
        let error = library(&cache, &short).unwrap_err().to_string();
        assert!(error.contains("has no libchdb.so of"), "{error}");
    }

    #[test]
    fn a_fetch_that_nobody_wants_any_more_ends_with_all_that_it_started() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::at(directory.path().join("cache"));
        let alive = directory.path().join("alive");
        let made = Command::new("mkfifo").arg(&alive).status().unwrap();
        assert!(made.success());
        let script = format!(
            "exec 3> '{}'; echo begun >&3; mkdir node_modules; sleep 600 & wait",
            alive.display()
        );
        let slow = npm(directory.path(), &script);
        let (wanted, given_up) = mpsc::channel::<()>();
        thread::scope(|scope| {
            let (cache, slow) = (&cache, &slow);
            let fetch = scope.spawn(move || super::library(cache, slow, &given_up));
            let mut alive = io::BufReader::new(File::open(&alive).unwrap());
            let mut said = String::new();
            alive.read_line(&mut said).unwrap();
            assert_eq!(said, "begun\n");
            drop(wanted);
            assert!(matches!(fetch.join().unwrap(), Err(LauncherError::GivenUp)));
            // The end comes when the last process that could write is gone.
            assert_eq!(alive.read_line(&mut said).unwrap(), 0);
        });
        let left: Vec<_> = fs::read_dir(cache.engines_directory())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(left, ["fetch.lock"]);
    }

    #[test]
    fn a_wait_for_another_fetch_can_be_given_up_as_well() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::at(directory.path());
        let lock = cache.engines_directory().join("fetch.lock");
        let _lock = FileLock::try_take(&lock).unwrap().unwrap();
        let (wanted, given_up) = mpsc::channel::<()>();
        drop(wanted);
        let error = super::library(&cache, Path::new("npm"), &given_up).unwrap_err();
        assert!(matches!(error, LauncherError::GivenUp), "{error}");
    }

    #[test]
    fn without_npm_one_line_names_the_three_ways() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::at(directory.path());
        let error = library(&cache, &directory.path().join("no-npm")).unwrap_err();
        let message = error.to_string();
        assert!(matches!(error, LauncherError::NoEngine));
        for way in ["--clickhouse-url", "clickhouse binary on PATH", "npm"] {
            assert!(message.contains(way), "{message}");
        }
        assert_eq!(message.lines().count(), 1);
    }
}
