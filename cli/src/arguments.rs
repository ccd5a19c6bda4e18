//! What may stand on the command line.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand};
use daybook_store::BACKUP_DAYS_MAX;

/// The audit log for services behind Amazon API Gateway: who did what to which thing, when, from
/// where, and with what outcome.
#[derive(Debug, Parser)]
#[command(name = "daybook", version, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs the whole of Daybook on this machine: ClickHouse, intake, query API and page.
    Up(UpOptions),
    /// Takes messages off an SQS queue and stores them, as the normalizer's Lambda does.
    ///
    /// ClickHouse and all else is set by the Lambda's environment variables, see docs/normalizer.md; region and
    /// credentials are those of your environment or AWS profile.
    Worker(WorkerOptions),
    /// Turns queue messages (a JSON line each) into audit events (a JSON line each).
    Normalize(NormalizeOptions),
    /// Says what each operation of OpenAPI documents means, a JSON line each.
    Explain(ExplainOptions),
    /// Says what is in doubt about OpenAPI documents, and what would settle it.
    ///
    /// Looked at are POST, PUT, PATCH and DELETE. The exit status is 0 where enough operations are
    /// certain and no document has an error, 1 where not.
    Lint(LintOptions),
    /// Makes one file of OpenAPI documents, which `--specs` and a Lambda load in their place.
    Compile(CompileOptions),
    /// Finds events as the page's search bar does, a JSON line each, newest first.
    ///
    /// Words and "phrases" must all occur; qualifiers are actor:, action:, service:, operation:,
    /// outcome:, method:, entity:TYPE/ID, ip:, correlation:, after: and before:. A minus negates; behind
    /// `--`, a query may begin with one.
    Search(SearchOptions),
    /// Mints a token for the query API of a local `daybook up`.
    Token(TokenOptions),
    /// Brings a ClickHouse database to the present schema.
    Migrate(MigrateOptions),
    /// Prints the users that Daybook needs in ClickHouse, and what they may do.
    Roles(RolesOptions),
    /// Measures a part of Daybook on this machine.
    #[command(subcommand)]
    Bench(BenchCommand),
    /// Erases a customer from a ClickHouse database, and prints the receipt (JSON).
    Erase(EraseOptions),
    /// Sets and lists how long events are kept, and what a legal hold keeps.
    Retention(RetentionOptions),
    /// The sample service, as a child process of `up`.
    #[command(hide = true)]
    SampleService,
}

