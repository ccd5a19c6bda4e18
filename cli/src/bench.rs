//! `daybook bench`: measures a part of Daybook on this machine.

use std::io::stdout;

use anyhow::Context as _;
use daybook_store_bench::Options;

use crate::arguments::BenchCommand;
use crate::up::CLICKHOUSE_ENGINE;

pub(crate) async fn bench(command: BenchCommand) -> anyhow::Result<bool> {
    let (BenchCommand::Store(measured) | BenchCommand::Api(measured)) = &command;
    let program = std::env::current_exe().context("this program does not know its own path")?;
    let options = Options {
        rows: measured.rows,
        directory: measured.directory.clone(),
        engine_command: (program, vec![CLICKHOUSE_ENGINE.into()]),
    };
    match command {
        BenchCommand::Store(_) => daybook_store_bench::run(&options, &mut stdout()).await?,
        BenchCommand::Api(_) => daybook_store_bench::run_api(&options, &mut stdout()).await?,
    }
    Ok(true)
}
