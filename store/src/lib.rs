//! ClickHouse for Daybook: schema, roles, insert once, search one tenant.
//!
//! **Invariants:** this is the only crate that writes SQL, and every value in it is a bound
//! parameter, never a part of the text. A [`Writer`] acknowledges an event only when it is stored
//! exactly once; a [`Reader`] sees one tenant's events and nothing else, because its role may
//! select from one view only.

mod condition;
mod connection;
mod endpoint;
mod error;
mod event_check;
mod filter;
mod insert;
mod lookup;
mod migrate;
mod plan;
mod reader;
mod roles;
mod row;
mod search;
mod statistics;
mod tenant;

pub use endpoint::{Credentials, DATABASE_DEFAULT, Endpoint};
pub use error::StoreError;
pub use event_check::{Unstorable, check_storable};
pub use filter::{EntityName, Filter, Match, TimeRange};
pub use insert::{DIGEST_WAY_BYTES, NewEvent, Stored, Writer};
pub use migrate::{Migration, MigrationReport, migrate, migrations};
pub use reader::{ROWS_MAX, Reader};
pub use roles::{
    MIGRATOR_USER, READER_USER, RolePasswords, VIEW_DEFINER_USER, WRITER_USER, create_roles,
    roles_sql, users_xml,
};
pub use search::{Direction, Page, Position, Search, Sort, TOTAL_BOUND, TotalMode};
pub use statistics::{
    BARS_MAX, Bar, Bucket, FACET_VALUES_MAX, Facet, FacetValue, HistogramOptions,
};
pub use tenant::{InvalidTenant, TENANT_BYTES_MAX, TenantId};
