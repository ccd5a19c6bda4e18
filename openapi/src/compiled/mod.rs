//! The compiled index: one file that a Lambda loads at its cold start in place of documents.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `daybook` and the character 26, at which text tools stop |
//! | 2 | the format's version, little endian |
//! | 1 + n | the length of the version of Daybook that wrote it, and that version |
//! | 8 | the payload's length, little endian |
//! | 32 | the SHA-256 of all before it and of the payload |
//! | … | the payload: [postcard](https://postcard.jamesmunns.com), whose sequences say their lengths |
//!
//! The payload holds the names of the rules of meaning, then each document's service, servers and
//! operations. The tree of routes is planted anew: that costs less than reading it.
//!
//! Whoever can write the file decides what events mean, as with a document; the checksum is against
//! damage only. A file that is not as it should be is refused in one line, and costs no more than
//! memory in proportion to its length.

use sha2::{Digest, Sha256};

use crate::index::{EntryParts, Index};
use crate::meaning::Rule;
use crate::route_index::PATH_BYTES_MAX;

/// What the file begins with.
const MAGIC: &[u8; 8] = b"daybook\x1a";

/// Goes up by one whenever the payload's form changes; a test tells when it did.
const FORMAT_VERSION: u16 = 4;

/// The version of Daybook, of whose rules the index is made.
const DAYBOOK_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The most bytes of a compiled index. An operation has 130 to 230 of them.
const COMPILED_BYTES_MAX: usize = 256 << 20;

/// The longest name of a service or a file.
const NAME_BYTES_MAX: usize = 1_000;

/// The most characters that are told of a version that a file claims.
const VERSION_CHARS_MAX: usize = 20;

/// Why a compiled index is not loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CompiledError {
    /// It is something else.
    #[error("it is no compiled index")]
    NotCompiled,
    /// Its form is one of another time.
    #[error(
        "it is a compiled index of format {found}, and this daybook reads format {FORMAT_VERSION}; run `daybook compile` again"
    )]
    OtherFormat {
        /// The version of its format.
        found: u16,
    },
    /// Its form is known, but what it says follows other rules.
    #[error(
        "it was compiled by daybook {found}, and this is daybook {DAYBOOK_VERSION}; run `daybook compile` again"
    )]
    OtherVersion {
        /// The version of Daybook that compiled it.
        found: String,
    },
    /// The same version, but a build with other rules of meaning.
    #[error(
        "it was compiled by a daybook with other rules of meaning; run `daybook compile` again"
    )]
    OtherRules,
    /// It ends early, or something in it is not what was written.
    #[error("the compiled index is damaged; run `daybook compile` again")]
    Damaged,
    /// It is longer than any index is.
    #[error("it is longer than {COMPILED_BYTES_MAX} bytes")]
    TooLong,
}

impl Index {
    /// Whether a file is a compiled index, of this version or another.
    pub fn is_compiled(bytes: &[u8]) -> bool {
        bytes.starts_with(MAGIC)
    }

    /// Everything that was read from documents, as one file. The map of hosts to services is a
    /// setting of who loads it, and not part of it.
    ///
    /// # Errors
    /// [`CompiledError::TooLong`] where no daybook would load it.
    pub fn compile(&self) -> Result<Vec<u8>, CompiledError> {
        let rules: Vec<&str> = rule_names().collect();
        let entries: Vec<_> = self.entry_parts().collect();
        let payload =
            postcard::to_allocvec(&(rules, entries)).map_err(|_| CompiledError::TooLong)?;
        seal(&payload)
    }

