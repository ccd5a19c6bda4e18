//! The commands by which an operator looks after the database, as a shell runs them.

use std::path::Path;
use std::process::Output;

use daybook_store::{LedgerFile, MIGRATOR_USER, RolePasswords, TenantId};
use daybook_tests::clickhouse::ClickHouse;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::fixture::{ask, batch, everything, tenant};

const ENGINE: &str = env!("CARGO_BIN_EXE_clickhouse-engine");
const PROGRAM: &str = env!("CARGO_BIN_EXE_daybook-under-test");

/// What a command said, and its exit status.
struct Said {
    out: String,
    problem: String,
    status: Option<i32>,
}

impl Said {
    fn of(output: Output) -> Self {
        Self {
            out: String::from_utf8(output.stdout).unwrap(),
            problem: String::from_utf8(output.stderr).unwrap(),
            status: output.status.code(),
        }
    }

    fn records(&self) -> Vec<Value> {
        let lines = self.out.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    fn succeeded(self) -> Self {
        assert_eq!(self.status, Some(0), "{}", self.problem);
        self
    }

    /// Refused in one line that has these words.
    fn refused_with(self, status: i32, words: &str) {
        assert_eq!(self.status, Some(status), "{}{}", self.out, self.problem);
        assert!(self.problem.contains(words), "{}", self.problem);
        assert_eq!(self.problem.trim().lines().count(), 1, "{}", self.problem);
        assert_eq!(self.out, "");
    }
}

fn command(arguments: &str) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments.split(' '));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("DAYBOOK_")) {
        command.env_remove(name);
    }
    command
}

/// A shell with the settings of one who migrates, or who erases.
struct Shell<'a> {
    clickhouse: &'a ClickHouse,
    ledger: &'a Path,
}

impl Shell<'_> {
    fn url(&self, user: &str, password: &str) -> String {
        let address = self.clickhouse.endpoint().url.clone();
        address.replace("http://", &format!("http://{user}:{password}@"))
    }

    async fn migrate(&self, arguments: &str) -> Said {
        let url = self.url(MIGRATOR_USER, &self.clickhouse.passwords().migrator);
        let mut command = command(arguments);
        command.env("DAYBOOK_CLICKHOUSE_URL", url);
        Said::of(command.output().await.unwrap())
    }

    async fn eraser(&self, arguments: &str) -> Said {
        let passwords = self.clickhouse.passwords();
        let credentials = passwords.eraser_credentials();
        let mut command = command(arguments);
        command
            .env(
                "DAYBOOK_CLICKHOUSE_URL",
                self.url(&credentials.user, &credentials.password),
            )
            .env("DAYBOOK_WRITER_PASSWORD", &passwords.writer)
            .env(
                "DAYBOOK_ERASURE_KEY",
                "a secret that only the operator knows",
            )
            .env("DAYBOOK_ERASURE_LEDGER", self.ledger);
        Said::of(command.output().await.unwrap())
    }
}

#[tokio::test]
async fn roles_are_written_for_a_server_and_for_a_file_with_no_password_in_them() {
    let roles = async |more: &str| {
        let mut command = command(&format!("roles{more}"));
        for (role, password) in [("WRITER", "w1"), ("READER", "r1"), ("ERASER", "e1")] {
            command.env(
                format!("DAYBOOK_{role}_PASSWORD"),
                format!("secret-{password}"),
            );
        }
        command.env("DAYBOOK_MIGRATOR_PASSWORD", "secret-m1");
        Said::of(command.output().await.unwrap()).succeeded().out
    };
    let (sql, xml) = (roles("").await, roles(" --format xml").await);
    assert!(sql.starts_with("CREATE USER OR REPLACE daybook_migrator"));
    assert!(sql.contains("CREATE ROW POLICY OR REPLACE daybook_tenant ON daybook.events"));
    assert!(xml.starts_with("<clickhouse>") && xml.contains("<daybook_reader>"));
    assert!(!sql.contains("secret-") && !xml.contains("secret-"));
    assert!(!sql.contains("daybook_shard"));
    let of_cluster = roles(" --shard-password secret-s1 --database audit").await;
    assert!(of_cluster.contains("GRANT SELECT ON audit.all_events TO daybook_view_definer;"));
    assert!(of_cluster.contains("GRANT SELECT ON audit.events TO daybook_shard;"));

    let without = Said::of(command("roles").output().await.unwrap());
    assert_eq!(without.status, Some(2));
    assert!(without.problem.contains("--writer-password"));
}

