//! Which names say that their value is a credential.
//!
//! A name is its words (`clientSecret2`, `client_secret` and `Client-Secret` are all `client`, `secret`).
//! It says secret by a word or a phrase that does, wherever that stands, unless its last word says
//! that the value only describes a secret (`token_id`, `passwordChangedAt`). Words that say which
//! secret it is, or how it is written, add nothing: a version, a number, an environment, an encoding
//! (`apiKeyV2`, `db_pass_prod`, `privateKeyBase64`).

/// Words that say so wherever they stand in a name, alone or at the end of a longer word
/// (`accesstoken`).
///
/// `jwt` is none of them: API Gateway keeps verified claims under that name, and a raw one is known
/// by its shape.
#[rustfmt::skip] // a list of words, not of lines
const SECRET_WORDS: &[&str] = &[
    "password", "passwords", "passwd", "passwrd", "passphrase", "passcode", "pwd", "pswd",
    "passwort", "kennwort", "motdepasse", "contrasena", "contraseña", "senha", "wachtwoord",
    "lösenord", "losenord", "adgangskode", "salasana", "heslo", "hasło", "şifre", "jelszó",
    "пароль", "密码", "密碼", "パスワード", "비밀번호",
    "secret", "secrets", "token", "tokens", "credential", "credentials", "authorization",
];

/// Words that say so wherever they stand, but only as a word of their own.
#[rustfmt::skip] // a list of words, not of lines
const SECRET_WHOLE_WORDS: &[&str] = &[
    "otp", "totp", "bearer", "cookie", "cookies", "csrf", "xsrf", "cvv", "cvc",
];

/// Words that say so as the last one of a name: `loginPin`, `smtp_auth`.
#[rustfmt::skip] // a list of words, not of lines
const SECRET_LAST_WORDS: &[&str] = &[
    "auth", "xauth", "basicauth", "httpauth", "creds", "mnemonic", "pin", "psk", "puk", "pw",
    "sessid", "jsessionid", "phpsessid",
];

/// What a key is for or from, where it is not for others to know: `x-api-key`, `client_private_key`.
#[rustfmt::skip] // a list of words, not of lines
const SECRET_KEYS: &[&str] = &[
    "admin", "aes", "api", "auth", "cipher", "client", "decryption", "encryption",
    "functions", "hmac", "integration", "master", "priv", "private", "rsa", "secret", "secretaccess", "server",
    "session", "shared", "sharedaccess", "signing", "ssl", "storage", "subscription", "tls", "wifi", "wpa", "write",
];

/// What a code is for, where knowing it is the proof: `mfaCode`.
#[rustfmt::skip] // a list of words, not of lines
const SECRET_CODES: &[&str] = &[
    "access", "activation", "auth", "authorization", "backup", "confirmation", "device", "email", "fa",
    "factor", "login", "mfa", "onetime", "otp", "pass", "pin", "recovery", "reset", "security", "sharedaccess", "sms",
    "totp", "twofactor", "unlock", "verification", "verify",
];

/// Other phrases that say so wherever they stand.
const SECRET_PHRASES: &[[&str; 2]] = &[
    ["pass", "word"],
    ["pass", "phrase"],
    ["pin", "number"],
    ["recovery", "phrase"],
    ["seed", "phrase"],
    ["security", "answer"],
    ["connection", "string"],
    ["client", "assertion"],
    ["saml", "assertion"],
    ["saml", "response"],
    ["code", "verifier"],
    ["connect", "sid"],
];

/// Pairs that are one word, however they are written: `one_time_code`, `SharedAccessKey`.
const SINGLE_WORDS: &[[&str; 2]] = &[["one", "time"], ["shared", "access"]];

/// Names of frameworks' session cookies whose words say nothing by themselves.
const SESSION_COOKIES: &[&str] = &[
    "aspnetsessionid",
    "gitlabsession",
    "laravelsession",
    "racksession",
];

