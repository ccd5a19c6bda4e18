//! On which line of its file a part of a document begins, for `paths` down to each operation.

use std::collections::{BTreeMap, HashMap};

use serde_json::value::RawValue;

use crate::document::Document;
use crate::json_pointer::escape;

/// The lines of a document's paths and operations, by their JSON pointers.
#[derive(Debug, Default)]
pub(super) struct Lines(HashMap<String, usize>);

impl Lines {
    /// Reads a document's text. What it does not find has no line.
    pub(super) fn of(document: &Document) -> Self {
        let Ok(text) = std::str::from_utf8(&document.bytes) else {
            return Self::default();
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.trim_start().starts_with('{') {
            Self::of_json(text)
        } else {
            Self::of_yaml(text)
        }
    }

    /// The line of the innermost part around a pointer that is known, from 1.
    pub(super) fn line(&self, pointer: &str) -> Option<usize> {
        let mut pointer = pointer;
        loop {
            if let Some(line) = self.0.get(pointer) {
                return Some(*line);
            }
            (pointer, _) = pointer.rsplit_once('/')?;
        }
    }

    fn of_json(text: &str) -> Self {
        let ends: Vec<usize> = text.match_indices('\n').map(|(end, _)| end).collect();
        let line_of = |part: &RawValue| {
            let position = (part.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
            ends.partition_point(|end| *end < position) + 1
        };
        let mut lines = HashMap::new();
        let root = members(text);
        if let Some(paths) = root.get("paths") {
            for (path, item) in members(paths.get()) {
                let pointer = format!("/paths/{}", escape(&path));
                for (key, operation) in members(item.get()) {
                    lines.insert(format!("{pointer}/{}", escape(&key)), line_of(operation));
                }
                lines.insert(pointer, line_of(item));
            }
        }
        Self(lines)
    }

    /// In block style, which is what people write; keys in flow style have no line.
    fn of_yaml(text: &str) -> Self {
        let mut lines = HashMap::new();
        let mut in_paths = false;
        let (mut path_indent, mut method_indent) = (None, None);
        let mut pointer = String::new();
        for (number, line) in text.lines().enumerate() {
            let content = line.trim_start_matches(' ');
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            let indent = line.len() - content.len();
            if indent == 0 {
                in_paths = yaml_key(content).is_some_and(|key| key == "paths");
                (path_indent, method_indent) = (None, None);
                continue;
            }
            if !in_paths {
                continue;
            }
            let Some(key) = yaml_key(content) else {
                continue;
            };
            if *path_indent.get_or_insert(indent) == indent {
                pointer = format!("/paths/{}", escape(&key));
                lines.insert(pointer.clone(), number + 1);
                method_indent = None;
            } else if *method_indent.get_or_insert(indent) == indent {
                lines.insert(format!("{pointer}/{}", escape(&key)), number + 1);
            }
        }
        Self(lines)
    }
}

/// The members of an object, as its text holds them; none of anything else.
fn members(text: &str) -> BTreeMap<String, &RawValue> {
    serde_json::from_str(text).unwrap_or_default()
}

/// The key of a line `key: …`, without its quotes.
fn yaml_key(content: &str) -> Option<String> {
    for quote in ['\'', '"'] {
        if let Some(rest) = content.strip_prefix(quote) {
            let (key, rest) = rest.split_once(quote)?;
            return rest.starts_with(':').then(|| key.to_owned());
        }
    }
    let end = content
        .find(": ")
        .or_else(|| content.trim_end().strip_suffix(':').map(str::len))?;
    Some(content[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(&str, Option<usize>)]) {
        let lines = Lines::of(&Document {
            file_name: "a.yaml".to_owned(),
            bytes: text.as_bytes().to_vec(),
        });
        for (pointer, line) in expected {
            assert_eq!(lines.line(pointer), *line, "{pointer} in {text}");
        }
    }

    #[test]
    fn json_has_lines() {
        check(
            "{\n\"openapi\": \"3.0.0\",\n\"paths\": {\n\"/a/{id}\": {\n\"get\": {},\n\"post\":\n{}}}}",
            &[
                ("/paths/~1a~1{id}", Some(4)),
                ("/paths/~1a~1{id}/get", Some(5)),
                ("/paths/~1a~1{id}/post/x-audit/action", Some(7)),
                ("/paths/~1b", None),
                ("", None),
            ],
        );
        check("{\"paths\": []}", &[("/paths/~1a", None)]);
        check("{", &[("/paths/~1a", None)]);
    }

    #[test]
    fn yaml_in_block_style_has_lines() {
        check(
            "openapi: 3.0.0\n# paths:\npaths:\n\n  '/a/{id}':\n    # get:\n    get:\n      summary: |\n        post: x\n    post:\n      responses: {}\n  /b:\n    $ref: '#/x'\ncomponents:\n  /c:\n    get: {}\n",
            &[
                ("/paths/~1a~1{id}", Some(5)),
                ("/paths/~1a~1{id}/get", Some(7)),
                ("/paths/~1a~1{id}/post", Some(10)),
                ("/paths/~1b/get", Some(12)),
                ("/paths/~1c", None),
            ],
        );
        check("paths: {/a: {get: {}}}\n", &[("/paths/~1a/get", None)]);
    }
}
