//! The search bar: words and "quoted phrases", all of which must occur.

/// How long a query may be, in characters, as JSON Schema counts them.
pub(crate) const QUERY_CHARS_MAX: usize = 1024;

/// How many words and phrases it may have, empty ones included.
pub(crate) const QUERY_WORDS_MAX: usize = 32;

/// What is wrong with a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum QueryFault {
    /// It is too long.
    #[error("it may have {QUERY_CHARS_MAX} characters")]
    TooLong,
    /// It has too many words.
    #[error("it may have {QUERY_WORDS_MAX} words and phrases")]
    TooManyWords,
    /// A phrase has no end.
    #[error("the quote at character {position} is never closed")]
    OpenQuote {
        /// Its place, from 1, in characters.
        position: usize,
    },
}

/// The words and phrases of a query, in order, as they are written.
///
/// A word ends at white space. A phrase stands between double quotes, in which `\"` is a quote and
/// `\\` a backslash; a quote inside a word is a part of it. Empty phrases mean nothing.
pub(crate) fn parse(query: &str) -> Result<Vec<String>, QueryFault> {
    if query.chars().count() > QUERY_CHARS_MAX {
        return Err(QueryFault::TooLong);
    }
    let mut words = Vec::new();
    let mut count = 0;
    let mut characters = query.chars().enumerate().peekable();
    while let Some((index, character)) = characters.next() {
        if character.is_whitespace() {
            continue;
        }
        let mut word = String::new();
        if character == '"' {
            let mut closed = false;
            while let Some((_, inside)) = characters.next() {
                match inside {
                    '"' => {
                        closed = true;
                        break;
                    }
                    '\\' if matches!(characters.peek(), Some((_, '"' | '\\'))) => {
                        word.extend(characters.next().map(|(_, escaped)| escaped));
                    }
                    other => word.push(other),
                }
            }
            if !closed {
                return Err(QueryFault::OpenQuote {
                    position: index + 1,
                });
            }
        } else {
            word.push(character);
            while let Some((_, next)) = characters.next_if(|(_, next)| !next.is_whitespace()) {
                word.push(next);
            }
        }
        if !word.trim().is_empty() {
            words.push(word);
        }
        count += 1;
        if count > QUERY_WORDS_MAX {
            return Err(QueryFault::TooManyWords);
        }
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_and_phrases() {
        let cases: [(&str, &[&str]); 8] = [
            ("", &[]),
            ("  \t ", &[]),
            ("deleted workflow", &["deleted", "workflow"]),
            (r#""deleted workflow" jane"#, &["deleted workflow", "jane"]),
            (r#""say \"hi\" \\ \n""#, &[r#"say "hi" \ \n"#]),
            (r#"5" disk"#, &["5\"", "disk"]),
            (r#""" a "  ""#, &["a"]),
            ("50% _under\\score", &["50%", "_under\\score"]),
        ];
        for (query, words) in cases {
            assert_eq!(parse(query).unwrap(), words, "{query}");
        }
    }

    #[test]
    fn a_mistake_says_where() {
        assert_eq!(
            parse("é \"never closed").unwrap_err().to_string(),
            "the quote at character 3 is never closed"
        );
        assert_eq!(parse(&"a".repeat(1025)), Err(QueryFault::TooLong));
        assert_eq!(parse(&"a ".repeat(33)), Err(QueryFault::TooManyWords));
    }

    proptest! {
        #[test]
        fn no_query_panics_and_no_word_is_empty(query in "\\PC{0,60}") {
            if let Ok(words) = parse(&query) {
                prop_assert!(words.iter().all(|word| !word.trim().is_empty()));
            }
        }

        #[test]
        fn a_quoted_phrase_is_itself(phrase in "[^\\s]\\PC{0,30}") {
            let quoted = format!("\"{}\"", phrase.replace('\\', "\\\\").replace('"', "\\\""));
            prop_assert_eq!(parse(&quoted).unwrap(), vec![phrase]);
        }
    }
}
