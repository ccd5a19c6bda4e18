//! `daybook retention`: how long events are kept, and what a legal hold keeps from going.

use std::collections::BTreeSet;
use std::io::Write as _;

use anyhow::Context as _;
use daybook_store::{Retention, StoreError, TenantId};
use serde_json::json;

use crate::arguments::{HoldOptions, RetentionCommand, RetentionOptions};
use crate::clickhouse_url::database_at;
use crate::erase::tenant;

pub(crate) async fn retention(options: RetentionOptions) -> anyhow::Result<bool> {
    let (endpoint, credentials) =
        database_at(&options.store.clickhouse_url, &options.store.database)?;
    let retention = Retention::new(&endpoint, &credentials)?;
    match options.command {
        RetentionCommand::Set {
            org,
            unattributed,
            default: _, // no tenant
            days,
        } => {
            let tenant = tenant(org.as_deref(), unattributed)?;
            say_how_to_go_on()?;
            retention.set(tenant.as_ref(), days).await?;
            settle(&retention, tenant.as_ref()).await?;
        }
        RetentionCommand::Hold(hold) => change(&retention, &hold, true).await?,
        RetentionCommand::Release(hold) => change(&retention, &hold, false).await?,
        RetentionCommand::Apply => {
            // One tenant with too many holds is no reason to leave the others.
            let applied = match retention.reapply().await {
                Err(error) if !matches!(error, StoreError::TooMuch { .. }) => Err(error)?,
                applied => applied,
            };
            say_that_it_waits()?;
            retention.settle_all().await.and(applied)?;
        }
        RetentionCommand::List => list(&retention).await?,
    }
    Ok(true)
}

async fn change(retention: &Retention, hold: &HoldOptions, is_held: bool) -> anyhow::Result<()> {
    let tenant = tenant(hold.org.as_deref(), hold.unattributed)?.context("--org is missing")?;
    let entity = hold
        .entity
        .as_ref()
        .map(|entity| (entity.kind.as_str(), entity.id.as_str()));
    let mut told = BTreeSet::new();
    if is_held {
        // Before: by the time at which a large tenant's events have it, these may have come to their end.
        tell_erasures(retention, &tenant, &mut told).await?;
    }
    say_how_to_go_on()?;
    retention
        .hold(&tenant, entity, is_held, &hold.reason)
        .await?;
    settle(retention, Some(&tenant)).await?;
    if is_held {
        // One that had looked for holds before this one was there may have gone on.
        tell_erasures(retention, &tenant, &mut told).await?;
    }
    Ok(())
}

async fn tell_erasures(
    retention: &Retention,
    tenant: &TenantId,
    told: &mut BTreeSet<String>,
) -> anyhow::Result<()> {
    for id in retention.erasures_under_way(tenant).await? {
        if told.insert(id.to_string()) {
            writeln!(
                std::io::stderr(),
                "erasure {id} of this tenant is under way: the hold does not keep what it has hidden"
            )?;
        }
    }
    Ok(())
}

fn say_how_to_go_on() -> anyhow::Result<()> {
    Ok(writeln!(
        std::io::stderr(),
        "should this end early, `daybook retention apply` goes on with it"
    )?)
}

async fn settle(retention: &Retention, tenant: Option<&TenantId>) -> anyhow::Result<()> {
    say_that_it_waits()?;
    Ok(retention.settle(tenant).await?)
}

fn say_that_it_waits() -> anyhow::Result<()> {
    Ok(writeln!(
        std::io::stderr(),
        "stored events have it; waiting until every writer has heard of it"
    )?)
}

async fn list(retention: &Retention) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let (rules, holds) = (retention.rules().await?, retention.holds().await?);
    for rule in rules {
        writeln!(out, "{}", json!({"retention": rule}))?;
    }
    for hold in holds {
        writeln!(out, "{}", json!({"legal_hold": hold}))?;
    }
    Ok(())
}