#[tokio::test]
async fn a_database_is_migrated_and_the_sql_is_shown_before() {
    let directory = tempfile::tempdir().unwrap();
    let passwords = RolePasswords::random();
    let clickhouse = ClickHouse::start_on(directory.path(), ENGINE, passwords)
        .await
        .unwrap();
    let shell = Shell {
        clickhouse: &clickhouse,
        ledger: directory.path(),
    };
    let run = async |sql: &str| {
        let answer = ask(&clickhouse, &ClickHouse::administrator(), "", &[], sql).await;
        assert_eq!(answer.code(), None, "{sql}: {}", answer.text);
    };
    let again = shell.migrate("migrate").await.succeeded();
    assert!(
        again.problem.contains("0 migration(s) applied now"),
        "{}",
        again.problem
    );
    assert_eq!(shell.migrate("migrate --dry-run").await.succeeded().out, "");

    let everything = Said::of(command("migrate --dry-run").output().await.unwrap());
    let everything = everything.succeeded().out;
    let last = everything.find("\n-- 0006 several_things").unwrap();
    run("ALTER TABLE migrations DELETE WHERE version = 6 SETTINGS mutations_sync = 1").await;
    let shown = shell.migrate("migrate --dry-run").await.succeeded().out;
    assert!(
        shown.ends_with(&everything[last..]) && !shown.contains("-- 0005"),
        "{shown}"
    );
    let done = shell.migrate("migrate").await.succeeded();
    assert_eq!(
        done.problem.trim(),
        "schema version 6, 1 migration(s) applied now"
    );

    run("DROP DATABASE daybook SYNC").await;
    assert_eq!(
        shell.migrate("migrate --dry-run").await.succeeded().out,
        everything
    );
    let done = shell.migrate("migrate").await.succeeded();
    assert_eq!(
        done.problem.trim(),
        "schema version 6, 6 migration(s) applied now"
    );

    run("INSERT INTO migrations (version) VALUES (99)").await;
    let newer = "the database has schema version 99, and this daybook knows versions up to";
    shell.migrate("migrate").await.refused_with(1, newer);
    shell
        .migrate("migrate --dry-run")
        .await
        .refused_with(1, newer);
    let cluster = shell
        .migrate("migrate --cluster main")
        .await
        .succeeded()
        .out;
    assert!(cluster.contains("ON CLUSTER 'main'"));
}

/// Each of them waits until every writer has heard of it, so all of them go at once.
pub(crate) async fn set_days_hold_and_erase_and_a_hold_refuses_an_erasure() {
    let clickhouse = ClickHouse::start(ENGINE).await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let ledger = directory.path().join("erasures.ndjson");
    let shell = Shell {
        clickhouse: &clickhouse,
        ledger: &ledger,
    };
    let (gone, kept, short) = (tenant("cli-gone"), tenant("cli-held"), tenant("cli-short"));
    let nobodys = TenantId::unattributed();
    let writer = clickhouse.writer().unwrap();
    for tenant in [&gone, &kept, &short, &nobodys] {
        writer.insert(&batch(tenant, 0..20)).await.unwrap();
    }
    let reader = clickhouse.reader().unwrap();
    let total = async |tenant: &TenantId| everything(&reader, tenant).await.total;

    let without = shell.eraser("erase --org cli-gone").await;
    assert_eq!(without.status, Some(2));
    assert!(without.problem.contains("--reason"));
    let preview = shell
        .eraser("erase --org cli-gone --reason left --dry-run")
        .await;
    let preview = preview.succeeded().records();
    assert_eq!(
        preview[0]["rows"],
        json!([{"partition": 202_611, "own": 20, "traces": 0}])
    );
    assert_eq!(total(&gone).await, Some(20));

    let (erased, unattributed, hold, days, of_nobody, applied) = tokio::join!(
        shell.eraser("erase --org cli-gone --reason left"),
        shell.eraser("erase --unattributed --reason old"),
        shell.eraser("retention hold --org cli-held --reason lawsuit"),
        shell.eraser("retention set --org cli-short --days 3650"),
        shell.eraser("retention set --unattributed --days 3650"),
        shell.eraser("retention apply"),
    );
    for said in [hold, days, of_nobody, applied] {
        said.succeeded();
    }
    for (said, of_tenant) in [(erased, &gone), (unattributed, &nobodys)] {
        let receipt = &said.succeeded().records()[0];
        assert_eq!(receipt["state"], "verified");
        assert_eq!(receipt["org_id"], of_tenant.as_str());
        assert!(
            receipt["not_searched"]
                .as_array()
                .is_some_and(|places| !places.is_empty())
        );
    }
    // The fact of it stays.
    assert_eq!(total(&gone).await, Some(1));
    assert_eq!(
        (total(&kept).await, total(&short).await),
        (Some(20), Some(20))
    );
    let entries = LedgerFile::new(&ledger).entries().unwrap();
    assert_eq!(entries.len(), 2);
    let are_hidden = entries.iter().all(|entry| entry.hidden == Some(true));
    assert!(are_hidden, "the ledger is told of the end as well");

    let listed = shell.eraser("retention list").await.succeeded().records();
    let days = json!({"retention": {"org_id": "cli-short", "days": 3650}});
    assert!(listed.contains(&days), "{listed:?}");
    assert!(
        listed
            .iter()
            .any(|line| line["legal_hold"]["org_id"] == "cli-held")
    );
    shell
        .eraser("erase --org cli-held --reason left")
        .await
        .refused_with(1, "held");
    let resumed = shell.eraser("erase --resume").await.succeeded();
    assert_eq!(resumed.out, "");
}
