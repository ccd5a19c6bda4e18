//! No role has a right that it can do without: each is taken from it once, down to the column, and then
//! its work is refused.

use std::time::Duration;

use daybook_store::{
    Credentials, ERASER_USER, Eraser, ErasureMode, Filter, MIGRATOR_USER, READER_USER, Reader,
    Retention, Scope, StoreError, TenantId, WRITER_USER, Writer,
};
use daybook_tests::clickhouse::ClickHouse;

use crate::canaries::{ENGINE, TIME_MAX, event_of_canaries, hasten, key, request, run, writer};
use crate::fixture::{ask, batch, tenant};

/// ACCESS_DENIED
const DENIED: Option<u32> = Some(497);

/// A user like one of Daybook's roles, but for one right.
struct Lacking {
    user: String,
    right: String,
    xml: String,
}

/// The users that lack one right of a role each.
fn lacking(users_xml: &str, role: &str) -> Vec<Lacking> {
    let users = users_xml.split("<users>").nth(1).unwrap();
    let role_begins = format!("<{role}>");
    let block = users.split(role_begins.as_str()).nth(1).unwrap();
    let block = block.split(format!("</{role}>").as_str()).next().unwrap();
    let grants = block.split("<query>GRANT ").skip(1);
    let grants = grants.map(|rest| rest.split("</query>").next().unwrap());
    grants
        .flat_map(|grant| without_each(grant).map(move |less| (grant, less)))
        .enumerate()
        .map(|(number, (grant, (right, less)))| {
            let user = format!("{role}_{number}");
            let query = format!("<query>GRANT {grant}</query>");
            let left = less.map_or_else(String::new, |less| format!("<query>GRANT {less}</query>"));
            let block = block.replace(&query, &left);
            Lacking {
                xml: format!("<{user}>{block}</{user}>"),
                user,
                right,
            }
        })
        .collect()
}

/// A grant's rights, columns each by itself, with what is left of the grant without it.
fn without_each(grant: &str) -> impl Iterator<Item = (String, Option<String>)> {
    let (rights, place) = grant.split_once(" ON ").unwrap_or((grant, ""));
    let mut atoms: Vec<(String, Option<String>)> = Vec::new();
    for right in outside_parentheses(rights) {
        match right.split_once('(') {
            None => atoms.push((right, None)),
            Some((name, columns)) => {
                let columns = columns.trim_end_matches(')').split(", ");
                atoms.extend(columns.map(|column| (name.to_owned(), Some(column.to_owned()))));
            }
        }
    }
    let text = |(name, column): &(String, Option<String>)| match column {
        Some(column) => format!("{name}({column})"),
        None => name.clone(),
    };
    let texts: Vec<String> = atoms.iter().map(text).collect();
    let on = if place.is_empty() { "" } else { " ON " };
    let grant_of = move |rights: &[String]| format!("{}{on}{place}", rights.join(", "));
    let lacks: Vec<_> = (0..texts.len())
        .map(|number| {
            let mut left = texts.clone();
            let right = grant_of(&[left.remove(number)]);
            (right, (!left.is_empty()).then(|| grant_of(&left)))
        })
        .collect();
    lacks.into_iter()
}

/// Splits at commas that stand in no parentheses.
fn outside_parentheses(rights: &str) -> Vec<String> {
    let mut depth = 0;
    let parts = rights.split(|letter| {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        letter == ',' && depth == 0
    });
    parts.map(|part| part.trim().to_owned()).collect()
}

/// Logs in as a role did, under another name.
fn login(clickhouse: &ClickHouse, role: &str, user: &str) -> Credentials {
    let passwords = clickhouse.passwords();
    let credentials = match role {
        WRITER_USER => passwords.writer_credentials(),
        ERASER_USER => passwords.eraser_credentials(),
        READER_USER => passwords.reader_credentials(),
        _ => passwords.migrator_credentials(),
    };
    Credentials {
        user: user.to_owned(),
        ..credentials
    }
}

/// A ClickHouse with the users that lack one right of the role each.
async fn start(role: &str) -> (ClickHouse, Vec<Lacking>) {
    let mut users = Vec::new();
    let clickhouse = ClickHouse::start_with_users(ENGINE, |xml| {
        users = lacking(xml, role);
        let blocks: Vec<_> = users.iter().map(|user| user.xml.as_str()).collect();
        xml.replace("</users>", &format!("{}</users>", blocks.concat()))
    });
    let clickhouse = clickhouse.await.unwrap();
    hasten(&clickhouse).await;
    (clickhouse, users)
}