/// Words behind a secret that say which one it is or how it is written, and not that the value is
/// something else.
#[rustfmt::skip] // a list of words, not of lines
const VARIANTS: &[&str] = &[
    "v", "ver", "rev", "old", "new", "prev", "previous", "current", "latest", "legacy", "primary",
    "secondary", "alt", "main", "default", "temp", "tmp", "temporary", "initial",
    "b", "base", "hex", "pem", "der", "utf", "raw", "plain", "plaintext", "cleartext", "clear",
    "encoded", "encrypted", "enc", "text", "txt", "string", "str", "value", "val", "data",
    "confirmation", "confirm", "confirmed", "repeat", "repeated", "again", "verify", "retype",
    "hash", "hint",
    "prod", "production", "prd", "preprod", "dev", "development", "test", "testing", "stg",
    "stage", "staging", "sandbox", "live", "qa", "uat", "local", "demo", "ci",
];

/// A name that ends so speaks about a secret, but is none: `token_id`, `password_changed_at`.
#[rustfmt::skip] // a list of words, not of lines
const DESCRIBING_ENDINGS: &[&str] = &[
    "age", "alg", "algorithm", "arn", "at", "attempts", "audience", "bits", "changed", "config",
    "count", "created", "date", "days", "enabled", "endpoint", "expiration", "expires", "expiry",
    "field", "fingerprint", "format", "hours", "id", "ids", "in", "interval", "issuer", "kind",
    "length", "lifetime", "limit", "location", "method", "minute", "minutes", "mode", "name", "on",
    "owner", "path", "permissions", "policy", "position", "prefix", "provider", "region",
    "required", "retries", "role", "roles", "scope", "scopes", "seconds", "settings", "size",
    "source", "status", "strength", "thumbprint", "time", "ttl", "type", "types", "until",
    "updated", "uri", "url", "usage", "use", "used", "valid", "version",
];

/// Words in front of `pass` that make it a ticket, a filter or a step.
#[rustfmt::skip] // a list of words, not of lines
const NO_PASSWORDS: &[&str] = &[
    "all", "band", "boarding", "bus", "by", "day", "did", "event", "festival", "first", "high",
    "low", "month", "monthly", "mountain", "multi", "museum", "over", "rail", "render", "season",
    "second", "single", "ski", "train", "travel", "under", "visitor", "weekly", "com", "encom",
    "checks", "sur", "tests", "tres",
];

/// Words in front of `token` that make it a position in a list.
#[rustfmt::skip] // a list of words, not of lines
const PAGE_WORDS: &[&str] = &["next", "page", "nextpage", "continuation", "pagination", "paging", "cursor"];

/// Words in front of `tokens` that make them a number: `max_tokens`.
#[rustfmt::skip] // a list of words, not of lines
const COUNT_WORDS: &[&str] = &[
    "max", "min", "total", "num", "prompt", "completion", "input", "output", "cached", "reasoning",
];

/// Names that only sound so: a random number of a request's, and what was granted (RFC 9396).
const NO_SECRETS: &[&str] = &["postmantoken", "authorizationdetails"];

/// What signed links end their parameters' names with.
const SIGNATURES: &[&str] = &["signature", "sig", "hmac"];

/// Whether `name`, in any spelling (`api_key`, `X-Api-Key`, `apiKey`), says that its value is a
/// credential.
pub(crate) fn says_secret(name: &str) -> bool {
    if !may_say_secret(name) {
        return false;
    }
    let words = words(name);
    let joined = words.concat();
    if NO_SECRETS.contains(&joined.as_str()) {
        return false;
    }
    if SESSION_COOKIES.contains(&joined.as_str()) {
        return true;
    }
    for length in lengths_without_variants(&words) {
        let (last, front) = (&words[length - 1], &words[..length - 1]);
        if DESCRIBING_ENDINGS.contains(&last.as_str()) || is_no_secret_token(last, front) {
            return false;
        }
        if is_secret_last_word(last, front) {
            return true;
        }
    }
    words.iter().any(|word| is_secret_word(word)) || words.windows(2).any(is_secret_phrase)
}

