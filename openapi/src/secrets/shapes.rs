//! Shapes of secrets: texts that are one, whatever they are called.
//!
//! A text is searched for keys with a known form ([`super::keys`]), for names with their values
//! ([`super::assignment`]), for the shapes of the table below and for what an encoding hides
//! ([`super::encoded`]). Everything found is removed at once; each search is linear.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::Regex;

use super::drawn::{is_name_of_words, is_uuid};
use super::hit::Hit;
use super::numbers::{is_card, is_iban, is_named_card};
use super::{assignment, encoded, keys, sql};
use daybook_event::REDACTED;

/// The most words behind an IBAN that its pattern takes.
const IBAN_TAIL_MAX: usize = 8;

/// The most groups of digits behind a card's number that its pattern takes: of 19 digits, the shortest
/// number has 13.
const CARD_TAIL_MAX: usize = 6;

/// What a long number in a text may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numbers {
    /// A payment card, if it has the range, length and check digit of one.
    Any,
    /// An id, because its name says so: a card only where it is written in groups.
    Ids,
}

/// One shape: the group `secret` (or else the whole match) is removed.
struct Shape {
    name: &'static str,
    source: &'static str,
    /// One of these must stand in the text, so that most texts need no search.
    needs: &'static [&'static str],
    pattern: &'static str,
    /// Gets the whole secret.
    is_secret: fn(secret: &str) -> bool,
    /// It ends and starts where no letter or digit goes on.
    stands_alone: bool,
    /// The most words or groups of digits behind it that look as if they were more of it.
    tail_max: usize,
    /// Digits alone are an id where their name says so.
    may_be_id: bool,
}

/// What most shapes have in common.
const PLAIN: Shape = Shape {
    name: "",
    source: "",
    needs: &[],
    pattern: "",
    is_secret: always,
    stands_alone: false,
    tail_max: 0,
    may_be_id: false,
};

fn always(_: &str) -> bool {
    true
}

fn has_digit(secret: &str) -> bool {
    secret.bytes().any(|byte| byte.is_ascii_digit())
}

/// "basic information" and "bearer authentication" are words.
fn is_no_word(secret: &str) -> bool {
    secret.contains('=')
        || has_digit(secret)
        || (secret.bytes().skip(1).any(|byte| byte.is_ascii_uppercase())
            && secret.bytes().any(|byte| byte.is_ascii_lowercase()))
}

fn is_no_word_nor_uuid(secret: &str) -> bool {
    has_digit(secret) && !is_uuid(secret)
}

fn is_opaque(secret: &str) -> bool {
    has_digit(secret) || secret.len() >= 20
}

