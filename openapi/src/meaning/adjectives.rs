//! Adjectives, which say which of the things are meant, and not what they are.

/// Adjectives that as a segment say which of the things in front: `/cities/significant`.
#[rustfmt::skip] // a list of words, not of lines
pub(super) const ADJECTIVES: &[&str] = &[
    "private", "public", "active", "inactive", "recent", "latest", "popular", "featured",
    "significant", "top", "pending", "archived", "deleted", "available", "random", "upcoming",
    "trending", "nearby", "open", "closed", "completed", "expired", "unread", "personal",
    "internal", "external", "local", "global", "shared", "custom", "similar", "suggested",
    "recommended", "blocked", "banned", "enabled", "disabled", "approved", "rejected",
    "scheduled", "online", "offline", "primary", "anonymous", "assigned", "unassigned",
    "unique", "permanent", "temporary", "default", "advanced", "simple", "basic", "detailed",
    "next", "previous", "past", "today", "daily", "weekly", "monthly", "yearly", "hourly", "nearest", "full", "live", "running", "failed", "missing", "invalid", "valid", "favorite", "favourite",
    "alternative", "alternate", "incoming", "outgoing", "inbound", "outbound",
    "legacy", "resumable", "partial", "technical", "overall",
];

pub(crate) fn is_adjective(word: &str) -> bool {
    ADJECTIVES.contains(&word)
        || word.len() > 5
            && word.ends_with("ed")
            && !["feed", "seed", "speed", "embed", "breed", "weed", "deed"]
                .iter()
                .any(|noun| word.ends_with(noun))
}