/// As [`says_secret`], of a header: a session's id is what its holder is known by.
pub(super) fn header_says_secret(name: &str) -> bool {
    says_secret(name) || is_session_id(name) || name.eq_ignore_ascii_case("x-session")
}

/// As [`says_secret`], of a parameter of a URL: for the signatures that signed links carry, and for a
/// session's id.
pub(crate) fn query_name_says_secret(name: &str) -> bool {
    says_secret(name)
        || is_session_id(name)
        || name.eq_ignore_ascii_case("sid")
        || words(name)
            .last()
            .is_some_and(|last| SIGNATURES.contains(&last.as_str()))
}

/// Whether a URL's parameter of this name is a credential where a machine drew its value: an
/// authorization code (RFC 6749, section 4.1.2), an API's key.
pub(super) fn query_name_says_secret_if_drawn(name: &str) -> bool {
    ["assertion", "code", "key", "session", "ticket"]
        .iter()
        .any(|drawn| name.eq_ignore_ascii_case(drawn))
}

/// Whether `name` is that of a session's id. In a body it may as well be that of a training's or a
/// checkout's, which is what the record is about: there the value decides.
pub(super) fn is_session_id(name: &str) -> bool {
    if !contains_ignoring_case(name, "sess") {
        return false;
    }
    let words = words(name);
    let is_id = |words: &[String]| match words {
        [.., front, last] if last == "id" => matches!(front.as_str(), "session" | "sess"),
        [.., last] => last.ends_with("sessionid"),
        [] => false,
    };
    lengths_without_variants(&words).any(|length| is_id(&words[..length]))
}

/// How many words are left, with the variants behind them and without more and more of them.
fn lengths_without_variants(words: &[String]) -> impl Iterator<Item = usize> {
    let is_variant = |word: &&String| VARIANTS.contains(&word.as_str());
    let variants = words.iter().skip(1).rev().take_while(is_variant).count();
    (0..=variants)
        .map(move |variants| words.len() - variants)
        .filter(|length| *length > 0)
}

/// A word, and the same without a variant behind it: `apikeyprod`.
fn with_and_without_variant(word: &str) -> impl Iterator<Item = &str> {
    let without = VARIANTS
        .iter()
        .filter_map(|variant| word.strip_suffix(variant));
    std::iter::once(word).chain(without)
}

fn is_secret_word(word: &str) -> bool {
    SECRET_WHOLE_WORDS.contains(&word)
        || with_and_without_variant(word).any(|word| {
            SECRET_WORDS.iter().any(|secret| word.ends_with(secret))
                || ends_with_a_secret_phrase(word)
        })
}

/// `api`, `key`, or `api`, `keys`.
fn is_secret_phrase(pair: &[String]) -> bool {
    let [first, second] = pair else { return false };
    let has = |first_words: &[&str]| first_words.contains(&first.as_str());
    match singular(second) {
        "key" => has(SECRET_KEYS),
        "code" => has(SECRET_CODES),
        second => SECRET_PHRASES.contains(&[first.as_str(), second]),
    }
}

/// The same in one word: `apikey`.
fn ends_with_a_secret_phrase(word: &str) -> bool {
    let word = singular(word);
    let ends_with = |word: &str, ends: &[&str]| ends.iter().any(|end| word.ends_with(end));
    if let Some(word) = word.strip_suffix("key") {
        return ends_with(word, SECRET_KEYS);
    }
    if let Some(word) = word.strip_suffix("code") {
        return SECRET_CODES.contains(&word);
    }
    SECRET_PHRASES.iter().any(|[first, second]| {
        word.strip_suffix(second)
            .is_some_and(|front| front.ends_with(first))
    })
}

