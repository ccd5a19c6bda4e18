//! Sample events, the whole way through: the sample service is invoked as Lambda would invoke it,
//! its capture layer sends to the intake, and what the page shows came that way.

use std::time::Duration;

use anyhow::Context as _;
use daybook_sample_service::{DEMO_ORG_ID, SeedOptions};
use daybook_store::{Reader, Search, TenantId};
use indicatif::{ProgressBar, ProgressStyle};

use super::say;

/// Sends the sample events once: not where the demo tenant has events already.
pub(crate) async fn seed(reader: &Reader, url: &str) -> anyhow::Result<()> {
    let demo = TenantId::new(DEMO_ORG_ID)?;
    let search = Search {
        limit: 1,
        ..Search::default()
    };
    if !reader.search(&demo, &search).await?.events.is_empty() {
        return Ok(());
    }
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
            now: jiff::Timestamp::now(),
        },
        |done, all| {
            progress.set_length(all as u64);
            progress.set_position(done as u64);
        },
    )
    .await
    .context("the sample events could not be sent (start with --no-seed to do without)")?;
    progress.finish_and_clear();
    say(&format!("sample service: {} calls made", report.calls));
    Ok(())
}
