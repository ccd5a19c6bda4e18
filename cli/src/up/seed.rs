//! Sample events, the whole way through: the sample service is invoked as Lambda would invoke it,
//! its capture layer sends to the intake, and what the page shows came that way.

use std::time::Duration;

use anyhow::Context as _;
use daybook_sample_service::SeedOptions;
use indicatif::{ProgressBar, ProgressStyle};

use crate::data_directory::DataDirectory;
use crate::process::say;

/// Sends the sample events, once for a data folder. One that was interrupted is begun again with the
/// same events: those that arrived are not stored twice.
pub(crate) async fn seed(directory: &DataDirectory, url: &str) -> anyhow::Result<()> {
    let mut seeding = directory.seeding()?;
    if seeding.is_done {
        return Ok(());
    }
    directory.keep_seeding(&seeding)?;
    let progress = ProgressBar::new_spinner().with_style(ProgressStyle::with_template(
        "{spinner} sample service: {pos} of {len} calls",
    )?);
    progress.enable_steady_tick(Duration::from_millis(100));
    let report = daybook_sample_service::seed(
        SeedOptions {
            service_command: (
                std::env::current_exe().context("this program does not know its own path")?,
                vec!["sample-service".into()],
            ),
            intake_url: format!("{url}/intake"),
            now: seeding.started_at,
        },
        |done, all| {
            progress.set_length(all as u64);
            progress.set_position(done as u64);
        },
    )
    .await
    .context("the sample events could not be sent (start with --no-seed to do without)")?;
    progress.finish_and_clear();
    seeding.is_done = true;
    directory.keep_seeding(&seeding)?;
    say(&format!("sample service: {} calls made", report.calls));
    Ok(())
}
