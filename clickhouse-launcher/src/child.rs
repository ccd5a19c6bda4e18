//! The process that is ClickHouse: loads the library, or runs the binary, until its standard input
//! ends.

use std::ffi::{CStr, CString, OsString, c_char, c_int, c_void};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW, Symbol};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::cache::FileLock;
use crate::config::{COMPRESSION_ARGUMENTS, Layout};
use crate::engine::Engine;

/// The directory is in use by another engine (EX_TEMPFAIL of sysexits.h).
pub(crate) const EXIT_DIRECTORY_IN_USE: u8 = 75;

const LOCK_POLL_INTERVAL: Duration = Duration::from_millis(50);
/// How long a server may take to end before it is killed. Less than the parent waits for this process.
const SERVER_STOP_WAIT: Duration = Duration::from_secs(10);
const USERS_XML_BYTES_MAX: u64 = 1 << 20;

/// What the parent tells its child.
#[derive(Debug, Clone)]
pub(crate) struct ChildOptions {
    pub(crate) engine: Engine,
    pub(crate) directory: PathBuf,
    pub(crate) http_port: u16,
    pub(crate) lock_wait: Duration,
}

impl ChildOptions {
    /// The arguments that [`run_engine_child`] reads.
    pub(crate) fn to_arguments(&self) -> Vec<OsString> {
        let (kind, path) = match &self.engine {
            Engine::Binary(path) => ("binary", path),
            Engine::Library(path) => ("library", path),
        };
        vec![
            kind.into(),
            path.into(),
            self.directory.clone().into(),
            self.http_port.to_string().into(),
            self.lock_wait.as_millis().to_string().into(),
        ]
    }

    fn from_arguments(arguments: Vec<OsString>) -> Option<Self> {
        let [kind, path, directory, port, wait_ms] = <[OsString; 5]>::try_from(arguments).ok()?;
        Some(Self {
            engine: match kind.to_str()? {
                "binary" => Engine::Binary(path.into()),
                "library" => Engine::Library(path.into()),
                _ => return None,
            },
            directory: directory.into(),
            http_port: port.to_str()?.parse().ok()?,
            lock_wait: Duration::from_millis(wait_ms.to_str()?.parse().ok()?),
        })
    }
}

/// The whole main of the child process, given the last arguments of the command line: what
/// [`Server::start`](crate::Server::start) appended to the caller's own.
///
/// It must be called before the process has any other thread. It returns when standard input has
/// ended, or SIGTERM came, and ClickHouse has stopped. SIGINT is ignored: it is for the parent to say when
/// to stop.
pub fn run_engine_child(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let Some(options) = ChildOptions::from_arguments(arguments.into_iter().collect()) else {
        eprintln!("this command is started by daybook itself");
        return ExitCode::from(2);
    };
    match run(&options) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &ChildOptions) -> io::Result<ExitCode> {
    // Before any thread starts, so that every thread inherits the mask.
    block_signals()?;
    let users_xml = read_users_xml(&mut io::stdin().lock())?;
    let (stop, stopped) = mpsc::channel();
    stop_on_signal(stop.clone());
    stop_on_end_of_input(stop);

    let layout = Layout::new(&options.directory);
    let started = Instant::now();
    let _lock = loop {
        match FileLock::try_take(&layout.lock_file()).map_err(io::Error::other)? {
            Some(lock) => break lock,
            None if stopped.try_recv().is_ok() => return Ok(ExitCode::SUCCESS),
            None if started.elapsed() >= options.lock_wait => {
                return Ok(ExitCode::from(EXIT_DIRECTORY_IN_USE));
            }
            None => thread::sleep(LOCK_POLL_INTERVAL),
        }
    };
    // Only now: a clickhouse that still lived on the directory would have read them.
    layout
        .write(options.http_port, &users_xml)
        .map_err(io::Error::other)?;
    match &options.engine {
        Engine::Library(library) => {
            // The library reads its standard input to know when to stop: give it a pipe of its
            // own, which ends on either reason.
            let (read_end, write_end) = rustix::pipe::pipe()?;
            rustix::stdio::dup2_stdin(&read_end)?;
            drop(read_end);
            thread::spawn(move || {
                let _ = stopped.recv();
                drop(write_end);
            });
            run_library(library, &layout, options.http_port)
        }
        Engine::Binary(binary) => run_binary(binary, &layout, &stopped),
    }
}

