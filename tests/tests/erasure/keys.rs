//! Another erasure key than that by which persons were erased knows nobody again, and is refused.

use daybook_event::AuditEvent;
use daybook_store::{
    Eraser, ErasureKey, ErasureMode, LedgerFile, Scope, StoreError, Stored, TenantId, Writer,
};
use daybook_tests::clickhouse::ClickHouse;
use jiff::ToSpan;

use crate::canaries::{erase, now, request, run, start, writer};
use crate::fixture::{event_at, new, tenant};

const EMAIL: &str = "jane@example.com";

fn other_key() -> ErasureKey {
    ErasureKey::new("another secret that an operator has made").unwrap()
}

fn other_eraser(clickhouse: &ClickHouse) -> Eraser {
    clickhouse.eraser(other_key()).unwrap()
}

fn other_writer(clickhouse: &ClickHouse) -> Writer {
    clickhouse.writer().unwrap().with_erasure_key(other_key())
}

fn by_jane(tenant: &TenantId, number: u32) -> AuditEvent {
    let mut event = event_at(tenant, number, now() - 1.hours());
    EMAIL.clone_into(&mut event.caller.user_email);
    event
}

fn is_of_key(error: &StoreError) -> bool {
    error.to_string().contains("another DAYBOOK_ERASURE_KEY")
}

#[tokio::test]
async fn another_key_is_refused_wherever_somebody_would_have_to_be_known_again() {
    let clickhouse = start().await;
    let tenant = tenant("another-key");
    let stored = new(by_jane(&tenant, 1));
    writer(&clickhouse).insert(&[stored]).await.unwrap();
    let asked = request(&tenant, Scope::Email(EMAIL.to_owned()), ErasureMode::Delete);
    erase(&clickhouse, &asked).await;
    let folder = tempfile::tempdir().unwrap();
    let ledger = LedgerFile::create(folder.path().join("erasures.ndjson")).unwrap();
    let synced = crate::canaries::eraser(&clickhouse)
        .sync_ledger(&ledger)
        .await;
    assert_eq!(synced.unwrap().written, 1);

    let other = other_eraser(&clickhouse);
    let refused = [
        other.preview(&asked).await.map(drop),
        other.request(&asked).await.map(drop),
        other.reapply().await.map(drop),
        other.sync_ledger(&ledger).await.map(drop),
    ];
    for refused in refused {
        let error = refused.unwrap_err();
        assert!(is_of_key(&error), "{error}");
    }
    // What may be hers waits, and nothing else does.
    let writer = other_writer(&clickhouse);
    let late = writer.insert(&[new(by_jane(&tenant, 2))]).await;
    assert!(matches!(late, Err(StoreError::NoErasureKey)));
    let newer = new(event_at(&tenant, 3, now() + 1.minute()));
    let outcomes = writer.insert(&[newer]).await.unwrap();
    assert_eq!(outcomes, [Stored::Inserted]);

    // A restored database that is older than the erasure does not know of the key, and the ledger does.
    run(&clickhouse, "TRUNCATE TABLE erasures").await;
    let error = other.sync_ledger(&ledger).await.unwrap_err();
    assert!(is_of_key(&error), "{error}");
}

#[tokio::test]
async fn a_database_that_knows_of_no_key_knows_of_that_of_its_next_erasure() {
    let clickhouse = start().await;
    let tenant = tenant("older-key");
    let asked = request(&tenant, Scope::Email(EMAIL.to_owned()), ErasureMode::Delete);
    erase(&clickhouse, &asked).await;
    // As an older version wrote it.
    let older = "ALTER TABLE erasures UPDATE \
                 report = replaceRegexpOne(report, '\"erasure_key\":\"[^\"]*\",?', '') WHERE 1";
    run(&clickhouse, older).await;
    other_eraser(&clickhouse).preview(&asked).await.unwrap();
    erase(&clickhouse, &asked).await;
    let error = other_eraser(&clickhouse).preview(&asked).await.unwrap_err();
    assert!(is_of_key(&error), "{error}");
}
