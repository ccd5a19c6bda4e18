//! The schema for several nodes: the migrations' own statements, with ON CLUSTER, replicated engines
//! and tables that reach every shard.

use crate::endpoint::check_database;
use crate::error::StoreError;
use crate::migrate::{CREATE_MIGRATIONS, migrations, set_view_setting};

const CLUSTER_BYTES_MAX: usize = 63;
/// Tables that are cut into shards by tenant. All nodes have all of the others.
const SHARDED: &str = "events";
/// The tables that Daybook reads from where it reads all shards.
pub(crate) const DISTRIBUTED: &str = "all_events";

/// The statements that make the newest schema on every node of a cluster, in the order in which they
/// are to be run. They need ClickHouse Keeper, and the macros `shard` and `replica` on each node.
///
/// # Errors
/// [`StoreError::InvalidEndpoint`] where a name cannot be used.
pub fn cluster_sql(database: &str, cluster: &str) -> Result<Vec<String>, StoreError> {
    check_database(database)?;
    check_cluster(cluster)?;
    let mut statements = vec![
        set_view_setting(),
        format!("CREATE DATABASE IF NOT EXISTS {database} ON CLUSTER '{cluster}' ENGINE = Atomic"),
    ];
    statements.push(on_cluster(CREATE_MIGRATIONS, database, cluster));
    for migration in migrations() {
        for statement in migration.statements() {
            let is_of_shards =
                statement.contains(&format!("CREATE TABLE IF NOT EXISTS {SHARDED}\n"));
            statements.push(on_cluster(&statement, database, cluster));
            if is_of_shards {
                // A tenant's events are on one shard, so that one writer's head is all of the truth.
                statements.push(format!(
                    "CREATE TABLE IF NOT EXISTS {database}.{DISTRIBUTED} ON CLUSTER '{cluster}'\n\
                     AS {database}.{SHARDED}\n\
                     ENGINE = Distributed('{cluster}', '{database}', '{SHARDED}', cityHash64(org_id))"
                ));
            }
        }
        statements.push(migration.record(database));
    }
    Ok(statements)
}

fn on_cluster(statement: &str, database: &str, cluster: &str) -> String {
    let is_sharded = statement.contains(&format!("CREATE TABLE IF NOT EXISTS {SHARDED}\n"));
    let mut sql = String::with_capacity(statement.len() + 256);
    for line in statement.lines() {
        let line = match (split_at_name(line), line) {
            (Some((head, name, rest)), _) => {
                format!("{head}{database}.{name} ON CLUSTER '{cluster}' {rest}")
            }
            (None, "FROM events") => format!("FROM {database}.{DISTRIBUTED}"),
            // Only the node that was asked has the header; the answer goes to the others as a constant.
            _ if line.contains("unhex(getClientHTTPHeader(") => line
                .replace("unhex(", "(SELECT unhex(")
                .replace("'))", "')))"),
            _ if line.contains("non_replicated_deduplication_window") => {
                line.replace("non_replicated_", "replicated_")
            }
            _ => line.to_owned(),
        };
        sql.push_str(line.trim_end());
        sql.push('\n');
    }
    // All nodes are replicas of a table that is not sharded.
    let engine = if is_sharded {
        "ENGINE = ReplicatedMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}')"
    } else {
        "ENGINE = ReplicatedMergeTree('/clickhouse/tables/{uuid}', '{shard}-{replica}')"
    };
    sql.trim_end().replace("ENGINE = MergeTree", engine)
}

/// What stands in front of and behind the name that a statement's first line makes or alters.
fn split_at_name(line: &str) -> Option<(&str, &str, &str)> {
    let heads = ["ALTER TABLE ", "CREATE OR REPLACE VIEW "];
    let head_bytes = if let Some(head) = heads.iter().find(|head| line.starts_with(**head)) {
        head.len()
    } else if line.starts_with("CREATE ") {
        line.find(" EXISTS ")? + " EXISTS ".len()
    } else {
        return None;
    };
    let (head, named) = line.split_at(head_bytes);
    // The name ends where the line, or a space, does.
    let (name, rest) = named.split_once(' ').unwrap_or((named, ""));
    Some((head, name, rest))
}

/// Letters, digits, `_` and `-`: it stands in quotes.
fn check_cluster(name: &str) -> Result<(), StoreError> {
    let is_good = name
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-');
    if is_good && !name.is_empty() && name.len() <= CLUSTER_BYTES_MAX {
        Ok(())
    } else {
        Err(StoreError::InvalidEndpoint(
            "a cluster's name is up to 63 letters, digits, _ and -".to_owned(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `UPDATE_GOLDEN=1` rewrites the file; read the difference.
    #[test]
    fn the_statements_are_those_of_the_golden_file() {
        let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/cluster.golden.sql");
        let statements = cluster_sql("audit", "main").unwrap();
        let sql = statements.join(";\n\n") + ";\n\n";
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(golden, &sql).unwrap();
        }
        assert_eq!(std::fs::read_to_string(golden).unwrap(), sql);
    }

    #[test]
    fn names_cannot_break_out() {
        assert!(cluster_sql("daybook", "main-1").is_ok());
        for bad in ["", "a'", "a b", "a`", "a\\", &"a".repeat(64)] {
            assert!(cluster_sql("daybook", bad).is_err(), "{bad}");
        }
        assert!(cluster_sql("day book", "main").is_err());
    }

    #[test]
    fn no_table_is_left_on_one_node() {
        for statement in cluster_sql("audit", "main").unwrap() {
            let is_schema = !statement.starts_with("INSERT ") && !statement.starts_with("SET ");
            assert!(
                is_schema == statement.contains("ON CLUSTER 'main'"),
                "{statement}"
            );
            assert!(!statement.contains("= MergeTree"), "{statement}");
            assert!(!statement.contains("non_replicated"), "{statement}");
        }
    }
}
