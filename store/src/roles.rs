//! Who may do what in ClickHouse: one source, written as SQL for a server and as `users.xml` for
//! the embedded engine.

use std::fmt;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::connection::client;
use crate::endpoint::{Credentials, Endpoint, check_database};
use crate::error::StoreError;
use crate::hexadecimal::hexadecimal;

/// Stores events; may read their keys only.
pub const WRITER_USER: &str = "daybook_writer";
/// Reads one tenant's events through one view.
pub const READER_USER: &str = "daybook_reader";
/// Erases customers, and sets when events expire: the only one that changes or removes rows.
pub const ERASER_USER: &str = "daybook_eraser";
/// Changes the schema.
pub const MIGRATOR_USER: &str = "daybook_migrator";
/// Owns what the view may read. Nobody can log in as it.
pub(crate) const VIEW_DEFINER_USER: &str = "daybook_view_definer";

/// Reads one node's events for the views of the other nodes of a cluster.
pub const SHARD_USER: &str = "daybook_shard";

/// The passwords of the users that log in.
#[derive(Clone, PartialEq, Eq)]
pub struct RolePasswords {
    /// Of [`WRITER_USER`].
    pub writer: String,
    /// Of [`READER_USER`].
    pub reader: String,
    /// Of [`ERASER_USER`].
    pub eraser: String,
    /// Of [`MIGRATOR_USER`].
    pub migrator: String,
    /// Of [`SHARD_USER`], which only the nodes of a cluster have.
    pub shard: Option<String>,
}

impl RolePasswords {
    /// Passwords that nobody can guess, for an engine that is started with them.
    pub fn random() -> Self {
        let password = || format!("{:032x}", rand::random::<u128>());
        Self {
            writer: password(),
            reader: password(),
            eraser: password(),
            migrator: password(),
            shard: None,
        }
    }

    /// What a writer logs in with.
    pub fn writer_credentials(&self) -> Credentials {
        credentials(WRITER_USER, &self.writer)
    }

    /// What a reader logs in with.
    pub fn reader_credentials(&self) -> Credentials {
        credentials(READER_USER, &self.reader)
    }

    /// What an erasure logs in with.
    pub fn eraser_credentials(&self) -> Credentials {
        credentials(ERASER_USER, &self.eraser)
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

/// The rows of `events` that the view's definer reads at all.
///
/// The view says the same, but ClickHouse may join its condition with that of whoever reads the view, and
/// compare in any order: an error would then tell of rows that the view leaves out. What a policy leaves
/// out is gone before.
const TENANT_POLICY: &str = "org_id = unhex(getClientHTTPHeader('X-Daybook-Org')) AND org_id != ''";

/// What one user may do, however it is written.
struct Role {
    user: &'static str,
    /// SQL after GRANT, without TO; `{database}` stands for the database.
    grants: &'static [&'static str],
    /// Those that it has besides on the nodes of a cluster.
    grants_in_cluster: &'static [&'static str],
    /// Settings that hold for the user; none can be changed where `readonly` is 1.
    settings: &'static [(&'static str, &'static str)],
    /// The rows of `events` that it reads; all, where nothing is said.
    rows: Option<&'static str>,
    /// Whether anybody can log in as it.
    logs_in: bool,
}

/// What a role is where it says nothing else.
const NOBODY: Role = Role {
    user: "",
    grants: &[],
    grants_in_cluster: &[],
    settings: &[],
    rows: None,
    logs_in: true,
};

/// The settings by which what a search unpacks is kept for the next, where the server has room set aside for it
/// (`uncompressed_cache_size`).
pub const UNPACKED_ONCE: [(&str, &str); 2] = [
    ("use_uncompressed_cache", "1"),
    // One that may read more rows than so many would leave no room for others. ClickHouse compares before it has asked
    // the indexes, and its own bound is a million: with more events a tenant would be searched in twice the time.
    ("merge_tree_max_rows_to_use_cache", "16000000"),
];

