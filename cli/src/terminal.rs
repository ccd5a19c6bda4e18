//! The terminal that people read at: how wide it is, and whether it shows colours.

use std::io::IsTerminal as _;

/// The columns where standard output is no terminal, or one that does not say.
const WIDTH_DEFAULT: usize = 120;

/// The columns of the terminal; `COLUMNS` goes before what it says itself.
pub(crate) fn width() -> usize {
    let said = std::env::var("COLUMNS").ok();
    said.and_then(|columns| columns.parse().ok())
        .or_else(|| {
            let size = rustix::termios::tcgetwinsize(rustix::stdio::stdout()).ok()?;
            Some(usize::from(size.ws_col))
        })
        .filter(|columns| *columns > 0)
        .unwrap_or(WIDTH_DEFAULT)
}

/// Colours go to a terminal only, and to none that is told otherwise (<https://no-color.org>).
pub(crate) fn has_colours() -> bool {
    let is_plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    std::io::stdout().is_terminal() && !is_plain
}
