//! House rules: what every file of the project keeps.

#![allow(clippy::unwrap_used)] // the helpers of tests give up as tests do

use std::path::{Path, PathBuf};

const RUST_LINES_MAX: usize = 600;

#[test]
fn each_rust_file_opens_with_a_sentence_and_stays_short() {
    let files = files_below(root(), "rs");
    assert!(files.len() > 50, "the walk found {} files", files.len());
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let name = file.strip_prefix(root()).unwrap().display();
        let comment: String = text
            .lines()
            .take_while(|line| line.starts_with("//!"))
            .map(|line| line.trim_start_matches("//!").trim())
            .take_while(|line| !line.is_empty())
            .collect::<Vec<_>>()
            .join(" ");
        assert!(
            comment.len() > 15 && comment.ends_with(['.', ':', '|', '`']),
            "{name} must open with a //! sentence, not {comment:?}"
        );
        let lines = text.lines().count();
        assert!(lines <= RUST_LINES_MAX, "{name} has {lines} lines");
    }
}

#[test]
fn only_the_launcher_may_use_unsafe_code() {
    // Put together here, so that this file does not find itself.
    let lifted = ["allow(unsafe", "_code)"].concat();
    for file in files_below(root(), "rs") {
        let text = std::fs::read_to_string(&file).unwrap();
        let is_launcher = file
            .components()
            .any(|part| part.as_os_str() == "clickhouse-launcher");
        assert!(is_launcher || !text.contains(&lifted), "{}", file.display());
    }
    for file in files_below(root(), "toml") {
        if file.file_name().is_none_or(|name| name != "Cargo.toml") {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        if text.contains("[package]") && !file.ends_with("clickhouse-launcher/Cargo.toml") {
            assert!(
                text.contains("[lints]\nworkspace = true"),
                "{} must take the workspace's lints",
                file.display()
            );
        }
    }
}

#[test]
fn no_test_is_ignored_and_nothing_is_left_for_later() {
    // Put together here, so that this file does not find itself.
    let forbidden = [
        ["#[ign", "ore"].concat(),
        ["to", "do!("].concat(),
        ["unimple", "mented!("].concat(),
        ["FIX", "ME"].concat(),
    ];
    for file in files_below(root(), "rs") {
        let text = std::fs::read_to_string(&file).unwrap();
        for word in &forbidden {
            assert!(!text.contains(word), "{} has {word}", file.display());
        }
    }
}

#[test]
fn a_program_of_tests_forgets_none_of_its_files() {
    let programs: Vec<_> = files_below(root(), "rs")
        .into_iter()
        .filter(|file| file.ends_with("tests/all.rs"))
        .collect();
    assert!(programs.len() > 1);
    for program in programs {
        let listed = std::fs::read_to_string(&program).unwrap();
        for entry in std::fs::read_dir(program.parent().unwrap()).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy();
            let is_listed = listed.contains(&format!("mod {name};"));
            let is_rust = path.extension().is_some_and(|found| found == "rs");
            let is_test = is_rust && path != program;
            assert!(is_listed || !is_test, "{} is in no program", path.display());
        }
    }
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn files_below(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        if path.is_dir() {
            if !matches!(name.as_ref(), "target" | ".git" | "node_modules" | "dist") {
                files.extend(files_below(&path, extension));
            }
        } else if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
    files
}