const ROLES: &[Role] = &[
    Role {
        user: MIGRATOR_USER,
        grants: &[
            "CREATE DATABASE, CREATE TABLE, DROP VIEW ON {database}.*",
            // What is there; never whom an erasure is about.
            "SELECT ON {database}.events",
            "SELECT ON {database}.erasures",
            "SELECT ON {database}.migrations",
            "INSERT ON {database}.migrations",
            // What adds to a schema, and indexes, which say nothing of their own: no UPDATE, DELETE, TTL, CLEAR,
            // MATERIALIZE or DROP of a column, and no partition moved or dropped. To MODIFY a column is to own what
            // is in it, so only those that a migration changes.
            "ALTER ADD COLUMN, ALTER ADD INDEX ON {database}.*",
            "ALTER DROP INDEX, ALTER MATERIALIZE INDEX ON {database}.events",
            "ALTER MODIFY COLUMN(entity_name, activity) ON {database}.events",
            // CREATE OR REPLACE makes the new view under such a name, exchanges both, and removes the old one by
            // it. To exchange is to insert, as ClickHouse sees it.
            "INSERT ON {database}.tenant_events",
            "SELECT, DROP TABLE ON {database}._tmp_replace_*",
            "SET DEFINER ON daybook_view_definer",
            "TABLE ENGINE ON *",
        ],
        // The view that it makes calls the function that this setting allows.
        settings: &[("allow_get_client_http_header", "1")],
        ..NOBODY
    },
    Role {
        user: VIEW_DEFINER_USER,
        grants: &["SELECT ON {database}.events"],
        grants_in_cluster: &["SELECT ON {database}.all_events"],
        settings: &[
            ("readonly", "1"),
            ("allow_get_client_http_header", "1"),
            UNPACKED_ONCE[0],
            UNPACKED_ONCE[1],
        ],
        rows: Some(TENANT_POLICY),
        logs_in: false,
    },
    Role {
        user: WRITER_USER,
        grants: &[
            "INSERT ON {database}.events",
            // The keys, to know what is stored already; never what an event says.
            "SELECT(org_id, timestamp, id, request_digest, _part, _partition_id) ON {database}.events",
            "SELECT(database, table, partition_id, active, name, rows, max_block_number, min_time, \
             max_time) ON system.parts",
            // Whether another writer is storing.
            "SELECT(query_id) ON system.processes",
            // What must not be stored again, and how long an event is kept.
            "SELECT(org_id, id, step, state, scope, subject_hashes, up_to, report) ON {database}.erasures",
            "SELECT(org_id, at, days) ON {database}.retention",
            "SELECT(org_id, entity_type, entity_id, at, held) ON {database}.legal_holds",
        ],
        settings: &[("max_memory_usage", "2000000000")],
        ..NOBODY
    },
    Role {
        user: ERASER_USER,
        grants: &[
            "ALTER DELETE ON {database}.events",
            "ALTER UPDATE(caller_user_id, caller_user_email, caller_name, caller_token_id, \
             entity_id, entity_name, parent_id, http_ip, http_user_agent, correlation_id, activity, \
             detail, told, rest, expires_at) ON {database}.events",
            // To count what it is to erase, and to see that it is gone.
            "SELECT(org_id, timestamp, service_name, caller_user_id, caller_user_email, caller_name, \
             caller_token_id, entity_type, entity_id, entity_name, parent_type, parent_id, http_ip, \
             http_user_agent, correlation_id, activity, detail, told, rest, expires_at) \
             ON {database}.events",
            "SELECT, INSERT ON {database}.erasures",
            // A subject is dropped with its partition as soon as it is not needed any more.
            "SELECT, INSERT, ALTER DELETE ON {database}.erasure_subjects",
            "SELECT, INSERT ON {database}.retention",
            "SELECT, INSERT ON {database}.legal_holds",
            "SELECT(database, table, mutation_id, command, is_done, latest_fail_reason, \
             `block_numbers.partition_id`, `block_numbers.number`) ON system.mutations",
            "SELECT(database, table, partition, partition_id, data_version, active, _state, modification_time) \
             ON system.parts",
            "SELECT(database, table) ON system.detached_parts",
            "SYSTEM WAIT LOADING PARTS ON {database}.events",
            // What searches have unpacked, the erased among it, is in memory, and words of theirs are as well.
            "SYSTEM DROP UNCOMPRESSED CACHE, SYSTEM DROP TEXT INDEX CACHES ON *.*",
            "SELECT(database, table) ON system.merges",
            // Whether readers are let in.
            "SHOW TABLES ON {database}.tenant_events",
            // A newer schema may have columns that an older eraser knows nothing of.
            "SELECT(version) ON {database}.migrations",
        ],
        settings: &[("max_memory_usage", "2000000000")],
        ..NOBODY
    },
    Role {
        user: READER_USER,
        grants: &["SELECT ON {database}.tenant_events"],
        settings: &[
            ("readonly", "1"),
            ("allow_get_client_http_header", "1"),
            ("max_execution_time", "30"),
            ("max_memory_usage", "2000000000"),
            ("max_rows_to_read", "2000000000"),
            ("max_result_rows", "100000"),
            ("max_result_bytes", "1000000000"),
            ("max_concurrent_queries_for_user", "100"),
            // The start of a day after 2106 is one, too.
            ("enable_extended_results_for_datetime_functions", "1"),
            // A page is planned as long as it is read: its columns are few already, and there is not enough
            // to format for two threads.
            ("query_plan_remove_unused_columns", "0"),
            ("output_format_parallel_formatting", "0"),
            UNPACKED_ONCE[0],
            UNPACKED_ONCE[1],
        ],
        ..NOBODY
    },
];

