//! Makes Daybook's users on a ClickHouse that keeps users itself (a server, ClickHouse Cloud).

use crate::connection::client;
use crate::endpoint::{Credentials, Endpoint};
use crate::error::StoreError;
use crate::roles::{RolePasswords, roles_sql};

/// Makes the users that are not there yet, and grants all of them what they need. A user that is
/// there keeps its password.
///
/// # Errors
/// [`StoreError::Refused`] where the administrator may not, or where the engine reads its users
/// from a file.
pub async fn create_roles(
    endpoint: &Endpoint,
    administrator: &Credentials,
    passwords: &RolePasswords,
) -> Result<(), StoreError> {
    let client = client(endpoint, administrator)?.with_database("");
    for statement in roles_sql(&endpoint.database, passwords)? {
        client.query_raw(&statement).execute().await?;
    }
    Ok(())
}