/// Whether the role's work is refused to each of these users, and to the role itself is not.
async fn assert_each_right_is_needed<'a, W>(
    clickhouse: &'a ClickHouse,
    role: &str,
    users: &[Lacking],
    work: impl Fn(&'a ClickHouse, Credentials, TenantId) -> W,
) where
    W: Future<Output = Result<(), StoreError>>,
{
    let mut needless = Vec::new();
    for lacking in users {
        // What the one before has left undone is not this one's to do.
        run(clickhouse, "TRUNCATE TABLE erasures").await;
        let place = place(clickhouse, &lacking.user).await;
        match work(clickhouse, login(clickhouse, role, &lacking.user), place).await {
            Ok(()) => needless.push(lacking.right.as_str()),
            Err(StoreError::Refused { code: DENIED, .. }) => {}
            Err(error) => panic!("{}: {error}", lacking.right),
        }
    }
    let place = place(clickhouse, role).await;
    work(clickhouse, login(clickhouse, role, role), place)
        .await
        .unwrap();
    assert_eq!(needless, Vec::<&str>::new(), "{role}");
}

/// A tenant with something in every column that an erasure looks at.
async fn place(clickhouse: &ClickHouse, name: &str) -> TenantId {
    let tenant = tenant(&format!("grants-{name}"));
    let mut events = batch(&tenant, 0..3);
    events.push(event_of_canaries(&tenant, 3, "JANE"));
    writer(clickhouse).insert(&events).await.unwrap();
    tenant
}

#[tokio::test]
async fn the_writer_needs_each_of_its_rights() {
    let (clickhouse, users) = start(WRITER_USER).await;
    assert!(users.len() > 20, "{}", users.len());
    let (sometimes, always): (Vec<_>, Vec<_>) = users
        .into_iter()
        // Another writer is looked for where an insert's answer was lost.
        .partition(|user| user.right == "SELECT(query_id) ON system.processes");
    let work = async |clickhouse: &ClickHouse, login: Credentials, tenant: TenantId| {
        let writer = Writer::new(clickhouse.endpoint(), &login)?.with_erasure_key(key());
        writer.insert(&batch(&tenant, 2..8)).await.map(drop)
    };
    assert_each_right_is_needed(&clickhouse, WRITER_USER, &always, work).await;
    assert_eq!(sometimes.len(), 1);
    let asked = "SELECT count() FROM system.processes WHERE query_id = 'x'";
    for (user, code) in [(WRITER_USER, None), (&sometimes[0].user, DENIED)] {
        let login = login(&clickhouse, WRITER_USER, user);
        assert_eq!(
            ask(&clickhouse, &login, "", &[], asked).await.code(),
            code,
            "{user}"
        );
    }
}

#[tokio::test]
async fn the_reader_needs_each_of_its_rights() {
    let (clickhouse, users) = start(READER_USER).await;
    assert_eq!(users.len(), 1);
    let work = async |clickhouse: &ClickHouse, login: Credentials, tenant: TenantId| {
        let reader = Reader::new(clickhouse.endpoint(), &login)?;
        let count = reader.count(&tenant, &Filter::default()).await?;
        assert_eq!(count, 4);
        Ok(())
    };
    assert_each_right_is_needed(&clickhouse, READER_USER, &users, work).await;
}

#[tokio::test]
async fn the_eraser_needs_each_of_its_rights_to_events() {
    let is_of_events = |right: &str| right.ends_with(" ON daybook.events");
    let person = Scope::User("JANEUSERID".to_owned());
    the_eraser_needs_each(is_of_events, 35, Some(person)).await;
}

#[tokio::test]
async fn the_eraser_needs_each_of_its_other_rights() {
    let is_another = |right: &str| !right.ends_with(" ON daybook.events");
    the_eraser_needs_each(is_another, 25, None).await;
}

