//! `daybook erase`: erases a customer, and prints the receipt.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use daybook_store::{
    CopyLifetimes, Credentials, Endpoint, Eraser, ErasureKey, ErasureMode, ErasureRequest,
    ErasureState, LedgerFile, Scope, TenantId, WRITER_USER, Worked, Writer,
};
use serde_json::json;
use tokio::time::sleep;

use crate::arguments::{EntityArgument, EraseMode, EraseOptions};
use crate::clickhouse_url::database_at;

/// A very large tenant takes hours.
const TIME_MAX: Duration = Duration::from_hours(24);
const WORK_INTERVAL: Duration = Duration::from_secs(2);
/// How often in a row all that is open may fail before somebody has to look.
const FAILURES_MAX: u32 = 10;

/// Refuses a key that is too short, before anything is asked. Its own word, not the argument parser's, which would
/// repeat the key.
pub(crate) fn check(options: &EraseOptions) -> Result<(), String> {
    ErasureKey::new(&options.erasure_key)
        .map(drop)
        .map_err(|error| format!("DAYBOOK_ERASURE_KEY: {error}"))
}

pub(crate) async fn erase(options: EraseOptions) -> anyhow::Result<bool> {
    let (endpoint, credentials) =
        database_at(&options.store.clickhouse_url, &options.store.database)?;
    let eraser = eraser(&options, &endpoint, &credentials)?;
    if options.resume {
        return resume(&eraser, options.ledger, options.recheck).await;
    }
    let request = request(&options)?;
    if options.dry_run {
        let report = eraser.preview(&request).await?;
        print(&json!({
            "org_id": request.tenant.as_str(), "scope": request.scope.as_str(),
            "mode": request.mode.as_str(), "rows": report.rows,
            "linked_identifiers": report.linked_identifiers,
            "shared_identifiers": report.shared_identifiers, "not_searched": report.not_searched,
        }))?;
        return Ok(true);
    }
    // Made and read before, so that one that cannot be used is known before anything is done.
    let ledger = options.ledger.map(LedgerFile::create).transpose()?;
    if let Some(ledger) = &ledger {
        ledger.entries()?;
    }
    let id = eraser.request(&request).await?;
    writeln!(
        std::io::stderr(),
        "erasure {id} is requested; should this end early, `daybook erase --resume` goes on"
    )?;
    match &ledger {
        Some(ledger) => {
            eraser.sync_ledger(ledger).await?;
            eraser.advance(id).await?;
            // By now it is hidden: no hold that comes later keeps it when an older backup is restored.
            eraser.sync_ledger(ledger).await?;
        }
        None => writeln!(
            std::io::stderr(),
            "no --ledger: a backup that is older than this erasure brings back what it erased"
        )?,
    }
    let receipt = eraser.run_to_end(id, TIME_MAX).await?;
    if let Some(ledger) = &ledger {
        eraser.sync_ledger(ledger).await?;
    }
    print(&receipt)?;
    Ok(true)
}

/// Erases again what a restored backup brought back, and goes on with all that is not verified. False
/// where one cannot go on, or ClickHouse has failed too often.
async fn resume(
    eraser: &Eraser,
    ledger: Option<PathBuf>,
    is_recheck: bool,
) -> anyhow::Result<bool> {
    let ledger = ledger.map(LedgerFile::new);
    if let Some(ledger) = &ledger {
        eraser.sync_ledger(ledger).await?;
    }
    let looked = if is_recheck {
        eraser.reapply_everything().await
    } else {
        eraser.reapply().await
    };
    // What is asked for already goes on all the same.
    if let Err(error) = &looked {
        writeln!(
            std::io::stderr(),
            "not every erasure could be looked for again: {error}"
        )?;
    }
    let mut failures = 0;
    loop {
        let (mut goes_on, mut is_blocked, mut is_failing) = (false, false, false);
        match eraser.work().await {
            Err(error) if error.may_succeed_later() => {
                is_failing = true;
                writeln!(std::io::stderr(), "{error}")?;
            }
            worked => {
                let Worked {
                    erasures,
                    forgotten,
                } = worked?;
                for (id, worked) in erasures {
                    match worked {
                        Ok(receipt) if receipt.state == ErasureState::Verified => print(&receipt)?,
                        Ok(_) => goes_on = true,
                        Err(error) => {
                            let may_go_on = error.may_succeed_later();
                            is_failing |= may_go_on;
                            is_blocked |= !may_go_on && !error.is_waiting_for_hold();
                            writeln!(std::io::stderr(), "{id}: {error}")?;
                        }
                    }
                }
                if let Err(error) = forgotten {
                    let may_go_on = error.may_succeed_later();
                    is_failing |= may_go_on;
                    is_blocked |= !may_go_on;
                    writeln!(
                        std::io::stderr(),
                        "subjects that nobody needs are left: {error}"
                    )?;
                }
            }
        }
        if let Some(ledger) = &ledger
            && !is_failing
        {
            eraser.sync_ledger(ledger).await?;
        }
        failures = if is_failing && !goes_on {
            failures + 1
        } else {
            0
        };
        if !goes_on && !is_failing || failures >= FAILURES_MAX {
            return Ok(looked.is_ok() && !is_blocked && !is_failing);
        }
        sleep(WORK_INTERVAL).await;
    }
}

fn eraser(
    options: &EraseOptions,
    endpoint: &Endpoint,
    credentials: &Credentials,
) -> anyhow::Result<Eraser> {
    let writer = Credentials {
        user: WRITER_USER.to_owned(),
        password: options.writer_password.clone(),
    };
    let key = ErasureKey::new(&options.erasure_key).context("DAYBOOK_ERASURE_KEY")?;
    let writer = Writer::new(endpoint, &writer)?.with_erasure_key(key.clone());
    let copies = CopyLifetimes::with_backups_of(options.backup_days);
    Ok(Eraser::new(endpoint, credentials, key, writer)?.with_copy_lifetimes(copies))
}

fn request(options: &EraseOptions) -> anyhow::Result<ErasureRequest> {
    let tenant = tenant(options.org.as_deref(), options.unattributed)?;
    let scope = match (&options.user, &options.email, &options.entity) {
        (Some(user), ..) => Scope::User(user.clone()),
        (_, Some(email), _) => Scope::Email(email.clone()),
        (.., Some(EntityArgument { kind, id })) => Scope::Entity {
            kind: kind.clone(),
            id: id.clone(),
        },
        _ => Scope::Tenant,
    };
    Ok(ErasureRequest {
        tenant: tenant.context("--org is missing")?,
        scope,
        mode: match options.mode {
            EraseMode::Delete => ErasureMode::Delete,
            EraseMode::Anonymise => ErasureMode::Anonymise,
        },
        reason: options.reason.clone().context("--reason is missing")?,
    })
}

/// The tenant that is named, or that of the events that name none.
pub(crate) fn tenant(org: Option<&str>, is_unattributed: bool) -> anyhow::Result<Option<TenantId>> {
    if is_unattributed {
        return Ok(Some(TenantId::unattributed()));
    }
    Ok(org.map(TenantId::new).transpose()?)
}

fn print(record: &impl serde::Serialize) -> anyhow::Result<()> {
    let line = serde_json::to_string(record)?;
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
