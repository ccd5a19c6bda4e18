//! The bounds of a JSON text, checked before any parser sees it.

use std::cmp::Ordering;

/// Why a JSON text is not parsed at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonBoundError {
    /// It has too many bytes.
    #[error("it has {bytes} bytes, more than {bytes_max}")]
    Size {
        /// How many it has.
        bytes: usize,
        /// How many it may have.
        bytes_max: usize,
    },
    /// It nests too deep.
    #[error("it nests deeper than {depth_max} levels")]
    Depth {
        /// How deep it may nest.
        depth_max: usize,
    },
    /// It has too many values.
    #[error("its values take more memory than the {bytes_max} bytes that they may")]
    Values {
        /// How much they may take.
        bytes_max: usize,
    },
}

/// What an object takes as a tree: a B-tree's node has room for eleven members.
const OBJECT_BYTES: usize = 640;
const NODE_MEMBERS: usize = 11;
/// What the twelfth member takes: another such node, and one above the two.
const SPLIT_BYTES: usize = 640 + 736;
/// What any further one takes: the nodes of a large object are half full.
const MEMBER_BYTES: usize = 128;
/// What an array takes, which has room for four values.
const ARRAY_BYTES: usize = 144;
/// What each of its values takes while it grows.
const ITEM_BYTES: usize = 96;
/// What a name or another text takes beside its letters: as much as is allocated for a short one.
const TEXT_BYTES: usize = 32;

/// Checks that `json` has at most `bytes_max` bytes and nests at most `depth_max` arrays and
/// objects, in one pass and without memory of its own.
///
/// Nothing else is checked: what passes may still be no JSON.
///
/// # Errors
/// Which of the two bounds it breaks.
pub fn check_json_bounds(
    json: &[u8],
    bytes_max: usize,
    depth_max: usize,
) -> Result<(), JsonBoundError> {
    if json.len() > bytes_max {
        return Err(JsonBoundError::Size {
            bytes: json.len(),
            bytes_max,
        });
    }
    let mut depth = 0_usize;
    for byte in outside_strings(json) {
        match byte {
            b'{' | b'[' => {
                depth += 1;
                if depth > depth_max {
                    return Err(JsonBoundError::Depth { depth_max });
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// Checks that the values of `json` take at most about `bytes_max` bytes of memory when it is read as a tree, beside the
/// letters of its long texts: an object of five bytes takes more than a hundred times as many.
///
/// # Errors
/// [`JsonBoundError::Values`].
pub fn check_json_values(json: &[u8], bytes_max: usize) -> Result<(), JsonBoundError> {
    let mut bytes = 0_usize;
    // How many members each open object has; nothing for an array. Each has taken its bytes already.
    let mut open: Vec<Option<usize>> = Vec::new();
    for byte in outside_strings(json) {
        bytes += match byte {
            b'{' => {
                open.push(Some(1));
                OBJECT_BYTES
            }
            b'[' => {
                open.push(None);
                ARRAY_BYTES
            }
            b'}' | b']' => {
                open.pop();
                continue;
            }
            b'"' => TEXT_BYTES,
            b',' => match open.last_mut() {
                Some(Some(members)) => {
                    let had = *members;
                    *members += 1;
                    match had.cmp(&NODE_MEMBERS) {
                        Ordering::Less => 0,
                        Ordering::Equal => SPLIT_BYTES,
                        Ordering::Greater => MEMBER_BYTES,
                    }
                }
                Some(None) | None => ITEM_BYTES,
            },
            _ => continue,
        };
        if bytes > bytes_max {
            return Err(JsonBoundError::Values { bytes_max });
        }
    }
    Ok(())
}

/// The bytes of a JSON text that stand in none of its strings, and the quotation mark in front of each of these.
fn outside_strings(json: &[u8]) -> impl Iterator<Item = u8> {
    let mut in_string = false;
    let mut escaped = false;
    json.iter().copied().filter(move |byte| {
        if !in_string {
            in_string = *byte == b'"';
            return true;
        }
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => in_string = false,
            _ => {}
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn brackets_inside_strings_do_not_count() {
        assert_eq!(check_json_bounds(br#"{"a":"[[[\"[[["}"#, 100, 1), Ok(()));
        assert_eq!(
            check_json_bounds(br#"{"a":[1]}"#, 100, 1),
            Err(JsonBoundError::Depth { depth_max: 1 })
        );
    }

    #[test]
    fn a_hundred_thousand_levels_are_refused() {
        let deep = "[".repeat(100_000);
        assert_eq!(
            check_json_bounds(deep.as_bytes(), 1 << 20, 100),
            Err(JsonBoundError::Depth { depth_max: 100 })
        );
    }

    #[test]
    fn values_count_as_at_least_the_memory_that_they_take() {
        let object = |count: usize| {
            let members: Vec<_> = (0..count).map(|name| format!("\"{name:04}\":0")).collect();
            format!("{{{}}}", members.join(","))
        };
        let array = |value: &str, count: usize| format!("[{}]", vec![value; count].join(","));
        // As a counting allocator measures it at most while serde_json reads them, each allocation as glibc rounds it.
        for (json, taken) in [
            (object(1), 672),
            (object(11), 992),
            (object(12), 2_400),
            (object(24), 3_424),
            (object(1_000), 141_184),
            (array("0", 131_073), 12_582_944),
            (array("\"a\"", 131_073), 16_777_280),
            (array(r#"{"a":"b"}"#, 10_000), 7_564_304),
            (array(&object(12), 10_000), 24_524_304),
            (array("[0]", 10_000), 1_966_256),
        ] {
            let start: String = json.chars().take(40).collect();
            let check = |bytes_max| check_json_values(json.as_bytes(), bytes_max);
            assert!(check(taken - 1).is_err(), "{start}");
            assert_eq!(check(taken * 3 / 2), Ok(()), "{start}");
        }
    }

    #[test]
    fn what_stands_in_a_text_takes_no_memory_of_its_own() {
        let json = br#"{"a":"{[,,\"{"}"#;
        assert_eq!(check_json_values(json, 640 + 2 * 32), Ok(()));
        let over = Err(JsonBoundError::Values { bytes_max: 703 });
        assert_eq!(check_json_values(json, 703), over);
    }

    proptest! {
        #[test]
        fn the_depth_is_that_of_the_value(depth in 1_usize..50, text in "[\\[\\]{}\"\\\\a]{0,20}") {
            let mut value = serde_json::Value::String(text);
            for _ in 0..depth {
                value = serde_json::json!([value]);
            }
            let json = value.to_string();
            prop_assert!(check_json_bounds(json.as_bytes(), 1 << 20, depth).is_ok());
            prop_assert!(check_json_bounds(json.as_bytes(), 1 << 20, depth - 1).is_err());
        }
    }
}