#[derive(Debug, Args)]
pub(crate) struct UpOptions {
    /// The port of page, API and intake on 127.0.0.1; 0 picks a free one.
    #[arg(long, default_value_t = 8080)]
    pub(crate) port: u16,
    #[command(flatten)]
    pub(crate) data: DataOption,
    /// A folder of OpenAPI documents of your services (or one document, or a compiled index).
    #[arg(long, value_name = "DIR")]
    pub(crate) specs: Option<PathBuf>,
    /// Starts without the sample events.
    #[arg(long)]
    pub(crate) no_seed: bool,
    /// Consumes this SQS queue as well, as the Lambda would. What cannot be stored goes to its dead-letter queue with the
    /// reason, at the last delivery (`maxReceiveCount`; one in a hundred earlier) or when it is almost as old as the queue keeps
    /// messages.
    #[arg(long, value_name = "URL")]
    pub(crate) queue_url: Option<String>,
    /// Uses a running ClickHouse (http://user:password@127.0.0.1:8123) instead of an embedded one.
    #[arg(long, value_name = "URL")]
    pub(crate) clickhouse_url: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct DataOption {
    /// The folder that everything is kept in between runs; by default one in your cache.
    #[arg(long = "data", value_name = "DIR", env = "DAYBOOK_DATA")]
    pub(crate) directory: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct WorkerOptions {
    /// The queue that services send to. What can never be stored goes to its dead-letter queue with the reason.
    #[arg(long, value_name = "URL", env = "DAYBOOK_QUEUE_URL")]
    pub(crate) queue_url: String,
    /// A folder of OpenAPI documents, one document, or a compiled index.
    #[arg(long, value_name = "DIR|FILE", env = "DAYBOOK_SPECS")]
    pub(crate) specs: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct NormalizeOptions {
    /// A folder of OpenAPI documents, one document, or a compiled index.
    #[arg(long, value_name = "DIR|FILE")]
    pub(crate) specs: PathBuf,
    /// The messages; standard input where it is missing or `-`.
    pub(crate) file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainOptions {
    /// A folder of OpenAPI documents, one document, or a compiled index.
    #[arg(long, value_name = "DIR|FILE")]
    pub(crate) specs: PathBuf,
    /// JSON lines for programs, or a table as wide as the terminal for people.
    #[arg(long, value_enum, default_value_t = ExplainFormat::Jsonl)]
    pub(crate) format: ExplainFormat,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum ExplainFormat {
    Jsonl,
    Table,
}

#[derive(Debug, Args)]
pub(crate) struct LintOptions {
    /// A folder of OpenAPI documents, or one document.
    #[arg(long, value_name = "DIR|FILE")]
    pub(crate) specs: PathBuf,
    /// The least share of operations, in per cent, that must be certain in all five facts.
    #[arg(long, value_name = "PERCENT", default_value_t = 95.0, value_parser = percent)]
    pub(crate) min: f64,
    /// For people, as JSON lines (a finding each, the summary last), or as SARIF 2.1.0.
    #[arg(long, value_enum, default_value_t = LintFormat::Text)]
    pub(crate) format: LintFormat,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum LintFormat {
    Text,
    Json,
    Sarif,
}

fn percent(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|percent| (0.0..=100.0).contains(percent))
        .ok_or_else(|| "it is no number from 0 to 100".to_owned())
}

#[derive(Debug, Args)]
pub(crate) struct CompileOptions {
    /// A folder of OpenAPI documents, or one document.
    #[arg(long, value_name = "DIR|FILE")]
    pub(crate) specs: PathBuf,
    /// The file that is written; what was there is replaced once all of it is written.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct TokenOptions {
    /// The tenant that the token may see.
    #[arg(long, value_name = "TENANT")]
    pub(crate) org: String,
    /// Whose token it is: an id or an e-mail address.
    #[arg(long, value_name = "USER", default_value = "local")]
    pub(crate) user: String,
    /// What it may do.
    #[arg(
        long,
        value_name = "A,B",
        value_delimiter = ',',
        default_value = "audit_log:view,audit_log:export"
    )]
    pub(crate) permissions: Vec<String>,
    /// How many hours it is valid.
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=8760))]
    pub(crate) hours: u32,
    #[command(flatten)]
    pub(crate) data: DataOption,
}

#[derive(Debug, Args)]
pub(crate) struct SearchOptions {
    /// What to find: `daybook search --org acme action:delete after:-7d`. Nothing finds all.
    #[arg(value_name = "QUERY")]
    pub(crate) query: Vec<String>,
    /// The query API.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub(crate) url: String,
    /// A token for it.
    #[arg(
        long,
        value_name = "JWT",
        env = "DAYBOOK_TOKEN",
        hide_env_values = true,
        required_unless_present = "org"
    )]
    pub(crate) token: Option<String>,
    /// The tenant, where the query API is that of a local `daybook up` and no token is given.
    #[arg(long, value_name = "TENANT")]
    pub(crate) org: Option<String>,
    /// How many events at most.
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) limit: u32,
    #[command(flatten)]
    pub(crate) data: DataOption,
}

