//! Shapes of secrets: texts that are one, whatever they are called.
//!
//! Each rule has a regular expression whose group `secret` (or else the whole match) is removed, and
//! may have a check that a match must pass: checksums keep ordinary numbers out.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::names::is_secret_query_name;
use super::redactor::REDACTED;

/// One shape.
struct Shape {
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "tests name the rule that fails")
    )]
    name: &'static str,
    pattern: &'static str,
    /// Whether the group `name` announces a secret; asked before the secret is looked at.
    announces: fn(name: &str) -> bool,
    /// Where the pattern has only the secret's start: the characters with which it goes on. A
    /// pattern that ran to the end itself would read a long text once for each of its words.
    goes_on_with: Option<fn(char) -> bool>,
    /// Gets the whole secret.
    is_secret: fn(secret: &str) -> bool,
    /// It ends and starts where no letter or digit goes on.
    stands_alone: bool,
}

fn always(_: &str) -> bool {
    true
}

const SHAPES: &[Shape] = &[
    Shape {
        name: "private key block",
        pattern: r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\z)",
        announces: always,
        goes_on_with: None,
        is_secret: always,
        stands_alone: false,
    },
    Shape {
        name: "JSON web token",
        pattern: r"eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){1,3}",
        announces: always,
        goes_on_with: None,
        is_secret: always,
        stands_alone: false,
    },
    Shape {
        name: "provider key",
        pattern: concat!(
            r"(?:",
            r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}", // AWS
            r"|gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{40,255}", // GitHub
            r"|gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|oas|imt)-[A-Za-z0-9_-]{20,300}", // GitLab
            r"|xox[abeoprs]-[A-Za-z0-9-]{10,250}|xapp-\d-[A-Za-z0-9-]{10,250}", // Slack
            r"|(?:sk|rk|pk)_(?:live|test|prod)_[A-Za-z0-9]{10,250}|whsec_[A-Za-z0-9+/=]{16,250}", // Stripe
            r"|AIza[0-9A-Za-z_-]{35}|ya29\.[0-9A-Za-z_-]{20,500}|GOCSPX-[0-9A-Za-z_-]{20,60}|1//0[0-9A-Za-z_-]{30,200}", // Google
            r"|sk-(?:proj-|ant-|svcacct-|admin-|or-)?[A-Za-z0-9_-]{20,250}", // OpenAI, Anthropic
            r"|SK[0-9a-f]{32}|SG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,128}", // Twilio, SendGrid
            r"|key-[0-9a-f]{32}|[0-9a-f]{32}-us[0-9]{1,2}",                  // Mailgun, Mailchimp
            r"|npm_[A-Za-z0-9]{36}|pypi-AgE[A-Za-z0-9_-]{40,500}|rubygems_[0-9a-f]{48}|dckr_pat_[A-Za-z0-9_-]{27,}", // registries
            r"|do[opr]_v1_[0-9a-f]{64}|hf_[A-Za-z0-9]{30,60}|glsa_[A-Za-z0-9_]{32,60}|glc_[A-Za-z0-9+/=]{32,400}",
            r"|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|sq0(?:atp|csp|idp)-[0-9A-Za-z_-]{22,60}|EAAA[A-Za-z0-9_-]{60}", // Shopify, Square
            r"|ATATT3[A-Za-z0-9_=-]{50,300}|ATBB[A-Za-z0-9]{24,60}|NRAK-[A-Z0-9]{27}|HRKU-[A-Za-z0-9_-]{30,70}",
            r"|lin_api_[A-Za-z0-9]{32,60}|ntn_[A-Za-z0-9]{40,60}|secret_[A-Za-z0-9]{43}|figd_[A-Za-z0-9_-]{30,60}",
            r"|PMAK-[0-9a-f]{24}-[0-9a-f]{34}|sntry[su]_[A-Za-z0-9+/=_-]{40,300}|dapi[0-9a-f]{32}(?:-\d)?|hv[sbr]\.[A-Za-z0-9_-]{24,300}",
            r"|dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._-]{40,60}|pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.-]{32,64}|sbp_[0-9a-f]{40}",
            r"|pul-[0-9a-f]{40}|[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70}|AGE-SECRET-KEY-1[0-9A-Z]{58}|tfp_[A-Za-z0-9_-]{40,60}",
            r"|[0-9]{8,10}:AA[A-Za-z0-9_-]{33}|[MNO][A-Za-z0-9_-]{23,25}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38}", // Telegram, Discord
            r"|pat-(?:na|eu)\d-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|pat[A-Za-z0-9]{14}\.[0-9a-f]{64}", // HubSpot, Airtable
            r"|EAA[A-Za-z0-9]{80,300}|sl\.[A-Za-z0-9_-]{100,300}|vercel_[A-Za-z0-9]{24,60}|CFPAT-[A-Za-z0-9_-]{43}|rnd_[A-Za-z0-9]{28,40}",
            r"|live_[0-9a-f]{32,64}|xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}|re_[A-Za-z0-9]{8}_[A-Za-z0-9]{20,40}|gsk_[A-Za-z0-9]{40,60}|r8_[A-Za-z0-9]{37}",
            r")",
        ),
        announces: always,
        goes_on_with: None,
        is_secret: |secret| secret.bytes().any(|byte| byte.is_ascii_digit()),
        stands_alone: true,
    },
    Shape {
        name: "webhook URL with its secret in the path",
        pattern: r"(?i)(?:hooks\.slack\.com/(?:services|workflows|triggers)|discord(?:app)?\.com/api/webhooks|[a-z0-9-]+\.webhook\.office\.com/webhookb2)/(?P<secret>[A-Za-z0-9/@_-]{16,400})",
        announces: always,
        goes_on_with: None,
        is_secret: always,
        stands_alone: false,
    },
    Shape {
        name: "authorization scheme",
        pattern: r"(?i)\b(?:bearer|basic|digest|token|apikey|negotiate)\s+(?P<secret>[A-Za-z0-9._~+/=-]{12,})",
        // "basic information" and "bearer authentication" are words.
        announces: always,
        goes_on_with: None,
        is_secret: |secret| {
            secret.contains('=')
                || secret.bytes().any(|byte| byte.is_ascii_digit())
                || (secret.bytes().skip(1).any(|byte| byte.is_ascii_uppercase())
                    && secret.bytes().any(|byte| byte.is_ascii_lowercase()))
        },
        stands_alone: false,
    },
    Shape {
        name: "password in a URL",
        pattern: r"(?i)\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@?#]{0,200}:(?P<secret>[^\s/@?#]{1,200})@",
        announces: always,
        goes_on_with: None,
        is_secret: always,
        stands_alone: false,
    },
    Shape {
        name: "query of a URL",
        pattern: r#"[?&;](?P<name>[A-Za-z0-9_.\[\]%-]{1,60})=(?P<secret>[^&;#\s"'<>])"#,
        announces: is_secret_query_name,
        goes_on_with: Some(|character| {
            !character.is_whitespace()
                && !matches!(character, '&' | ';' | '#' | '"' | '\'' | '<' | '>')
        }),
        is_secret: always,
        stands_alone: false,
    },
    Shape {
        name: "assignment",
        pattern: r#"(?i)(?P<name>[A-Za-z][A-Za-z0-9_.-]{1,60})["']?\s{0,3}(?::|=|=>|:=)\s{0,3}["']?(?P<secret>[^\s"',;&}\]]{4})"#,
        announces: super::names::is_secret_name,
        goes_on_with: Some(|character| {
            !character.is_whitespace()
                && !matches!(character, '"' | '\'' | ',' | ';' | '&' | '}' | ']')
        }),
        is_secret: |secret| {
            !secret.starts_with('[') && !secret.starts_with("//") && !is_scheme(secret)
        },
        stands_alone: false,
    },
    Shape {
        name: "payment card",
        pattern: r"[2-6][0-9](?:[ -]?[0-9]){12,17}",
        announces: always,
        goes_on_with: None,
        is_secret: is_card,
        stands_alone: true,
    },
    Shape {
        name: "IBAN",
        pattern: r"(?:A[DELTZ]|B[AEGHRY]|C[HRYZ]|D[EKO]|E[EGS]|F[IOR]|G[BEILRT]|H[RU]|I[ELQST]|JO|K[WZ]|L[BCITUVY]|M[CDEKRTU]|N[LO]|P[KLST]|QA|R[OS]|S[ACEIKMTV]|T[LNR]|UA|V[AG]|XK)[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?",
        announces: always,
        goes_on_with: None,
        is_secret: is_iban,
        stands_alone: true,
    },
];

