//! `daybook roles`: the users that Daybook needs in ClickHouse, and what they may do.

use std::io::Write as _;

use daybook_store::{RolePasswords, roles_sql, users_xml};

use crate::arguments::{RolesFormat, RolesOptions};

pub(crate) fn roles(options: &RolesOptions) -> anyhow::Result<bool> {
    let passwords = RolePasswords {
        writer: options.writer_password.clone(),
        reader: options.reader_password.clone(),
        eraser: options.eraser_password.clone(),
        migrator: options.migrator_password.clone(),
        shard: options.shard_password.clone(),
    };
    let mut out = std::io::stdout().lock();
    match options.format {
        RolesFormat::Sql => {
            for statement in roles_sql(&options.database, &passwords)? {
                writeln!(out, "{statement};")?;
            }
        }
        RolesFormat::Xml => writeln!(out, "{}", users_xml(&options.database, &passwords)?.trim())?,
    }
    Ok(true)
}
