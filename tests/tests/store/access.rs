//! What the roles cannot do, tried as raw SQL with their own passwords.

use daybook_store::{Credentials, TenantId};
use hyper::StatusCode;

use crate::fixture::{Answer, ask, batch, clickhouse, everything, tenant};

pub(crate) const HEADER: &str = "X-Daybook-Org";

/// Names and keys of these tenants must not be seen by any other.
const VICTIM: &str = "access-victim";
/// Behind the victim in every order: what ClickHouse comes to first is the victim's.
const INTRUDER: &str = "access-visitor";

const SECRET_ID: &str = "7f-of-the-victim";

async fn ask_here(
    credentials: &Credentials,
    parameters: &str,
    headers: &[(&str, &str)],
    sql: &str,
) -> Answer {
    ask(clickhouse(), credentials, parameters, headers, sql).await
}

pub(crate) fn hexadecimal(text: &str) -> String {
    let digits: Vec<_> = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

async fn two_tenants() -> (TenantId, TenantId) {
    let (victim, intruder) = (tenant(VICTIM), tenant(INTRUDER));
    let writer = clickhouse().writer().unwrap();
    let mut both = batch(&victim, 0..5);
    for stored in &mut both {
        stored.event.activity = format!("{VICTIM} keeps a secret");
        SECRET_ID.clone_into(&mut stored.event.entity.id);
    }
    both.extend(batch(&intruder, 0..3));
    // At once, so that they share the part and the granules that are read of either.
    writer.insert(&both).await.unwrap();
    (victim, intruder)
}

#[tokio::test]
async fn whoever_controls_the_readers_sql_sees_one_tenant() {
    two_tenants().await;
    let reader = clickhouse().passwords().reader_credentials();
    let own = hexadecimal(INTRUDER);
    // The scalar function `file` is not among them: clickhouse-local, which the embedded engine is,
    // asks for no right before it reads any file of its user. A server asks for READ ON FILE.
    let attempts = [
        "SELECT * FROM events",
        "SELECT count() FROM events",
        "SELECT org_id FROM daybook.events LIMIT 1",
        "SELECT * FROM merge('daybook', 'events')",
        "SELECT * FROM merge('.*', '.*')",
        "SELECT * FROM mergeTreeIndex('daybook', 'events')",
        "SELECT * FROM mergeTreeProjection('daybook', 'events', 'x')",
        "SELECT * FROM mergeTreeAnalyzeIndexes('daybook', 'events')",
        "SELECT * FROM remote('127.0.0.1', 'daybook', 'events')",
        "SELECT * FROM remoteSecure('127.0.0.1', 'daybook', 'events')",
        "SELECT * FROM cluster('default', 'daybook', 'events')",
        "SELECT * FROM clusterAllReplicas('default', 'daybook', 'events')",
        "SELECT * FROM loop('daybook', 'events') LIMIT 1",
        "SELECT * FROM view(SELECT * FROM daybook.events)",
        "SELECT * FROM viewIfPermitted(SELECT * FROM daybook.events ELSE null('org_id String'))",
        "SELECT * FROM executable('cat', 'TSV', 'x String')",
        "SELECT * FROM file('/etc/passwd', 'LineAsString', 'x String')",
        "SELECT * FROM file('**', 'LineAsString', 'x String')",
        "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString', 'x String')",
        "SELECT * FROM s3('http://127.0.0.1:1/a', 'LineAsString', 'x String')",
        "SELECT * FROM sqlite('/tmp/a', 'b')",
        "SELECT * FROM dictionary('daybook.events')",
        "SELECT dictGet('daybook.events', 'org_id', toUInt64(1))",
        "SELECT joinGet('daybook.events', 'org_id', 1)",
        "SELECT * FROM daybook.migrations",
        "SELECT * FROM system.parts",
        "SELECT * FROM system.parts_columns",
        "SELECT * FROM system.query_log",
        "SELECT * FROM system.processes",
        "SELECT * FROM system.text_log",
        "SELECT * FROM system.part_log",
        "SELECT * FROM system.mutations",
        "SELECT * FROM system.users",
        "SELECT * FROM system.asynchronous_inserts",
        "SELECT * FROM system.query_cache",
        "SELECT * FROM system.dropped_tables",
        "SHOW CREATE TABLE daybook.events",
        "DESCRIBE TABLE daybook.events",
        "CHECK TABLE daybook.events",
        "EXISTS TABLE daybook.events",
        "INSERT INTO daybook.events (org_id) VALUES ('x')",
        "INSERT INTO daybook.tenant_events (org_id) VALUES ('x')",
        "INSERT INTO FUNCTION file('a.tsv') SELECT * FROM daybook.tenant_events",
        "CREATE TABLE daybook.mine (x UInt8) ENGINE = Memory",
        "CREATE TEMPORARY TABLE mine (x UInt8)",
        "CREATE VIEW daybook.mine AS SELECT * FROM daybook.events",
        "CREATE FUNCTION mine AS (x) -> x",
        "ALTER TABLE daybook.events DELETE WHERE 1",
        "ALTER TABLE daybook.events UPDATE activity = '' WHERE 1",
        "ALTER TABLE daybook.tenant_events MODIFY QUERY SELECT * FROM daybook.events",
        "DELETE FROM daybook.events WHERE 1",
        "TRUNCATE TABLE daybook.events",
        "DROP TABLE daybook.tenant_events",
        "OPTIMIZE TABLE daybook.events",
        "SYSTEM STOP MERGES",
        "SYSTEM FLUSH LOGS",
        "KILL QUERY WHERE 1",
        "BACKUP TABLE daybook.events TO File('a')",
        "GRANT SELECT ON daybook.* TO daybook_reader",
        "SET readonly = 0",
        "SET max_execution_time = 100000",
        "SELECT * FROM events SETTINGS readonly = 0",
        "SELECT count() FROM tenant_events SETTINGS additional_table_filters = {'daybook.events': '1'}",
        "SELECT count() FROM tenant_events SETTINGS max_rows_to_read = 0",
        "SELECT org_id FROM tenant_events SETTINGS analyzer_inline_views = 0",
        // The view's names, given another meaning around it.
        "WITH (x -> 'access-victim') AS unhex SELECT org_id FROM tenant_events",
        "WITH (x -> '6163636573732d76696374696d') AS getClientHTTPHeader \
         SELECT org_id FROM tenant_events",
        "WITH ((x, y) -> 1) AS equals SELECT org_id FROM tenant_events",
        "WITH ((x, y, z) -> 1) AS `and` SELECT org_id FROM tenant_events",
        "WITH 'access-victim' AS org_id SELECT seen.org_id FROM tenant_events AS seen WHERE 1",
        "WITH events AS (SELECT 'access-' || 'victim' AS org_id) SELECT org_id FROM tenant_events",
        "WITH (x -> 'access-victim') AS tuple SELECT event.1 FROM tenant_events",
        "WITH 'access-victim' AS event SELECT seen.event.1 FROM tenant_events AS seen WHERE 1",
        "SELECT org_id FROM tenant_events FINAL",
        "SELECT _part FROM tenant_events",
        // An error names the value that it is about.
        "SELECT org_id FROM tenant_events WHERE toUInt8(toString(org_id)) = 0",
        "SELECT org_id FROM tenant_events PREWHERE toUInt8(toString(org_id)) = 0",
        "SELECT event FROM tenant_events WHERE toUInt8(toString(event)) = 0",
        "SELECT org_id FROM tenant_events WHERE toUInt8(activity) = 0",
        "SELECT org_id FROM tenant_events WHERE toUInt8(activity) = 0 AND entity_id != 'x'",
        "SELECT sum(toUInt8(activity)) FROM tenant_events",
        "EXECUTE AS daybook_migrator SELECT * FROM daybook.events",
    ];
    for attempt in attempts {
        let answer = ask_here(&reader, "", &[(HEADER, &own)], attempt).await;
        let is_refused = answer.code().is_some();
        let is_nothing = matches!(answer.text.trim(), "" | "0" | "1");
        // `merge` finds the view, too.
        let is_own = answer.text.lines().all(|row| row.starts_with(INTRUDER));
        assert!(
            is_refused || is_nothing || is_own,
            "{attempt}: {}",
            answer.text
        );
        assert!(!answer.text.contains(VICTIM), "{attempt}: {}", answer.text);
    }
}

/// An error that comes with one value and not with another says whether somebody has it.
#[tokio::test]
async fn an_answer_is_the_same_whether_or_not_another_tenant_has_a_value() {
    two_tenants().await;
    let reader = clickhouse().passwords().reader_credentials();
    let own = hexadecimal(INTRUDER);
    for question in [
        "SELECT count() FROM tenant_events WHERE throwIf(entity_id = '{}') = 0",
        "SELECT count() FROM tenant_events WHERE activity != 'x' AND throwIf(entity_id = '{}') = 0",
        "SELECT count() FROM tenant_events WHERE intDiv(1, entity_id != '{}') = 1",
        "SELECT count() FROM tenant_events WHERE throwIf(event.13 = '{}') = 0",
        "SELECT count() FROM tenant_events WHERE throwIf(position(toString(event), '{}') > 0) = 0",
        "SELECT count() FROM tenant_events WHERE throwIf(entity_id = '{}') = 0 AND timestamp > 0",
        "SELECT countIf(throwIf(entity_id = '{}') = 0) FROM tenant_events",
        "SELECT sum(throwIf(entity_id = '{}')) FROM tenant_events",
        "SELECT count() FROM (SELECT * FROM tenant_events ORDER BY timestamp LIMIT 3) \
         WHERE throwIf(entity_id = '{}') = 0",
        "SELECT id FROM tenant_events ORDER BY throwIf(entity_id = '{}'), id LIMIT 1",
        "SELECT any(id) FROM tenant_events GROUP BY throwIf(entity_id = '{}')",
        "SELECT count() FROM tenant_events AS one JOIN tenant_events AS two USING (id) \
         WHERE throwIf(two.entity_id = '{}') = 0",
    ] {
        let ask = async |value: &str| {
            let sql = question.replace("{}", value);
            ask_here(&reader, "", &[(HEADER, &own)], &sql).await
        };
        let (had, nobodys) = (ask(SECRET_ID).await, ask("7f-of-nobody").await);
        assert_eq!(nobodys.code(), None, "{question}: {}", nobodys.text);
        assert_eq!(had.text, nobodys.text, "{question}");
    }
}

#[tokio::test]
async fn what_the_view_answers_is_of_one_tenant_however_it_is_asked() {
    two_tenants().await;
    let reader = clickhouse().passwords().reader_credentials();
    let own = hexadecimal(INTRUDER);
    let victim = hexadecimal(VICTIM);
    let questions = [
        "SELECT count() FROM tenant_events",
        "SELECT count() FROM tenant_events WHERE 1 OR org_id != ''",
        "SELECT count() FROM tenant_events WHERE org_id = org_id",
        "SELECT countIf(org_id IN (SELECT org_id FROM tenant_events)) FROM tenant_events",
        "WITH x -> 'access-victim' AS getClientHTTPHeader SELECT count() FROM tenant_events",
        "WITH x -> 'access-victim' AS unhex SELECT count() FROM tenant_events",
        "SELECT count() FROM (SELECT * FROM tenant_events UNION DISTINCT SELECT * FROM tenant_events)",
    ];
    for question in questions {
        let answer = ask_here(&reader, "", &[(HEADER, &own)], question).await;
        assert_eq!(answer.text.trim(), "3", "{question}");
    }
    let of_victim = format!("SELECT count() FROM tenant_events WHERE org_id = '{VICTIM}'");
    let answer = ask_here(&reader, "", &[(HEADER, &own)], &of_victim).await;
    assert_eq!(answer.text.trim(), "0");

    // Parameters of the URL are not headers.
    for parameters in [
        format!("{HEADER}={victim}"),
        format!("http_headers={HEADER}:{victim}"),
        format!("param_{HEADER}={victim}"),
        format!("log_comment={victim}"),
        format!("additional_table_filters={victim}"),
        "allow_get_client_http_header=0".to_owned(),
        "readonly=0".to_owned(),
        "role=daybook_migrator".to_owned(),
        "user=daybook_migrator".to_owned(),
        "SQL_org=x".to_owned(),
    ] {
        let sql = "SELECT count() FROM tenant_events";
        let answer = ask_here(&reader, &parameters, &[(HEADER, &own)], sql).await;
        let is_own = answer.code().is_none() && answer.text.trim() == "3";
        let is_refused = answer.status != StatusCode::OK;
        assert!(is_own || is_refused, "{parameters}: {}", answer.text);
    }
}

#[tokio::test]
async fn without_a_good_header_there_are_no_rows() {
    two_tenants().await;
    let reader = clickhouse().passwords().reader_credentials();
    let own = hexadecimal(INTRUDER);
    let sql = "SELECT count() FROM tenant_events";
    let cases: [(&[(&str, &str)], &str); 8] = [
        (&[], "0"),
        (&[(HEADER, "")], "0"),
        (&[(HEADER, VICTIM)], "0"),
        (&[(HEADER, "zz")], "0"),
        (&[(HEADER, "%")], "0"),
        (&[(HEADER, "' OR 1 --")], "0"),
        // Header names have no case (RFC 9110, section 5.1).
        (&[("x-daybook-ORG", &own)], "3"),
        (&[("X-Daybook-Org-", &own)], "0"),
    ];
    for (headers, expected) in cases {
        let answer = ask_here(&reader, "", headers, sql).await;
        assert_eq!(answer.text.trim(), expected, "{headers:?}");
    }
    // Of two headers one counts; both are never joined into a name.
    let both = [(HEADER, own.as_str()), (HEADER, &hexadecimal("nobody"))];
    let answer = ask_here(&reader, "", &both, sql).await;
    assert!(matches!(answer.text.trim(), "0" | "3"), "{}", answer.text);
}

#[tokio::test]
async fn an_id_of_another_tenant_finds_nothing() {
    let (victim, intruder) = two_tenants().await;
    let reader = clickhouse().reader().unwrap();
    let page = everything(&reader, &victim).await;
    assert_eq!(page.events.len(), 5);
    for event in page.events.iter().take(2) {
        // The last two ids of the victim are ids of the intruder's own as well.
        assert_eq!(reader.get(&intruder, event.id).await.unwrap(), None);
        assert_eq!(
            reader.get(&victim, event.id).await.unwrap().as_ref(),
            Some(event)
        );
    }
}

#[tokio::test]
async fn the_writer_adds_and_knows_keys_and_nothing_else() {
    two_tenants().await;
    let writer = clickhouse().passwords().writer_credentials();
    let own = hexadecimal(INTRUDER);
    for attempt in [
        "SELECT activity FROM events",
        "SELECT * FROM events",
        "SELECT detail FROM daybook.events LIMIT 1",
        "SELECT caller_user_email FROM events",
        "SELECT * FROM tenant_events",
        "SELECT path FROM system.parts",
        "ALTER TABLE events DELETE WHERE 1",
        "ALTER TABLE events UPDATE activity = '' WHERE 1",
        "ALTER TABLE events DROP PARTITION 202611",
        "ALTER TABLE events MODIFY TTL expires_at + INTERVAL 1 DAY",
        "DELETE FROM events WHERE 1",
        "UPDATE events SET activity = '' WHERE 1",
        "TRUNCATE TABLE events",
        "DROP TABLE events",
        "OPTIMIZE TABLE events FINAL",
        "INSERT INTO migrations (version) VALUES (99)",
        "INSERT INTO tenant_events (org_id) VALUES ('x')",
        "CREATE TABLE mine (x UInt8) ENGINE = Memory",
        "GRANT SELECT ON daybook.* TO daybook_writer",
    ] {
        let answer = ask_here(&writer, "", &[(HEADER, &own)], attempt).await;
        assert!(answer.code().is_some(), "{attempt}: {}", answer.text);
        assert!(!answer.text.contains("jane@"), "{attempt}");
    }
    let keys = "SELECT count() FROM (SELECT org_id, timestamp, id, request_digest FROM events)";
    assert_eq!(ask_here(&writer, "", &[], keys).await.code(), None);
}

#[tokio::test]
async fn nobody_else_gets_in() {
    let sql = "SELECT count() FROM daybook.events";
    for (user, password) in [
        ("default", ""),
        ("daybook_view_definer", ""),
        ("daybook_reader", ""),
        ("daybook_reader", "wrong"),
        ("daybook_migrator", ""),
        ("admin", ""),
    ] {
        let credentials = Credentials {
            user: user.to_owned(),
            password: password.to_owned(),
        };
        let answer = ask_here(&credentials, "", &[], sql).await;
        assert!(answer.code().is_some(), "{user}: {}", answer.text);
    }
    // The launcher's own user, which has no password, has done all that it may.
    let launcher = Credentials {
        user: "default".to_owned(),
        password: String::new(),
    };
    for attempt in [
        "SYSTEM STOP LISTEN HTTP",
        "SELECT count() FROM file('/etc/passwd', 'LineAsString', 'line String')",
        "CREATE TEMPORARY TABLE mine (x UInt8)",
    ] {
        let answer = ask_here(&launcher, "", &[], attempt).await;
        assert!(answer.code().is_some(), "{attempt}: {}", answer.text);
    }
}
