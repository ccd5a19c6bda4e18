//! What may stand on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

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
    /// Consumes this SQS queue as well, as the Lambda would.
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
        hide_env_values = true
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
    /// Prints the SQL and changes nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RolesOptions {
    /// Statements for a server or ClickHouse Cloud, or a `users.xml` file.
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
    /// The password of `daybook_migrator`.
    #[arg(
        long,
        value_name = "PASSWORD",
        env = "DAYBOOK_MIGRATOR_PASSWORD",
        hide_env_values = true
    )]
    pub(crate) migrator_password: String,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum RolesFormat {
    Sql,
    Xml,
}