static COMPILED: LazyLock<Vec<(Regex, &'static Shape)>> = LazyLock::new(|| {
    SHAPES
        .iter()
        .filter_map(|shape| Some((Regex::new(shape.pattern).ok()?, shape)))
        .collect()
});

/// Removes every shape of a secret from a text.
pub(crate) fn redact_shapes(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    if text.len() < 6 {
        return text;
    }
    for (regex, shape) in COMPILED.iter() {
        if let Some(redacted) = redact_shape(regex, shape, &text) {
            text = Cow::Owned(redacted);
        }
    }
    text
}

fn redact_shape(regex: &Regex, shape: &Shape, text: &str) -> Option<String> {
    let mut redacted = String::new();
    let mut copied = 0;
    let mut start = 0;
    while let Some(found) = Found::next(regex, text, start) {
        let secret = found.secret(text, shape);
        if let Some(secret) = secret {
            redacted.push_str(&text[copied..secret.start]);
            redacted.push_str(REDACTED);
            copied = secret.end;
            start = secret.end.max(found.whole.start + 1);
        } else {
            // What is no secret as a whole may hold one further on.
            let next = text[found.whole.start..].chars().next();
            start = found.whole.start + next.map_or(1, char::len_utf8);
            start = found.name.map_or(start, |name| name.end.max(start));
        }
        if start >= text.len() {
            break;
        }
    }
    if copied == 0 {
        return None;
    }
    redacted.push_str(&text[copied..]);
    Some(redacted)
}

