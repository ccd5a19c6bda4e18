//! ClickHouse for Daybook: schema, roles, insert once, search one tenant, erase one customer.
//!
//! **Invariants:** this is the only crate that writes SQL, and every value in it is a bound
//! parameter, never a part of the text. A [`Writer`] acknowledges an event only when it is stored
//! exactly once; a [`Reader`] sees one tenant's events and nothing else, because its role may
//! select from one view only.

mod admission;
mod cluster;
mod condition;
mod connection;
mod endpoint;
mod entity_ids;
mod erasure;
mod error;
mod event_block;
mod event_check;
mod export;
mod filter;
mod hexadecimal;
mod insert;
mod lookup;
mod migrate;
mod native;
mod packed;
mod plan;
mod reader;
mod retention;
mod roles;
mod row;
mod search;
mod span;
mod statistics;
mod tenant;

pub use cluster::cluster_sql;
pub use endpoint::{Credentials, DATABASE_DEFAULT, Endpoint};
pub use erasure::{
    BACKUP_DAYS_MAX, CopiesUntil, CopyLifetimes, DROP_SEARCHED, ErasedRows, Eraser, ErasureKey,
    ErasureMode, ErasureRequest, ErasureState, LedgerEntry, LedgerFile, LedgerSync,
    REASON_BYTES_MAX, Receipt, Report, SUBJECT_BYTES_MAX, Scope, Worked, let_readers_in,
};
pub use error::StoreError;
pub use event_check::{Unstorable, check_storable};
pub use export::Export;
pub use filter::{EntityName, Filter, Match, TimeRange};
pub use insert::{DIGEST_WAY_BYTES, NewEvent, Stored, Writer};
pub use migrate::{
    Migration, MigrationReport, migrate, migrations, migrations_sql, pending_migrations,
};
pub use reader::Reader;
pub use retention::{LegalHold, Retention, RetentionRule};
pub use roles::{
    ERASER_USER, MIGRATOR_USER, READER_USER, RolePasswords, SHARD_USER, UNPACKED_ONCE, WRITER_USER,
    create_roles, roles_sql, users_xml,
};
pub use search::{Direction, Page, Position, Search, Sort, TOTAL_BOUND, TotalMode};
pub use statistics::{
    BARS_MAX, Bar, Bucket, FACET_VALUES_MAX, Facet, FacetValue, HistogramOptions,
};
pub use tenant::{InvalidTenant, TenantId};
