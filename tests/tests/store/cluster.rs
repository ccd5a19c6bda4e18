//! Two nodes of a cluster: what `daybook migrate --cluster` prints for reading, on two real servers.
//!
//! The embedded engine has no Keeper, so each node makes its own tables as a node alone does, and the
//! table and the view that reach all shards without ON CLUSTER.

use std::fs;
use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

use daybook_event::AuditEvent;
use daybook_store::{
    Bar, Bucket, Direction, ErasureKey, ErasureMode, ErasureRequest, ErasureState, Facet,
    FacetValue, Filter, HistogramOptions, RolePasswords, SHARD_USER, Scope, Search, TenantId,
    TotalMode, cluster_sql,
};
use daybook_tests::clickhouse::ClickHouse;
use tempfile::TempDir;

use crate::fixture::{ask, batch, event, event_at, everything, exported, new, tenant};

const ENGINE: &str = env!("CARGO_BIN_EXE_clickhouse-engine");

/// Two nodes, each with one shard.
struct Cluster {
    nodes: Vec<ClickHouse>,
    _directory: TempDir,
}

impl Cluster {
    async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let passwords = RolePasswords {
            shard: Some("of the shards".to_owned()),
            ..RolePasswords::random()
        };
        let ports = free_ports();
        let mut nodes = Vec::new();
        for (number, port) in ports.iter().enumerate() {
            let of_node = directory.path().join(number.to_string());
            fs::create_dir_all(of_node.join("config.d")).unwrap();
            let config = configuration(*port, ports, passwords.shard.as_deref().unwrap());
            fs::write(of_node.join("config.d").join("cluster.xml"), config).unwrap();
            let node = ClickHouse::start_as(&of_node, ENGINE, passwords.clone(), str::to_owned);
            nodes.push(node.await.unwrap());
        }
        for node in &nodes {
            run(node, "SYSTEM START LISTEN TCP").await;
            for statement in of_reading() {
                run(node, &statement).await;
            }
        }
        Self {
            nodes,
            _directory: directory,
        }
    }
}

/// The statements for a cluster that make what reaches all shards: the table, and the newest view.
fn of_reading() -> [String; 2] {
    let statements = cluster_sql("daybook", "main").unwrap();
    let newest = |part: &str| {
        let statement = statements.iter().rfind(|sql| sql.contains(part)).unwrap();
        statement.replace(" ON CLUSTER 'main'", "")
    };
    [
        newest("ENGINE = Distributed("),
        newest("FROM daybook.all_events"),
    ]
}

/// Below the ports that a system gives away by itself, and no two tests get the same: nobody takes them
/// before the servers do.
fn free_ports() -> [u16; 2] {
    static TRIED: AtomicU16 = AtomicU16::new(0);
    let begin = 20_000 + u16::try_from(std::process::id() % 10_000).unwrap();
    let mut free = std::iter::from_fn(|| Some(begin + TRIED.fetch_add(1, Ordering::Relaxed)))
        .filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    [free.next().unwrap(), free.next().unwrap()]
}

fn configuration(tcp_port: u16, ports: [u16; 2], password: &str) -> String {
    let shards = ports.map(|port| {
        format!(
            "<shard><replica><host>127.0.0.1</host><port>{port}</port>
             <user>{SHARD_USER}</user><password>{password}</password></replica></shard>"
        )
    });
    format!(
        "<clickhouse>
           <tcp_port>{tcp_port}</tcp_port>
           <remote_servers><main>{}</main></remote_servers>
         </clickhouse>",
        shards.concat()
    )
}

async fn run(node: &ClickHouse, sql: &str) {
    let answer = ask(node, &ClickHouse::administrator(), "", &[], sql).await;
    assert_eq!(answer.code(), None, "{sql}: {}", answer.text);
}

async fn by_day(node: &ClickHouse, tenant: &TenantId) -> Vec<Bar> {
    let options = HistogramOptions {
        bucket: Bucket::Day,
        time_zone: "UTC".to_owned(),
        by: None,
    };
    let reader = node.reader().unwrap();
    let bars = reader.histogram(tenant, &Filter::default(), &options).await;
    bars.unwrap()
}

