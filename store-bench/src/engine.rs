//! The ClickHouse that is measured: Daybook's embedded one, on a folder of its own or a kept one.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clickhouse::Client;
use daybook_clickhouse_launcher::{Cache, Engine, Server, ServerOptions};
use daybook_store::{
    Credentials, DATABASE_DEFAULT, DROP_SEARCHED, Endpoint, Eraser, ErasureKey, MIGRATOR_USER,
    Reader, RolePasswords, UNPACKED_ONCE, Writer, migrate, users_xml,
};
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use percent_encoding::NON_ALPHANUMERIC;

const READY_TIMEOUT: Duration = Duration::from_mins(5);

/// A running ClickHouse with the present schema.
pub(crate) struct Bench {
    server: Server,
    endpoint: Endpoint,
    passwords: RolePasswords,
    /// Sees what no user of Daybook may see: merges, sizes, and the table itself.
    administrator: Credentials,
    http: hyper_util::client::legacy::Client<HttpConnector, Full<Bytes>>,
}

impl Bench {
    pub(crate) async fn start(
        directory: &Path,
        engine_command: (PathBuf, Vec<OsString>),
    ) -> Result<Self> {
        let engine = Engine::find(&Cache::of_user()?).await?;
        let passwords = RolePasswords::random();
        let migrator = passwords.migrator_credentials();
        let administrator = Credentials {
            user: "administrator".to_owned(),
            // As hard to guess as the others.
            password: RolePasswords::random().migrator,
        };
        let options = ServerOptions {
            data_directory: directory.join("clickhouse"),
            users_xml: measured_users(&users_xml(DATABASE_DEFAULT, &passwords)?, &administrator),
            ready_user: migrator.user.clone(),
            ready_password: migrator.password.clone(),
            engine_command,
            ready_timeout: READY_TIMEOUT,
        };
        let server = Server::start(&engine, &options)
            .await
            .context("starting clickhouse")?;
        let endpoint = Endpoint::new(server.http_url());
        migrate(&endpoint, &migrator).await?;
        Ok(Self {
            server,
            endpoint,
            passwords,
            administrator,
            http: hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http(),
        })
    }

    pub(crate) async fn stop(self) -> Result<()> {
        Ok(self.server.stop().await?)
    }

    /// A writer with connections of its own, as another process would have.
    pub(crate) fn writer(&self) -> Result<Writer> {
        let credentials = self.passwords.writer_credentials();
        Ok(Writer::new(&self.endpoint, &credentials)?)
    }

    pub(crate) fn reader(&self) -> Result<Reader> {
        let credentials = self.passwords.reader_credentials();
        Ok(Reader::new(&self.endpoint, &credentials)?)
    }

    pub(crate) fn eraser(&self) -> Result<Eraser> {
        // The same in each run: a kept folder has the erasures of earlier ones.
        let key = ErasureKey::new("of made up events, which are nobody's")?;
        let credentials = self.passwords.eraser_credentials();
        Ok(Eraser::new(
            &self.endpoint,
            &credentials,
            key,
            self.writer()?,
        )?)
    }

    /// A client that may see everything.
    pub(crate) fn administrator(&self) -> Client {
        let credentials = &self.administrator;
        Client::default()
            .with_url(&self.endpoint.url)
            .with_database(DATABASE_DEFAULT)
            .with_user(&credentials.user)
            .with_password(&credentials.password)
    }

    /// Runs hand-written SQL as the administrator, on the table itself, and counts the
    /// bytes of its answer.
    pub(crate) async fn ask_table(
        &self,
        sql: &str,
        parameters: &[(&'static str, String)],
    ) -> Result<usize> {
        let credentials = &self.administrator;
        let mut url = format!(
            "{}/?database={DATABASE_DEFAULT}&default_format=RowBinary&wait_end_of_query=1\
             &use_query_condition_cache=0",
            self.endpoint.url
        );
        for (name, value) in UNPACKED_ONCE {
            url = format!("{url}&{name}={value}");
        }
        for (name, value) in parameters {
            let value = percent_encoding::utf8_percent_encode(value, NON_ALPHANUMERIC);
            url = format!("{url}&param_{name}={value}");
        }
        let request = Request::post(url)
            .header("X-ClickHouse-User", &credentials.user)
            .header("X-ClickHouse-Key", &credentials.password)
            .body(Full::from(sql.to_owned()))?;
        let response = self.http.request(request).await?;
        let is_success = response.status().is_success();
        let body = response.into_body().collect().await?.to_bytes();
        if !is_success {
            bail!("{sql}: {}", String::from_utf8_lossy(&body));
        }
        Ok(body.len())
    }

    /// Drops what searches have left in ClickHouse's memory.
    pub(crate) async fn forget_searched(&self) -> Result<()> {
        for drop in DROP_SEARCHED {
            self.administrator().query(drop).execute().await?;
        }
        Ok(())
    }

    /// How many rows ClickHouse has read for queries since it started.
    pub(crate) async fn rows_read(&self) -> Result<u64> {
        let sql = "SELECT toUInt64(sum(value)) FROM system.events WHERE event = 'SelectedRows'";
        Ok(self.administrator().query(sql).fetch_one().await?)
    }
}

/// Daybook's users and an administrator. A cache of which granules met a condition would hide what a
/// search costs.
fn measured_users(users_xml: &str, administrator: &Credentials) -> String {
    let Credentials { user, password } = administrator;
    users_xml
        .replace(
            "<readonly>1</readonly>",
            "<readonly>1</readonly><use_query_condition_cache>0</use_query_condition_cache>",
        )
        .replace(
            "<users>",
            &format!(
                "<users><{user}><password>{password}</password><networks><ip>127.0.0.1</ip></networks>
                 <profile>{MIGRATOR_USER}</profile><quota>unbounded</quota>
                 <grants><query>GRANT ALL ON *.*</query></grants></{user}>"
            ),
        )
}