/// What the parent writes first: the length of `users.xml` in four bytes (big endian), then
/// `users.xml`, which holds secrets and therefore comes by no other way.
pub(crate) fn users_xml_message(users_xml: &str) -> io::Result<Vec<u8>> {
    let length = u32::try_from(users_xml.len()).map_err(io::Error::other)?;
    Ok([&length.to_be_bytes(), users_xml.as_bytes()].concat())
}

fn read_users_xml(input: &mut impl Read) -> io::Result<String> {
    let mut length = [0_u8; 4];
    input.read_exact(&mut length)?;
    let mut users_xml = String::new();
    let length = u64::from(u32::from_be_bytes(length)).min(USERS_XML_BYTES_MAX);
    input.take(length).read_to_string(&mut users_xml)?;
    Ok(users_xml)
}

const BLOCKED_SIGNALS: [c_int; 3] = [libc::SIGTERM, libc::SIGINT, libc::SIGHUP];

fn signal_set() -> libc::sigset_t {
    let mut set = std::mem::MaybeUninit::uninit();
    // SAFETY: sigemptyset initialises the set before sigaddset and assume_init use it; the signal
    // numbers are valid.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for signal in BLOCKED_SIGNALS {
            libc::sigaddset(set.as_mut_ptr(), signal);
        }
        set.assume_init()
    }
}

