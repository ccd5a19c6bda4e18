//! An export goes on where its way to ClickHouse broke, and gives each event once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use daybook_event::AuditEvent;
use daybook_store::{Endpoint, Reader, Search, StoreError};
use tokio::io::{AsyncReadExt as _, copy};
use tokio::net::{TcpListener, TcpStream};

use crate::fixture::{batch, clickhouse, exported, tenant};

/// An address that leads to ClickHouse. So many connections break after so many bytes of their answers.
async fn breaking_way(breaks: usize, bytes: u64) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let to = clickhouse().endpoint().url.replace("http://", "");
    let breaks = Arc::new(AtomicUsize::new(breaks));
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let mut server = TcpStream::connect(&to).await.unwrap();
            let breaks = breaks.clone();
            tokio::spawn(async move {
                let (mut from_client, mut to_client) = client.split();
                let (from_server, mut to_server) = server.split();
                let is_broken = breaks
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                        left.checked_sub(1)
                    })
                    .is_ok();
                let mut from_server = from_server.take(if is_broken { bytes } else { u64::MAX });
                // Whichever ends first closes both.
                tokio::select! {
                    _ = copy(&mut from_client, &mut to_server) => {}
                    _ = copy(&mut from_server, &mut to_client) => {}
                }
            });
        }
    });
    url
}

async fn reader(breaks: usize, bytes: u64) -> Reader {
    let endpoint = Endpoint::new(breaking_way(breaks, bytes).await);
    let credentials = clickhouse().passwords().reader_credentials();
    Reader::new(&endpoint, &credentials).unwrap()
}

#[tokio::test]
async fn an_export_goes_on_where_its_connection_broke() {
    let tenant = tenant("broken-export");
    let writer = clickhouse().writer().unwrap();
    writer.insert(&batch(&tenant, 0..5_000)).await.unwrap();
    let search = Search::default();
    let whole = exported(&clickhouse().reader().unwrap(), &tenant, &search).await;
    assert_eq!(whole.len(), 5_000);
    let found = exported(&reader(3, 100_000).await, &tenant, &search).await;
    assert_eq!(found, whole);
}

#[tokio::test]
async fn an_export_that_gets_nowhere_ends_with_the_reason() {
    let tenant = tenant("export-that-gets-nowhere");
    let writer = clickhouse().writer().unwrap();
    writer.insert(&batch(&tenant, 0..10)).await.unwrap();
    let mut export = reader(usize::MAX, 200)
        .await
        .export(&tenant, &Search::default());
    let error = export
        .next_into(&mut AuditEvent::default())
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    assert!(!export.next_into(&mut AuditEvent::default()).await.unwrap());
}
