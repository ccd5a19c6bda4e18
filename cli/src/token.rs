//! `daybook token`: a token for the query API of a local `up`.

use std::io::Write as _;
use std::time::Duration;

use daybook_query_api::TokenRequest;

use crate::arguments::TokenOptions;
use crate::data_directory::DataDirectory;

pub(crate) fn token(options: &TokenOptions) -> anyhow::Result<bool> {
    let key = DataDirectory::open(&options.data)?.token_key()?;
    let token = key.mint(&TokenRequest {
        org_id: options.org.clone(),
        user: options.user.clone(),
        email: options.user.contains('@').then(|| options.user.clone()),
        permissions: options.permissions.clone(),
        lifetime: Duration::from_secs(u64::from(options.hours) * 3600),
    });
    writeln!(std::io::stdout(), "{token}")?;
    Ok(true)
}
