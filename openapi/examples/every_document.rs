//! Indexes every document below some folders, each on its own, and calls each of its operations.
//!
//! `cargo run --release -p daybook-openapi --example every_document -- FOLDER…`
//!
//! For each operation concrete paths are made from its template, with plain and with awkward values,
//! and each must find that template or one that differs in its parameters' names alone. What a
//! template says behind `?` or `#` is sent as query or header, as the operation declares it. The exit
//! status is 1 where a call found something else for no known reason, or something panicked.

#![allow(clippy::unwrap_used)] // a measurement gives up as tests do

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use daybook_openapi::{Document, Found, Index, Operation, RequestLine, explain};
use serde_json::Value;

/// What parameters are replaced by, as sent and as read.
const VALUES: &[(&str, &str)] = &[
    ("v7x", "v7x"),
    ("a%20b%2Fc", "a b/c"),
    ("1.2.3", "1.2.3"),
    ("größe-日本", "größe-日本"),
    ("100%25", "100%"),
];

/// The host of all calls.
const HOST: &str = "api.example.com";

/// How many examples are told of each reason.
const EXAMPLES_MAX: usize = 5;

#[derive(Default)]
struct Report {
    documents: usize,
    refused: Tally,
    operations: usize,
    operations_found: usize,
    calls: usize,
    misses: Tally,
    unexplained: usize,
    panics: Vec<String>,
    building: Duration,
    finding: Duration,
}

/// Reasons, how often each was met, and the first places.
#[derive(Default)]
struct Tally(BTreeMap<String, (usize, Vec<String>)>);

impl Tally {
    fn add(&mut self, reason: &str, place: String) {
        let (count, places) = self.0.entry(reason.to_owned()).or_default();
        *count += 1;
        if places.len() < EXAMPLES_MAX && !places.contains(&place) {
            places.push(place);
        }
    }
}

fn main() -> ExitCode {
    let mut report = Report::default();
    let folders: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    for folder in &folders {
        for path in documents_below(folder) {
            let name = path.strip_prefix(folder).unwrap_or(&path).display();
            report.document(&name.to_string(), std::fs::read(&path).unwrap());
        }
    }
    report.write(&mut std::io::stdout().lock()).unwrap();
    if report.documents == 0 {
        return ExitCode::from(2);
    }
    ExitCode::from(u8::from(
        report.unexplained > 0 || !report.panics.is_empty(),
    ))
}

impl Report {
    fn document(&mut self, name: &str, bytes: Vec<u8>) {
        self.documents += 1;
        let outcome = catch_unwind(AssertUnwindSafe(|| self.index_and_call(name, bytes)));
        if outcome.is_err() {
            self.panics.push(name.to_owned());
        }
    }

    fn index_and_call(&mut self, name: &str, bytes: Vec<u8>) {
        let root: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let started = Instant::now();
        let (index, problems) = Index::build(vec![Document {
            file_name: name.to_owned(),
            bytes,
        }]);
        self.building += started.elapsed();
        // Which document it is, is not the question here.
        let services = index.services().map(|service| service.name.clone());
        let map = services.map(|service| (HOST.to_owned(), service)).collect();
        let index = index.with_service_map(map);
        for problem in problems {
            let is_refusal = problem.pointer.is_empty() && index.operations().next().is_none();
            if is_refusal || problem.message.ends_with("is left out") {
                let place = format!("{name}#{}", problem.pointer);
                self.refused.add(&problem.message, place);
            }
        }
        let operations: Vec<&Operation> = index.operations().collect();
        for operation in &operations {
            self.operations += 1;
            explain(operation);
            let mut all_found = true;
            for value in VALUES {
                self.calls += 1;
                let call = Call::of(operation, &root, value).with_values_behind_colons(&index);
                let started = Instant::now();
                let found = call.find(&index, "");
                self.finding += started.elapsed();
                if let Some(reason) = call.miss(operation, &found, &index, &operations) {
                    all_found = false;
                    self.unexplained += usize::from(reason.starts_with('!'));
                    let told = format!("{name} {} {}", operation.method, operation.path);
                    self.misses.add(reason.trim_start_matches('!'), told);
                }
            }
            self.operations_found += usize::from(all_found);
        }
    }

    fn write(&self, out: &mut dyn std::io::Write) -> std::io::Result<()> {
        writeln!(out, "documents              {}", self.documents)?;
        writeln!(out, "operations             {}", self.operations)?;
        writeln!(out, "found with all values  {}", self.operations_found)?;
        writeln!(out, "calls                  {}", self.calls)?;
        writeln!(out, "unexplained misses     {}", self.unexplained)?;
        writeln!(out, "panics                 {}", self.panics.len())?;
        writeln!(
            out,
            "seconds to build       {:.1}",
            self.building.as_secs_f64()
        )?;
        writeln!(
            out,
            "seconds to find        {:.3}",
            self.finding.as_secs_f64()
        )?;
        for (title, tally) in [("left out", &self.refused), ("missed calls", &self.misses)] {
            for (reason, (count, places)) in &tally.0 {
                writeln!(out, "\n{title}: {count} × {reason}")?;
                for place in places {
                    writeln!(out, "    {place}")?;
                }
            }
        }
        for name in &self.panics {
            writeln!(out, "\npanicked: {name}")?;
        }
        Ok(())
    }
}

/// A call of an operation.
struct Call {
    method: String,
    path: String,
    fragment: String,
    query: BTreeMap<String, String>,
    headers: BTreeMap<String, String>,
    value: (&'static str, &'static str),
}

