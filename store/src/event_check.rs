//! Which events can be stored at all.

use daybook_event::{AuditEvent, UNATTRIBUTED_ORG_ID, never_expires};
use jiff::Timestamp;

use crate::tenant::{InvalidTenant, TenantId};

/// Why an event can never be stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unstorable {
    /// Its tenant is neither a possible one nor the reserved one.
    #[error(transparent)]
    Tenant(#[from] InvalidTenant),
    /// A time is outside the years 1970 to 2299, which are all that ClickHouse can hold.
    #[error("its {field} {time} is outside the years 1970 to 2299")]
    Time {
        /// Which of its times.
        field: &'static str,
        /// The time.
        time: Timestamp,
    },
}

/// Checks one event; a batch of checked events never fails for the sake of one of them.
///
/// # Errors
/// Why it can never be stored.
pub fn check_storable(event: &AuditEvent) -> Result<(), Unstorable> {
    if event.org_id != UNATTRIBUTED_ORG_ID {
        TenantId::check(&event.org_id)?;
    }
    for (field, time) in [
        ("timestamp", event.timestamp),
        ("ingested_at", event.ingested_at),
        ("expires_at", event.expires_at),
    ] {
        if time < Timestamp::UNIX_EPOCH || time.as_second() > never_expires().as_second() {
            return Err(Unstorable::Time { field, time });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event_at(timestamp: &str) -> AuditEvent {
        AuditEvent {
            org_id: "acme".to_owned(),
            timestamp: timestamp.parse().unwrap(),
            ..AuditEvent::default()
        }
    }

    #[test]
    fn the_first_and_the_last_second_can_be_stored_and_their_neighbours_cannot() {
        for good in ["1970-01-01T00:00:00Z", "2299-12-31T23:59:59.999Z"] {
            assert_eq!(check_storable(&event_at(good)), Ok(()));
        }
        for bad in ["1969-12-31T23:59:59.999Z", "2300-01-01T00:00:00Z"] {
            assert!(matches!(
                check_storable(&event_at(bad)),
                Err(Unstorable::Time {
                    field: "timestamp",
                    ..
                })
            ));
        }
    }

    #[test]
    fn a_tenant_is_needed_and_the_reserved_one_is_one() {
        let mut event = event_at("2026-01-01T00:00:00Z");
        event.org_id.clear();
        assert_eq!(
            check_storable(&event),
            Err(Unstorable::Tenant(InvalidTenant::Empty))
        );
        UNATTRIBUTED_ORG_ID.clone_into(&mut event.org_id);
        assert_eq!(check_storable(&event), Ok(()));
    }
}
