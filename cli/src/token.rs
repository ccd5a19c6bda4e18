//! `daybook token`: a token for the query API of a local `up`.

use std::io::Write as _;
use std::time::Duration;

use daybook_query_api::TokenRequest;
use daybook_store::TenantId;

use crate::arguments::TokenOptions;
use crate::data_directory::DataDirectory;

/// What a token may allow.
const PERMISSIONS: [&str; 3] = ["audit_log:view", "audit_log:export", "audit_log:erase"];

/// Refuses what no reader would accept.
pub(crate) fn check(options: &TokenOptions) -> Result<(), String> {
    TenantId::new(&options.org).map_err(|error| error.to_string())?;
    for permission in &options.permissions {
        // A scope narrows a permission: audit_log:view:service/orders
        let known = PERMISSIONS.iter().any(|known| {
            permission
                .strip_prefix(known)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        });
        if !known {
            return Err(format!(
                "{permission:?} is none of {}",
                PERMISSIONS.join(", ")
            ));
        }
    }
    Ok(())
}

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
