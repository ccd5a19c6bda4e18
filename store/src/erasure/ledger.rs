//! What an erasure asks of ClickHouse: its own tables, counts, mutations, and parts.

use std::fmt;
use std::time::Duration;

use clickhouse::Row;
use clickhouse::query::Query;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::connection::client;
use crate::endpoint::{Credentials, Endpoint};
use crate::erasure::key::ErasureKey;
use crate::erasure::record::{
    ErasedRows, ErasureRow, HIDDEN_IN, KEY, NEWEST, Versions, unreadable,
};
use crate::erasure::scope::{LINKS_MAX, Plan, Subject};
use crate::error::StoreError;
use crate::migrate::check_version;
use crate::retention;

/// The statements that empty the caches of a node in which searches leave what they have read.
pub const DROP_SEARCHED: [&str; 3] = [
    "SYSTEM DROP UNCOMPRESSED CACHE",
    "SYSTEM DROP INDEX UNCOMPRESSED CACHE",
    "SYSTEM DROP TEXT INDEX CACHES",
];

/// A look through the texts of a hundred million rows takes a minute, or a few.
const SECONDS_MAX: u32 = 600;
/// Rows of a tenant that are counted at once: a larger one's are counted month by month.
const ROWS_AT_ONCE_MAX: u64 = 100_000_000;

/// The database as the eraser sees it.
#[derive(Clone)]
pub(crate) struct Ledger {
    pub(super) client: clickhouse::Client,
    /// The check value of the key.
    key: String,
}

/// What else a person is known by, and by nobody else.
#[derive(Debug, Default)]
pub(crate) struct Links {
    pub(crate) user_ids: Vec<String>,
    pub(crate) emails: Vec<String>,
    /// How many identifiers others use as well.
    pub(crate) shared: usize,
    /// Whether there are more than are searched for.
    pub(crate) are_more: bool,
}

/// A mutation of this erasure.
#[derive(Debug, Row, Serialize, Deserialize)]
pub(crate) struct Mutation {
    /// See [`Versions`].
    pub(crate) partitions: Vec<String>,
    pub(crate) versions: Vec<i64>,
    pub(crate) is_done: u8,
    pub(crate) is_failing: u8,
}

#[derive(Row, Serialize, Deserialize)]
struct SubjectRow {
    #[serde(with = "clickhouse::serde::uuid")]
    id: Uuid,
    subject: String,
}

#[derive(Row, Serialize, Deserialize)]
pub(crate) struct ErasureId {
    #[serde(with = "clickhouse::serde::uuid")]
    pub(crate) id: Uuid,
}

#[derive(Row, Serialize, Deserialize)]
struct Link {
    identifier: String,
    users: u64,
}

impl Ledger {
    pub(crate) fn new(
        endpoint: &Endpoint,
        eraser: &Credentials,
        key: &ErasureKey,
    ) -> Result<Self, StoreError> {
        let client = client(endpoint, eraser)?
            .with_setting("async_insert", "0")
            .with_setting("wait_end_of_query", "1")
            .with_setting("mutations_sync", "0")
            .with_setting("max_execution_time", SECONDS_MAX.to_string());
        let key = key.check_value();
        Ok(Self { client, key })
    }

    pub(crate) async fn append(&self, row: &ErasureRow) -> Result<(), StoreError> {
        let mut insert = self.client.insert::<ErasureRow>("erasures").await?;
        insert.write(row).await?;
        Ok(insert.end().await?)
    }

