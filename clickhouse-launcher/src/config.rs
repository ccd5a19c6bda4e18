//! The files that a ClickHouse is started with.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::error::LauncherError;

/// Most of what ClickHouse may use; it refuses queries rather than grow beyond.
const MEMORY_BYTES_MAX: u64 = 4 << 30;
/// ClickHouse's own default is 5 GiB, for servers that do nothing else.
const MARK_CACHE_BYTES_MAX: u64 = 256 << 20;
/// What the readers' searches have unpacked is kept for the next: an entity's history unpacks a granule of every
/// column for each of its events, and who looks at one page of it looks at the next, its count and its histogram.
const UNPACKED_CACHE_BYTES_MAX: u64 = 256 << 20;

/// Merges and mutations get a third of the share of whoever inserts or asks. At 10 they get a tenth,
/// and an erasure on a machine that is never at rest is not done in time.
const MERGE_NICE_VALUE: u8 = 5;

/// Parts below 32 MiB are soon written again: with LZ4 an insert costs a third less. Larger ones are what
/// stays, and get ZSTD. Behind `--`, because the library takes an element `compression` of its
/// configuration for another option, and stops without a word.
pub(crate) const COMPRESSION_ARGUMENTS: [&str; 6] = [
    "--",
    "--compression=1",
    "--compression.case.min_part_size=33554432",
    "--compression.case.min_part_size_ratio=0",
    "--compression.case.method=zstd",
    "--compression.case.level=1",
];

/// The lengths of a column's texts stand among them, and not in a file beside it, as is the default of newer
/// servers: an event found in a granule has one place less to be read from for each of its texts, and is 8 bytes
/// shorter.
const STRING_SERIALIZATION: &str = "single_stream";

/// Where things are inside a launcher's directory.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    directory: PathBuf,
}

impl Layout {
    pub(crate) fn new(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
        }
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Held by the engine's process for as long as it lives.
    pub(crate) fn lock_file(&self) -> PathBuf {
        self.directory.join("engine.lock")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    pub(crate) fn config_xml(&self) -> PathBuf {
        self.directory.join("config.xml")
    }

    fn users_xml(&self) -> PathBuf {
        self.directory.join("users.xml")
    }

    /// ClickHouse merges `users.d/*.xml` into `users.xml`.
    fn launcher_user_xml(&self) -> PathBuf {
        self.directory.join("users.d").join("launcher.xml")
    }

    /// Writes all files. Nobody but the owner may read any.
    pub(crate) fn write(&self, http_port: u16, users_xml: &str) -> Result<(), LauncherError> {
        for directory in [
            self.directory.clone(),
            self.data(),
            self.directory.join("users.d"),
        ] {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&directory)
                .map_err(LauncherError::io(format!(
                    "creating {}",
                    directory.display()
                )))?;
        }
        write_private(&self.config_xml(), &self.config(http_port))?;
        write_private(&self.users_xml(), users_xml)?;
        write_private(&self.launcher_user_xml(), LAUNCHER_USER_XML)
    }

    fn config(&self, http_port: u16) -> String {
        let data = escape_xml(&self.data().to_string_lossy());
        let users = escape_xml(&self.users_xml().to_string_lossy());
        let backups = escape_xml(&self.directory.join("backups").to_string_lossy());
        format!(
            "<clickhouse>
    <path>{data}/</path>
    <listen_host>127.0.0.1</listen_host>
    <http_port>{http_port}</http_port>
    <user_directories><users_xml><path>{users}</path></users_xml></user_directories>
    <default_profile>default</default_profile>
    <default_database>default</default_database>
    <max_server_memory_usage>{MEMORY_BYTES_MAX}</max_server_memory_usage>
    <mark_cache_size>{MARK_CACHE_BYTES_MAX}</mark_cache_size>
    <uncompressed_cache_size>{UNPACKED_CACHE_BYTES_MAX}</uncompressed_cache_size>
    <merge_tree><string_serialization_version>{STRING_SERIALIZATION}</string_serialization_version></merge_tree>
    <os_threads_nice_value_merge_mutate>{MERGE_NICE_VALUE}</os_threads_nice_value_merge_mutate>
    <keep_alive_timeout>30</keep_alive_timeout>
    <backups><allowed_path>{backups}/</allowed_path></backups>
    <logger><level>error</level><console>1</console></logger>
    <send_crash_reports><enabled>false</enabled></send_crash_reports>
</clickhouse>
"
        )
    }
}

/// The user of the session that starts the listener. It has no password, so it may do what that
/// session does, as often as that session does it (two statements), and nothing else.
const LAUNCHER_USER_XML: &str = "<clickhouse>
    <profiles><default/></profiles>
    <quotas><launcher><interval>
        <duration>2000000000</duration>
        <queries>2</queries>
    </interval></launcher></quotas>
    <users><default>
        <no_password/>
        <networks><ip>127.0.0.1</ip></networks>
        <profile>default</profile>
        <quota>launcher</quota>
        <grants>
            <query>GRANT SYSTEM LISTEN ON *.*</query>
            <query>GRANT CREATE TEMPORARY TABLE ON *.*</query>
            <query>GRANT READ ON FILE</query>
        </grants>
    </default></users>
</clickhouse>
";

fn write_private(path: &Path, content: &str) -> Result<(), LauncherError> {
    let unfinished = path.with_extension("new");
    // A file that is left from a killed start may have other permissions.
    let _ = fs::remove_file(&unfinished);
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&unfinished)
        .and_then(|mut file| file.write_all(content.as_bytes()))
        .and_then(|()| fs::rename(&unfinished, path))
        .map_err(LauncherError::io(format!("writing {}", path.display())))
}

fn escape_xml(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn nobody_else_may_read_the_files() {
        let directory = tempfile::tempdir().unwrap();
        let layout = Layout::new(&directory.path().join("a & b"));
        layout.write(8123, "<clickhouse/>").unwrap();
        layout
            .write(8124, "<clickhouse><users/></clickhouse>")
            .unwrap();

        for file in [
            layout.config_xml(),
            layout.users_xml(),
            layout.launcher_user_xml(),
        ] {
            let mode = fs::metadata(&file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", file.display());
        }
        let config = fs::read_to_string(layout.config_xml()).unwrap();
        assert!(config.contains("<http_port>8124</http_port>"));
        assert!(config.contains("a &amp; b/data/</path>"));
        assert!(
            fs::read_to_string(layout.users_xml())
                .unwrap()
                .contains("<users/>")
        );
    }
}
