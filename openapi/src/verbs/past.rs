//! The past tense, by rule and against it.

use super::{KnownVerb, PHRASAL, PREFIXES, listed};

/// Past tenses that no rule gives.
#[rustfmt::skip] // a list of words, not of lines
const IRREGULAR: &[(&str, &str)] = &[
    ("begin", "began"), ("bind", "bound"), ("break", "broke"), ("bring", "brought"),
    ("build", "built"), ("burn", "burned"), ("buy", "bought"), ("catch", "caught"),
    ("choose", "chose"), ("cut", "cut"), ("do", "did"), ("draw", "drew"), ("drive", "drove"),
    ("fall", "fell"), ("feed", "fed"), ("find", "found"), ("forbid", "forbade"),
    ("forget", "forgot"), ("freeze", "froze"), ("get", "got"), ("give", "gave"), ("go", "went"),
    ("grow", "grew"), ("hang", "hung"), ("have", "had"), ("hide", "hid"), ("hit", "hit"),
    ("hold", "held"), ("keep", "kept"), ("know", "knew"), ("lay", "laid"), ("lead", "led"),
    ("leave", "left"), ("lend", "lent"), ("let", "let"), ("lose", "lost"), ("make", "made"),
    ("meet", "met"), ("override", "overrode"), ("overwrite", "overwrote"), ("pay", "paid"),
    ("put", "put"), ("read", "read"), ("ride", "rode"), ("ring", "rang"), ("run", "ran"),
    ("say", "said"), ("see", "saw"), ("seek", "sought"), ("sell", "sold"), ("send", "sent"),
    ("set", "set"), ("shut", "shut"), ("speak", "spoke"), ("spend", "spent"), ("spin", "spun"),
    ("split", "split"), ("spread", "spread"), ("steal", "stole"), ("stick", "stuck"),
    ("sweep", "swept"), ("take", "took"), ("teach", "taught"), ("tell", "told"),
    ("think", "thought"), ("throw", "threw"), ("understand", "understood"), ("wake", "woke"),
    ("win", "won"), ("withdraw", "withdrew"), ("write", "wrote"), ("quit", "quit"),
    ("hurt", "hurt"), ("sync", "synced"), ("ack", "acknowledged"), ("del", "deleted"),
    ("rm", "removed"), ("renew", "renewed"), ("init", "initialized"), ("diff", "compared"), ("new", "created"),
    ("unset", "unset"), ("broadcast", "broadcast"), ("breed", "bred"),
    // `re` and `de` are no prefixes here.
    ("relay", "relayed"), ("delay", "delayed"),
    ("bear", "bore"), ("beat", "beat"), ("bend", "bent"), ("bet", "bet"), ("cast", "cast"), ("come", "came"),
    ("cost", "cost"), ("deal", "dealt"), ("dig", "dug"), ("dwell", "dwelt"), ("eat", "ate"),
    ("fight", "fought"), ("fly", "flew"), ("forecast", "forecast"), ("foresee", "foresaw"),
    ("forgive", "forgave"), ("forsake", "forsook"), ("grind", "ground"), ("hear", "heard"), ("input", "input"),
    ("mean", "meant"), ("offset", "offset"), ("partake", "partook"), ("proofread", "proofread"),
    ("rise", "rose"), ("shake", "shook"), ("shed", "shed"), ("shoot", "shot"), ("shrink", "shrank"),
    ("sing", "sang"), ("sink", "sank"), ("sit", "sat"), ("sleep", "slept"), ("slide", "slid"),
    ("stand", "stood"), ("strike", "struck"), ("strive", "strove"), ("swear", "swore"), ("swim", "swam"),
    ("swing", "swung"), ("tear", "tore"), ("typeset", "typeset"), ("undergo", "underwent"),
    ("underpay", "underpaid"), ("undertake", "undertook"), ("underwrite", "underwrote"), ("uphold", "upheld"),
    ("upsell", "upsold"), ("upset", "upset"), ("wind", "wound"), ("withhold", "withheld"),
    ("withstand", "withstood"),
];

