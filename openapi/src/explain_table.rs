//! Explanations as a table for people, a document at a time.

use std::fmt::Write as _;

use crate::columns::{cut, visible, widths};
use crate::explain::{Explanation, SAMPLE_ACTOR};
use crate::value_location::ValueLocation;

/// The narrowest table, where the terminal is narrower.
const WIDTH_MIN: usize = 60;

/// What stands between two columns.
const GAP: &str = "  ";

const TITLES: [&str; 7] = [
    "METHOD", "PATH", "ACTION", "ENTITY", "ID", "PARENT", "SENTENCE",
];

/// Writes explanations, grouped by their documents, in lines of at most `width` characters. Columns
/// are as wide as what stands in them, where there is room; else the longest cells are cut.
pub fn explain_table(explanations: &[Explanation], width: usize) -> String {
    let mut text = String::new();
    for of_document in explanations.chunk_by(|one, other| one.spec == other.spec) {
        if !text.is_empty() {
            text.push('\n');
        }
        if let Some(first) = of_document.first() {
            let _ = writeln!(text, "{}", visible(&first.spec));
        }
        let rows: Vec<[String; 7]> = of_document.iter().map(cells).collect();
        write_rows(&mut text, &rows, width.max(WIDTH_MIN));
    }
    text
}

fn write_rows(text: &mut String, rows: &[[String; 7]], width: usize) {
    let wanted: Vec<usize> = (0..TITLES.len())
        .map(|column| {
            let cells = rows.iter().map(|row| row[column].chars().count());
            cells.chain([TITLES[column].len()]).max().unwrap_or(0)
        })
        .collect();
    let room = width.saturating_sub(GAP.len() * (TITLES.len() - 1));
    let widths = widths(&wanted, room);
    let titles = TITLES.map(str::to_owned);
    for row in [&titles].into_iter().chain(rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{:width$}{GAP}", cut(cell, *width));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

fn cells(explanation: &Explanation) -> [String; 7] {
    let place = |location: &Option<ValueLocation>| {
        location
            .as_ref()
            .map_or_else(|| "-".to_owned(), ValueLocation::expression)
    };
    let parent = match (&explanation.parent_type, &explanation.parent_id) {
        (Some(noun), Some(id)) => format!("{noun} ({})", id.expression()),
        (Some(noun), None) => noun.clone(),
        (None, _) => "-".to_owned(),
    };
    [
        explanation.method.clone(),
        explanation.path.clone(),
        explanation.action.to_string(),
        explanation.entity_type.clone(),
        place(&explanation.entity_id),
        parent,
        deed(&explanation.message).to_owned(),
    ]
    .map(|cell| visible(&cell))
}

/// A sentence without its actor, who is the same one in each.
fn deed(message: &str) -> &str {
    message
        .strip_prefix(SAMPLE_ACTOR)
        .map_or(message, str::trim_start)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::document::Document;
    use crate::index::Index;

    fn table(documents: &[(&str, Value)], width: usize) -> String {
        let documents = documents
            .iter()
            .map(|(name, value)| Document {
                file_name: (*name).to_owned(),
                bytes: value.to_string().into_bytes(),
            })
            .collect();
        let explanations: Vec<Explanation> = Index::build(documents)
            .0
            .operations()
            .map(crate::explain)
            .collect();
        explain_table(&explanations, width)
    }

    #[test]
    fn a_table_has_a_block_for_each_document() {
        let shop = json!({ "openapi": "3.0.0", "paths": {
            "/orders": { "post": { "operationId": "createOrder" } },
            "/orders/{id}": { "delete": { "operationId": "deleteOrder" } }
        } });
        let team = json!({ "openapi": "3.0.0", "paths": {
            "/teams/{team}/members/{member}": { "put": { "operationId": "updateMember" } }
        } });
        let written = table(
            &[("shop.json", shop.clone()), ("team.json", team.clone())],
            200,
        );
        assert_eq!(
            written.lines().collect::<Vec<_>>(),
            [
                "shop.json",
                "METHOD  PATH          ACTION  ENTITY  ID       PARENT  SENTENCE",
                "POST    /orders       create  order   -        -       created an order",
                "DELETE  /orders/{id}  delete  order   path.id  -       deleted order {id}",
                "",
                "team.json",
                "METHOD  PATH                            ACTION  ENTITY  ID           PARENT            SENTENCE",
                "PUT     /teams/{team}/members/{member}  update  member  path.member  team (path.team)  updated member {member} of team {team}",
            ]
        );
        for width in [0, 60, 100] {
            let narrow = table(
                &[("shop.json", shop.clone()), ("team.json", team.clone())],
                width,
            );
            assert_eq!(narrow.lines().count(), 8);
            let longest = narrow.lines().map(|line| line.chars().count()).max();
            assert!(longest <= Some(width.max(60)), "{narrow}");
            assert!(
                narrow.contains('…') && narrow.contains("DELETE"),
                "{narrow}"
            );
        }
    }
}