/// The view's own setting stays on the node that was asked, and a row must be hidden on the others, too.
const SHARD_ROLE: Role = Role {
    user: SHARD_USER,
    grants: &["SELECT ON {database}.events"],
    settings: &[
        ("readonly", "1"),
        ("apply_mutations_on_fly", "1"),
        UNPACKED_ONCE[0],
        UNPACKED_ONCE[1],
        // Those of the reader end at the node that was asked.
        ("max_execution_time", "30"),
        ("max_memory_usage", "2000000000"),
        ("max_rows_to_read", "2000000000"),
        ("enable_extended_results_for_datetime_functions", "1"),
    ],
    ..NOBODY
};

/// The users that have one of these passwords, or need none.
fn roles(passwords: &RolePasswords) -> impl Iterator<Item = &'static Role> {
    ROLES
        .iter()
        .chain(passwords.shard.is_some().then_some(&SHARD_ROLE))
}

impl Role {
    fn grants<'a>(
        &'a self,
        database: &'a str,
        passwords: &RolePasswords,
    ) -> impl Iterator<Item = String> + 'a {
        let in_cluster = match passwords.shard {
            Some(_) => self.grants_in_cluster,
            None => &[],
        };
        self.grants
            .iter()
            .chain(in_cluster)
            .map(move |grant| format!("GRANT {}", grant.replace("{database}", database)))
    }

    fn password_sha256(&self, passwords: &RolePasswords) -> Option<String> {
        let password = match self.user {
            WRITER_USER => &passwords.writer,
            READER_USER => &passwords.reader,
            ERASER_USER => &passwords.eraser,
            MIGRATOR_USER => &passwords.migrator,
            SHARD_USER => passwords.shard.as_ref()?,
            _ => return None,
        };
        Some(hexadecimal(&Sha256::digest(password.as_bytes())))
    }
}

/// The users of an engine that reads them from `users.xml`: from this machine only, with hashes of
/// their passwords. The user `default` is not among them; it is the launcher's.
///
/// # Errors
/// [`StoreError::InvalidEndpoint`] where the database's name cannot be used.
pub fn users_xml(database: &str, passwords: &RolePasswords) -> Result<String, StoreError> {
    check_database(database)?;
    let (mut profiles, mut users) = (String::new(), String::new());
    for role in roles(passwords) {
        let user = role.user;
        let settings: Vec<_> = role
            .settings
            .iter()
            .map(|(name, value)| format!("<{name}>{value}</{name}>"))
            .collect();
        let settings = settings.concat();
        let grants: Vec<_> = role
            .grants(database, passwords)
            .map(|grant| format!("\n      <query>{grant}</query>"))
            .collect();
        let grants = grants.concat();
        // No password has this hash, and there is no address to come from.
        let password = role
            .password_sha256(passwords)
            .unwrap_or_else(|| "0".repeat(64));
        let networks = if role.logs_in {
            "<ip>127.0.0.1</ip>"
        } else {
            ""
        };
        let rows = role.rows.map_or_else(String::new, |rows| {
            format!(
                "\n      <databases><{database}><events><filter>{rows}</filter></events></{database}></databases>"
            )
        });
        // Writing to a String cannot fail.
        let _ = write!(profiles, "\n    <{user}>{settings}</{user}>");
        let _ = write!(
            users,
            "\n    <{user}>
      <password_sha256_hex>{password}</password_sha256_hex>
      <networks>{networks}</networks>
      <profile>{user}</profile>
      <quota>unbounded</quota>
      <grants>{grants}
      </grants>{rows}
    </{user}>"
        );
    }
    Ok(format!(
        "<clickhouse>
  <profiles>{profiles}
  </profiles>
  <quotas><unbounded/></quotas>
  <users>{users}
  </users>
</clickhouse>
"
    ))
}

