//! One real ClickHouse for a test binary: started by the first test that asks for it, gone with
//! the process.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context, Result};
use daybook_clickhouse_launcher::{Cache, Ended, Engine, Server, ServerOptions};
use daybook_store::{
    Credentials, DATABASE_DEFAULT, Endpoint, Eraser, ErasureKey, MIGRATOR_USER, Reader,
    RolePasswords, Writer, migrate, users_xml,
};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// How long the engine may take to answer; the machine may be busy.
const READY_TIMEOUT: Duration = Duration::from_mins(1);
/// What a directory of one that is shared is called: nobody is there to remove it.
pub(crate) const DIRECTORY_PREFIX: &str = "daybook-test-clickhouse-";
/// Younger directories may belong to a test that has only just begun.
const ABANDONED_AFTER: Duration = Duration::from_hours(1);

/// A ClickHouse with Daybook's users and schema.
#[derive(Debug)]
pub struct ClickHouse {
    server: Server,
    endpoint: Endpoint,
    passwords: RolePasswords,
    directory: PathBuf,
    engine_program: PathBuf,
    /// Removed when the value is dropped.
    temporary: Option<TempDir>,
}

impl ClickHouse {
    /// Starts one on a directory of its own. `engine_program` is
    /// `env!("CARGO_BIN_EXE_clickhouse-engine")` of the test.
    ///
    /// # Errors
    /// Where no engine is found, it does not start, or the schema cannot be made.
    pub async fn start(engine_program: &str) -> Result<Self> {
        Self::start_with_users(engine_program, str::to_owned).await
    }

    /// Starts one whose `users.xml` is made of Daybook's.
    ///
    /// # Errors
    /// As [`ClickHouse::start`].
    pub async fn start_with_users(
        engine_program: &str,
        users: impl FnOnce(&str) -> String,
    ) -> Result<Self> {
        remove_abandoned_directories();
        let temporary = tempfile::Builder::new()
            .prefix(DIRECTORY_PREFIX)
            .tempdir()?;
        let directory = temporary.path().join("clickhouse");
        let passwords = RolePasswords::random();
        let mut clickhouse = Self::start_as(&directory, engine_program, passwords, users)
            .await
            .context("starting clickhouse")?;
        clickhouse.temporary = Some(temporary);
        Ok(clickhouse)
    }

    /// Starts one on a directory that may have data already.
    ///
    /// # Errors
    /// As [`ClickHouse::start`].
    pub async fn start_on(
        directory: &Path,
        engine_program: &str,
        passwords: RolePasswords,
    ) -> Result<Self> {
        Self::start_as(directory, engine_program, passwords, str::to_owned).await
    }

    /// Starts one on a directory, with a `users.xml` that is made of Daybook's. What is in the directory's
    /// `config.d` is added to the server's configuration.
    ///
    /// # Errors
    /// As [`ClickHouse::start`].
    pub async fn start_as(
        directory: &Path,
        engine_program: &str,
        passwords: RolePasswords,
        users: impl FnOnce(&str) -> String,
    ) -> Result<Self> {
        let engine = engine().await?;
        let migrator = passwords.migrator_credentials();
        let options = ServerOptions {
            data_directory: directory.to_owned(),
            users_xml: with_administrator(&users(&users_xml(DATABASE_DEFAULT, &passwords)?)),
            ready_user: migrator.user.clone(),
            ready_password: migrator.password.clone(),
            engine_command: (engine_program.into(), Vec::<OsString>::new()),
            ready_timeout: READY_TIMEOUT,
        };
        let server = Server::start(&engine, &options).await?;
        let endpoint = Endpoint::new(server.http_url());
        migrate(&endpoint, &migrator).await?;
        Ok(Self {
            server,
            endpoint,
            passwords,
            directory: directory.to_owned(),
            engine_program: engine_program.into(),
            temporary: None,
        })
    }

