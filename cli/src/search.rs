//! `daybook search`: what the page's search bar finds, as JSON lines.

use std::io::Write as _;
use std::pin::pin;
use std::time::Duration;

use daybook_client::{Client, Search};
use daybook_query_api::TokenRequest;
use daybook_query_language::{QueryError, parse};
use futures::{StreamExt as _, TryStreamExt as _};

use crate::arguments::SearchOptions;
use crate::data_directory::DataDirectory;

/// How many events are asked for at once.
const PAGE_EVENTS_MAX: u32 = 500;
/// Long enough for a search, and of no use afterwards.
const TOKEN_LIFETIME: Duration = Duration::from_mins(5);

/// Refuses a query with a mistake, before anything is asked.
pub(crate) fn check(options: &SearchOptions) -> Result<(), String> {
    let query = query_of(options);
    parse(&query).map_err(|error| shown(&query, &error))?;
    Ok(())
}

pub(crate) async fn search(options: SearchOptions) -> anyhow::Result<bool> {
    let token = match (&options.token, &options.org) {
        (Some(token), _) => token.clone(),
        (None, Some(org)) => local_token(&options, org)?,
        (None, None) => anyhow::bail!("give --token, or --org for a local daybook up"),
    };
    let client = Client::new(&options.url, &token)?;
    let search = Search::query(query_of(&options)).limit(options.limit.min(PAGE_EVENTS_MAX));
    let mut events = pin!(client.events(search).take(options.limit as usize));
    let mut out = std::io::stdout().lock();
    while let Some(event) = events.try_next().await? {
        serde_json::to_writer(&mut out, &event)?;
        out.write_all(b"\n")?;
    }
    Ok(true)
}

fn local_token(options: &SearchOptions, org: &str) -> anyhow::Result<String> {
    let key = DataDirectory::open(&options.data)?.token_key()?;
    Ok(key.mint(&TokenRequest {
        org_id: org.to_owned(),
        user: "local".to_owned(),
        email: None,
        permissions: vec!["audit_log:view".to_owned()],
        lifetime: TOKEN_LIFETIME,
    }))
}

/// A shell has taken the words apart, and the quotation marks off.
fn query_of(options: &SearchOptions) -> String {
    options.query.join(" ")
}

/// The query with the mistake underlined.
fn shown(query: &str, error: &QueryError) -> String {
    let spaces = " ".repeat(error.position.saturating_sub(1));
    let marks = "^".repeat(error.length.max(1));
    let query: String = query
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    format!("the query has a mistake at {error}\n  {query}\n  {spaces}{marks}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mistake_is_underlined() {
        let query = "é action:delte x";
        let shown = shown(query, &parse(query).unwrap_err());
        assert!(
            shown.ends_with("\n  é action:delte x\n           ^^^^^"),
            "{shown}"
        );
    }
}
