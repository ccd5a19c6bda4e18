//! The ClickHouse that `up` works with: its own embedded one, or a running server.

use std::time::Duration;

use anyhow::Context as _;
use daybook_clickhouse_launcher::{Cache, Ended, Engine, Server, ServerOptions};
use daybook_store::{
    Credentials, DATABASE_DEFAULT, Endpoint, ErasureKey, RolePasswords, StoreError, create_roles,
    migrate, users_xml,
};

use crate::clickhouse_url::split_url;
use crate::data_directory::{DataDirectory, LocalSecrets};

const WRITER_PASSWORD: &str = "DAYBOOK_WRITER_PASSWORD";
const READER_PASSWORD: &str = "DAYBOOK_READER_PASSWORD";
const ERASER_PASSWORD: &str = "DAYBOOK_ERASER_PASSWORD";
const ERASURE_KEY: &str = "DAYBOOK_ERASURE_KEY";
/// A database of a hundred gigabytes opens in seconds; a minute is a fault.
const READY_TIMEOUT: Duration = Duration::from_mins(1);

/// A ClickHouse with the present schema.
pub(crate) struct ClickHouse {
    pub(crate) endpoint: Endpoint,
    pub(crate) writer: Credentials,
    pub(crate) reader: Credentials,
    /// None on a server where nobody said what its password is.
    pub(crate) eraser: Option<Credentials>,
    /// The key of what remains of erased subjects. None on a server where others erase, and nobody said theirs.
    pub(crate) erasure_key: Option<ErasureKey>,
    pub(crate) migrator: Credentials,
    embedded: Option<Server>,
}

impl ClickHouse {
    /// Uses the server at `url`, where one is given; starts an embedded engine on the data folder
    /// otherwise.
    pub(crate) async fn start(
        url: Option<&str>,
        directory: &DataDirectory,
        secrets: &LocalSecrets,
    ) -> anyhow::Result<Self> {
        let erasure_key = match url {
            Some(_) => stated_erasure_key(secrets)?,
            None => Some(ErasureKey::new(&secrets.erasure_key())?),
        };
        let passwords = secrets.role_passwords();
        let passwords = match url {
            Some(_) => stated_passwords(passwords),
            None => passwords,
        };
        let (endpoint, migrator, embedded) = if let Some(url) = url {
            let (endpoint, administrator) = running(url, &passwords).await?;
            (endpoint, administrator, None)
        } else {
            let migrator = passwords.migrator_credentials();
            let server = start_embedded(directory, &passwords, &migrator).await?;
            let endpoint = Endpoint::new(server.http_url());
            migrate_unless_restored(&endpoint, &migrator).await?;
            (endpoint, migrator, Some(server))
        };
        let knows_eraser = !users_are_stated() || std::env::var_os(ERASER_PASSWORD).is_some();
        Ok(Self {
            endpoint,
            writer: passwords.writer_credentials(),
            reader: passwords.reader_credentials(),
            eraser: (url.is_none() || knows_eraser).then(|| passwords.eraser_credentials()),
            erasure_key,
            migrator,
            embedded,
        })
    }

    /// Waits until the embedded engine has ended by itself, which it does only when it fails, and
    /// says how.
    pub(crate) async fn ended(&mut self) -> anyhow::Error {
        match &mut self.embedded {
            Some(server) => match server.ended().await {
                Ok(Ended { status, output }) => {
                    anyhow::anyhow!("the embedded ClickHouse ended ({status}): {output}")
                }
                // What can no longer be watched is of no use any more.
                Err(error) => error.into(),
            },
            None => std::future::pending().await,
        }
    }

    /// Stops the embedded engine cleanly; leaves a running server alone.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        match self.embedded {
            Some(server) => Ok(server.stop().await?),
            None => Ok(()),
        }
    }
}

/// On a running server the passwords may be somebody else's choice.
fn stated_passwords(generated: RolePasswords) -> RolePasswords {
    let stated = |name: &str, generated: String| std::env::var(name).unwrap_or(generated);
    RolePasswords {
        writer: stated(WRITER_PASSWORD, generated.writer),
        reader: stated(READER_PASSWORD, generated.reader),
        eraser: stated(ERASER_PASSWORD, generated.eraser),
        migrator: generated.migrator,
        shard: generated.shard,
    }
}

/// On a running server others may erase as well, by a key of their own: an erased person's late event is known by
/// that one alone. Where somebody stated the users and no key, there is none, and such events wait.
fn stated_erasure_key(secrets: &LocalSecrets) -> anyhow::Result<Option<ErasureKey>> {
    let key = match std::env::var(ERASURE_KEY) {
        Ok(key) => Some(key),
        Err(_) => (!users_are_stated()).then(|| secrets.erasure_key()),
    };
    key.map(|key| ErasureKey::new(&key).context(ERASURE_KEY))
        .transpose()
}

/// Brings a running server to the present schema; makes the users where nobody stated theirs.
async fn running(url: &str, passwords: &RolePasswords) -> anyhow::Result<(Endpoint, Credentials)> {
    let (endpoint, administrator) = split_url(url)?;
    if !users_are_stated() {
        create_roles(&endpoint, &administrator, passwords)
            .await
            .with_context(|| {
                format!(
                    "Daybook's users could not be made on this ClickHouse (make them with `daybook roles`, and set {WRITER_PASSWORD} and {READER_PASSWORD})"
                )
            })?;
    }
    migrate_unless_restored(&endpoint, &administrator).await?;
    Ok((endpoint, administrator))
}

fn users_are_stated() -> bool {
    [WRITER_PASSWORD, READER_PASSWORD]
        .iter()
        .all(|name| std::env::var_os(name).is_some())
}

/// A restored database is migrated after what was erased is erased again.
async fn migrate_unless_restored(
    endpoint: &Endpoint,
    migrator: &Credentials,
) -> Result<(), StoreError> {
    match migrate(endpoint, migrator).await {
        Ok(_) | Err(StoreError::Restored { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

async fn start_embedded(
    directory: &DataDirectory,
    passwords: &RolePasswords,
    migrator: &Credentials,
) -> anyhow::Result<Server> {
    // It may fetch the engine, which takes as long as the network does.
    let engine = Engine::find(&Cache::of_user()?).await?;
    let program = std::env::current_exe().context("this program does not know its own path")?;
    let options = ServerOptions {
        data_directory: directory.clickhouse(),
        users_xml: users_xml(DATABASE_DEFAULT, passwords)?,
        ready_user: migrator.user.clone(),
        ready_password: migrator.password.clone(),
        engine_command: (program, vec![super::CLICKHOUSE_ENGINE.into()]),
        ready_timeout: READY_TIMEOUT,
    };
    Ok(Server::start(&engine, &options).await?)
}
