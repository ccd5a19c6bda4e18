//! Where the value ends that a name has in a text.

/// The most backslashes that a quote is escaped with: JSON in JSON in JSON.
const ESCAPES_MAX: usize = 7;

/// The quote that a value begins with, if it does: a mark, the backslashes in front of it where it is escaped,
/// and a second mark where it is doubled, as CSV has it.
pub(super) fn quote_at(rest: &str) -> &str {
    let bytes = rest.as_bytes();
    let backslashes = bytes.iter().take(ESCAPES_MAX);
    let backslashes = backslashes.take_while(|byte| **byte == b'\\').count();
    let Some(mark @ (b'"' | b'\'' | b'`')) = bytes.get(backslashes) else {
        return "";
    };
    let is_empty = || {
        let behind = bytes.get(backslashes + 2);
        behind.is_none_or(|byte| b",;:&)]} \n\\/<>.".contains(byte))
    };
    let is_doubled = bytes.get(backslashes + 1) == Some(mark) && !is_empty();
    &rest[..=backslashes + usize::from(is_doubled)]
}

/// How long a value is that a quote was opened in front of, or none.
pub(super) fn value_end(rest: &str, quote: &str) -> usize {
    if let Some(mark) = quote.chars().next_back() {
        let may_double = quote.len() == 1;
        return quoted_end(rest, mark, quote.matches('\\').count(), may_double);
    }
    rest.find(|character: char| {
        character.is_whitespace()
            || matches!(
                character,
                '"' | '\''
                    | ','
                    | ';'
                    | '&'
                    | '}'
                    | ']'
                    | '<'
                    | '>'
                    | '，'
                    | '；'
                    | '、'
                    | '。'
                    | '）'
                    | '」'
                    | '』'
                    | '】'
            )
    })
    .unwrap_or(rest.len())
}

/// How long a quoted text is whose quote was opened with so many backslashes. It ends at the end of its line at
/// the latest. A mark may be doubled where it is a letter of it: `'it''s'`.
fn quoted_end(rest: &str, mark: char, escapes: usize, may_double: bool) -> usize {
    let mut backslashes = 0;
    let mut characters = rest.char_indices().peekable();
    while let Some((position, character)) = characters.next() {
        if character == '\n' {
            return position;
        }
        // With fewer ones, the text ends that the quote was escaped in.
        if character == mark && (backslashes < escapes || closes(escapes, backslashes)) {
            let is_doubled = may_double && characters.next_if(|next| next.1 == character).is_some();
            if !is_doubled {
                return position - backslashes.min(escapes);
            }
        }
        backslashes = if character == '\\' {
            backslashes + 1
        } else {
            0
        };
    }
    rest.len()
}

/// Whether a mark behind so many backslashes closes a quotation that was opened with as many `escapes`, and is
/// none of its letters: each level of escaping doubles the backslashes and adds one to a mark.
fn closes(escapes: usize, backslashes: usize) -> bool {
    backslashes % (2 * (escapes + 1)) == escapes
}

/// How long a list or object is whose first value is a quoted text: `["…", "…"]`, `{"…": "…"}`,
/// `[["…"]]`; to the end of the text where it was cut before its own.
pub(super) fn quoted_list(rest: &str) -> Option<usize> {
    first_value(rest).starts_with(['"', '\'']).then_some(())?;
    let mut depth = 0_usize;
    let mut backslashes = 0;
    // The mark that opened a quotation, and how many backslashes stood in front of it.
    let mut quote = None;
    for (position, character) in rest.char_indices() {
        match (quote, character) {
            (None, '"' | '\'') => quote = Some((character, backslashes)),
            (Some((mark, escapes)), _) if mark == character && closes(escapes, backslashes) => {
                quote = None;
            }
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(position + 1);
                }
            }
            _ => {}
        }
        backslashes = if character == '\\' {
            backslashes + 1
        } else {
            0
        };
    }
    Some(rest.len())
}

/// What stands behind the brackets, the white space, escaped or not, and the backslashes.
fn first_value(mut rest: &str) -> &str {
    loop {
        let brackets = |character: char| matches!(character, '[' | '{');
        let behind = rest
            .trim_start_matches(|character: char| brackets(character) || character.is_whitespace());
        let value = behind.trim_start_matches('\\');
        match value.strip_prefix(['n', 'r', 't']) {
            Some(after) if value.len() < behind.len() => rest = after,
            _ => return value,
        }
    }
}

/// How long the value of a query parameter is.
pub(super) fn query_value(rest: &str) -> usize {
    rest.find(|character: char| {
        character.is_whitespace()
            || matches!(
                character,
                '&' | ';' | '#' | '?' | '"' | '\'' | '<' | '>' | ',' | ')'
            )
    })
    .unwrap_or(rest.len())
}