/// One match of a shape's pattern.
struct Found {
    whole: Range<usize>,
    name: Option<Range<usize>>,
    secret: Range<usize>,
}

impl Found {
    fn next(regex: &Regex, text: &str, start: usize) -> Option<Self> {
        // Finding where a match is costs a fraction of finding where its groups are.
        if regex.captures_len() == 1 {
            let whole = regex.find_at(text, start)?.range();
            return Some(Self {
                secret: whole.clone(),
                name: None,
                whole,
            });
        }
        let captures = regex.captures_at(text, start)?;
        let whole = captures.get(0)?.range();
        Some(Self {
            secret: captures
                .name("secret")
                .map_or_else(|| whole.clone(), |secret| secret.range()),
            name: captures.name("name").map(|name| name.range()),
            whole,
        })
    }

    /// Where the secret stands, if it is one.
    fn secret(&self, text: &str, shape: &Shape) -> Option<Range<usize>> {
        let name = self.name.clone().map_or("", |name| &text[name]);
        if !(shape.announces)(name) {
            return None;
        }
        let mut range = self.secret.clone();
        if let Some(goes_on_with) = shape.goes_on_with {
            let rest = &text[range.end..];
            range.end += rest
                .find(|character| !goes_on_with(character))
                .unwrap_or(rest.len());
        }
        let stands = !shape.stands_alone
            || (!text[..self.whole.start].ends_with(goes_on)
                && !text[self.whole.end..].starts_with(goes_on));
        let secret = &text[range.clone()];
        (stands && secret != REDACTED && (shape.is_secret)(secret)).then_some(range)
    }
}

fn goes_on(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '-')
}

/// In `Authorization: Bearer …` the secret comes later.
fn is_scheme(text: &str) -> bool {
    ["bearer", "basic", "digest", "token", "apikey", "negotiate"]
        .iter()
        .any(|scheme| text.eq_ignore_ascii_case(scheme))
}

/// A number of a card network's range and length whose check digit is right (ISO/IEC 7812-1).
fn is_card(text: &str) -> bool {
    let digits: Vec<u32> = text
        .chars()
        .filter_map(|character| character.to_digit(10))
        .collect();
    let prefix = |length: usize| {
        digits
            .iter()
            .take(length)
            .fold(0, |number, digit| number * 10 + digit)
    };
    let in_range = match digits.len() {
        14 => matches!(prefix(3), 300..=305) || matches!(prefix(2), 36 | 38 | 39),
        15 => matches!(prefix(2), 34 | 37),
        16 => {
            matches!(prefix(1), 4)
                || matches!(prefix(2), 51..=55 | 62 | 65)
                || matches!(prefix(4), 2221..=2720 | 3528..=3589 | 6011)
                || matches!(prefix(3), 644..=649)
        }
        19 => matches!(prefix(2), 62),
        _ => false,
    };
    // Written in groups, they are those of cards.
    let grouped = text.split([' ', '-']).map(str::len).collect::<Vec<_>>();
    let well_grouped = matches!(
        grouped.as_slice(),
        [_] | [4, 4, 4, 4] | [4, 6, 4 | 5] | [4, 4, 4, 4, 3] | [6, 13]
    );
    in_range && well_grouped && luhn(&digits) && digits.iter().any(|digit| *digit != digits[0])
}

fn luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(position, digit)| match (position % 2, digit * 2) {
            (0, _) => *digit,
            (_, doubled) if doubled > 9 => doubled - 9,
            (_, doubled) => doubled,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// The check of ISO 13616: with its start moved to its end and letters as numbers, 1 modulo 97.
fn is_iban(text: &str) -> bool {
    let compact: Vec<char> = text.chars().filter(|character| *character != ' ').collect();
    if !(15..=34).contains(&compact.len()) {
        return false;
    }
    let remainder =
        compact[4..]
            .iter()
            .chain(&compact[..4])
            .try_fold(0_u32, |remainder, character| {
                let value = character.to_digit(36)?;
                Some(if value > 9 {
                    (remainder * 100 + value) % 97
                } else {
                    (remainder * 10 + value) % 97
                })
            });
    remainder == Some(1)
}

#[cfg(test)]
#[path = "shapes_tests.rs"]
mod tests;