const SHAPES: &[Shape] = &[
    Shape {
        name: "private key block",
        source: "gitleaks private-key; RFC 7468",
        needs: &["PRIVATE KEY", "PRIVATE%20KEY"],
        pattern: r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\z)",
        ..PLAIN
    },
    Shape {
        name: "PuTTY private key",
        source: "PuTTY user manual, appendix C",
        needs: &["Private-Lines"],
        pattern: r"Private-Lines: *[0-9]{1,4}\s+(?P<secret>[A-Za-z0-9+/=\s]{20,}?)(?:Private-|\z)",
        ..PLAIN
    },
    Shape {
        name: "JSON web token",
        source: "gitleaks jwt; RFC 7515, section 3; RFC 7516, section 3.1",
        needs: &["eyJ"],
        pattern: r"eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*){1,3}",
        is_secret: |secret| secret.len() >= 30,
        ..PLAIN
    },
    Shape {
        name: "key without a prefix",
        source: "trufflehog ngrok, discordbottoken, webexbot; gitleaks maxmind-license-key, sidekiq-secret, mailgun-signing-key; wallet import format",
        needs: &["_", ".", "5", "K", "L", "-"],
        pattern: concat!(
            r"2[A-Za-z0-9]{26}_[0-9][A-Za-z0-9]{20}",
            r"|[MNO][A-Za-z0-9_-]{23,25}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38}",
            r"|[A-Za-z0-9]{64}_[A-Za-z0-9]{4}_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            r"|[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk",
            r"|[KL5][1-9A-HJ-NP-Za-km-z]{50,51}",
            r"|[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}",
        ),
        is_secret: is_no_word,
        stands_alone: true,
        ..PLAIN
    },
    Shape {
        name: "Sidekiq credentials",
        source: "gitleaks sidekiq-secret",
        needs: &["CONTRIBSYS__COM"],
        pattern: r#"CONTRIBSYS__COM["']?\s{0,3}[:=]\s{0,3}["']?(?P<secret>[a-f0-9]{8}:[a-f0-9]{8})"#,
        ..PLAIN
    },
    Shape {
        name: "webhook URL with its secret in the path",
        source: "gitleaks slack-webhook-url, microsoft-teams-webhook; trufflehog zapierwebhook; GitHub",
        needs: &["hook", "ifttt", "workflows", "Hook"],
        pattern: concat!(
            r"(?i)(?:hooks\.slack\.com/(?:services|workflows|triggers)|discord(?:app)?\.com/api/(?:v[0-9]{1,2}/)?webhooks",
            r"|[a-z0-9-]+\.webhook\.office\.com/webhookb2|hooks\.zapier\.com/hooks/(?:catch|standard)",
            r"|hook\.[a-z0-9]{2,6}\.make\.com|hook\.integromat\.com|maker\.ifttt\.com/[^\s]{0,100}/with/key",
            r"|open-apis/bot/v2/hook)/(?P<secret>[A-Za-z0-9/@_-]{14,400})",
        ),
        ..PLAIN
    },
    Shape {
        name: "webhook of a chat server",
        source: "Mattermost, incoming webhooks",
        needs: &["/hooks/"],
        pattern: r"/hooks/(?P<secret>[a-z0-9]{26})\b",
        is_secret: has_digit,
        ..PLAIN
    },
    Shape {
        name: "webhook with a key in its query",
        source: "WeCom, group robots",
        needs: &["webhook/send?key="],
        pattern: r"webhook/send\?key=(?P<secret>[A-Za-z0-9-]{16,64})",
        ..PLAIN
    },
    Shape {
        name: "login in a path",
        source: "OWASP Forgot Password Cheat Sheet, URL tokens",
        needs: &[
            "reset", "magic", "verif", "confirm", "activat", "forgot", "password", "login",
            "Reset", "Magic", "Verif", "Confirm", "Activat", "Forgot", "Password", "Login",
        ],
        pattern: concat!(
            r"(?i)/(?:reset[-_/]?passwords?|passwords?[-_/]?resets?|forgot[-_/]?passwords?|set[-_/]?password|magic[-_/]?links?",
            r"|verify[-_/]?e?mail|e?mail[-_/]?verifications?|confirm[-_/]?e?mail|passwordless|login[-_/]?links?|activate|activation)",
            r"/(?P<secret>[A-Za-z0-9_-]{20,})",
            // Django's, behind the user's id.
            r"|/reset/[A-Za-z0-9_=-]{1,40}/(?P<password>[a-z0-9]{1,13}-[0-9a-f]{20,64})",
        ),
        is_secret: is_no_word_nor_uuid,
        ..PLAIN
    },
    Shape {
        name: "authorization header",
        source: "RFC 9110, section 11.6.2",
        needs: &["uthorization", "UTHORIZATION"],
        pattern: r#"(?i)\bauthorization["'\\]{0,3}\s{0,3}[:=]\s{0,3}["'\\]{0,3}(?:[a-z][a-z0-9-]{2,20}\s{1,3})?(?P<secret>[^\s"'\\,;\[]{8,})"#,
        is_secret: is_opaque,
        ..PLAIN
    },
    Shape {
        name: "authorization scheme",
        source: "RFC 6750; RFC 7617; IANA HTTP Authentication Scheme Registry",
        needs: &[
            "earer",
            "asic",
            "igest",
            "pi",
            "PI",
            "egotiate",
            "EARER",
            "ASIC",
            "SSWS",
            "ccess",
            "uthorization",
            "UTHORIZATION",
        ],
        pattern: r"(?i)\b(?:bearer|basic|digest|apikey|negotiate|ssws|accesskey|authorization[^\w\s-]\W{0,7}token)\s+(?P<secret>[A-Za-z0-9._~+/=-]{12,})",
        is_secret: is_no_word,
        ..PLAIN
    },
    Shape {
        name: "authorization scheme that is a noun",
        source: "GitHub REST API, authentication; Django REST framework, TokenAuthentication",
        needs: &["oken", "OKEN"],
        pattern: r"(?i)\btoken\s+(?P<secret>[A-Za-z0-9._~+/=-]{12,})",
        // `Deleted token ci-deploy-2026`
        is_secret: |secret| is_no_word(secret) && !is_name_of_words(secret),
        ..PLAIN
    },
    Shape {
        name: "digest authentication",
        source: "RFC 7616, section 3.4",
        needs: &["igest"],
        pattern: r#"(?i)\bdigest\s+(?P<secret>[a-z]{2,20}="[^\n]*)"#,
        ..PLAIN
    },
    Shape {
        name: "password in a URL",
        source: "detect-secrets basic_auth; RFC 3986, section 3.2.1",
        needs: &["://"],
        pattern: r#"(?i)\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@?#"'<>]{0,200}:(?P<secret>[^\s/?#"'<>]+)@"#,
        ..PLAIN
    },
    Shape {
        name: "token in a URL",
        source: "RFC 3986, section 3.2.1; GitHub, HTTPS cloning with a token",
        needs: &["://"],
        pattern: r"://(?P<secret>[A-Za-z0-9_-]{20,})@",
        is_secret: has_digit,
        ..PLAIN
    },
    Shape {
        name: "password in an Oracle connection",
        source: "Oracle JDBC developer's guide, thin-style URLs",
        needs: &["jdbc:oracle"],
        pattern: r"jdbc:oracle:[a-z]{2,6}:[^/\s]{1,60}/(?P<secret>[^@\s/]{1,100})@",
        ..PLAIN
    },
    Shape {
        name: "login answer in a URL",
        source: "RFC 6749, section 4.1.2",
        needs: &["code="],
        pattern: r#"[?&#](?P<secret>(?:code|state)=[^&\s#"'<>]{6,}&(?:code|state)=[^&\s#"'<>]{6,})"#,
        is_secret: |secret| secret.contains("code=") && secret.contains("state="),
        ..PLAIN
    },
    Shape {
        name: "one-time password migration",
        source: "Google Authenticator, export",
        needs: &["otpauth-migration"],
        pattern: r"otpauth-migration://[^\s]+",
        ..PLAIN
    },
    Shape {
        name: "value beside its name in markup",
        source: "gitleaks nuget-config-password",
        needs: &["value=\""],
        pattern: r#"(?i)(?:key|name)="[a-z0-9_.:-]{0,60}(?:password|passwd|pwd|secret|token|apikey)"\s{1,4}value="(?P<secret>[^"]+)"#,
        ..PLAIN
    },
    Shape {
        name: "Wi-Fi login in a QR code",
        source: "ZXing, barcode contents: Wi-Fi network config",
        needs: &["WIFI:"],
        pattern: r"WIFI:[^\n]{0,200}?P:(?P<secret>[^;\n]+)",
        ..PLAIN
    },
    Shape {
        name: "login in a command line",
        source: "gitleaks curl-auth-user; mysql, sshpass, redis-cli and htpasswd manuals",
        needs: &["curl", "mysql", "sshpass", "wget", "redis-cli", "htpasswd"],
        pattern: concat!(
            r#"\bcurl\b[^\n]{0,400}?\s(?:-u|--user)[ =]{1,3}["']?[^:\s"']{1,60}:(?P<secret>[^\s"']{3,})"#,
            r#"|\b(?:(?:mysql|mysqldump|sshpass)\b[^\n]{0,200}?\s-p|redis-cli\b[^\n]{0,200}?\s(?:-a|--pass) "#,
            r#"|htpasswd\s{1,20}-[a-zA-Z]{0,10}b[a-zA-Z]{0,10}\s{1,20}\S{1,200}\s{1,20}\S{1,200} ) ?["']?(?P<password>[^\s"']{3,})"#,
        ),
        ..PLAIN
    },
    Shape {
        name: sql::RULE,
        source: "PostgreSQL, CREATE ROLE; MySQL and ClickHouse, CREATE USER; Oracle, ALTER USER",
        needs: &["PASSWORD", "password"],
        pattern: concat!(
            r"(?i)\b(?:(?:create|alter)\s{1,20}(?:role|user|login)\s[^\n;']{0,200}?\bpassword\s{1,20}(?:=\s{0,20})?",
            r"|set\s{1,20}password\s{1,20}(?:for\s{1,20}[^\n;=]{1,130})?=\s{0,20}(?:password\s{0,20}\(\s{0,20})?)",
            r"[EN]?'(?P<secret>(?:[^'\n]|'')+)",
        ),
        ..PLAIN
    },
    Shape {
        name: "payment card",
        source: "ISO/IEC 7812-1; PCI DSS 3.4",
        needs: &[],
        pattern: r"[2-6][0-9](?:[ \u{a0}\u{202f}-]?[0-9]){12,17}",
        is_secret: is_card,
        stands_alone: true,
        tail_max: CARD_TAIL_MAX,
        may_be_id: true,
    },
    Shape {
        name: "payment card by its name",
        source: "ISO/IEC 7812-1, annex B; lengths that barcodes and ids have too",
        needs: &["card", "Card", "CARD"],
        pattern: concat!(
            // `userCard`, but neither `Postcard` nor `vCard`.
            r"(?:(?i:(?:\b|_)(?:credit|debit|bank|payment)?card)|[a-z]{2}Card)",
            r"(?i:(?:s|no|nr|num|number|pan|holder)?[^a-z0-9\n])[^0-9\n]{0,19}",
            r"(?P<secret>[2-6][0-9](?:[ -]?[0-9]){11,17})\b",
        ),
        is_secret: is_named_card,
        tail_max: CARD_TAIL_MAX,
        ..PLAIN
    },
    Shape {
        name: "IBAN",
        source: "ISO 13616; SWIFT, IBAN Registry",
        needs: &[],
        pattern: r"(?i)(?:A[DELTZ]|B[AEGHIRY]|C[HRYZ]|D[EJKO]|E[EGS]|F[IKOR]|G[BEILRT]|H[NRU]|I[ELQST]|JO|K[WZ]|L[BCITUVY]|M[CDEKNRTU]|N[ILO]|OM|P[KLST]|QA|R[OSU]|S[ACDEIKMOTV]|T[LNR]|UA|V[AG]|XK|YE)[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?",
        is_secret: is_iban,
        stands_alone: true,
        tail_max: IBAN_TAIL_MAX,
        ..PLAIN
    },
];