    /// Refuses a newer schema, and another key than the erasures were made with: by that nobody is known again.
    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        check_version(&self.client).await?;
        let keys = format!(
            "SELECT DISTINCT JSONExtractString(report, '{KEY}') AS key FROM erasures WHERE key != ''"
        );
        let keys = self.client.query(&keys).fetch_all::<String>().await?;
        if keys.iter().all(|key| self.is_key(key)) {
            return Ok(());
        }
        Err(StoreError::ErasureBlocked(
            "earlier ones were made with another DAYBOOK_ERASURE_KEY, and nobody is known again by this one".to_owned(),
        ))
    }

    /// What is asked for with the key says so.
    pub(crate) fn with_key(&self, row: ErasureRow) -> Result<ErasureRow, StoreError> {
        row.with_key(&self.key)
    }

    /// Whether it is the check value of the key.
    pub(crate) fn is_key(&self, check_value: &str) -> bool {
        self.key == check_value
    }

    /// The server's time.
    pub(crate) async fn now(&self) -> Result<Timestamp, StoreError> {
        let query = self.client.query("SELECT toUnixTimestamp64Milli(now64(3))");
        Timestamp::from_millisecond(query.fetch_one::<i64>().await?).map_err(|_| unreadable("time"))
    }

    pub(crate) async fn table_id(&self) -> Result<String, StoreError> {
        Ok(self.client.query(TABLE_ID).fetch_one::<String>().await?)
    }

    /// Whether readers have their view.
    pub(crate) async fn is_read(&self) -> Result<bool, StoreError> {
        super::restored::exists(&self.client, "tenant_events").await
    }

    /// The erasures that were hidden in the database of which this one is a restored copy.
    pub(crate) async fn hidden_elsewhere(&self) -> Result<Vec<Uuid>, StoreError> {
        Ok(hidden_elsewhere(&self.client).await?)
    }

    /// The newest row of an erasure.
    pub(crate) async fn row(&self, id: Uuid) -> Result<ErasureRow, StoreError> {
        self.client
            .query(&format!(
                "SELECT ?fields FROM erasures WHERE id = {{id:UUID}} ORDER BY {NEWEST} DESC LIMIT 1"
            ))
            .param("id", id.to_string())
            .fetch_optional::<ErasureRow>()
            .await?
            .ok_or(StoreError::UnknownErasure(id))
    }

    /// The newest row of each erasure, oldest first.
    pub(crate) async fn rows(&self) -> Result<Vec<ErasureRow>, StoreError> {
        Ok(self
            .client
            .query(&format!(
                "SELECT ?fields FROM \
                 (SELECT * FROM erasures ORDER BY org_id, id, {NEWEST} DESC LIMIT 1 BY org_id, id) \
                 ORDER BY up_to, id"
            ))
            .fetch_all::<ErasureRow>()
            .await?)
    }

    /// The newest row of each of a tenant's erasures, newest first.
    pub(crate) async fn rows_of(
        &self,
        org_id: &str,
        limit: u32,
    ) -> Result<Vec<ErasureRow>, StoreError> {
        let query = self.client.query(&format!(
            "SELECT ?fields FROM (SELECT * FROM erasures WHERE org_id = {{org_id:String}} \
             ORDER BY id, {NEWEST} DESC LIMIT 1 BY id) \
             ORDER BY up_to DESC, id LIMIT {{limit:UInt32}}"
        ));
        let query = query.param("org_id", org_id).param("limit", limit);
        Ok(query.fetch_all::<ErasureRow>().await?)
    }

    pub(crate) async fn remember(&self, id: Uuid, subject: &Subject) -> Result<(), StoreError> {
        let subject = serde_json::to_string(subject).map_err(|_| unreadable("subject"))?;
        let mut insert = self.client.insert::<SubjectRow>("erasure_subjects").await?;
        insert.write(&SubjectRow { id, subject }).await?;
        Ok(insert.end().await?)
    }

    pub(crate) async fn subject(&self, id: Uuid) -> Result<Option<Subject>, StoreError> {
        let row = self
            .client
            .query("SELECT ?fields FROM erasure_subjects WHERE id = {id:UUID} LIMIT 1")
            .param("id", id.to_string())
            .fetch_optional::<SubjectRow>()
            .await?;
        row.map(|row| serde_json::from_str(&row.subject).map_err(|_| unreadable("subject")))
            .transpose()
    }

    /// Drops the subject with its partition, which leaves no part behind; whether all of it is gone.
    pub(crate) async fn forget(&self, id: Uuid) -> Result<bool, StoreError> {
        self.client
            .query("ALTER TABLE erasure_subjects DROP PARTITION {id:String}")
            .param("id", id.to_string())
            .execute()
            .await?;
        let parts = self.client.query(&format!(
            "SELECT count() FROM system.parts WHERE database = currentDatabase() \
             AND table = 'erasure_subjects' AND {IS_ON_DISK} AND partition = {{id:String}}"
        ));
        Ok(parts.param("id", id.to_string()).fetch_one::<u64>().await? == 0)
    }

    /// Drops subjects that nobody needs: of a request that ended before its erasure was written down, or that came
    /// twice at once and is verified. So is the text of a mutation that one handed over who was stopped until
    /// another had verified what it is about.
    pub(crate) async fn forget_the_unasked(&self) -> Result<(), StoreError> {
        let needless = self.client.query(&format!(
            "SELECT DISTINCT toUUID(partition) AS id FROM system.parts WHERE database = currentDatabase() \
             AND table = 'erasure_subjects' AND active AND modification_time < now() - INTERVAL 1 HOUR \
             AND id NOT IN (SELECT id FROM erasures GROUP BY id HAVING argMax(state, {NEWEST}) != 'verified')"
        ));
        for ErasureId { id } in needless.fetch_all::<ErasureId>().await? {
            self.forget(id).await?;
        }
        let verified = self.client.query(&format!(
            "SELECT id FROM erasures WHERE id IN \
             (SELECT toUUIDOrZero(arrayJoin(extractAll(command, '[0-9a-f]{{8}}-[0-9a-f-]{{27}}'))) \
             FROM system.mutations WHERE database = currentDatabase() AND table = 'events' AND is_done) \
             GROUP BY id HAVING argMax(state, {NEWEST}) = 'verified'"
        ));
        for ErasureId { id } in verified.fetch_all::<ErasureId>().await? {
            forget_mutations(&self.client, &id.to_string()).await?;
        }
        Ok(())
    }

    /// How many rows an erasure is about, by month; with `is_on_the_fly` as readers see them,
    /// otherwise as they are stored.
    pub(crate) async fn count(
        &self,
        plan: &Plan<'_>,
        is_on_the_fly: bool,
    ) -> Result<Vec<ErasedRows>, StoreError> {
        let (bounds, own, trace) = (Plan::bounds(), plan.own(), plan.trace());
        let mut found = Vec::new();
        for span in self.spans(plan).await? {
            let query = self
                .client
                .query(&format!(
                    "SELECT toUInt32(toYYYYMM(timestamp)) AS partition, countIf({own}) AS own, \
                     countIf(NOT ({own})) AS traces FROM events \
                     WHERE {bounds} AND {WITHIN} \
                     AND ({own} OR {trace}) GROUP BY partition ORDER BY partition"
                ))
                .with_setting(
                    "apply_mutations_on_fly",
                    u8::from(is_on_the_fly).to_string(),
                );
            let query = within(plan.bind_to(query), span);
            found.extend(query.fetch_all::<ErasedRows>().await?);
        }
        Ok(found)
    }

    /// The first and the last month of each part of the tenant's time that is looked through at once.
    pub(super) async fn spans(&self, plan: &Plan<'_>) -> Result<Vec<(u32, u32)>, StoreError> {
        if *plan.subject == Subject::nobody() {
            return Ok(Vec::new());
        }
        let bounds = Plan::bounds();
        let query = self.client.query(&format!(
            "SELECT toUInt32(toYYYYMM(timestamp)) AS month, count() AS rows FROM events \
             WHERE {bounds} GROUP BY month ORDER BY month"
        ));
        let months = plan.bind_to(query).fetch_all::<(u32, u64)>().await?;
        Ok(spans_of(&months))
    }

    /// How many of the subject's own rows readers see.
    pub(crate) async fn visible(&self, plan: &Plan<'_>) -> Result<u64, StoreError> {
        if *plan.subject == Subject::nobody() {
            return Ok(0);
        }
        let (bounds, own) = (Plan::bounds(), plan.own());
        let query = self
            .client
            .query(&format!(
                "SELECT count() FROM events WHERE {bounds} AND {own}"
            ))
            .with_setting("apply_mutations_on_fly", "1");
        Ok(plan.bind_to(query).fetch_one::<u64>().await?)
    }

    /// How long ago, by the server's clock, writers last heard of something new: that it was asked for, or that it is
    /// hidden, until which they store what a hold keeps.
    pub(crate) async fn since_writers_heard(&self, id: Uuid) -> Result<Duration, StoreError> {
        let query = self.client.query(
            "SELECT toInt64(dateDiff('millisecond', max(recorded_at), now64(3))) FROM erasures \
             WHERE id = {id:UUID} AND state IN ('requested', 'hidden')",
        );
        let milliseconds = query.param("id", id.to_string()).fetch_one::<i64>().await?;
        Ok(Duration::from_millis(
            u64::try_from(milliseconds).unwrap_or(0),
        ))
    }

    /// Hands the mutation over; it is known at once, and done later.
    pub(crate) async fn mutate(&self, plan: &Plan<'_>) -> Result<(), StoreError> {
        Ok(plan
            .bind_to(self.client.query(&plan.mutation()))
            .execute()
            .await?)
    }

    pub(crate) async fn mutations(&self, id: Uuid) -> Result<Vec<Mutation>, StoreError> {
        let query = self.client.query(&format!(
            "SELECT any(`block_numbers.partition_id`) AS partitions, \
             any(`block_numbers.number`) AS versions, min(mutations.is_done) AS is_done, \
             max({IS_FAILING}) AS is_failing \
             FROM system.mutations WHERE database = currentDatabase() AND table = 'events' \
             AND position(command, {{id:String}}) > 0 GROUP BY mutation_id"
        ));
        Ok(query
            .param("id", id.to_string())
            .fetch_all::<Mutation>()
            .await?)
    }

    /// Removes the texts of finished mutations, which name the subject, and those of holds, which may.
    pub(crate) async fn forget_mutations(&self, id: Uuid) -> Result<(), StoreError> {
        for mark in [&id.to_string(), retention::MARK] {
            forget_mutations(&self.client, mark).await?;
        }
        Ok(())
    }

    /// How many parts are still on this node's disk that have not been through all of these mutations.
    pub(crate) async fn old_parts(&self, versions: &Versions) -> Result<u64, StoreError> {
        // After a restart ClickHouse learns of them in the background.
        self.client
            .query("SYSTEM WAIT LOADING PARTS events")
            .execute()
            .await?;
        let query = self.client.query(&format!(
            "SELECT count() FROM system.parts WHERE database = currentDatabase() AND table = 'events' \
             AND {IS_ON_DISK} AND arrayExists((partition, version) -> partition IN ('', partition_id) \
             AND toInt64(data_version) < version, {{partitions:Array(String)}}, {{versions:Array(Int64)}})"
        ));
        let old = query
            .param("partitions", versions.keys().collect::<Vec<_>>())
            .param("versions", versions.values().collect::<Vec<_>>())
            .fetch_one::<u64>()
            .await?;
        // ClickHouse looks after old parts ever more seldom while nothing is stored. There is no such
        // month: it only makes it look now. It would break off merges, but then there is no need.
        if old > 0 && self.merges().await? == 0 {
            self.client
                .query("ALTER TABLE events DROP PARTITION 1")
                .execute()
                .await?;
        }
        Ok(old)
    }

    /// Drops what searches of this node have left in its memory: it outlives the parts that it came from.
    pub(crate) async fn forget_searched(&self) -> Result<(), StoreError> {
        for drop in DROP_SEARCHED {
            self.client.query(drop).execute().await?;
        }
        Ok(())
    }

    async fn merges(&self) -> Result<u64, StoreError> {
        let query = self.client.query(
            "SELECT count() FROM system.merges \
             WHERE database = currentDatabase() AND table = 'events'",
        );
        Ok(query.fetch_one::<u64>().await?)
    }

    /// How many parts lie beside the table, where no mutation reaches them.
    pub(crate) async fn detached_parts(&self) -> Result<u64, StoreError> {
        let query = self.client.query(
            "SELECT count() FROM system.detached_parts \
             WHERE database = currentDatabase() AND table = 'events'",
        );
        Ok(query.fetch_one::<u64>().await?)
    }

    /// What a person is known by beside what was given, and by nobody else.
    pub(crate) async fn links(&self, plan: &Plan<'_>) -> Result<Links, StoreError> {
        let bounds = Plan::bounds();
        let mut links = Links::default();
        // An id that is an address has no case, as an address has none, and is looked for among both.
        let id = "if(position(caller_user_id, '@') > 0, lower(caller_user_id), caller_user_id)";
        let email = "lower(caller_user_email)";
        for (given, of_given, other) in [
            ("{user_ids:Array(String)}", id, email),
            ("{emails:Array(String)}", email, id),
        ] {
            let sql = format!(
                "SELECT arrayJoin(arrayDistinct([{id}, {email}])) AS identifier, \
                 uniqExactIf({of_given}, {of_given} != '') AS users \
                 FROM events WHERE {bounds} AND identifier != '' AND identifier IN \
                 (SELECT {other} FROM events WHERE {bounds} AND {of_given} IN {given}) \
                 AND identifier NOT IN {{emails:Array(String)}} \
                 GROUP BY identifier ORDER BY users, identifier LIMIT {}",
                LINKS_MAX + 1
            );
            let query = plan.bind_to(self.client.query(&sql));
            let mut found = query.fetch_all::<Link>().await?;
            links.are_more |= found.len() > LINKS_MAX;
            found.truncate(LINKS_MAX);
            for link in found {
                if link.users > 1 {
                    links.shared += 1;
                } else if other == id {
                    links.user_ids.push(link.identifier);
                } else {
                    links.emails.push(link.identifier);
                }
            }
        }
        Ok(links)
    }

    pub(super) async fn fetch_count(&self, plan: &Plan<'_>, sql: &str) -> Result<u64, StoreError> {
        Ok(plan
            .bind_to(self.client.query(sql))
            .fetch_one::<u64>()
            .await?)
    }
}

