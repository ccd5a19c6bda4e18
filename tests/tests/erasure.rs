//! One customer's data vanishes for good, and nothing else does: against a real ClickHouse, with a
//! scanner that reads its files.

// Clippy knows that tests may unwrap, but not that their helpers may.
#![allow(clippy::unwrap_used)]

#[path = "erasure/access.rs"]
mod access;
#[path = "erasure/among_others.rs"]
mod among_others;
#[path = "erasure/anonymised.rs"]
mod anonymised;
#[path = "erasure/canaries.rs"]
mod canaries;
#[path = "erasure/copies.rs"]
mod copies;
#[path = "erasure/delivered_again.rs"]
mod delivered_again;
#[path = "store/fixture.rs"]
#[allow(dead_code)] // the tests of the store use the rest of it
mod fixture;
#[path = "erasure/grants.rs"]
mod grants;
#[path = "erasure/held_persons.rs"]
mod held_persons;
#[path = "erasure/interrupted.rs"]
mod interrupted;
#[path = "erasure/keys.rs"]
mod keys;
#[path = "erasure/kills.rs"]
mod kills;
#[path = "erasure/late.rs"]
mod late;
#[path = "erasure/parents.rs"]
mod parents;
#[path = "erasure/people.rs"]
mod people;
#[path = "erasure/restored.rs"]
mod restored;
#[path = "erasure/retention.rs"]
mod retention;
#[path = "erasure/tenants.rs"]
mod tenants;
#[path = "erasure/texts.rs"]
mod texts;