/// The statements that make the same users on a server, one by one. They hold hashes of the
/// passwords, and may be run again: users that are there are replaced.
///
/// # Errors
/// [`StoreError::InvalidEndpoint`] where the database's name cannot be used.
pub fn roles_sql(database: &str, passwords: &RolePasswords) -> Result<Vec<String>, StoreError> {
    statements(database, passwords, Users::Replaced)
}

/// What becomes of users that are there.
#[derive(Clone, Copy)]
enum Users {
    Replaced,
    /// They keep their passwords.
    Kept,
}

fn statements(
    database: &str,
    passwords: &RolePasswords,
    users: Users,
) -> Result<Vec<String>, StoreError> {
    check_database(database)?;
    let mut statements = Vec::new();
    for role in roles(passwords) {
        let user = role.user;
        let identified = match role.password_sha256(passwords) {
            Some(hash) => format!("IDENTIFIED WITH sha256_hash BY '{hash}'"),
            None => "NOT IDENTIFIED HOST NONE".to_owned(),
        };
        let settings: Vec<_> = role
            .settings
            .iter()
            .map(|(name, value)| format!("{name} = {value}"))
            .collect();
        let settings = settings.join(", ");
        let (create, altered) = match users {
            Users::Replaced => ("CREATE USER OR REPLACE", None),
            // An older Daybook made it with other settings.
            Users::Kept => (
                "CREATE USER IF NOT EXISTS",
                Some(format!("ALTER USER {user} SETTINGS {settings}")),
            ),
        };
        statements.push(format!("{create} {user} {identified} SETTINGS {settings}"));
        statements.extend(altered);
    }
    // Grants name users, so all users come first.
    for role in roles(passwords) {
        let user = role.user;
        statements.extend(
            role.grants(database, passwords)
                .map(|grant| format!("{grant} TO {user}")),
        );
        if let Some(rows) = role.rows {
            let policy = |name: &str, rows: &str, users: &str| {
                format!(
                    "CREATE ROW POLICY OR REPLACE {name} ON {database}.events USING {rows} TO {users}"
                )
            };
            // First: servers differ in what those see for whom there is no policy on a table that has one.
            statements.push(policy("daybook_whole", "1", &format!("ALL EXCEPT {user}")));
            statements.push(policy("daybook_tenant", rows, user));
        }
    }
    Ok(statements)
}

/// Makes the users that are not there yet on a server, and gives all of them their settings and rights. A user
/// that is there keeps its password, since others may be logging in with it, and what else it may do: to take
/// that away is what [`roles_sql`] is for.
///
/// # Errors
/// [`StoreError::Refused`] where the administrator may not, or the server keeps its users in a
/// file; see [`StoreError`] for the rest.
pub async fn create_roles(
    endpoint: &Endpoint,
    administrator: &Credentials,
    passwords: &RolePasswords,
) -> Result<(), StoreError> {
    // Without a database: the one that the grants name need not be there yet.
    let client = client(endpoint, administrator)?.with_database("");
    for statement in statements(&endpoint.database, passwords, Users::Kept)? {
        client.query_raw(&statement).execute().await?;
    }
    Ok(())
}