/// Rules that are no row of a table.
const WRITTEN_RULES: &[(&str, &str)] = &[
    (
        "query of a URL",
        "RFC 6750, section 2.3; storage providers' signed URLs",
    ),
    (
        "assignment",
        "detect-secrets keyword; gitleaks generic-api-key",
    ),
    (
        "markup",
        "gitleaks hashicorp-tf-password, nuget-config-password",
    ),
    ("option", "detect-secrets softlayer; curl, .netrc"),
    ("base64", "RFC 4648; gitleaks, decoding"),
    ("percent-encoding", "RFC 3986, section 2.1"),
];

static COMPILED: LazyLock<Vec<(Regex, &'static Shape)>> = LazyLock::new(|| {
    SHAPES
        .iter()
        .filter_map(|shape| Some((Regex::new(shape.pattern).ok()?, shape)))
        .collect()
});

/// What the shapes need, looked for at once, and the bit of each needed text's shape.
static NEEDED: LazyLock<Option<(AhoCorasick, Vec<u32>)>> = LazyLock::new(|| {
    let needed = SHAPES
        .iter()
        .enumerate()
        .flat_map(|(index, shape)| shape.needs.iter().map(move |needed| (*needed, 1 << index)));
    let (texts, bits): (Vec<&str>, Vec<u32>) = needed.unzip();
    let search = AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::DFA))
        .build(texts);
    Some((search.ok()?, bits))
});

