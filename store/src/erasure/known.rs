//! Whom or what an erasure is about, known again by its hashes.

use std::collections::HashMap;

use clickhouse::Row;
use clickhouse::query::RowCursor;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::entity_ids::ENTITY_IDS;
use crate::erasure::folded;
use crate::erasure::key::ErasureKey;
use crate::erasure::ledger::Ledger;
use crate::erasure::record::ErasureRow;
use crate::erasure::scope::{Plan, Subject};
use crate::error::StoreError;

#[derive(Row, Serialize, Deserialize)]
struct Identifier {
    kind: String,
    id: String,
}

impl Ledger {
    /// The first hash, of which a pseudonym is made, of each anonymised subject that has this hash.
    pub(crate) async fn anonymised(
        &self,
        org_id: &str,
        hash: &str,
    ) -> Result<Vec<String>, StoreError> {
        let query = self.client.query(
            "SELECT DISTINCT subject_hashes[1] FROM erasures WHERE org_id = {org_id:String} \
             AND mode = 'anonymise' AND has(subject_hashes, {hash:String}) ORDER BY 1",
        );
        let query = query.param("org_id", org_id).param("hash", hash);
        Ok(query.fetch_all::<String>().await?)
    }

    /// Finds the subjects of a tenant's erasures by their hashes among all that its events name. It takes long, and
    /// for many as long as for one.
    pub(crate) async fn known_again(
        &self,
        org_id: &str,
        rows: &[&ErasureRow],
        key: &ErasureKey,
    ) -> Result<HashMap<Uuid, Subject>, StoreError> {
        let subjects = rows.iter().map(|row| (row.id, Subject::new()));
        let mut subjects: HashMap<_, _> = subjects.collect();
        for is_of_things in [false, true] {
            let (mut up_to, mut ids_of_hash) = (i64::MIN, HashMap::<&str, Vec<Uuid>>::new());
            for row in rows {
                if row.scope != "tenant" && (row.scope == "entity") == is_of_things {
                    up_to = up_to.max(row.up_to);
                    for hash in &row.subject_hashes {
                        ids_of_hash.entry(hash).or_default().push(row.id);
                    }
                }
            }
            if ids_of_hash.is_empty() {
                continue;
            }
            let mut named = self.named(org_id, up_to, is_of_things)?;
            while let Some(Identifier { kind, id: name }) = named.next().await? {
                let hash = if is_of_things {
                    key.entity(org_id, &kind, &name)
                } else {
                    key.person(org_id, &name)
                };
                for id in ids_of_hash.get(hash.as_str()).into_iter().flatten() {
                    let subject = subjects.entry(*id).or_insert_with(Subject::new);
                    let known = folded(&name);
                    if is_of_things {
                        subject.entity = Some((kind.clone(), name.clone()));
                    } else if name.contains('@') && !subject.emails.contains(&known) {
                        subject.emails.push(known);
                    } else if !name.contains('@') && !subject.user_ids.contains(&name) {
                        subject.user_ids.push(name.clone());
                    }
                }
            }
        }
        Ok(subjects)
    }

    /// All that a tenant's events name: things, or persons, who have no kind; of an event about several also each of them.
    fn named(
        &self,
        org_id: &str,
        up_to: i64,
        is_of_things: bool,
    ) -> Result<RowCursor<Identifier>, StoreError> {
        let bounds = Plan::bounds();
        let named = if is_of_things {
            format!(
                "arrayJoin(arrayPushBack(arrayZip(arrayWithConstant(length({ENTITY_IDS}), \
                 toString(entity_type)), {ENTITY_IDS}), (toString(entity_type), entity_id)))"
            )
        } else {
            format!(
                "arrayJoin(arrayConcat([('', caller_user_id), ('', lower(caller_user_email)), ('', entity_id), \
                 ('', lower(entity_name))], arrayZip(arrayWithConstant(length({ENTITY_IDS}), ''), {ENTITY_IDS})))"
            )
        };
        let query = self.client.query(&format!(
            // Unlike DISTINCT, ClickHouse does this with little memory, on the disk.
            "SELECT named.1 AS kind, named.2 AS id FROM \
             (SELECT {named} AS named FROM events WHERE {bounds} GROUP BY named)"
        ));
        let query = query.param("org_id", org_id).param("up_to", up_to);
        Ok(query.fetch::<Identifier>()?)
    }
}
