//! Goes on with what was asked to be erased, until all of it is verified.

use std::time::Duration;

use daybook_store::{Eraser, LedgerFile, StoreError};
use tokio::time::sleep;

const WORK_INTERVAL: Duration = Duration::from_secs(2);

/// Works for as long as it is polled, a step every two seconds; whatever an earlier process left undone
/// is gone on with. A ledger knows of a request as soon as its work begins.
pub async fn work_on_erasures(eraser: Eraser, ledger: Option<LedgerFile>) {
    loop {
        sleep(WORK_INTERVAL).await;
        if let Err(error) = work(&eraser, ledger.as_ref()).await {
            tracing::warn!(%error, "erasures wait");
        }
    }
}

/// A step of each; how many cannot go on until somebody clears their way. One that a legal hold keeps is as it is meant
/// to be.
///
/// # Errors
/// Whatever ClickHouse says when it is asked which there are, or the ledger cannot be used, or what names subjects and
/// is needed no more cannot be dropped.
pub(crate) async fn work(
    eraser: &Eraser,
    ledger: Option<&LedgerFile>,
) -> Result<usize, StoreError> {
    if let Some(ledger) = ledger
        && !eraser.unfinished().await?.is_empty()
    {
        eraser.sync_ledger(ledger).await?;
    }
    let mut blocked = 0;
    let worked = eraser.work().await?;
    for (id, worked) in worked.erasures {
        let Err(error) = worked else { continue };
        if error.is_waiting_for_hold() {
            tracing::info!(erasure = %id, %error, "an erasure waits for a legal hold");
        } else {
            tracing::warn!(erasure = %id, %error, "an erasure waits");
            blocked += usize::from(!error.may_succeed_later());
        }
    }
    worked.forgotten?;
    Ok(blocked)
}