    /// The one of this test binary, started by the first that asks.
    ///
    /// It is a child of this process and ends with it, however it ends.
    ///
    /// # Panics
    /// Where it cannot be started: no test can go on without it.
    pub fn shared(engine_program: &str) -> &'static Self {
        static SHARED: OnceLock<ClickHouse> = OnceLock::new();
        SHARED.get_or_init(|| {
            let program = engine_program.to_owned();
            started_for_all(async move { Self::start(&program).await })
        })
    }

    /// Where it is.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The passwords of its users.
    pub fn passwords(&self) -> &RolePasswords {
        &self.passwords
    }

    /// Who may do everything, as whoever runs a server may. Daybook itself has no such user.
    pub fn administrator() -> Credentials {
        Credentials {
            user: "administrator".to_owned(),
            password: "of the tests".to_owned(),
        }
    }

    /// Where everything lies that it has written.
    pub fn data_directory(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// A writer with connections of its own, as another process would have.
    ///
    /// # Errors
    /// Never, with the endpoint of a running server.
    pub fn writer(&self) -> Result<Writer> {
        let credentials = self.passwords.writer_credentials();
        Ok(Writer::new(&self.endpoint, &credentials)?)
    }

    /// A reader with connections of its own.
    ///
    /// # Errors
    /// Never, with the endpoint of a running server.
    pub fn reader(&self) -> Result<Reader> {
        let credentials = self.passwords.reader_credentials();
        Ok(Reader::new(&self.endpoint, &credentials)?)
    }

    /// Who erases with this key, and takes writers to have heard of an erasure at once: there are none
    /// beside it that have not.
    ///
    /// # Errors
    /// Never, with the endpoint of a running server.
    pub fn eraser(&self, key: ErasureKey) -> Result<Eraser> {
        let writer = self.writer()?.with_erasure_key(key.clone());
        let credentials = self.passwords.eraser_credentials();
        let eraser = Eraser::new(&self.endpoint, &credentials, key, writer)?;
        Ok(eraser.with_writers_settle(Duration::ZERO))
    }

    /// The id of the process that is ClickHouse.
    pub fn process_id(&self) -> Option<u32> {
        self.server.process_id()
    }

    /// Waits until the process has ended by itself.
    ///
    /// # Errors
    /// Where it cannot be waited for.
    pub async fn ended(mut self) -> Result<Ended> {
        Ok(self.server.ended().await?)
    }

    /// Stops it, cleanly or with kill -9, and starts it again on the same data.
    ///
    /// # Errors
    /// As [`ClickHouse::start`].
    pub async fn restart(self, is_killed: bool) -> Result<Self> {
        let Self {
            server,
            passwords,
            directory,
            engine_program,
            temporary,
            ..
        } = self;
        if is_killed {
            server.kill().await?;
        } else {
            server.stop().await?;
        }
        let program = engine_program.to_string_lossy().into_owned();
        let mut restarted = Self::start_on(&directory, &program, passwords).await?;
        restarted.temporary = temporary;
        Ok(restarted)
    }
}

fn with_administrator(users_xml: &str) -> String {
    let Credentials { user, password } = ClickHouse::administrator();
    users_xml.replace(
        "<users>",
        &format!(
            "<users><{user}><password>{password}</password><networks><ip>127.0.0.1</ip></networks>
             <profile>{MIGRATOR_USER}</profile><quota>unbounded</quota>
             <grants><query>GRANT ALL ON *.*</query></grants></{user}>"
        ),
    )
}

/// Starts what all tests of a binary share, on a runtime of its own, which outlives those of the tests.
///
/// # Panics
/// Where it cannot be started: no test can go on without it.
pub(crate) fn started_for_all<T: Send + 'static>(
    starting: impl Future<Output = Result<T>> + Send + 'static,
) -> T {
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let started = runtime.block_on(starting);
        std::mem::forget(runtime);
        started
    });
    match thread.join() {
        Ok(Ok(started)) => started,
        Ok(Err(error)) => panic!("{error:#}"),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// Removes what earlier test binaries left: a shared ClickHouse has no one to clean up after it.
pub(crate) fn remove_abandoned_directories() {
    let entries = std::fs::read_dir(std::env::temp_dir());
    for entry in entries.into_iter().flatten().flatten() {
        let is_ours = entry
            .file_name()
            .to_string_lossy()
            .starts_with(DIRECTORY_PREFIX);
        let is_old = entry
            .metadata()
            .and_then(|metadata| metadata.modified())
            .is_ok_and(|modified| modified.elapsed().is_ok_and(|age| age > ABANDONED_AFTER));
        // The engine holds this lock for as long as it lives.
        let is_free = File::open(entry.path().join("clickhouse").join("engine.lock"))
            .is_ok_and(|lock| lock.try_lock().is_ok());
        if is_ours && is_old && is_free {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// Finds the engine, or fetches it, once for all tests of a binary.
async fn engine() -> Result<Engine> {
    static ENGINE: OnceCell<Engine> = OnceCell::const_new();
    ENGINE
        .get_or_try_init(|| async {
            let cache = Cache::of_user()?;
            Ok(Engine::find(&cache).await?)
        })
        .await
        .cloned()
}
