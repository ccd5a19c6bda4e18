//! English nouns as identifiers hold them: cut into words, singular and plural.

/// The most characters of an identifier or a summary that are looked at.
const TEXT_CHARS_MAX: usize = 300;

/// Plurals that no rule gives, with their singulars.
#[rustfmt::skip] // a list of words, not of lines
const IRREGULAR: &[(&str, &str)] = &[
    ("people", "person"), ("persons", "person"), ("children", "child"), ("men", "man"),
    ("women", "woman"), ("mice", "mouse"), ("feet", "foot"), ("teeth", "tooth"),
    ("geese", "goose"), ("indexes", "index"), ("indices", "index"), ("vertices", "vertex"),
    ("matrices", "matrix"), ("appendices", "appendix"), ("criteria", "criterion"),
    ("phenomena", "phenomenon"), ("analyses", "analysis"), ("bases", "base"),
    ("crises", "crisis"), ("diagnoses", "diagnosis"), ("hypotheses", "hypothesis"),
    ("theses", "thesis"), ("synopses", "synopsis"), ("parentheses", "parenthesis"),
    ("axes", "axis"), ("quizzes", "quiz"), ("leaves", "leaf"), ("shelves", "shelf"),
    ("knives", "knife"), ("lives", "life"), ("halves", "half"), ("wolves", "wolf"),
    ("thieves", "thief"), ("movies", "movie"), ("cookies", "cookie"), ("calories", "calorie"),
    ("selfies", "selfie"), ("ties", "tie"), ("pies", "pie"), ("caches", "cache"),
    ("niches", "niche"), ("headaches", "headache"), ("avalanches", "avalanche"),
    ("shoes", "shoe"), ("toes", "toe"), ("menus", "menu"), ("gurus", "guru"), ("cpus", "cpu"),
    ("gpus", "gpu"), ("skus", "sku"), ("apis", "api"), ("kpis", "kpi"), ("uris", "uri"),
    ("pois", "poi"), ("uis", "ui"), ("taxis", "taxi"), ("emojis", "emoji"), ("gases", "gas"),
    ("lenses", "lens"), ("axles", "axle"),
];

/// Words that end in s and are no plurals, or are their own plural.
#[rustfmt::skip] // a list of words, not of lines
const NOT_PLURAL: &[&str] = &[
    "news", "series", "species", "means", "lens", "sms", "mms", "dns", "tls", "ssl", "https",
    "aws", "gps", "css", "js", "os", "ios", "macos", "cors", "ics", "gas", "alias", "canvas",
    "atlas", "bias", "saas", "paas", "iaas", "christmas", "chaos", "kudos", "pos", "sos", "rss",
    "ses", "sns", "sqs", "rds", "eks", "ecs", "kms", "cms", "crm", "lms", "ups", "gms", "has",
    "was", "is", "as", "this", "its", "us", "plus", "bonus", "always", "analytics", "statistics",
    "logistics", "physics", "mathematics", "economics", "politics", "sales", "goods", "premises",
    "whereabouts", "vs", "ins", "dms", "sas", "abs", "hls", "rtls", "pls", "nas", "ats",
];

/// Stems in -us, -is, -as whose plural adds -es.
#[rustfmt::skip] // a list of words, not of lines
const ES_STEMS: &[&str] = &[
    "status", "bus", "virus", "bonus", "campus", "census", "corpus", "focus", "nexus", "radius",
    "syllabus", "genius", "plus", "apparatus", "consensus", "octopus", "alias", "bias", "atlas",
    "canvas", "gas", "iris", "chorus", "surplus", "stimulus", "modulus", "opus",
];

/// Nouns that have no plural of their own.
#[rustfmt::skip] // a list of words, not of lines
const UNCOUNTABLE: &[&str] = &[
    "data", "metadata", "information", "info", "feedback", "content", "access", "news", "history",
    "series", "species", "software", "hardware", "equipment", "money", "traffic", "audio",
    "media", "storage", "availability", "inventory", "analytics", "statistics", "consent", "text",
    "stuff", "help", "health", "usage", "liquidity", "redis", "sms", "dns", "graphql",
];

/// As much of a text as is looked at, and no more than so many characters.
pub(crate) fn start(text: &str, chars_max: usize) -> &str {
    let end = text.char_indices().nth(chars_max.min(TEXT_CHARS_MAX));
    &text[..end.map_or(text.len(), |(at, _)| at)]
}

