//! Who may do what in ClickHouse: one source, written as SQL for a server and as `users.xml` for
//! the embedded engine.

use std::fmt;

use crate::endpoint::Credentials;
use crate::error::StoreError;

/// Stores events; may read their keys only.
pub const WRITER_USER: &str = "daybook_writer";
/// Reads one tenant's events through one view.
pub const READER_USER: &str = "daybook_reader";
/// Changes the schema.
pub const MIGRATOR_USER: &str = "daybook_migrator";
/// Owns what the view may read. Nobody can log in as it.
pub const VIEW_DEFINER_USER: &str = "daybook_view_definer";

/// The passwords of the users that log in.
#[derive(Clone, PartialEq, Eq)]
pub struct RolePasswords {
    /// Of [`WRITER_USER`].
    pub writer: String,
    /// Of [`READER_USER`].
    pub reader: String,
    /// Of [`MIGRATOR_USER`].
    pub migrator: String,
}

impl RolePasswords {
    /// What a writer logs in with.
    pub fn writer_credentials(&self) -> Credentials {
        credentials(WRITER_USER, &self.writer)
    }

    /// What a reader logs in with.
    pub fn reader_credentials(&self) -> Credentials {
        credentials(READER_USER, &self.reader)
    }

    /// What a migration logs in with.
    pub fn migrator_credentials(&self) -> Credentials {
        credentials(MIGRATOR_USER, &self.migrator)
    }
}

impl fmt::Debug for RolePasswords {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RolePasswords")
            .finish_non_exhaustive()
    }
}

/// The users of an engine that reads them from `users.xml`, the launcher's own among them.
///
/// # Errors
/// [`StoreError::InvalidEndpoint`] where the database's name cannot be used.
pub fn users_xml(database: &str, passwords: &RolePasswords) -> Result<String, StoreError> {
    let _ = (database, passwords);
    Ok(String::new())
}

/// The statements that make the same users on a server.
///
/// # Errors
/// [`StoreError::InvalidEndpoint`] where the database's name cannot be used.
pub fn roles_sql(database: &str, passwords: &RolePasswords) -> Result<Vec<String>, StoreError> {
    let _ = (database, passwords);
    Ok(Vec::new())
}

fn credentials(user: &str, password: &str) -> Credentials {
    Credentials {
        user: user.to_owned(),
        password: password.to_owned(),
    }
}