/// The shapes whose needed texts stand in this one, as bits.
fn shapes_to_look_for(text: &str) -> u32 {
    let Some((search, bits)) = &*NEEDED else {
        return u32::MAX;
    };
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let mut shapes = 0;
    for (index, shape) in SHAPES.iter().enumerate() {
        // The shortest card and the shortest IBAN.
        shapes |= u32::from(shape.needs.is_empty() && digits >= 10) << index;
    }
    for found in search.find_overlapping_iter(text) {
        shapes |= bits[found.pattern().as_usize()];
    }
    shapes
}

/// The name of every rule about shapes, and where its form is documented.
pub(crate) fn rules() -> impl Iterator<Item = (&'static str, &'static str)> {
    SHAPES
        .iter()
        .map(|shape| (shape.name, shape.source))
        .chain(WRITTEN_RULES.iter().copied())
        .chain(keys::rules())
}

/// Removes every shape of a secret from a text.
pub(crate) fn redact_shapes(text: &str, numbers: Numbers) -> Cow<'_, str> {
    let hits = find(text, numbers, 0);
    let redacted = remove(text, &hits);
    // What an encoding still hides is shown decoded, so that the rest of it stays readable.
    let mut shown = redacted;
    for _ in 0..encoded::LEVELS_MAX {
        let Some(decoded) = encoded::percent_decoded(&shown) else {
            break;
        };
        let hits = find(&decoded, numbers, 0);
        if !hits.is_empty() {
            shown = Cow::Owned(remove(&decoded, &hits).into_owned());
            continue;
        }
        match encoded::percent_decoded(&decoded) {
            Some(twice) if has_secret(&twice, numbers, 0) => shown = Cow::Owned(decoded),
            _ => break,
        }
    }
    shown
}