#[derive(Debug, Args)]
pub(crate) struct MigrateOptions {
    /// ClickHouse's HTTP interface, with the migrating user: https://user:password@host:8443
    #[arg(
        long,
        value_name = "URL",
        env = "DAYBOOK_CLICKHOUSE_URL",
        hide_env_values = true,
        required_unless_present_any = ["dry_run", "cluster"]
    )]
    pub(crate) clickhouse_url: Option<String>,
    /// The database.
    #[arg(
        long,
        value_name = "NAME",
        default_value = "daybook",
        env = "DAYBOOK_CLICKHOUSE_DATABASE"
    )]
    pub(crate) database: String,
    /// Prints the SQL that the database still needs, or all of it without `--clickhouse-url`, and changes
    /// nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// After a restore, once `daybook erase --resume` has been through it: the file that keeps the
    /// erasures. Without it nobody is let in to a restored database.
    #[arg(long, value_name = "FILE", env = "DAYBOOK_ERASURE_LEDGER")]
    pub(crate) ledger: Option<PathBuf>,
    /// Prints the SQL that makes the schema on every node of this cluster, and changes nothing.
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RolesOptions {
    /// Statements for a server, or a `users.xml` file.
    #[arg(long, value_enum, default_value_t = RolesFormat::Sql)]
    pub(crate) format: RolesFormat,
    /// The database.
    #[arg(
        long,
        value_name = "NAME",
        default_value = "daybook",
        env = "DAYBOOK_CLICKHOUSE_DATABASE"
    )]
    pub(crate) database: String,
    /// The password of `daybook_writer`.
    #[arg(
        long,
        value_name = "PASSWORD",
        env = "DAYBOOK_WRITER_PASSWORD",
        hide_env_values = true
    )]
    pub(crate) writer_password: String,
    /// The password of `daybook_reader`.
    #[arg(
        long,
        value_name = "PASSWORD",
        env = "DAYBOOK_READER_PASSWORD",
        hide_env_values = true
    )]
    pub(crate) reader_password: String,
    /// The password of `daybook_eraser`.
    #[arg(
        long,
        value_name = "PASSWORD",
        env = "DAYBOOK_ERASER_PASSWORD",
        hide_env_values = true
    )]
    pub(crate) eraser_password: String,
    /// The password of `daybook_migrator`.
    #[arg(
        long,
        value_name = "PASSWORD",
        env = "DAYBOOK_MIGRATOR_PASSWORD",
        hide_env_values = true
    )]
    pub(crate) migrator_password: String,
    /// The password of `daybook_shard`, as which the nodes of a cluster read from each other; only a
    /// cluster has it.
    #[arg(
        long,
        value_name = "PASSWORD",
        env = "DAYBOOK_SHARD_PASSWORD",
        hide_env_values = true
    )]
    pub(crate) shard_password: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BenchCommand {
    /// How fast the store takes events and finds them, and how many bytes they need.
    Store(BenchStoreOptions),
    /// What the query API adds to the store: latency, many clients at once, exports. The same database.
    Api(BenchStoreOptions),
}

#[derive(Debug, Args)]
pub(crate) struct BenchStoreOptions {
    /// How many events are made up.
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(10_000..=1_000_000_000))]
    pub(crate) rows: u64,
    /// A folder that keeps the database, for another run; by default it is removed.
    #[arg(long = "data", value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum RolesFormat {
    Sql,
    Xml,
}

/// As whom to speak to ClickHouse: the eraser.
#[derive(Debug, Args)]
pub(crate) struct EraserStore {
    /// ClickHouse's HTTP interface, with the erasing user: https://daybook_eraser:password@host:8443
    #[arg(
        long,
        value_name = "URL",
        env = "DAYBOOK_CLICKHOUSE_URL",
        hide_env_values = true
    )]
    pub(crate) clickhouse_url: String,
    /// The database.
    #[arg(
        long,
        value_name = "NAME",
        default_value = "daybook",
        env = "DAYBOOK_CLICKHOUSE_DATABASE"
    )]
    pub(crate) database: String,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
