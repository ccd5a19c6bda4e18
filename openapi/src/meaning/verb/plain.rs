//! Verbs that say no more than a method, or all that they say.

/// Verbs that only repeat the method.
pub(super) fn is_plain(base: &str, method: &str) -> bool {
    base == method.to_ascii_lowercase()
        || matches!(
            (method, base),
            ("POST", "do" | "process" | "put" | "batch") | ("PUT" | "PATCH", "put" | "patch")
        )
}

/// Reading words that summaries use of what is made as well: "get a location for an upload".
pub(crate) fn is_weak_read(base: &str) -> bool {
    matches!(base, "get" | "obtain" | "return" | "retrieve" | "fetch")
}

/// Verbs that can mean but one thing.
pub(super) fn is_plain_change(base: &str) -> bool {
    matches!(
        base,
        "create"
            | "add"
            | "update"
            | "upsert"
            | "delete"
            | "remove"
            | "search"
            | "query"
            | "list"
            | "get"
    )
}