fn credentials(user: &str, password: &str) -> Credentials {
    Credentials {
        user: user.to_owned(),
        password: password.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::TENANT_HEADER;

    fn passwords() -> RolePasswords {
        RolePasswords {
            writer: "w</password>'".to_owned(),
            reader: "r".to_owned(),
            eraser: "e".to_owned(),
            migrator: "m".to_owned(),
            shard: Some("s".to_owned()),
        }
    }

    #[test]
    fn both_forms_name_the_same_grants_and_no_password() {
        let xml = users_xml("audit", &passwords()).unwrap();
        let sql = roles_sql("audit", &passwords()).unwrap().join(";\n");
        for role in roles(&passwords()) {
            for grant in role.grants("audit", &passwords()) {
                assert!(xml.contains(&format!("<query>{grant}</query>")), "{grant}");
                assert!(
                    sql.contains(&format!("{grant} TO {}", role.user)),
                    "{grant}"
                );
            }
        }
        for text in [xml, sql] {
            assert!(!text.contains("{database}") && !text.contains("w</password>"));
        }
    }

    #[test]
    fn the_definer_of_the_view_reads_one_tenant_by_the_header_of_the_view() {
        let header = format!("getClientHTTPHeader('{TENANT_HEADER}')");
        assert!(TENANT_POLICY.contains(&header));
        let xml = users_xml("audit", &passwords()).unwrap();
        let sql = roles_sql("audit", &passwords()).unwrap().join(";\n");
        assert_eq!(xml.matches("<filter>").count(), 1);
        assert!(xml.contains(&format!("<audit><events><filter>{TENANT_POLICY}</filter>")));
        assert!(sql.contains(&format!("USING {TENANT_POLICY} TO {VIEW_DEFINER_USER};")));
        assert!(sql.contains(&format!("USING 1 TO ALL EXCEPT {VIEW_DEFINER_USER}")));
    }

    #[test]
    fn nobody_but_the_eraser_may_change_or_remove_a_row() {
        for role in roles(&passwords()).filter(|role| role.user != ERASER_USER) {
            for grant in role.grants.iter().chain(role.grants_in_cluster) {
                let (words, place) = grant.split_once(" ON ").unwrap_or((grant, ""));
                for right in [
                    "ALTER,",
                    "DELETE",
                    "UPDATE",
                    "TRUNCATE",
                    "CLEAR",
                    "DROP COLUMN",
                    "PARTITION",
                    "ALL",
                    "DROP TABLE",
                    "OPTIMIZE",
                    "KILL",
                ] {
                    let is_of_replaced_views = place == "{database}._tmp_replace_*";
                    assert!(
                        !words.contains(right) || is_of_replaced_views,
                        "{}: {grant}",
                        role.user
                    );
                }
                assert!(
                    role.user == MIGRATOR_USER || !words.contains("ALTER"),
                    "{grant}"
                );
            }
        }
    }

    #[test]
    fn the_eraser_never_touches_what_says_that_something_happened() {
        let eraser = ROLES.iter().find(|role| role.user == ERASER_USER).unwrap();
        let update = eraser
            .grants
            .iter()
            .find(|grant| grant.starts_with("ALTER UPDATE("))
            .unwrap();
        for column in [
            "org_id",
            "timestamp",
            "service_name",
            "event_name",
            "action",
            "outcome",
            "facts",
            "entity_type",
            "ingested_at",
            "request_digest",
        ] {
            let columns: Vec<_> = update.split(['(', ',', ')', ' ']).collect();
            assert!(!columns.contains(&column), "{column}");
        }
    }

    #[test]
    fn nobody_logs_in_as_the_definer_of_the_view() {
        let sql = roles_sql("audit", &passwords()).unwrap();
        let definer: Vec<_> = sql
            .iter()
            .filter(|statement| statement.contains("CREATE USER OR REPLACE daybook_view_definer"))
            .collect();
        assert_eq!(definer.len(), 1);
        assert!(definer[0].contains("HOST NONE"));
    }

    #[test]
    fn only_a_cluster_has_the_user_of_its_nodes() {
        let alone = RolePasswords {
            shard: None,
            ..passwords()
        };
        for (passwords, is_there) in [(passwords(), true), (alone, false)] {
            let sql = roles_sql("audit", &passwords).unwrap().join(";\n");
            for text in [sql, users_xml("audit", &passwords).unwrap()] {
                assert_eq!(text.contains(SHARD_USER), is_there);
                assert_eq!(text.contains("SELECT ON audit.all_events"), is_there);
            }
        }
    }

    #[test]
    fn random_passwords_differ_and_debug_hides_them() {
        let (one, two) = (RolePasswords::random(), RolePasswords::random());
        assert_ne!(one, two);
        assert_ne!(one.reader, one.writer);
        assert!(!format!("{one:?}").contains(&one.reader));
    }

    #[test]
    fn a_database_cannot_break_out() {
        assert!(users_xml("a.*; GRANT ALL", &passwords()).is_err());
        assert!(roles_sql("a`", &passwords()).is_err());
    }
}