/// Of every part. Where the state is not asked for, ClickHouse leaves out those whose files it is just deleting.
const IS_ON_DISK: &str = "_state != ''";

/// In a part of [`spans_of`].
pub(super) const WITHIN: &str = "toYYYYMM(timestamp) BETWEEN {first:UInt32} AND {last:UInt32}";

pub(super) fn within(query: Query, (first, last): (u32, u32)) -> Query {
    query.param("first", first).param("last", last)
}

/// All of time, cut where there would be too many events otherwise.
fn spans_of(months: &[(u32, u64)]) -> Vec<(u32, u32)> {
    let (mut spans, mut first, mut rows_of_span) = (Vec::new(), 0, 0);
    for &(month, rows) in months {
        let together = rows.saturating_add(rows_of_span);
        if rows_of_span > 0 && together > ROWS_AT_ONCE_MAX {
            spans.push((first, month - 1));
            (first, rows_of_span) = (month, rows);
        } else {
            rows_of_span = together;
        }
    }
    spans.push((first, u32::MAX));
    spans
}

/// Whether a mutation cannot go on: one that a restart or a merge has broken off is tried again.
pub(crate) const IS_FAILING: &str = "NOT mutations.is_done AND latest_fail_reason != '' \
     AND position(latest_fail_reason, '(ABORTED)') = 0";

