//! Measures what documents cost that are made to cost much: time and peak memory of each shape.
//!
//! Without an argument all shapes, one process each, since the peak is the process's; with a shape's
//! name that one.
#![allow(clippy::print_stdout)] // an example's answer is what it prints

use std::fmt::Write as _;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};
use daybook_openapi::{Document, Index};

/// A shape's name, and what makes its files.
type Shape = (&'static str, fn() -> Vec<Document>);

const SHAPES: &[Shape] = &[
    ("one-large-schema", || {
        one(document(
            &shared_body(10_000, "Big"),
            &schema("Big", &properties(90_000, SCALAR)),
        ))
    }),
    ("one-large-schema-of-secrets", || {
        one(document(
            &shared_body(10_000, "Big"),
            &schema("Big", &properties(90_000, SECRET)),
        ))
    }),
    ("large-schema-behind-inline-ones", || {
        let inline = operations(10_000, |_| {
            body(
                r##"{"properties":{"a":{"$ref":"#/components/schemas/Big"},"b":{"$ref":"#/components/schemas/Big"}}}"##,
            )
        });
        one(document(
            &inline,
            &schema("Big", &properties(90_000, SCALAR)),
        ))
    }),
    ("large-recursive-schema", || {
        let recursive = r##"{"type":"array","items":{"$ref":"#/components/schemas/Big"}}"##;
        let inline = operations(10_000, |_| {
            body(r##"{"properties":{"a":{"$ref":"#/components/schemas/Big"}}}"##)
        });
        one(document(
            &inline,
            &schema("Big", &properties(90_000, recursive)),
        ))
    }),
    ("hundred-secrets-with-long-names", || {
        let long = (0..100).map(|n| format!(r#""{}{n}":{SECRET}"#, "x".repeat(180)));
        let schema = schema("Big", &long.collect::<Vec<_>>().join(","));
        one(document(&shared_body(50_000, "Big"), &schema))
    }),
    ("doubts-with-long-names", || {
        let long = (0..100).map(|n| format!(r#""{}{n}_seed":{SCALAR}"#, "x".repeat(180)));
        let schema = schema("Big", &long.collect::<Vec<_>>().join(","));
        one(document(&shared_body(50_000, "Big"), &schema))
    }),
    ("a-name-of-a-megabyte", || {
        let name = format!(r#""name{}":{SCALAR}"#, "_".repeat(1_000_000));
        one(document(&shared_body(20_000, "Big"), &schema("Big", &name)))
    }),
    ("an-id-of-a-megabyte", || {
        let name = format!(r#""{}id":{SCALAR}"#, "_".repeat(1_000_000));
        one(document(&shared_body(20_000, "Big"), &schema("Big", &name)))
    }),
    ("a-service-of-a-megabyte", || {
        let root = format!(r#""x-audit":{{"service":"{}"}},"#, "s".repeat(1_000_000));
        one(with_root(
            &root,
            &shared_body(50_000, "Big"),
            &schema("Big", ""),
        ))
    }),
    ("annotations-of-a-megabyte", || {
        let places: Vec<String> = (0..200)
            .map(|n| format!(r#""body.{}{n}""#, "x".repeat(5_000)))
            .collect();
        let root = format!(
            r#""x-audit":{{"redact":[{}],"org":"body.{}"}},"#,
            places.join(","),
            "o".repeat(1_000_000)
        );
        one(with_root(
            &root,
            &shared_body(50_000, "Big"),
            &schema("Big", ""),
        ))
    }),
    ("an-activity-of-a-megabyte", || {
        let root = format!(
            r#""x-audit":{{"activity":"{{actor}} {}"}},"#,
            "saw {path.id} ".repeat(80_000)
        );
        one(with_root(
            &root,
            &shared_body(50_000, "Big"),
            &schema("Big", ""),
        ))
    }),
    ("annotated-values", || {
        let annotated = r#"{"type":"string","x-audit":{"entity":"id"}}"#;
        let deep = (0..60)
            .map(|n| {
                format!(
                    r#""S{n}":{{"properties":{{{}}}}}"#,
                    (0..60)
                        .map(|m| format!(r##""p{m}":{{"$ref":"#/components/schemas/S{m}"}}"##))
                        .collect::<Vec<_>>()
                        .join(",")
                )
            })
            .collect::<Vec<_>>()
            .join(",");
        let schemas = format!(r#"{deep},"Z":{{"properties":{{"z":{annotated}}}}}"#);
        one(document(&shared_body(50_000, "S0"), &schemas))
    }),
    ("composed-of-all", || {
        let all = (0..200)
            .map(|n| format!(r##"{{"$ref":"#/components/schemas/S{n}"}}"##))
            .collect::<Vec<_>>()
            .join(",");
        let schemas = (0..200)
            .map(|n| {
                format!(
                    r#""S{n}":{{"allOf":[{all}],"oneOf":[{all}],"properties":{{"p{n}":{SCALAR}}}}}"#
                )
            })
            .collect::<Vec<_>>()
            .join(",");
        one(document(&shared_body(50_000, "S0"), &schemas))
    }),
    ("a-chain-of-references", || {
        let chain = (0..100_000)
            .map(|n| format!(r##""S{n}":{{"$ref":"#/components/schemas/S{}"}}"##, n + 1))
            .collect::<Vec<_>>()
            .join(",");
        one(document(&shared_body(50_000, "S0"), &chain))
    }),
    ("a-chain-of-properties", || {
        let chain = (0..100_000)
            .map(|n| {
                format!(
                    r##""S{n}":{{"properties":{{"p":{{"$ref":"#/components/schemas/S{}"}}}}}}"##,
                    n + 1
                )
            })
            .collect::<Vec<_>>()
            .join(",");
        one(document(&shared_body(50_000, "S0"), &chain))
    }),
    ("compositions-that-branch", || {
        let levels = (0..24).map(|n| {
            let next = format!(r##"{{"$ref":"#/components/schemas/S{}"}}"##, n + 1);
            format!(r#""S{n}":{{"properties":{{"a":{next},"b":{next}}},"allOf":[{{"oneOf":[{{"properties":{{"c":{next}}}}}]}}]}}"#)
        });
        let schemas = levels.collect::<Vec<_>>().join(",")
            + &format!(r#","S24":{{"properties":{{"password":{SECRET}}}}}"#);
        one(document(&shared_body(20_000, "S0"), &schemas))
    }),
    ("many-parameters", || {
        let parameters = (0..100_000)
            .map(|n| format!(r#"{{"name":"p{n}","in":"query","schema":{SCALAR}}}"#))
            .collect::<Vec<_>>()
            .join(",");
        let mut paths = String::new();
        for n in 0..6_000 {
            let _ = write!(
                paths,
                r##"{}"/p{n}":{{"$ref":"#/components/pathItems/P"}}"##,
                comma(n)
            );
        }
        one(format!(
            r#"{{"openapi":"3.1.0","paths":{{{paths}}},"components":{{"pathItems":{{"P":{{"parameters":[{parameters}],"post":{{}},"get":{{}},"put":{{}},"delete":{{}}}}}}}}}}"#
        ))
    }),
    ("many-media-types", || {
        let media = (0..50_000)
            .map(|n| {
                format!(
                    r##""application/x{n}":{{"schema":{{"$ref":"#/components/schemas/Big"}}}}"##
                )
            })
            .collect::<Vec<_>>()
            .join(",");
        let paths = operations(20_000, |_| {
            r##""requestBody":{"$ref":"#/components/requestBodies/R"},"responses":{"200":{"$ref":"#/components/responses/R"}}"##.to_owned()
        });
        one(format!(
            r#"{{"openapi":"3.0.0","paths":{{{paths}}},"components":{{"requestBodies":{{"R":{{"content":{{{media}}}}}}},"responses":{{"R":{{"content":{{{media}}}}}}},"schemas":{{"Big":{{"properties":{{{}}}}}}}}}}}"#,
            properties(1_000, SCALAR)
        ))
    }),
    ("many-responses", || {
        let responses = (0..50_000)
            .map(|n| format!(r##""2{n}":{{"$ref":"#/components/responses/R"}}"##))
            .collect::<Vec<_>>()
            .join(",");
        let paths = (0..6_000)
            .map(|n| format!(r##""/p{n}":{{"$ref":"#/components/pathItems/P"}}"##))
            .collect::<Vec<_>>()
            .join(",");
        one(format!(
            r#"{{"openapi":"3.1.0","paths":{{{paths}}},"components":{{"pathItems":{{"P":{{"post":{{"responses":{{{responses}}}}},"put":{{"responses":{{{responses}}}}}}}}},"responses":{{"R":{{"content":{{"application/json":{{"schema":{{"properties":{{"id":{SCALAR}}}}}}}}}}}}}}}}}"#
        ))
    }),
    ("a-large-enum", || {
        let values = (0..4_000_000)
            .map(|n| format!("\"v{n}\""))
            .collect::<Vec<_>>()
            .join(",");
        one(document(
            &shared_body(20_000, "Big"),
            &schema(
                "Big",
                &format!(r#""kind":{{"type":"string","enum":[{values}]}}"#),
            ),
        ))
    }),
    ("a-description-of-fifty-megabytes", || {
        let long = "password ".repeat(5_500_000);
        one(document(
            &shared_body(1_000, "Big"),
            &schema(
                "Big",
                &format!(r#""code":{{"type":"string","description":"{long}"}}"#),
            ),
        ))
    }),
    ("summaries", || {
        let long = "Create and delete a thing of the thing ".repeat(25);
        one(document(
            &operations(45_000, |n| {
                format!(r#""operationId":"x{n}","summary":"{long}""#)
            }),
            "",
        ))
    }),
    ("one-summary-of-fifty-megabytes", || {
        let long = "Create ".repeat(7_000_000);
        one(document(
            &operations(1, |_| {
                format!(r#""operationId":"{long}","summary":"{long}""#)
            }),
            "",
        ))
    }),
    ("many-tags", || {
        let tags = (0..4_000_000)
            .map(|n| format!("\"t{n}\""))
            .collect::<Vec<_>>()
            .join(",");
        one(document(
            &operations(1, |_| format!(r#""tags":[{tags}]"#)),
            "",
        ))
    }),
    ("paths", || {
        one(document(&operations(100_000, |_| String::new()), ""))
    }),
    ("paths-of-many-segments", || {
        let long = "/a".repeat(1_000_000);
        one(document(
            &format!(
                r#""{long}":{{"post":{{}},"put":{{}},"get":{{}},"delete":{{}},"patch":{{}},"trace":{{}}}}"#
            ),
            "",
        ))
    }),
    ("paths-of-many-parameters", || {
        let long = "/a{b}".repeat(3_000);
        let paths = (0..2_000)
            .map(|n| format!(r#""/{n}{long}":{{"post":{{}},"put":{{}},"get":{{}},"delete":{{}}}}"#))
            .collect::<Vec<_>>()
            .join(",");
        one(document(&paths, ""))
    }),
    ("paths-that-are-patterns", || {
        let paths = (0..50_000)
            .map(|n| format!(r#""/{{id}}:verb{n}":{{"post":{{}}}}"#))
            .collect::<Vec<_>>()
            .join(",");
        one(document(&paths, ""))
    }),
    ("paths-of-one-shape", || {
        let paths = (0..50_000)
            .map(|n| format!(r#""/{{id{n}}}":{{"post":{{}}}}"#))
            .collect::<Vec<_>>()
            .join(",");
        one(document(&paths, ""))
    }),
    ("paths-with-fragments", || {
        let paths = (0..50_000)
            .map(|n| format!(r#""/#Action=Do{n}":{{"post":{{}}}}"#))
            .collect::<Vec<_>>()
            .join(",");
        one(document(&paths, ""))
    }),
    ("same-operation-ids", || {
        one(document(
            &operations(50_000, |_| r#""operationId":"same""#.to_owned()),
            "",
        ))
    }),
    ("wrong-annotations", || {
        one(document(
            &operations(50_000, |n| {
                format!(
                    r#""x-audit":{{"colour{n}":1,"entity":{{"id":"body.nothing"}},"activity":"{{nobody}}"}},{}"#,
                    body(r##"{"$ref":"#/components/schemas/Big"}"##)
                )
            }),
            &schema("Big", &properties(500, SCALAR)),
        ))
    }),
    ("many-servers", || {
        one(document(
            &operations(30_000, |n| {
                format!(
                    r#""servers":[{{"url":"https://h{n}.example.com/{{a}}/{{b}}","variables":{{"a":{{"default":"x","enum":["x","y","z"]}}}}}}]"#
                )
            }),
            "",
        ))
    }),
    ("server-variables", || {
        let values = (0..200_000)
            .map(|n| format!("\"v{n}\""))
            .collect::<Vec<_>>()
            .join(",");
        let variables = ["a", "b", "c", "d"]
            .map(|name| format!(r#""{name}":{{"default":"x","enum":[{values}]}}"#))
            .join(",");
        let root = format!(
            r#""servers":[{{"url":"https://x.example.com/{{a}}/{{b}}/{{c}}/{{d}}","variables":{{{variables}}}}}],"#
        );
        one(with_root(&root, &operations(10_000, |_| String::new()), ""))
    }),
    ("mistyped-places", || {
        let named = |count: usize, name: &dyn Fn(usize) -> String| {
            (0..count).map(name).collect::<Vec<_>>().join(",")
        };
        let parameters = named(500, &|n| {
            format!(r#"{{"name":"a_long_parameter_{n}","in":"query"}}"#)
        });
        let places = |at: usize| named(200, &|n| format!(r#""query.a_lng_parameter_{}""#, at + n));
        let (redact, keep) = (places(0), places(200));
        let said = format!(r#"{{"redact":[{redact}],"keep":[{keep}]}}"#);
        let item = format!(r#"{{"post":{{"parameters":[{parameters}],"x-audit":{said}}}}}"#);
        let paths = named(3_900, &|n| format!(r##""/p{n}":{{"$ref":"#/x"}}"##));
        one(with_root(&format!(r#""x":{item},"#), &paths, ""))
    }),
    ("yaml-aliases", || {
        let mut yaml =
            "openapi: 3.0.0\nx: &x {type: string, format: password}\ny: &y {properties: {"
                .to_owned();
        for n in 0..1_000 {
            let _ = write!(yaml, "p{n}: *x,");
        }
        yaml.push_str("}}\npaths:\n");
        for n in 0..1_000 {
            let _ = writeln!(
                yaml,
                "  /p{n}: {{post: {{requestBody: {{content: {{application/json: {{schema: *y}}}}}}}}}}"
            );
        }
        vec![file("hostile.yaml", yaml)]
    }),
    ("yaml-anchors", || {
        let mut yaml = "openapi: 3.0.0\nx:\n".to_owned();
        for n in 0..600_000 {
            let _ = writeln!(yaml, "  - &a{n} {{b: c}}");
        }
        vec![file("hostile.yaml", yaml)]
    }),
    ("yaml-merge-keys", || {
        let mut yaml = "openapi: 3.0.0\nx: &x\n".to_owned();
        for n in 0..2_000 {
            let _ = writeln!(yaml, "  k{n}: v");
        }
        yaml.push_str("y:\n");
        for _ in 0..2_000 {
            yaml.push_str("  - {<<: *x}\n");
        }
        vec![file("hostile.yaml", yaml)]
    }),
    ("overlay-that-descends", || {
        let targets = [
            "$..*",
            "$..*..*",
            "$..[?@..*]",
            "$..[?match(@.a, '.*.*.*b')]",
            "$..[?@.type == 'string']",
        ];
        let actions: Vec<String> = (0..1_000)
            .map(|n| {
                format!(
                    r#"{{"target":"{}","update":{{"x":1}}}}"#,
                    targets[n % targets.len()]
                )
            })
            .collect();
        let overlay = format!(
            r#"{{"overlay":"1.0.0","info":{{}},"actions":[{}]}}"#,
            actions.join(",")
        );
        let mut files = one(document(
            &shared_body(10_000, "Big"),
            &schema("Big", &properties(90_000, SCALAR)),
        ));
        files.push(file("hostile.overlay.json", overlay));
        files
    }),
    ("overlay-that-removes", || {
        let list = (0..99_000)
            .map(|n| n.to_string())
            .collect::<Vec<_>>()
            .join(",");
        let overlay =
            r#"{"overlay":"1.0.0","info":{},"actions":[{"target":"$.x[*]","remove":true}]}"#;
        let mut files = one(with_root(&format!(r#""x":[{list}],"#), "", ""));
        files.push(file("hostile.overlay.json", overlay.to_owned()));
        files
    }),
    ("overlay-of-many-actions", || {
        let actions: Vec<String> = (0..10_000).map(|n| format!(r#"{{"target":"$.paths['/p{n}'].post","update":{{"x-audit":{{"colour":{n}}}}}}}"#)).collect();
        let overlay = format!(
            r#"{{"overlay":"1.0.0","info":{{}},"actions":[{}]}}"#,
            actions.join(",")
        );
        let mut files = one(document(&operations(50_000, |_| String::new()), ""));
        files.push(file("hostile.overlay.json", overlay));
        files
    }),
    ("documents-of-one-host", || {
        (0..20).map(|n| {
            let root = format!(r#""x-audit":{{"service":"s{n}"}},"servers":[{{"url":"https://x.example.com"}}],"#);
            file(&format!("hostile{n}.json"), with_root(&root, &operations(20_000, |_| String::new()), ""))
        }).collect()
    }),
    ("malformed-corners", || {
        one(document(
            &operations(50_000, |_| {
                r#""parameters":7,"requestBody":[],"responses":"","operationId":{}"#.to_owned()
            }),
            &schema("Big", &properties(500_000, "7")),
        ))
    }),
    ("remote-references", || {
        one(document(
            "",
            &schema(
                "Big",
                &properties(500_000, r#"{"$ref":"https://x.example/y.json#/z"}"#),
            ),
        ))
    }),
    ("long-references", || {
        let long = "/x".repeat(5_000);
        one(document(
            &operations(5_000, |_| body(&format!(r##"{{"$ref":"#{long}"}}"##))),
            "",
        ))
    }),
];

const SCALAR: &str = r#"{"type":"string"}"#;
const SECRET: &str = r#"{"type":"string","writeOnly":true}"#;

fn file(file_name: &str, text: String) -> Document {
    Document {
        file_name: file_name.to_owned(),
        bytes: text.into_bytes(),
    }
}

fn one(text: String) -> Vec<Document> {
    vec![file("hostile.json", text)]
}

fn comma(position: usize) -> &'static str {
    if position == 0 { "" } else { "," }
}

fn with_root(members: &str, paths: &str, schemas: &str) -> String {
    format!(
        r#"{{"openapi":"3.0.0",{members}"paths":{{{paths}}},"components":{{"schemas":{{{schemas}}}}}}}"#
    )
}

fn document(paths: &str, schemas: &str) -> String {
    with_root("", paths, schemas)
}

/// POSTs of different paths.
fn operations(count: usize, members: impl Fn(usize) -> String) -> String {
    let paths = (0..count).map(|n| format!(r#""/p{n}":{{"post":{{{}}}}}"#, members(n)));
    paths.collect::<Vec<_>>().join(",")
}

/// Request and response of one schema.
fn body(schema: &str) -> String {
    let content = format!(r#"{{"content":{{"application/json":{{"schema":{schema}}}}}}}"#);
    format!(r#""requestBody":{content},"responses":{{"201":{content}}}"#)
}

fn shared_body(count: usize, name: &str) -> String {
    operations(count, |_| {
        body(&format!(r##"{{"$ref":"#/components/schemas/{name}"}}"##))
    })
}

fn schema(name: &str, properties: &str) -> String {
    format!(r#""{name}":{{"properties":{{{properties}}}}}"#)
}

fn properties(count: usize, schema: &str) -> String {
    let properties = (0..count).map(|n| format!(r#""p{n}":{schema}"#));
    properties.collect::<Vec<_>>().join(",")
}

fn main() -> Result<()> {
    let Some(name) = std::env::args().nth(1) else {
        let this = std::env::current_exe()?;
        for (name, _) in SHAPES {
            let output = Command::new(&this).arg(name).output()?;
            print!("{}", String::from_utf8_lossy(&output.stdout));
            if !output.status.success() {
                println!("{name}: {}", output.status);
            }
        }
        return Ok(());
    };
    let (name, make) = SHAPES
        .iter()
        .find(|(known, _)| *known == name)
        .context("no such shape")?;
    let files = make();
    let bytes: usize = files.iter().map(|file| file.bytes.len()).sum();
    let start = Instant::now();
    let (index, problems) = Index::build(files);
    let elapsed_ms = start.elapsed().as_millis();
    println!(
        "{name}: {} kB, {} operations, {} problems, {elapsed_ms} ms, peak {} MB{}",
        bytes / 1_000,
        index.operations().count(),
        problems.len(),
        peak_memory_mb().unwrap_or_default(),
        problems
            .first()
            .map(|problem| format!(
                "; {}",
                problem.to_string().chars().take(160).collect::<String>()
            ))
            .unwrap_or_default()
    );
    Ok(())
}

/// The most memory that this process has had, where Linux says it.
fn peak_memory_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024)
}