fn block_signals() -> io::Result<()> {
    let set = signal_set();
    // SAFETY: the set is initialised, and a null old set is allowed.
    match unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut()) } {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

fn stop_on_signal(stop: Sender<()>) {
    thread::spawn(move || {
        let set = signal_set();
        loop {
            let mut signal = 0;
            // SAFETY: both pointers are valid for the call, and the signals are blocked in every
            // thread.
            let result = unsafe { libc::sigwait(&raw const set, &raw mut signal) };
            if result == 0 && signal == libc::SIGTERM && stop.send(()).is_err() {
                return;
            }
        }
    });
}

fn stop_on_end_of_input(stop: Sender<()>) {
    // A copy, because the library gets another file as number 0.
    let copied: io::Result<OwnedFd> = io::stdin().as_fd().try_clone_to_owned();
    thread::spawn(move || {
        if let Ok(input) = copied {
            let mut input = File::from(input);
            let mut ignored = [0_u8; 64];
            loop {
                match input.read(&mut ignored) {
                    Ok(0) => break,
                    Ok(_) => {}
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(_) => break,
                }
            }
        }
        // Nobody listens any more where the engine has already ended.
        let _ = stop.send(());
    });
}

/// Runs `chdb_query_cmdline`, the main function of clickhouse-local.
fn run_library(library: &Path, layout: &Layout, http_port: u16) -> io::Result<ExitCode> {
    type SetSignalHandlersEnabled = unsafe extern "C" fn(c_int);
    type QueryCmdline = unsafe extern "C" fn(c_int, *mut *mut c_char) -> *mut c_void;
    type ResultError = unsafe extern "C" fn(*mut c_void) -> *const c_char;

    let arguments = [
        OsString::from("clickhouse-local"),
        "--path".into(),
        layout.data().into(),
        "--config-file".into(),
        layout.config_xml().into(),
        "--http_port".into(),
        http_port.to_string().into(),
        "--listen_host".into(),
        "127.0.0.1".into(),
        "--log-level".into(),
        "error".into(),
        "--query".into(),
        // The second statement waits for the end of standard input.
        "SYSTEM START LISTEN HTTP; \
         SELECT count() FROM file('-', LineAsString, 'line String') FORMAT Null"
            .into(),
    ];
    let arguments = arguments
        .into_iter()
        .chain(COMPRESSION_ARGUMENTS.map(OsString::from))
        .map(|argument| CString::new(argument.into_vec()))
        .collect::<Result<Vec<_>, _>>()?;
    let mut pointers: Vec<*mut c_char> = arguments
        .iter()
        .map(|argument| argument.as_ptr().cast_mut())
        .collect();
    let count = c_int::try_from(pointers.len()).map_err(io::Error::other)?;
    pointers.push(std::ptr::null_mut()); // as the argv of a main function ends

    // SAFETY: the library is the one that npm verified against the pinned integrity, or one that
    // the user put there; its initialisers are made to be run by dlopen.
    let library =
        unsafe { Library::open(Some(library), RTLD_NOW | RTLD_LOCAL) }.map_err(io::Error::other)?;
    // SAFETY: the types are those of chdb.h, version 26.7.3; the argument vector is that of a C
    // main function, null-terminated, and lives until the call returns; an error's text lives as
    // long as its result, which is never freed.
    let failure = unsafe {
        let set_signal_handlers_enabled: Symbol<SetSignalHandlersEnabled> = library
            .get(b"chdb_set_signal_handlers_enabled\0")
            .map_err(io::Error::other)?;
        let query_cmdline: Symbol<QueryCmdline> = library
            .get(b"chdb_query_cmdline\0")
            .map_err(io::Error::other)?;
        let result_error: Symbol<ResultError> = library
            .get(b"chdb_result_error\0")
            .map_err(io::Error::other)?;
        set_signal_handlers_enabled(0);
        let result = query_cmdline(count, pointers.as_mut_ptr());
        let error = if result.is_null() {
            std::ptr::null()
        } else {
            result_error(result)
        };
        (!error.is_null()).then(|| CStr::from_ptr(error).to_string_lossy())
    };
    if let Some(failure) = &failure {
        // Behind it come twenty lines of addresses.
        let what = failure.split("Stack trace").next().unwrap_or_default();
        eprintln!("{}", what.trim_end_matches([' ', ',']));
    }
    // ClickHouse has closed its tables. What its static destructors would still do is not worth
    // the crash that they are prone to once main has returned.
    // SAFETY: _exit takes any status and does not return.
    unsafe { libc::_exit(c_int::from(failure.is_some())) }
}

/// Kills the process when this thread ends, however it does.
pub(crate) fn end_with_this_thread(command: &mut Command) {
    // SAFETY: the closure makes one system call, which is async-signal-safe.
    #[cfg(target_os = "linux")]
    unsafe {
        command.pre_exec(|| {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            Ok(())
        });
    }
}

/// Runs `clickhouse server` and passes the end of input on as SIGTERM; a server that has not ended
/// 10 s later is killed.
fn run_binary(
    binary: &Path,
    layout: &Layout,
    stopped: &mpsc::Receiver<()>,
) -> io::Result<ExitCode> {
    let mut command = Command::new(binary);
    command
        .arg("server")
        .arg("--config-file")
        .arg(layout.config_xml())
        .args(COMPRESSION_ARGUMENTS)
        // The process that is waited for is the server, not one that watches it.
        .env("CLICKHOUSE_WATCHDOG_ENABLE", "0")
        .current_dir(layout.directory())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        // A group of its own: Ctrl-C is not for the server.
        .process_group(0);
    // SAFETY: the closure makes system calls only, each of which is async-signal-safe.
    unsafe {
        command.pre_exec(|| {
            let set = signal_set();
            libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const set, std::ptr::null_mut());
            Ok(())
        });
    }
    // This thread is the main one and waits for the server, so the signal comes exactly when this
    // process is killed. It does not come to a file with capabilities, as packages have it: from
    // that the kernel takes the wish away.
    end_with_this_thread(&mut command);
    let mut server = command.spawn()?;
    let process_id = Pid::from_child(&server);
    let mut told_at = None::<Instant>;
    loop {
        if let Some(status) = server.try_wait()? {
            let code = status.code().and_then(|code| u8::try_from(code).ok());
            return Ok(code.map_or(ExitCode::FAILURE, ExitCode::from));
        }
        match told_at {
            None => {
                if stopped.recv_timeout(LOCK_POLL_INTERVAL).is_ok() {
                    kill_process(process_id, Signal::TERM)?;
                    told_at = Some(Instant::now());
                }
            }
            Some(told_at) if told_at.elapsed() < SERVER_STOP_WAIT => {
                thread::sleep(LOCK_POLL_INTERVAL);
            }
            Some(_) => {
                kill_process_group(process_id, Signal::KILL)?;
                server.wait()?;
                return Ok(ExitCode::FAILURE);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_come_through_the_pipe() {
        let message = users_xml_message("<clickhouse>é</clickhouse>").unwrap();
        let read = read_users_xml(&mut message.as_slice()).unwrap();
        assert_eq!(read, "<clickhouse>é</clickhouse>");
        assert!(read_users_xml(&mut [0_u8, 0].as_slice()).is_err());
    }

    #[test]
    fn the_child_reads_what_the_parent_wrote() {
        let options = ChildOptions {
            engine: Engine::Library("/a b/libchdb.so".into()),
            directory: "/data dir".into(),
            http_port: 8123,
            lock_wait: Duration::from_secs(30),
        };
        let read = ChildOptions::from_arguments(options.to_arguments()).unwrap();
        assert_eq!(read.engine, options.engine);
        assert_eq!(read.directory, options.directory);
        assert_eq!(read.http_port, options.http_port);
        assert_eq!(read.lock_wait, options.lock_wait);
        assert!(ChildOptions::from_arguments(vec!["library".into()]).is_none());
    }
}
