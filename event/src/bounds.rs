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
}

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
    let mut in_string = false;
    let mut escaped = false;
    for byte in json {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
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