impl Call {
    fn of(operation: &Operation, root: &Value, value: &(&'static str, &'static str)) -> Self {
        let (template, selector) = split_template(&operation.path);
        let mut call = Self {
            method: operation.method.clone(),
            path: fill(template, value.0),
            fragment: selector.to_owned(),
            query: BTreeMap::new(),
            headers: BTreeMap::new(),
            value: *value,
        };
        let declared = declared_parameters(operation, root);
        for pair in selector
            .split(['?', '#', '&'])
            .filter(|pair| !pair.is_empty())
        {
            let (name, sent) = pair.split_once('=').unwrap_or((pair, ""));
            // A fragment is sent only where the operation says so; a query always is.
            if declared.contains(&("header", name)) {
                call.headers
                    .insert(name.to_ascii_lowercase(), fill(sent, value.1));
            } else if declared.contains(&("query", name)) || selector.starts_with('?') {
                call.query.insert(name.to_owned(), fill(sent, value.1));
            }
        }
        call
    }

    /// With values for parameters behind colons, as well: of `/webhooks/:id` the index says that `id` is one.
    fn with_values_behind_colons(mut self, index: &Index) -> Self {
        if let Found::Operation { path_params, .. } = self.find(index, "") {
            let value = |segment: &str| {
                let name = segment.strip_prefix(':')?;
                let is_param = path_params.iter().any(|(param, _)| param == name);
                is_param.then_some(self.value.0)
            };
            let segments: Vec<_> = self
                .path
                .split('/')
                .map(|segment| value(segment).unwrap_or(segment))
                .collect();
            self.path = segments.join("/");
        }
        self
    }

    fn find<'i>(&self, index: &'i Index, behind_path: &str) -> Found<'i> {
        index.find(&RequestLine {
            domain_name: HOST,
            method: &self.method,
            path: &format!("{}{behind_path}", self.path),
            query: Some(&self.query),
            headers: Some(&self.headers),
            ..RequestLine::default()
        })
    }

    /// Why the wrong operation, or none, was found; unknown reasons start with `!`.
    fn miss(
        &self,
        wanted: &Operation,
        found: &Found<'_>,
        index: &Index,
        operations: &[&Operation],
    ) -> Option<&'static str> {
        let found_path = match found {
            Found::Operation {
                operation,
                path_params,
                ..
            } if is_same(wanted, operation) => return self.wrong_value(wanted, path_params),
            Found::Operation { operation, .. } => split_template(&operation.path).0,
            _ => "",
        };
        let wanted_path = split_template(&wanted.path).0;
        let with_fragment = self.find(index, &self.fragment);
        let told_apart = matches!(with_fragment, Found::Operation { operation, .. } if is_same(wanted, operation));
        let has_twins = operations.iter().any(|other| {
            !is_same(wanted, other)
                && other.method == wanted.method
                && shape(split_template(&other.path).0) == shape(split_template(&wanted.path).0)
        });
        Some(if told_apart && has_twins {
            "only a fragment, which no request carries, tells it from another operation"
        } else if found_path.is_empty() {
            "!it was not found"
        } else if shape(wanted_path).ends_with(&shape(found_path)) {
            "behind the prefix of a server it is another operation's path"
        } else if literals(found_path) > literals(wanted_path) {
            "the value makes it a call of a template that spells out more"
        } else {
            "!another template was found"
        })
    }

    /// Whole segments must be read back as they were sent.
    fn wrong_value(&self, wanted: &Operation, found: &[(String, String)]) -> Option<&'static str> {
        let template = split_template(&wanted.path).0;
        let whole = template
            .split('/')
            .filter(|segment| segment.contains('{'))
            .all(|segment| {
                segment.starts_with('{') && segment.find('}') == Some(segment.len() - 1)
            });
        let right = found.iter().all(|(_, value)| value == self.value.1);
        (whole && !right).then_some("!a parameter has another value than was sent")
    }
}

fn is_same(one: &Operation, other: &Operation) -> bool {
    let without_names = |operation: &Operation| {
        let (path, selector) = split_template(&operation.path);
        (shape(path), selector.to_owned())
    };
    one.method == other.method && without_names(one) == without_names(other)
}

/// The names and places of the parameters that an operation declares in place.
fn declared_parameters<'r>(operation: &Operation, root: &'r Value) -> Vec<(&'r str, &'r str)> {
    let item = root
        .get("paths")
        .and_then(|paths| paths.get(&operation.path));
    let body = item.and_then(|item| item.get(operation.method.to_ascii_lowercase()));
    [item, body]
        .into_iter()
        .filter_map(|holder| holder?.get("parameters")?.as_array())
        .flatten()
        .filter_map(|parameter| {
            let text = |key: &str| parameter.get(key).and_then(Value::as_str);
            Some((text("in")?, text("name")?))
        })
        .collect()
}

fn split_template(template: &str) -> (&str, &str) {
    let mut depth = 0_usize;
    for (position, character) in template.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '?' if depth == 0 => return template.split_at(position),
            '#' if depth == 0 && !template[position..].contains('/') => {
                return template.split_at(position);
            }
            _ => {}
        }
    }
    (template, "")
}

/// The template with `value` in place of each parameter.
fn fill(template: &str, value: &str) -> String {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, (_, after))) = rest
        .split_once('{')
        .and_then(|(before, inside)| Some((before, inside.split_once('}')?)))
    {
        filled.push_str(before);
        filled.push_str(value);
        rest = after;
    }
    filled + rest
}

fn shape(template: &str) -> String {
    fill(template, "{}")
}

fn literals(template: &str) -> usize {
    fill(split_template(template).0, "")
        .chars()
        .filter(|character| *character != '/')
        .count()
}

fn documents_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(
                std::fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else if path.extension().is_some_and(|extension| {
            ["json", "yaml", "yml"]
                .iter()
                .any(|known| extension == *known)
        }) {
            found.push(path);
        }
    }
    found.sort();
    found
}