/// The rules that find something in a text.
pub(crate) fn rules_that_find(text: &str) -> Vec<&'static str> {
    let mut rules: Vec<&'static str> = find(text, Numbers::Any, 0)
        .into_iter()
        .map(|hit| hit.rule)
        .collect();
    if let Some(decoded) = encoded::percent_decoded(text)
        && has_secret(&decoded, Numbers::Any, 0)
    {
        rules.push("percent-encoding");
    }
    rules.sort_unstable();
    rules.dedup();
    rules
}

/// Whether a text that was hidden by `level` encodings has a secret in it.
pub(super) fn has_secret(text: &str, numbers: Numbers, level: usize) -> bool {
    !find(text, numbers, level).is_empty()
}

fn remove<'a>(text: &'a str, hits: &[Hit]) -> Cow<'a, str> {
    if hits.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut redacted = String::with_capacity(text.len());
    let mut copied = 0;
    for hit in hits {
        if hit.range.end <= copied {
            continue;
        }
        if hit.range.start >= copied {
            redacted.push_str(&text[copied..hit.range.start]);
            redacted.push_str(REDACTED);
        }
        copied = hit.range.end;
    }
    redacted.push_str(&text[copied..]);
    Cow::Owned(redacted)
}

/// Everything found, by its start.
fn find(text: &str, numbers: Numbers, level: usize) -> Vec<Hit> {
    let mut hits = Vec::new();
    if text.len() < 6 {
        return hits;
    }
    keys::find(text, &mut hits);
    assignment::find(text, &mut hits);
    sql::find(text, &mut hits);
    encoded::find_base64(text, level, &mut hits);
    let shapes = shapes_to_look_for(text);
    for (index, (regex, shape)) in COMPILED.iter().enumerate() {
        if shapes & (1 << index) != 0 {
            shape.find(regex, text, numbers, &mut hits);
        }
    }
    hits.sort_by_key(|hit| (hit.range.start, hit.range.end));
    hits
}

impl Shape {
    fn find(&self, regex: &Regex, text: &str, numbers: Numbers, hits: &mut Vec<Hit>) {
        let mut start = 0;
        while start < text.len() {
            // Finding where a match is costs a fraction of finding where its groups are.
            let (whole, secret) = if regex.captures_len() == 1 {
                let Some(found) = regex.find_at(text, start) else {
                    return;
                };
                (found.range(), found.range())
            } else {
                let Some(captures) = regex.captures_at(text, start) else {
                    return;
                };
                let Some(whole) = captures.get(0) else { return };
                let group = captures
                    .name("secret")
                    .or_else(|| captures.name("password"));
                (
                    whole.range(),
                    group.map_or_else(|| whole.range(), |group| group.range()),
                )
            };
            if let Some(end) = self.end_of(text, &secret, numbers) {
                start = end.max(whole.start + 1);
                hits.push(Hit {
                    range: secret.start..end,
                    rule: self.name,
                });
            } else {
                // What is no secret as a whole may hold one further on.
                let next = text[whole.start..].chars().next();
                start = whole.start + next.map_or(1, char::len_utf8);
            }
        }
    }

    /// Where the secret ends in what was matched, if there is one: words behind an IBAN and the date or
    /// code behind a card's number look as if they were more of it.
    fn end_of(&self, text: &str, matched: &Range<usize>, numbers: Numbers) -> Option<usize> {
        let starts = !self.stands_alone || !text[..matched.start].ends_with(goes_on);
        let ends = !self.stands_alone || !text[matched.end..].starts_with(goes_on);
        let longest = &text[matched.clone()];
        let shorter = longest
            .rmatch_indices([' ', '-', '\u{a0}', '\u{202f}'])
            .take(self.tail_max);
        ends.then_some(longest.len())
            .into_iter()
            .chain(shorter.map(|(at, _)| at))
            .filter(|_| starts)
            .find(|end| self.takes(&longest[..*end], numbers))
            .map(|end| matched.start + end)
    }

    fn takes(&self, value: &str, numbers: Numbers) -> bool {
        let is_id = self.may_be_id
            && numbers == Numbers::Ids
            && value.bytes().all(|byte| byte.is_ascii_digit());
        !is_id && value != REDACTED && (self.is_secret)(value)
    }
}

fn goes_on(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '-')
}

#[cfg(test)]
#[path = "shapes_tests.rs"]
mod tests;
