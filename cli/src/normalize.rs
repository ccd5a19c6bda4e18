//! `daybook normalize`: queue messages in, audit events out, a JSON line each.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write as _};

use anyhow::Context as _;
use daybook_normalizer::Poison;
use daybook_normalizer::context::{check_overlays, read_index};
use daybook_normalizer::message::{MESSAGE_BYTES_MAX, decode};
use daybook_normalizer::normalize::{Normalized, normalize as normalize_message};
use daybook_normalizer::settings::Settings;
use jiff::Timestamp;

use crate::arguments::NormalizeOptions;
use crate::document_problems;

pub(crate) fn normalize(options: &NormalizeOptions) -> anyhow::Result<bool> {
    let settings = Settings::from_env(|name| std::env::var(name).ok())?;
    let (index, problems) = read_index(&options.specs, &settings)?;
    let mut all_good = document_problems::tell(&problems)?;
    check_overlays(&problems)?;
    let mut input: Box<dyn BufRead> = match &options.file {
        Some(file) if file.as_os_str() != "-" => Box::new(BufReader::new(
            File::open(file).with_context(|| format!("{} cannot be read", file.display()))?,
        )),
        _ => Box::new(std::io::stdin().lock()),
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut line = Vec::new();
    for number in 1_u64.. {
        let Some(total_bytes) = read_line(&mut input, &mut line)? else {
            break;
        };
        let text = if total_bytes > MESSAGE_BYTES_MAX {
            Err(Poison::too_long(total_bytes))
        } else if line.trim_ascii().is_empty() {
            continue;
        } else {
            std::str::from_utf8(&line).map_err(|_| Poison::NotUtf8)
        };
        let normalized = text
            .and_then(decode)
            .and_then(|message| normalize_message(&message, &index, &settings, Timestamp::now()));
        match normalized {
            Ok(Normalized::Event(new)) => {
                serde_json::to_writer(&mut out, &new.event)?;
                out.write_all(b"\n")?;
            }
            Ok(Normalized::Dropped(reason)) => {
                writeln!(std::io::stderr(), "line {number}: left out: {reason}")?;
            }
            Err(poison) => {
                all_good = false;
                writeln!(std::io::stderr(), "line {number}: {poison}")?;
            }
        }
    }
    out.flush()?;
    Ok(all_good)
}

/// Reads one line without its end, keeping its beginning where it is too long, and tells how many
/// bytes it has; `None` at the end of the input.
fn read_line(input: &mut dyn BufRead, line: &mut Vec<u8>) -> std::io::Result<Option<usize>> {
    line.clear();
    let mut total_bytes = 0;
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() && total_bytes == 0 {
            return Ok(None);
        }
        let end = buffer.iter().position(|&byte| byte == b'\n');
        let is_whole = buffer.is_empty() || end.is_some();
        let part = &buffer[..end.unwrap_or(buffer.len())];
        // One byte more, which may be the `\r` of the line's end.
        let room = (MESSAGE_BYTES_MAX + 1).saturating_sub(line.len());
        line.extend_from_slice(&part[..part.len().min(room)]);
        total_bytes += part.len();
        let consumed = part.len() + usize::from(end.is_some());
        input.consume(consumed);
        if is_whole {
            break;
        }
    }
    if line.len() == total_bytes && line.last() == Some(&b'\r') {
        line.pop();
        total_bytes -= 1;
    }
    Ok(Some(total_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_read_fails_nothing() {
        let specs = std::env::temp_dir().join(format!("daybook-folders-{}", std::process::id()));
        std::fs::create_dir_all(specs.join("old")).unwrap();
        let document = "openapi: 3.0.0\npaths: {/orders: {post: {operationId: createOrder}}}";
        for name in ["shop.yaml", "old/shop.yaml"] {
            std::fs::write(specs.join(name), document).unwrap();
        }
        let empty = specs.join("messages");
        std::fs::write(&empty, "").unwrap();
        let options = NormalizeOptions {
            specs: specs.clone(),
            file: Some(empty),
        };
        assert!(normalize(&options).unwrap());
        std::fs::remove_dir_all(&specs).unwrap();
    }

    fn lengths(text: &str) -> Vec<(usize, usize)> {
        let mut input = BufReader::new(text.as_bytes());
        let mut line = Vec::new();
        let mut lengths = Vec::new();
        while let Some(total_bytes) = read_line(&mut input, &mut line).unwrap() {
            lengths.push((line.len(), total_bytes));
        }
        lengths
    }

    #[test]
    fn a_line_that_is_too_long_costs_only_itself() {
        let text = format!("one\n{}\nthree", "x".repeat(3 * MESSAGE_BYTES_MAX));
        let long = (MESSAGE_BYTES_MAX + 1, 3 * MESSAGE_BYTES_MAX);
        assert_eq!(lengths(&text), [(3, 3), long, (5, 5)]);
    }

    #[test]
    fn the_end_of_a_line_is_no_part_of_its_length() {
        let text = format!("{}\r\n\r\na\r", "x".repeat(MESSAGE_BYTES_MAX));
        let long = (MESSAGE_BYTES_MAX, MESSAGE_BYTES_MAX);
        assert_eq!(lengths(&text), [long, (0, 0), (1, 1)]);
    }

    #[test]
    fn a_line_of_many_blanks_is_refused_and_a_short_one_passed_over() {
        let folder = std::env::temp_dir().join(format!("daybook-blanks-{}", std::process::id()));
        let specs = folder.join("specs");
        std::fs::create_dir_all(&specs).unwrap();
        std::fs::write(specs.join("shop.yaml"), "openapi: 3.0.0\npaths: {}").unwrap();
        let messages = folder.join("messages");
        let options = NormalizeOptions {
            specs,
            file: Some(messages.clone()),
        };
        for (blanks, is_good) in [
            (3, true),
            (MESSAGE_BYTES_MAX, true),
            (MESSAGE_BYTES_MAX + 1, false),
        ] {
            std::fs::write(&messages, " ".repeat(blanks) + "\r\n").unwrap();
            assert_eq!(normalize(&options).unwrap(), is_good, "{blanks}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
