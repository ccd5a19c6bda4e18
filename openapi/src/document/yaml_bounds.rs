//! Bounds of a YAML text that are checked before its parser sees it.

/// The most brackets that may be open at once. Brackets in texts count as well, which no document
/// notices at this bound.
const FLOW_DEPTH_MAX: usize = 1_000;

/// The most marks (line ends, commas, colons, dashes, brackets) of a text: the parser keeps an event of
/// about 100 bytes for each.
const MARKS_MAX: usize = 8_000_000;

/// The most marks times the brackets open around each: the parser looks at all of them at every mark.
const MARK_DEPTHS_MAX: usize = 500_000_000;

/// The most lines that begin with `%`: the parser compares each directive with all before it.
const DIRECTIVES_MAX: usize = 1_000;

/// Refuses a text whose parsing would take much time or memory.
///
/// # Errors
/// Which bound it breaks, in one line.
pub(super) fn check_yaml_bounds(text: &str) -> Result<(), String> {
    let (mut depth, mut marks, mut mark_depths, mut directives) =
        (0_usize, 0_usize, 0_usize, 0_usize);
    let mut before = b'\n';
    for byte in text.bytes() {
        let is_mark = match byte {
            b'[' | b'{' => {
                depth += 1;
                true
            }
            b']' | b'}' => {
                depth = depth.saturating_sub(1);
                true
            }
            b'\n' | b',' | b':' | b'?' => true,
            b'-' => matches!(before, b' ' | b'\n' | b'\t'),
            b'%' if before == b'\n' => {
                directives += 1;
                false
            }
            _ => false,
        };
        before = byte;
        if is_mark {
            marks += 1;
            mark_depths += depth;
        }
        if depth > FLOW_DEPTH_MAX {
            return Err(format!("it nests deeper than {FLOW_DEPTH_MAX} levels"));
        }
        if marks > MARKS_MAX || mark_depths > MARK_DEPTHS_MAX {
            return Err("it has too many values for YAML; convert it to JSON".to_owned());
        }
        if directives > DIRECTIVES_MAX {
            return Err(format!("it has more than {DIRECTIVES_MAX} YAML directives"));
        }
    }
    Ok(())
}
