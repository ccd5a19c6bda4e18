//! Text in columns, for people at a terminal.

/// A text without what moves a cursor or turns the direction of writing. Documents may hold both.
pub(crate) fn visible(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => ' ',
            character if character.is_control() => ' ',
            character => character,
        })
        .collect()
}

/// A text in at most `width` characters; where it is longer, `…` stands at its end.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// Words in lines of at most `width` characters; a longer word has a line of its own.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let chars = word.chars().count();
        match lines.last_mut() {
            Some(line) if length + 1 + chars <= width => {
                line.push(' ');
                line.push_str(word);
                length += 1 + chars;
            }
            _ => {
                lines.push(word.to_owned());
                length = chars;
            }
        }
    }
    lines
}

/// The widths of columns in a room that may be too small for all of them: what is short stays whole,
/// and the longest are cut to one width.
pub(crate) fn widths(wanted: &[usize], room: usize) -> Vec<usize> {
    let mut widths = wanted.to_vec();
    let mut over = wanted.iter().sum::<usize>().saturating_sub(room);
    while over > 0 {
        let Some(longest) = widths.iter().copied().max().filter(|longest| *longest > 1) else {
            break;
        };
        let next = widths
            .iter()
            .copied()
            .filter(|width| *width < longest)
            .max()
            .unwrap_or(1)
            .max(1);
        let number = widths.iter().filter(|width| **width == longest).count();
        let step = (longest - next).min(over.div_ceil(number)).max(1);
        for width in widths.iter_mut().filter(|width| **width == longest) {
            let taken = step.min(over);
            *width -= taken;
            over -= taken;
        }
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_columns_give_way_first() {
        assert_eq!(widths(&[4, 30, 6], 40), [4, 30, 6]);
        assert_eq!(widths(&[4, 30, 6], 30), [4, 20, 6]);
        assert_eq!(widths(&[4, 30, 20], 34), [4, 15, 15]);
        assert_eq!(widths(&[4, 30, 21], 35), [4, 15, 16]);
        assert_eq!(widths(&[4, 4], 0), [1, 1]);
        assert_eq!(widths(&[], 10), [0; 0]);
    }

    #[test]
    fn words_are_cut_and_wrapped_by_characters() {
        assert_eq!(cut("übung", 5), "übung");
        assert_eq!(cut("übungen", 5), "übun…");
        assert_eq!(wrapped("eins zwei drei", 9), ["eins zwei", "drei"]);
        assert_eq!(wrapped("unbreakable it is", 5), ["unbreakable", "it is"]);
        assert_eq!(visible("a\u{1b}[31mb\u{202e}c"), "a [31mb c");
    }
}