/// Verbs of several syllables whose last consonant is doubled.
#[rustfmt::skip] // a list of words, not of lines
const DOUBLING: &[&str] = &[
    "submit", "commit", "transfer", "refer", "prefer", "defer", "infer", "permit", "admit", "omit",
    "remit", "emit", "control", "cancel", "enrol", "rebel", "format", "label", "model", "signal",
    "travel", "patrol", "occur", "recur", "transmit", "abet", "equip", "program", "unsub",
    "snapshot", "debug", "annul", "airdrop", "bootstrap", "compel", "concur", "confer", "deter",
    "dispel", "embed", "expel", "fulfil", "hotswap", "incur", "intermix", "kidnap", "propel",
    "rebut", "regret", "repel", "excel", "acquit", "allot",
];

/// The past tense: `deleted`, `sent`, `signed up`.
pub(crate) fn past_form(base: &str) -> String {
    if let Some((verb, particle, _)) = PHRASAL.iter().find(|(_, _, joined)| *joined == base) {
        return format!("{} {particle}", past_form(verb));
    }
    if let Some((_, past)) = IRREGULAR.iter().find(|(verb, _)| *verb == base) {
        return (*past).to_owned();
    }
    let prefixed = PREFIXES.iter().find_map(|prefix| {
        let stem = base.strip_prefix(prefix)?;
        let irregular = IRREGULAR
            .iter()
            .find(|(verb, _)| *verb == stem)
            .map(|(_, past)| *past);
        let past = irregular
            .map(str::to_owned)
            .or_else(|| (listed(stem).is_some() && doubles(stem)).then(|| regular_past(stem)))?;
        Some(format!("{prefix}{past}"))
    });
    prefixed.unwrap_or_else(|| regular_past(base))
}

/// Whether a word is the past tense of a listed verb, where no rule gives it and it is not its base
/// as well: `sent`, `ran`.
pub(crate) fn is_irregular_past(word: &str) -> bool {
    IRREGULAR
        .iter()
        .any(|(base, past)| *past == word && base != past && listed(base).is_some())
}

fn regular_past(base: &str) -> String {
    let characters: Vec<char> = base.chars().collect();
    match characters.as_slice() {
        [.., 'e'] => format!("{base}d"),
        [.., before, 'y'] if !is_vowel(*before) => format!("{}ied", &base[..base.len() - 1]),
        [.., last] if doubles(base) => format!("{base}{last}ed"),
        _ => format!("{base}ed"),
    }
}

/// Whether the last consonant is doubled: one syllable that ends consonant, vowel, consonant.
fn doubles(base: &str) -> bool {
    if DOUBLING.contains(&base) {
        return true;
    }
    let characters: Vec<char> = base.chars().collect();
    let vowels = characters
        .iter()
        .filter(|character| is_vowel(**character))
        .count();
    match characters.as_slice() {
        [.., before, vowel, last] => {
            vowels == 1
                && !is_vowel(*before)
                && is_vowel(*vowel)
                && !is_vowel(*last)
                && !matches!(last, 'w' | 'x' | 'y')
        }
        _ => false,
    }
}

fn is_vowel(character: char) -> bool {
    matches!(character, 'a' | 'e' | 'i' | 'o' | 'u')
}

/// The verb whose past tense a word is by rule: `deleted`, `submitted`, `applied`.
pub(crate) fn regular_past_of(word: &str) -> Option<KnownVerb> {
    bases_of_past(word)
        .filter_map(|base| listed(&base))
        .find(|verb| regular_past(&verb.base) == word)
}

/// What a word may be the past tense of by rule, verb or not: `delete` and `delet` of `deleted`.
pub(crate) fn bases_of_past(word: &str) -> impl Iterator<Item = String> {
    let stem = word.strip_suffix("ed").filter(|stem| stem.len() > 2);
    let bases = stem.map(|stem| {
        [
            stem.strip_suffix('i').map(|stem| format!("{stem}y")),
            Some(format!("{stem}e")),
            Some(stem.to_owned()),
            stem.get(..stem.len() - 1).map(str::to_owned),
        ]
    });
    bases.into_iter().flatten().flatten()
}
