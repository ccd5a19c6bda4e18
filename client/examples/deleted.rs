//! Who deleted what in the last week: `cargo run -p daybook-client --example deleted -- URL TOKEN`.

use std::io::Write as _;

use daybook_client::{Client, Search};
use futures::TryStreamExt as _;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(token)) = (arguments.next(), arguments.next()) else {
        return Err("give the API's address and a token".into());
    };
    let client = Client::new(&url, &token)?;
    let search = Search::query("action:delete after:-7d").limit(100);
    let mut events = std::pin::pin!(client.events(search));
    while let Some(event) = events.try_next().await? {
        let line = format!("{} {}", event.timestamp, event.activity);
        writeln!(std::io::stdout(), "{line}")?;
    }
    Ok(())
}
