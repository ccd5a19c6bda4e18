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
        if line.trim_ascii().is_empty() {
            continue;
        }
        let text = if total_bytes > MESSAGE_BYTES_MAX {
            Err(Poison::too_long(total_bytes))
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
        if buffer.is_empty() {
            return Ok((total_bytes > 0).then_some(total_bytes));
        }
        let end = buffer.iter().position(|&byte| byte == b'\n');
        let part = &buffer[..end.unwrap_or(buffer.len())];
        let room = MESSAGE_BYTES_MAX.saturating_sub(line.len());
        line.extend_from_slice(&part[..part.len().min(room)]);
        total_bytes += part.len();
        let consumed = part.len() + usize::from(end.is_some());
        input.consume(consumed);
        if end.is_some() {
            return Ok(Some(total_bytes));
        }
    }
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

    #[test]
    fn a_line_that_is_too_long_costs_only_itself() {
        let text = format!("one\n{}\nthree", "x".repeat(3 * MESSAGE_BYTES_MAX));
        let mut input = BufReader::new(text.as_bytes());
        let mut line = Vec::new();
        let mut lengths = Vec::new();
        while let Some(total_bytes) = read_line(&mut input, &mut line).unwrap() {
            lengths.push((line.len(), total_bytes));
        }
        assert_eq!(
            lengths,
            [(3, 3), (MESSAGE_BYTES_MAX, 3 * MESSAGE_BYTES_MAX), (5, 5)]
        );
    }
}
