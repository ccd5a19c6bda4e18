//! What every command is that runs until it is told to stop.

use std::io::Write as _;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Tells on the first Ctrl-C or SIGTERM that all of it is to stop.
pub(crate) fn watch_signals(stop: watch::Sender<bool>) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        stop.send_replace(true);
        // A second Ctrl-C does not wait for anything.
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        std::process::exit(130);
    });
    Ok(())
}

/// Returns once it is to stop.
pub(crate) async fn stopped(mut stop: watch::Receiver<bool>) {
    // An error says that nobody can ask any more, which is an end as well.
    let _ = stop.wait_for(|&stop| stop).await;
}

/// A line for the person at the terminal.
pub(crate) fn say(line: &str) {
    // A closed stderr must not end the service.
    let _ = writeln!(std::io::stderr(), "{line}");
}
