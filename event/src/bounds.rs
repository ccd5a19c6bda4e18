//! The bounds of a JSON text, checked before any parser sees it.

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
/// What a member takes for which there is room, which is its name.
const NAME_BYTES: usize = 32;
/// What any other takes: the nodes of a large object are half full.
const MEMBER_BYTES: usize = 128;
/// What an array takes, which has room for four values.
const ARRAY_BYTES: usize = 128;
/// What each of its values takes while it grows.
const ITEM_BYTES: usize = 96;

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
/// letters of its texts: an object of five bytes takes more than a hundred times as many.
///
/// # Errors
/// [`JsonBoundError::Values`].
pub fn check_json_values(json: &[u8], bytes_max: usize) -> Result<(), JsonBoundError> {
    let mut bytes = 0_usize;
    // How many members each open object has; nothing for an array. Each has taken its bytes already.
    let mut open = Vec::new();
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
            b',' => match open.last_mut() {
                Some(Some(members)) if *members < NODE_MEMBERS => {
                    *members += 1;
                    NAME_BYTES
                }
                Some(Some(_)) => MEMBER_BYTES,
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

/// The bytes of a JSON text that stand in none of its strings.
fn outside_strings(json: &[u8]) -> impl Iterator<Item = u8> {
    let mut in_string = false;
    let mut escaped = false;
    json.iter().copied().filter(move |byte| {
        if !in_string {
            in_string = *byte == b'"';
            return !in_string;
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
    fn an_object_counts_as_the_memory_that_it_takes() {
        let check = |json: &str, bytes_max| check_json_values(json.as_bytes(), bytes_max);
        assert_eq!(check(r#"{"a":"{[,,\"{"}"#, 640), Ok(()));
        let over = Err(JsonBoundError::Values { bytes_max: 639 });
        assert_eq!(check("{}", 639), over);
        assert_eq!(check("[1,2,3]", 128 + 2 * 96), Ok(()));
        assert!(check("[1,2,3,4]", 128 + 2 * 96).is_err());
        let members = |count| {
            let members: Vec<_> = (0..count).map(|name| format!("\"{name}\":0")).collect();
            format!("{{{}}}", members.join(","))
        };
        assert_eq!(check(&members(11), 640 + 10 * 32), Ok(()));
        assert!(check(&members(12), 640 + 11 * 32).is_err());
        assert_eq!(check("[{},{}]", 128 + 2 * 640 + 96), Ok(()));
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
