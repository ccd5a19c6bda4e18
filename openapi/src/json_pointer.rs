//! JSON pointers (RFC 6901), which say where in a document something stands.

/// One step down in a document.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Step {
    /// Into a member of an object.
    Key(String),
    /// Into an item of an array.
    Position(usize),
}

/// The pointer to where steps lead.
pub(crate) fn pointer_of(steps: &[Step]) -> String {
    let mut pointer = String::new();
    for step in steps {
        pointer.push('/');
        match step {
            Step::Key(key) => pointer.push_str(&escape(key)),
            Step::Position(position) => pointer.push_str(&position.to_string()),
        }
    }
    pointer
}

/// Escapes a key for a JSON pointer (RFC 6901, section 3).
pub(crate) fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The key of a segment of a JSON pointer.
pub(crate) fn unescape(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}