fn is_secret_last_word(last: &str, front: &[String]) -> bool {
    let before = front.last().map(String::as_str);
    SECRET_LAST_WORDS.contains(&last)
        || last == "value" && before == Some("key")
        || with_and_without_variant(last).any(|last| is_password(last, before))
}

/// `pass`, `db_pass`, `smtppass`, but neither `boarding_pass` nor `compass`.
fn is_password(last: &str, before: Option<&str>) -> bool {
    last.strip_suffix("pass").is_some_and(|front| {
        let before = if front.is_empty() {
            before
        } else {
            Some(front)
        };
        before.is_none_or(|before| !NO_PASSWORDS.contains(&before))
    })
}

/// `next_token` is a position in a list, `max_tokens` a number.
fn is_no_secret_token(last: &str, front: &[String]) -> bool {
    let stands_before = |token: &str, words: &[&str]| match last.strip_suffix(token) {
        Some("") => front
            .last()
            .is_some_and(|before| words.contains(&before.as_str())),
        Some(before) => words.contains(&before),
        None => false,
    };
    stands_before("token", PAGE_WORDS) || stands_before("tokens", COUNT_WORDS)
}

fn singular(word: &str) -> &str {
    word.strip_suffix('s').unwrap_or(word)
}

/// Whether there is any reason to look at a name's words: nearly all names are done with here.
fn may_say_secret(name: &str) -> bool {
    let bytes = name.as_bytes();
    !name.is_ascii()
        || (0..bytes.len()).any(|at| {
            let rest = &bytes[at..];
            let begins_with = |fragments: &[&str]| {
                fragments
                    .iter()
                    .any(|fragment| starts_with_ignoring_case(rest, fragment))
            };
            match rest[0].to_ascii_lowercase() {
                b'a' => begins_with(&["auth", "answer", "assertion", "adgangskode", "aspnetsess"]),
                b'b' => begins_with(&["bearer"]),
                b'c' => begins_with(&[
                    "credential",
                    "creds",
                    "cookie",
                    "code",
                    "contrasena",
                    "connect",
                    "csrf",
                    "cvv",
                    "cvc",
                ]),
                b'h' => begins_with(&["heslo"]),
                b'k' => begins_with(&["key", "kennwort"]),
                b'l' => begins_with(&["losenord"]),
                b'm' => begins_with(&["motdepasse", "mnemonic"]),
                b'o' => begins_with(&["otp"]),
                b'p' => begins_with(&["pass", "pwd", "pswd", "phrase", "pin", "psk", "puk", "pw"]),
                b's' => begins_with(&["secret", "sess", "saml", "senha", "salasana"]),
                b't' => begins_with(&["token", "totp"]),
                b'w' => begins_with(&["wachtwoord"]),
                b'x' => begins_with(&["xsrf"]),
                _ => false,
            }
        })
}

fn contains_ignoring_case(name: &str, fragment: &str) -> bool {
    let bytes = name.as_bytes();
    (0..bytes.len()).any(|at| starts_with_ignoring_case(&bytes[at..], fragment))
}

fn starts_with_ignoring_case(bytes: &[u8], fragment: &str) -> bool {
    bytes
        .get(..fragment.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(fragment.as_bytes()))
}

/// In lower case. A number between words is none.
fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut before_is_lower_case = false;
    for character in name.chars() {
        let starts_a_word = character.is_uppercase() && before_is_lower_case;
        if (starts_a_word || !character.is_alphabetic()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if character.is_alphabetic() {
            word.extend(character.to_lowercase());
        }
        before_is_lower_case = character.is_lowercase();
    }
    if !word.is_empty() {
        words.push(word);
    }
    for pair in SINGLE_WORDS {
        if let Some(at) = words.windows(2).position(|words| words == pair) {
            words.splice(at..at + 2, [pair.concat()]);
        }
    }
    words
}

#[cfg(test)]
#[path = "names_tests.rs"]
mod tests;