/// Cuts an identifier into its words, lower case: `createUser_v2` → create, user, v2.
pub(crate) fn split(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let characters: Vec<char> = text.chars().take(TEXT_CHARS_MAX).collect();
    let mut current = String::new();
    for (position, character) in characters.iter().enumerate() {
        if matches!(character, '\'' | '’') {
            // `user's` is one word.
            continue;
        }
        if !character.is_alphanumeric() {
            words.extend((!current.is_empty()).then(|| std::mem::take(&mut current)));
            continue;
        }
        let before = position.checked_sub(1).map(|before| characters[before]);
        let after = characters.get(position + 1);
        // `APIs` and `IDs` are acronyms in the plural, not `AP Is`.
        let ends_plural_acronym = after == Some(&'s')
            && characters
                .get(position + 2)
                .is_none_or(|next| !next.is_lowercase());
        // `POSTed` is one word.
        let ends_past = matches!(&characters[position..], [_, 'e', 'd', behind @ ..]
            if behind.first().is_none_or(|next| !next.is_lowercase()));
        let starts = character.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_numeric()
                    || (before.is_uppercase()
                        && !ends_plural_acronym
                        && !ends_past
                        && after.is_some_and(|after| after.is_lowercase()))
            });
        if starts && !current.is_empty() {
            words.push(std::mem::take(&mut current));
        }
        current.extend(character.to_lowercase());
    }
    words.extend((!current.is_empty()).then_some(current));
    join_split_names(words)
}

/// Names with an inner capital that are one word: `o auth` → `oauth`.
fn join_split_names(words: Vec<String>) -> Vec<String> {
    let mut joined: Vec<String> = Vec::with_capacity(words.len());
    for word in words {
        match joined.last_mut() {
            Some(last) if are_one_word(last, &word) => last.push_str(&word),
            _ => joined.push(word),
        }
    }
    joined
}

fn are_one_word(front: &str, end: &str) -> bool {
    match front {
        "o" => end.starts_with("auth"),
        // `reRun`, `unPin`, `preSign` are one verb.
        "re" | "un" | "pre" => true,
        "add" => matches!(end, "on" | "ons"),
        "graph" => end == "ql",
        "meta" => end == "data",
        "open" => matches!(end, "api" | "apis"),
        "end" => matches!(end, "point" | "points"),
        // `IPv4`, `K8S`, `eMail`, `WiFi`
        "i" => matches!(end, "pv4" | "pv6" | "pv4s" | "pv6s" | "ds" | "ps"),
        "k8" => end == "s",
        "e" => matches!(
            singular(end).as_str(),
            "mail" | "sim" | "note" | "book" | "sign" | "signature" | "invoice" | "gift" | "wallet"
        ),
        // `vCenter`, `2FA`, `3DS2`, `B2B`
        "v" => matches!(singular(end).as_str(), "center" | "app" | "lan" | "cpu"),
        "2" => end == "fa",
        "3" => matches!(end, "d" | "ds" | "ds2"),
        "b2" => matches!(end, "b" | "c"),
        "p2" => end == "p",
        "wi" => end == "fi",
        // `YouTube`, `HubSpot`
        "you" => singular(end) == "tube",
        "hub" => end == "spot",
        "java" | "type" => end == "script",
        "git" => matches!(end, "hub" | "lab"),
        "pay" => end == "pal",
        // `MySQL`, `PostgreSQL`
        "my" | "postgre" => end == "sql",
        _ => false,
    }
}

/// Whether a word is the plural of another one.
pub(crate) fn is_plural(word: &str) -> bool {
    singular(word) != word
}

/// The singular of a noun; a singular stays as it is.
pub(crate) fn singular(word: &str) -> String {
    if let Some((_, singular)) = IRREGULAR.iter().find(|(plural, _)| *plural == word) {
        return (*singular).to_owned();
    }
    let Some(stem) = word.strip_suffix('s') else {
        return word.to_owned();
    };
    // An acronym of three letters is none in the plural: `tts`, `sns`.
    if word.len() == 3 && !word.contains(['a', 'e', 'i', 'o', 'u', 'y']) {
        return word.to_owned();
    }
    // `timeseries`, `subspecies`
    let is_series = word.ends_with("series") || word.ends_with("species");
    if is_series || NOT_PLURAL.contains(&word) || stem.chars().count() < 2 || !word.is_ascii() {
        return word.to_owned();
    }
    if stem.ends_with('s') || ES_STEMS.contains(&word) || stem.ends_with("ou") {
        return word.to_owned();
    }
    if let Some(stem) = word.strip_suffix("es") {
        let sibilant = ["ss", "sh", "ch", "x", "zz"]
            .iter()
            .any(|end| stem.ends_with(end));
        if sibilant || ES_STEMS.contains(&stem) || (stem.ends_with('o') && stem.len() > 3) {
            return stem.to_owned();
        }
    }
    if let Some(stem) = word.strip_suffix("ies")
        && stem.len() > 1
    {
        return format!("{stem}y");
    }
    if stem.ends_with('u') || (stem.ends_with('i') && stem.len() > 3) {
        return word.to_owned();
    }
    stem.to_owned()
}