/// Every read of every node shows these events of the tenant, and no others.
async fn assert_all_see(cluster: &Cluster, tenant: &TenantId, newest_first: &[AuditEvent]) {
    let filter = Filter::default();
    let count = newest_first.len() as u64;
    for node in &cluster.nodes {
        let reader = node.reader().unwrap();
        let whole = everything(&reader, tenant).await;
        assert_eq!(whole.events, newest_first);
        assert_eq!(whole.total, Some(count));
        assert_eq!(reader.count(tenant, &filter).await.unwrap(), count);
        let search = Search {
            limit: 7,
            total: TotalMode::None,
            ..Search::default()
        };
        assert_eq!(exported(&reader, tenant, &search).await, newest_first);
        let (mut paged, mut position) = (Vec::new(), None);
        loop {
            let next = Search {
                position,
                direction: Direction::Next,
                ..search.clone()
            };
            let page = reader.search(tenant, &next).await.unwrap();
            paged.extend(page.events);
            position = page.next;
            if position.is_none() {
                break;
            }
        }
        assert_eq!(paged, newest_first);

        let facet = reader.facet(tenant, &filter, Facet::EventName, 10).await;
        let expected = (count > 0).then(|| FacetValue {
            value: "deleteWorkflow".to_owned(),
            count,
        });
        assert_eq!(facet.unwrap(), Vec::from_iter(expected));
        let bars = by_day(node, tenant).await;
        assert_eq!(bars.iter().map(|bar| bar.count).sum::<u64>(), count);
        for event in newest_first.iter().step_by(20) {
            let found = reader.get(tenant, event.id).await.unwrap();
            assert_eq!(found.as_ref(), Some(event));
        }
    }
}

#[tokio::test]
async fn each_node_shows_a_tenant_of_every_shard_and_no_row_that_is_being_erased() {
    let cluster = Cluster::start().await;
    let [one, two] = cluster.nodes.as_slice() else {
        panic!("two nodes")
    };
    let (leaving, staying) = (tenant("cluster-leaving"), tenant("cluster-staying"));
    let (on_one, on_two) = (one.writer().unwrap(), two.writer().unwrap());
    // A tenant has one shard; one that was moved may have two, in any order of time.
    for start in [0, 20, 40] {
        on_one
            .insert(&batch(&staying, start..start + 10))
            .await
            .unwrap();
        on_two
            .insert(&batch(&staying, start + 10..start + 20))
            .await
            .unwrap();
    }
    on_two.insert(&batch(&leaving, 0..30)).await.unwrap();
    let newest_first = |tenant, count| -> Vec<_> {
        (0..count)
            .rev()
            .map(|number| event(tenant, number))
            .collect()
    };
    assert_all_see(&cluster, &staying, &newest_first(&staying, 60)).await;
    assert_all_see(&cluster, &leaving, &newest_first(&leaving, 30)).await;
    assert_all_see(&cluster, &tenant("cluster-nobody"), &[]).await;
    let late = tenant("cluster-late");
    let year_2299 = event_at(&late, 0, "2299-12-31T22:30:00Z".parse().unwrap());
    on_two.insert(&[new(year_2299.clone())]).await.unwrap();
    for node in &cluster.nodes {
        let bars = by_day(node, &late).await;
        assert_eq!(bars[0].start, "2299-12-31T00:00:00Z".parse().unwrap());
    }

    // The rows cannot go yet, so that what hides them is that they are going to.
    run(two, "SYSTEM STOP MERGES daybook.events").await;
    let key = ErasureKey::new("a secret that only the operator knows").unwrap();
    let eraser = two.eraser(key).unwrap();
    let request = ErasureRequest {
        tenant: leaving.clone(),
        scope: Scope::Tenant,
        mode: ErasureMode::Delete,
        reason: "left".to_owned(),
    };
    let receipt = eraser.begin(&request).await.unwrap();
    assert_eq!(receipt.state, ErasureState::Hidden);
    let rows = "SELECT count() FROM events WHERE org_id = 'cluster-leaving'";
    let answer = ask(two, &ClickHouse::administrator(), "", &[], rows).await;
    assert_eq!(answer.text.trim(), "30");
    assert_all_see(&cluster, &leaving, &[]).await;
    assert_all_see(&cluster, &staying, &newest_first(&staying, 60)).await;
}

#[tokio::test]
async fn a_reader_of_a_node_reaches_the_shards_by_the_view_alone() {
    let cluster = Cluster::start().await;
    let [one, two] = cluster.nodes.as_slice() else {
        panic!("two nodes")
    };
    let mine = tenant("cluster-mine");
    let writer = two.writer().unwrap();
    writer.insert(&batch(&mine, 0..3)).await.unwrap();
    writer
        .insert(&batch(&tenant("cluster-others"), 0..5))
        .await
        .unwrap();
    let reader = one.passwords().reader_credentials();
    let header = ("X-Daybook-Org", "636c75737465722d6d696e65");
    let seen = ask(
        one,
        &reader,
        "",
        &[header],
        "SELECT count() FROM tenant_events",
    )
    .await;
    assert_eq!(seen.text.trim(), "3");
    let without = ask(one, &reader, "", &[], "SELECT count() FROM tenant_events").await;
    assert_eq!(without.text.trim(), "0");
    for sql in [
        "SELECT count() FROM all_events",
        "SELECT count() FROM events",
        "SELECT count() FROM cluster('main', 'daybook', 'events')",
        "SELECT count() FROM clusterAllReplicas('main', 'daybook', 'events')",
        "SELECT * FROM system.clusters",
        "SELECT count() FROM tenant_events, all_events",
    ] {
        let answer = ask(one, &reader, "", &[header], sql).await;
        assert_eq!(answer.code(), Some(497), "{sql}: {}", answer.text);
    }
}
