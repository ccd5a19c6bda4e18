//! Words of English that name no thing: prepositions, determiners, fillers.

/// Words that end an object: `by` in `getUserById`.
#[rustfmt::skip] // a list of words, not of lines
pub(super) const PREPOSITIONS: &[&str] = &[
    "by", "for", "of", "to", "from", "in", "into", "with", "without", "on", "onto", "at", "via",
    "using", "per", "within", "under", "when", "if", "that", "which", "who", "where", "through",
    "against", "between", "based", "belonging", "associated", "related", "given", "identified",
    "matching", "and", "or", "so", "before", "after", "about", "as", "whose", "during", "over",
    "is", "are", "should", "can", "will", "including", "together", "has", "was", "were", "then",
    "vs", "versus", "out", "across", "among", "around", "inside", "outside", "along", "throughout", "upon",
    "containing",
];

/// Of these, participles that in front of a noun say which one: "related items".
pub(super) const LEADING_PARTICIPLES: &[&str] =
    &["related", "associated", "matching", "based", "including"];

/// Words in front of an object that say nothing of its kind.
#[rustfmt::skip] // a list of words, not of lines
pub(super) const DETERMINERS: &[&str] = &[
    "a", "an", "the", "n", "all", "my", "own", "current", "new", "existing", "existent", "single", "multiple",
    "specific", "given", "one", "some", "any", "several", "this", "your", "their", "its",
    "individual", "particular", "specified", "more", "many", "every", "each", "available",
    "private", "public", "s", "another", "up", "authenticated", "user's", "full",
    "uploaded", "different", "following", "corresponding", "likely", "latest", "complete", "entire", "either", "both", "requested", "provided", "selected",
];

/// Adjectives that say how much is told, and not of what: "detailed information about merchants".
pub(super) const PRAISE: &[&str] = &[
    "additional",
    "basic",
    "brief",
    "complete",
    "current",
    "detailed",
    "full",
    "general",
    "latest",
    "more",
    "short",
    "specific",
];

/// Participles that no ending tells: "the message sent by the bank".
#[rustfmt::skip] // a list of words, not of lines
pub(super) const PARTICIPLES: &[&str] = &[
    "sent", "made", "found", "written", "held", "bought", "sold", "paid", "shown", "taken",
    "built", "kept", "bound", "seen", "known",
];

/// Adverbs and fillers in front of the verb.
#[rustfmt::skip] // a list of words, not of lines
pub(super) const FILLERS: &[&str] = &[
    "do", "perform", "handle", "try", "async", "quick", "auto", "force", "admin", "api", "public",
    "internal", "v", "please", "allows", "allow", "you", "can", "will", "to", "this", "endpoint",
    "operation", "method", "route", "be", "used", "use", "silently", "partially",
    "permanently", "soft", "hard", "immediately", "helps", "lets", "enables", "enable", "let",
    "us", "user", "users", "client", "clients", "paginated", "call", "function", "service",
    "simply", "programmatically", "beta", "deprecated", "it", "we", "remote", "should", "must", "may",
];

/// Forms that a thing may be written in, which in front of it are no verb.
pub(super) const FORMATS: &[&str] = &["json", "xml", "csv", "pdf", "html", "yaml", "rss"];

/// Words in front of the verb that say "many at once".
pub(super) const BULK_WORDS: &[&str] = &["bulk", "batch", "mass", "multi"];
