//! The search bar's language: words, phrases and qualifiers, as API, page and command line read it.
//!
//! ```text
//! query     = *( white-space / term )
//! term      = [ "-" ] ( qualifier / phrase / word )
//! qualifier = name ":" ( phrase / word )
//! name      = "actor" / "action" / "service" / "operation" / "outcome" / "method" / "entity"
//!           / "ip" / "correlation" / "after" / "before"
//! phrase    = DQUOTE *( any but DQUOTE and "\" / escape ) DQUOTE
//!           / curly *( any but DQUOTE, curly and "\" / escape ) ( curly / DQUOTE )
//! escape    = "\" DQUOTE / "\\" / "\"
//! curly     = "“" / "”" / "„"
//! word      = any but white space and a leading DQUOTE or curly, up to the next white space
//! ```
//!
//! - Words and phrases must all occur; in front of one, `-` says that it must not.
//! - Qualifiers of one name are alternatives, those of different names must all hold, and so must each `after:` and
//!   `before:`; with `-` none of them may.
//! - `after:` begins with its moment, `before:` ends in front of it. A moment is a day
//!   (`2026-01-31`, from midnight UTC), a time with its offset (`2026-01-31T08:00:00Z`), or so long
//!   ago (`-30m`, `-12h`, `-7d`, `-2w`).
//! - `entity:workflow/42` is one thing, `entity:workflow` everything of a kind; `ip:` takes an address
//!   or a range (`10.0.0.0/8`).
//! - A word that looks like a qualifier and is none is a mistake; in quotes it is text. What comes
//!   before `://` is no qualifier's name.
//! - A mistake says where it is, how long, and what may stand there instead ([`QueryError`]).
//!
//! **Invariant:** pure and bounded; no text makes it panic, and what is printed reads the same.

mod error;
mod moment;
mod parse;
mod print;
mod query;
mod suggest;

pub use error::QueryError;
pub use moment::{AgoUnit, Moment, time};
pub use parse::{QUERY_CHARS_MAX, QUERY_TERMS_MAX, parse};
pub use query::{Condition, EntityName, QUALIFIERS, Query, Term};
pub use suggest::closest;