#[derive(Debug, Args)]
pub(crate) struct EraseOptions {
    #[command(flatten)]
    pub(crate) store: EraserStore,
    /// The tenant; without a person or an entity, all of its events.
    #[arg(
        long,
        value_name = "TENANT",
        required_unless_present_any = ["resume", "unattributed"]
    )]
    pub(crate) org: Option<String>,
    /// The events without a tenant: calls that nobody was logged in for, such as logins.
    #[arg(long, conflicts_with = "org")]
    pub(crate) unattributed: bool,
    /// A person by their id: what they did, what was done to them, and where others tell of them.
    #[arg(long, value_name = "USER", group = "subject")]
    pub(crate) user: Option<String>,
    /// A person by their e-mail address.
    #[arg(long, value_name = "EMAIL", group = "subject")]
    pub(crate) email: Option<String>,
    /// A thing.
    #[arg(long, value_name = "TYPE/ID", group = "subject")]
    pub(crate) entity: Option<EntityArgument>,
    /// Why, in words that do not name the subject: they stay.
    #[arg(long, value_name = "REASON", required_unless_present = "resume")]
    pub(crate) reason: Option<String>,
    /// Whether the subject's own events go, or stay under a pseudonym.
    #[arg(long, value_enum, default_value_t = EraseMode::Delete)]
    pub(crate) mode: EraseMode,
    /// Counts what would be erased, and changes nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Goes on with every erasure that is not verified, and erases again what a restored backup
    /// brought back.
    #[arg(long, conflicts_with_all = ["org", "unattributed", "subject", "reason", "dry_run"])]
    pub(crate) resume: bool,
    /// With `--resume`, at the end of a restore, and after older parts were attached to the table: looks for whatever
    /// was ever erased, and not only for what was verified in another table than this. Later ones take this one for looked through.
    #[arg(long, requires = "resume")]
    pub(crate) recheck: bool,
    /// A file outside the database and its backups that keeps the erasures, as hashes: by it a
    /// restored backup is erased again. `--resume` needs it to be there, an erasure makes it.
    #[arg(long, value_name = "FILE", env = "DAYBOOK_ERASURE_LEDGER")]
    pub(crate) ledger: Option<PathBuf>,
    /// How many days backups of the database are kept, for the receipt.
    #[arg(
        long,
        value_name = "N",
        env = "DAYBOOK_BACKUP_DAYS",
        default_value_t = 35,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(BACKUP_DAYS_MAX))
    )]
    pub(crate) backup_days: u32,
    /// The operator's secret by which erased persons are known again: 32 bytes or more. Writers
    /// need the same.
    #[arg(
        long,
        value_name = "SECRET",
        env = "DAYBOOK_ERASURE_KEY",
        hide_env_values = true
    )]
    pub(crate) erasure_key: String,
    /// The password of `daybook_writer`, who stores the fact of the erasure.
    #[arg(
        long,
        value_name = "PASSWORD",
        env = "DAYBOOK_WRITER_PASSWORD",
        hide_env_values = true
    )]
    pub(crate) writer_password: String,
}

/// `TYPE/ID`.
#[derive(Debug, Clone)]
pub(crate) struct EntityArgument {
    pub(crate) kind: String,
    pub(crate) id: String,
}

impl FromStr for EntityArgument {
    type Err = &'static str;

    fn from_str(entity: &str) -> Result<Self, Self::Err> {
        let (kind, id) = entity
            .split_once('/')
            .filter(|(kind, id)| !kind.is_empty() && !id.is_empty())
            .ok_or("an entity is written TYPE/ID")?;
        Ok(Self {
            kind: kind.to_owned(),
            id: id.to_owned(),
        })
    }
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum EraseMode {
    Delete,
    Anonymise,
}

#[derive(Debug, Args)]
pub(crate) struct RetentionOptions {
    #[command(flatten)]
    pub(crate) store: EraserStore,
    #[command(subcommand)]
    pub(crate) command: RetentionCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RetentionCommand {
    /// Says how many days events are kept: those stored already, and those to come.
    #[command(group = clap::ArgGroup::new("whose").required(true))]
    Set {
        /// The tenant.
        #[arg(long, value_name = "TENANT", group = "whose")]
        org: Option<String>,
        /// The events without a tenant.
        #[arg(long, group = "whose")]
        unattributed: bool,
        /// All tenants that have no days of their own.
        #[arg(long, group = "whose")]
        default: bool,
        /// Days from an event's time on; 0 keeps events for ever.
        #[arg(long, value_name = "N")]
        days: u32,
    },
    /// Lists days and holds, a JSON line each.
    List,
    /// Keeps a tenant's or an entity's events from expiring and from being erased.
    Hold(HoldOptions),
    /// Ends a hold: the events expire as their tenant's days say.
    Release(HoldOptions),
    /// Brings the stored events of all tenants to what is set: after a restore, and after `set`, `hold` or `release`
    /// ended early.
    Apply,
}

#[derive(Debug, Args)]
pub(crate) struct HoldOptions {
    /// The tenant.
    #[arg(long, value_name = "TENANT", required_unless_present = "unattributed")]
    pub(crate) org: Option<String>,
    /// The events without a tenant.
    #[arg(long, conflicts_with = "org")]
    pub(crate) unattributed: bool,
    /// One thing of it.
    #[arg(long, value_name = "TYPE/ID")]
    pub(crate) entity: Option<EntityArgument>,
    /// Why.
    #[arg(long, value_name = "REASON")]
    pub(crate) reason: String,
}