    /// Loads what [`Index::compile`] wrote.
    ///
    /// # Errors
    /// Where the file is not of this format, this version and these rules, or is damaged.
    pub fn load(bytes: &[u8]) -> Result<Self, CompiledError> {
        let payload = open(bytes)?;
        let (rules, rest): (Vec<&str>, &[u8]) =
            postcard::take_from_bytes(payload).map_err(|_| CompiledError::Damaged)?;
        // Operations name their rules by position.
        if !rule_names().eq(rules) {
            return Err(CompiledError::OtherRules);
        }
        let (entries, rest): (Vec<EntryParts>, &[u8]) =
            postcard::take_from_bytes(rest).map_err(|_| CompiledError::Damaged)?;
        if !rest.is_empty() {
            return Err(CompiledError::Damaged);
        }
        if !entries.iter().all(is_sound) {
            return Err(CompiledError::Damaged);
        }
        Ok(Self::from_entry_parts(entries))
    }
}

/// Whether reading documents may have given this: what is planted and copied for each operation is
/// bounded, and each operation stands at one list of servers only.
fn is_sound((service, server_lists, operations): &EntryParts) -> bool {
    let mut is_placed = vec![false; operations.len()];
    let mut numbers = server_lists.iter().flat_map(|(_, numbers)| numbers);
    let is_new = |number: &usize| {
        is_placed
            .get_mut(*number)
            .is_some_and(|placed| !std::mem::replace(placed, true))
    };
    numbers.all(is_new)
        && service.name.len().max(service.file_name.len()) <= NAME_BYTES_MAX
        && operations
            .iter()
            .all(|operation| operation.path.len() <= PATH_BYTES_MAX)
}

fn rule_names() -> impl Iterator<Item = &'static str> {
    Rule::all().map(|rule| rule.name)
}

/// Puts the header in front of a payload.
fn seal(payload: &[u8]) -> Result<Vec<u8>, CompiledError> {
    let version_bytes = u8::try_from(DAYBOOK_VERSION.len()).map_err(|_| CompiledError::TooLong)?;
    let mut file = Vec::with_capacity(payload.len() + 128);
    file.extend_from_slice(MAGIC);
    file.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
    file.push(version_bytes);
    file.extend_from_slice(DAYBOOK_VERSION.as_bytes());
    file.extend_from_slice(&(payload.len() as u64).to_le_bytes());
    let checksum = checksum(&file, payload);
    file.extend_from_slice(&checksum);
    file.extend_from_slice(payload);
    if file.len() > COMPILED_BYTES_MAX {
        return Err(CompiledError::TooLong);
    }
    Ok(file)
}

/// The payload behind a header that is as it should be.
fn open(bytes: &[u8]) -> Result<&[u8], CompiledError> {
    let mut rest = bytes
        .strip_prefix(MAGIC)
        .ok_or(CompiledError::NotCompiled)?;
    if bytes.len() > COMPILED_BYTES_MAX {
        return Err(CompiledError::TooLong);
    }
    let found = u16::from_le_bytes(take(&mut rest)?);
    if found != FORMAT_VERSION {
        return Err(CompiledError::OtherFormat { found });
    }
    let [version_bytes] = take(&mut rest)?;
    let (version, mut rest) = rest
        .split_at_checked(usize::from(version_bytes))
        .ok_or(CompiledError::Damaged)?;
    if version != DAYBOOK_VERSION.as_bytes() {
        let found = version
            .iter()
            .filter(|byte| byte.is_ascii_graphic())
            .map(|byte| char::from(*byte))
            .take(VERSION_CHARS_MAX)
            .collect();
        return Err(CompiledError::OtherVersion { found });
    }
    let payload_bytes = u64::from_le_bytes(take(&mut rest)?);
    let header = &bytes[..bytes.len() - rest.len()];
    let known: [u8; 32] = take(&mut rest)?;
    if payload_bytes != rest.len() as u64 || known != checksum(header, rest) {
        return Err(CompiledError::Damaged);
    }
    Ok(rest)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], CompiledError> {
    let (taken, left) = rest.split_first_chunk().ok_or(CompiledError::Damaged)?;
    *rest = left;
    Ok(*taken)
}

fn checksum(header: &[u8], payload: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update(header)
        .chain_update(payload)
        .finalize()
        .into()
}

#[cfg(test)]
mod tests;