/// The plural of a noun phrase, whose last word is its head.
pub(crate) fn plural(phrase: &str) -> String {
    let (front, head) = phrase
        .rsplit_once(' ')
        .map_or(("", phrase), |(front, head)| (front, head));
    let space = if front.is_empty() { "" } else { " " };
    format!("{front}{space}{}", plural_word(head))
}

fn plural_word(word: &str) -> String {
    if UNCOUNTABLE.contains(&word)
        || word.ends_with("series")
        || word.ends_with("species")
        || is_plural(word)
        || NOT_PLURAL.contains(&word) && !ES_STEMS.contains(&word)
    {
        return word.to_owned();
    }
    if let Some((plural, _)) = IRREGULAR.iter().find(|(_, singular)| *singular == word) {
        return (*plural).to_owned();
    }
    match word.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) && !stem.is_empty() => {
            format!("{stem}ies")
        }
        _ if ["s", "x", "z", "ch", "sh"]
            .iter()
            .any(|end| word.ends_with(end)) =>
        {
            format!("{word}es")
        }
        _ => format!("{word}s"),
    }
}

/// The last word of a noun phrase, which says what it is: `flow` of `automation flow`.
pub(crate) fn head(phrase: &str) -> &str {
    phrase.rsplit(' ').next().unwrap_or_default()
}

/// Words as a noun phrase: the last one, its head, in the singular.
pub(crate) fn noun_phrase(words: &[String]) -> String {
    let mut words = words.to_vec();
    if let Some(head) = words.last_mut() {
        *head = singular(head);
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_cut_where_a_person_would() {
        for (text, expected) in [
            ("createUser_v2", "create user v2"),
            ("listHTTPRoutes", "list http routes"),
            ("testOAuth", "test oauth"),
            ("getIDs", "get ids"),
            ("assignIPv4s", "assign ipv4s"),
            ("deleteK8SConfig", "delete k8s config"),
            ("send2FACode", "send2 fa code"),
            ("2FA code", "2fa code"),
            ("a 3DS2 authorisation", "a 3ds2 authorisation"),
            ("listVCentersOfB2BQuotes", "list vcenters of b2b quotes"),
            ("vCenters", "vcenters"),
            ("ENote_Delete", "enote delete"),
            ("your POSTed data", "your posted data"),
            (
                "Submit a refund for a payment",
                "submit a refund for a payment",
            ),
            (
                "pubsub.projects.topics.publish",
                "pubsub projects topics publish",
            ),
            ("users'", "users"),
            ("", ""),
        ] {
            assert_eq!(split(text).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn plurals_and_singulars_meet() {
        for (plural_form, singular_form) in [
            ("workflows", "workflow"),
            ("policies", "policy"),
            ("classes", "class"),
            ("addresses", "address"),
            ("statuses", "status"),
            ("databases", "database"),
            ("responses", "response"),
            ("boxes", "box"),
            ("matches", "match"),
            ("caches", "cache"),
            ("children", "child"),
            ("analyses", "analysis"),
            ("indexes", "index"),
            ("movies", "movie"),
            ("keys", "key"),
            ("schemas", "schema"),
            ("videos", "video"),
            ("quizzes", "quiz"),
            ("archives", "archive"),
            ("ids", "id"),
            ("licenses", "license"),
            ("aliases", "alias"),
        ] {
            assert_eq!(singular(plural_form), singular_form);
            assert_eq!(plural(singular_form), plural_form);
            assert_eq!(singular(singular_form), singular_form);
        }
    }

    #[test]
    fn what_is_no_plural_stays() {
        for word in [
            "status",
            "class",
            "news",
            "analysis",
            "redis",
            "data",
            "dns",
            "bus",
            "series",
            "previous",
            "timeseries",
        ] {
            assert_eq!(singular(word), word);
        }
    }
}