/// Each of these, of which there are at least so many, to erase a person, set what is kept, and erase the tenant.
async fn the_eraser_needs_each(
    is_tried: impl Fn(&str) -> bool,
    least: usize,
    person: Option<Scope>,
) {
    let (clickhouse, mut users) = start(ERASER_USER).await;
    users.retain(|user| is_tried(&user.right));
    assert!(users.len() >= least, "{}", users.len());
    let person = &person;
    let work = async |clickhouse: &ClickHouse, login: Credentials, tenant: TenantId| {
        let writer = writer(clickhouse);
        let eraser = Eraser::new(clickhouse.endpoint(), &login, key(), writer)?
            .with_writers_settle(Duration::ZERO);
        let erase = async |scope: Scope, mode: ErasureMode| {
            let asked = request(&tenant, scope, mode);
            eraser.preview(&asked).await?;
            let id = eraser.request(&asked).await?;
            eraser.run_to_end(id, TIME_MAX).await.map(drop)
        };
        eraser.work().await?.forgotten?;
        if let Some(person) = person {
            erase(person.clone(), ErasureMode::Anonymise).await?;
        }
        let retention = Retention::new(clickhouse.endpoint(), &login)?;
        retention.set(Some(&tenant), 3650).await?;
        retention
            .hold(&tenant, Some(("workflow", "7")), true, "a lawsuit")
            .await?;
        retention.rules().await?;
        retention.holds().await?;
        retention.erasures_under_way(&tenant).await?;
        retention
            .hold(&tenant, Some(("workflow", "7")), false, "it is over")
            .await?;
        erase(Scope::Tenant, ErasureMode::Delete).await
    };
    assert_each_right_is_needed(&clickhouse, ERASER_USER, &users, work).await;
}

const REPLACE_VIEW: &str = "CREATE OR REPLACE VIEW tenant_events AS SELECT {n}";

/// What needs each right of the migrator, in the migrations that are there and in those to come.
const MIGRATIONS: [(&str, &str); 18] = [
    ("CREATE DATABASE", "CREATE DATABASE IF NOT EXISTS daybook"),
    (
        "CREATE TABLE",
        "CREATE TABLE scratch_{n} (x UInt8) ENGINE = Memory",
    ),
    ("DROP VIEW", "DROP VIEW dropped_{n}"),
    ("SELECT ON daybook.events", "SELECT count() FROM events"),
    ("SELECT ON daybook.erasures", "SELECT count() FROM erasures"),
    (
        "SELECT ON daybook.migrations",
        "SELECT count() FROM migrations",
    ),
    ("SELECT ON daybook._tmp_replace_*", REPLACE_VIEW),
    (
        "INSERT ON daybook.migrations",
        "INSERT INTO migrations (version) SELECT 1 WHERE 0",
    ),
    ("INSERT ON daybook.tenant_events", REPLACE_VIEW),
    (
        "ALTER ADD COLUMN",
        "ALTER TABLE scratch ADD COLUMN a_{n} UInt8",
    ),
    (
        "ALTER ADD INDEX",
        "ALTER TABLE scratch ADD INDEX i_{n} x TYPE minmax",
    ),
    (
        "ALTER DROP INDEX",
        "ALTER TABLE events DROP INDEX IF EXISTS none_{n}",
    ),
    (
        "ALTER MATERIALIZE INDEX",
        "ALTER TABLE events MATERIALIZE INDEX searched",
    ),
    (
        "ALTER MODIFY COLUMN(entity_name)",
        "ALTER TABLE events MODIFY COLUMN entity_name String CODEC(LZ4)",
    ),
    (
        "ALTER MODIFY COLUMN(activity)",
        "ALTER TABLE events MODIFY COLUMN activity String CODEC(LZ4)",
    ),
    ("DROP TABLE", REPLACE_VIEW),
    (
        "SET DEFINER",
        "CREATE VIEW defined_{n} DEFINER = daybook_view_definer SQL SECURITY DEFINER AS SELECT 1",
    ),
    (
        "TABLE ENGINE",
        "CREATE TABLE made_{n} (x UInt8) ENGINE = MergeTree ORDER BY x",
    ),
];

#[tokio::test]
async fn the_migrator_needs_each_of_its_rights() {
    let (clickhouse, users) = start(MIGRATOR_USER).await;
    assert_eq!(users.len(), MIGRATIONS.len());
    let scratch = "CREATE TABLE scratch (x UInt8) ENGINE = MergeTree ORDER BY x";
    run(&clickhouse, scratch).await;
    let mut wrong = Vec::new();
    for (number, lacking) in users.iter().enumerate() {
        let name = lacking.right.split(" ON ").next().unwrap();
        let is_of_right = |(right, _): &&(&str, &str)| *right == name || *right == lacking.right;
        let (_, sql) = MIGRATIONS.iter().find(is_of_right).unwrap();
        let sql = sql.replace("{n}", &number.to_string());
        run(
            &clickhouse,
            &format!("CREATE VIEW dropped_{number} AS SELECT 1"),
        )
        .await;
        for (user, code) in [(lacking.user.as_str(), DENIED), (MIGRATOR_USER, None)] {
            let login = login(&clickhouse, MIGRATOR_USER, user);
            let answer = ask(&clickhouse, &login, "", &[], &sql).await;
            if answer.code() != code {
                wrong.push(format!("{user}: {sql}: {}", answer.text));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
