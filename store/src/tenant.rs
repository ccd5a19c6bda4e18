//! The tenant whose events are read.

use std::fmt;

use daybook_event::UNATTRIBUTED_ORG_ID;

use crate::hexadecimal::hexadecimal;

/// How many bytes a tenant's name may have.
pub(crate) const TENANT_BYTES_MAX: usize = 512;

/// A tenant's name: 1 to 512 bytes, no control characters.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TenantId(String);

/// Why a text is no tenant's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTenant {
    /// It is empty.
    #[error("the tenant's name is empty")]
    Empty,
    /// It is longer than 512 bytes.
    #[error("the tenant's name has {bytes} bytes, more than {TENANT_BYTES_MAX}")]
    TooLong {
        /// How many it has.
        bytes: usize,
    },
    /// It has a control character.
    #[error("the tenant's name has a control character")]
    ControlCharacter,
}

impl TenantId {
    /// Takes the name that a verified token carries.
    ///
    /// # Errors
    /// Where it is empty, too long, or has a control character (which also keeps the reserved
    /// tenant out of every token's reach).
    pub fn new(org_id: &str) -> Result<Self, InvalidTenant> {
        Self::check(org_id)?;
        Ok(Self(org_id.to_owned()))
    }

    /// Whether [`TenantId::new`] would take the name.
    pub(crate) fn check(org_id: &str) -> Result<(), InvalidTenant> {
        if org_id.is_empty() {
            return Err(InvalidTenant::Empty);
        }
        if org_id.len() > TENANT_BYTES_MAX {
            return Err(InvalidTenant::TooLong {
                bytes: org_id.len(),
            });
        }
        if org_id.chars().any(char::is_control) {
            return Err(InvalidTenant::ControlCharacter);
        }
        Ok(())
    }

    /// The reserved tenant of events that name none; for operators only.
    pub fn unattributed() -> Self {
        Self(UNATTRIBUTED_ORG_ID.to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name in hexadecimal digits: what the reader sends in its header, so that no name can
    /// break out of it.
    pub(crate) fn to_header_value(&self) -> String {
        hexadecimal(self.0.as_bytes())
    }
}

impl fmt::Debug for TenantId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TenantId({:?})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_not_empty_not_long_and_has_no_control_characters() {
        assert_eq!(TenantId::new(""), Err(InvalidTenant::Empty));
        assert_eq!(
            TenantId::new(&"x".repeat(TENANT_BYTES_MAX + 1)),
            Err(InvalidTenant::TooLong {
                bytes: TENANT_BYTES_MAX + 1
            })
        );
        for hostile in [UNATTRIBUTED_ORG_ID, "a\nb", "a\r\nX-Daybook-Org: 62", "\0"] {
            assert_eq!(TenantId::new(hostile), Err(InvalidTenant::ControlCharacter));
        }
        assert_eq!(TenantId::new("acme'; --").unwrap().as_str(), "acme'; --");
    }

    #[test]
    fn the_header_has_hexadecimal_digits_only() {
        assert_eq!(
            TenantId::new("a\u{e9}'").unwrap().to_header_value(),
            "61c3a927"
        );
    }
}