/// Removes the texts of finished mutations that have a mark. ClickHouse keeps the last hundred otherwise.
pub(crate) async fn forget_mutations(
    client: &clickhouse::Client,
    mark: &str,
) -> Result<(), StoreError> {
    let forget = "KILL MUTATION WHERE database = currentDatabase() AND table = 'events' \
                  AND is_done AND position(command, {mark:String}) > 0";
    Ok(client.query(forget).param("mark", mark).execute().await?)
}

/// What of the table `events` a restored one does not have: the mutations of that one are in no backup.
const TABLE_ID: &str = "SELECT toString(uuid) FROM system.tables \
     WHERE database = currentDatabase() AND name = 'events'";

/// The erasures whose rows were hidden in another table than this.
pub(crate) async fn hidden_elsewhere(
    client: &clickhouse::Client,
) -> Result<Vec<Uuid>, clickhouse::error::Error> {
    let query = client.query(&format!(
        "SELECT id FROM erasures GROUP BY id HAVING argMax(state, {NEWEST}) = 'hidden' \
         AND JSONExtractString(argMax(report, {NEWEST}), '{HIDDEN_IN}') != ({TABLE_ID})"
    ));
    let rows = query.fetch_all::<ErasureId>().await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

impl fmt::Debug for Ledger {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Ledger").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_looked_through_together_while_they_are_small() {
        let (small, large) = (ROWS_AT_ONCE_MAX / 3, ROWS_AT_ONCE_MAX * 2);
        let spans = spans_of(&[
            (202_601, small),
            (202_602, small),
            (202_604, small),
            (202_605, 2),
        ]);
        assert_eq!(spans, [(0, 202_604), (202_605, u32::MAX)]);
        let spans = spans_of(&[(202_601, small), (202_602, large), (202_604, small)]);
        assert_eq!(
            spans,
            [(0, 202_601), (202_602, 202_603), (202_604, u32::MAX)]
        );
        assert_eq!(spans_of(&[]), [(0, u32::MAX)]);
    }
}
