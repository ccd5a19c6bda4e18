//! A report for people: each document's problems and doubts, then the shares.

use std::fmt::Write as _;

use super::report::{Counts, Fact, Finding, Report};
use super::rules::Level;
use super::settlement::Settlement;
use crate::columns::{cut, visible, wrapped};

/// The widest lines, where the terminal is wider.
const WIDTH_MAX: usize = 100;

/// The narrowest ones, where it is narrower.
const WIDTH_MIN: usize = 60;

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextStyle {
    /// The columns of the terminal.
    pub width: usize,
    /// Whether it shows colours (ECMA-48).
    pub colour: bool,
}

/// Writes a report, held against the least share that is asked for, in per cent.
pub fn text(report: &Report, min: f64, style: TextStyle) -> String {
    let mut page = Page {
        text: String::new(),
        width: style.width.clamp(WIDTH_MIN, WIDTH_MAX),
        colour: style.colour,
    };
    for of_document in report
        .findings
        .chunk_by(|one, other| one.document == other.document)
    {
        page.document(of_document);
    }
    page.shares(report);
    page.verdict(report, min);
    page.text
}

struct Page {
    text: String,
    width: usize,
    colour: bool,
}

#[derive(Clone, Copy)]
enum Ink {
    Plain,
    Bold,
    Dim,
    Red,
    Green,
    Yellow,
}

impl Page {
    fn document(&mut self, findings: &[Finding]) {
        let Some(first) = findings.first() else {
            return;
        };
        self.line(0, &first.document, Ink::Bold);
        for of_place in
            findings.chunk_by(|one, other| one.is_of_an_operation() && one.is_beside(other))
        {
            if of_place.iter().all(Finding::is_of_an_operation) {
                self.operation(of_place);
            } else {
                for problem in of_place {
                    self.problem(problem);
                }
            }
        }
        self.text.push('\n');
    }

    fn problem(&mut self, problem: &Finding) {
        let (word, ink) = match problem.level {
            Level::Error => ("error", Ink::Red),
            Level::Warning => ("warning", Ink::Yellow),
        };
        let place = match (problem.line, problem.pointer.as_str()) {
            (Some(line), pointer) => format!("  line {line}, #{pointer}"),
            (None, "") => String::new(),
            (None, pointer) => format!("  #{pointer}"),
        };
        self.line(2, &format!("{word}{place}"), ink);
        self.paragraph(4, &problem.message);
    }

    /// An operation's doubts, and the one `x-audit` that would settle all of them.
    fn operation(&mut self, doubts: &[Finding]) {
        let first = &doubts[0];
        let title = format!("{} {}", first.method, first.path);
        self.text.push('\n');
        self.line(2, &title, Ink::Bold);
        let place = match first.line {
            Some(line) => format!("line {line}, #{}", first.pointer),
            None => format!("#{}", first.pointer),
        };
        self.line(2, &place, Ink::Dim);
        let mut settlement = Settlement::default();
        for doubt in doubts {
            let fact = format!("{:<11}", doubt.fact.as_str());
            let decided = match doubt.decided.as_str() {
                "" => "none",
                decided => decided,
            };
            self.ink(&format!("  {fact}"), Ink::Yellow);
            let room = self.width - 13;
            self.line(0, &cut(decided, room), Ink::Plain);
            self.paragraph(13, &format!("{}: {}", doubt.rule, doubt.message));
            settlement.add(&doubt.settlement);
        }
        let action = settlement.overlay(&first.method, &first.item, first.is_any_method);
        if !action.is_empty() {
            self.text.push('\n');
            for line in action.lines() {
                self.line(4, line, Ink::Dim);
            }
        }
    }

    fn shares(&mut self, report: &Report) {
        let names = report.documents.iter().map(|(name, _)| name.as_str());
        let longest = names.map(|name| name.chars().count()).max().unwrap_or(0);
        let name_width = longest.clamp(10, self.width.saturating_sub(72).max(10));
        let mut head = format!("{:name_width$}", "");
        for title in ["operations"]
            .into_iter()
            .chain(Fact::OF_OPERATION.map(Fact::as_str))
            .chain(["all five"])
        {
            let _ = write!(head, "  {title:>8}");
        }
        self.line(0, &head, Ink::Dim);
        if report.documents.len() > 1 {
            for (name, counts) in &report.documents {
                self.row(name, name_width, counts, Ink::Plain);
            }
        }
        let name = match report.documents.as_slice() {
            [(name, _)] => name.as_str(),
            _ => "all",
        };
        self.row(name, name_width, &report.total, Ink::Bold);
    }

    fn row(&mut self, name: &str, name_width: usize, counts: &Counts, ink: Ink) {
        let mut row = format!(
            "{:name_width$}  {:>10}",
            cut(name, name_width),
            counts.operations
        );
        let shares = counts.shares().into_iter().chain([counts.share_of_all()]);
        for (share, title) in shares.zip(
            Fact::OF_OPERATION
                .map(Fact::as_str)
                .into_iter()
                .chain(["all five"]),
        ) {
            let width = title.len().max(8);
            let _ = write!(row, "  {:>width$}", format!("{share:.1} %"));
        }
        self.line(0, &row, ink);
    }

    fn verdict(&mut self, report: &Report, min: f64) {
        let summary = report.summary(min);
        let count = |number: usize, word: &str| {
            let plural = if number == 1 { "" } else { "s" };
            format!("{number} {word}{plural}")
        };
        let verdict = format!(
            "{}: {:.1} % of {} certain in all five facts ({min} % asked for), {}, {}",
            if summary.passed { "passed" } else { "failed" },
            summary.all,
            count(summary.operations, "operation"),
            count(summary.errors, "error"),
            count(summary.warnings, "doubt"),
        );
        let ink = if summary.passed { Ink::Green } else { Ink::Red };
        self.text.push('\n');
        self.line(0, &verdict, ink);
    }

    /// Words in lines of the page's width.
    fn paragraph(&mut self, indent: usize, words: &str) {
        for line in wrapped(words, self.width - indent) {
            self.line(indent, &line, Ink::Plain);
        }
    }

    fn line(&mut self, indent: usize, words: &str, ink: Ink) {
        let _ = write!(self.text, "{:indent$}", "");
        self.ink(words, ink);
        self.text.push('\n');
    }

    fn ink(&mut self, words: &str, ink: Ink) {
        let code = match ink {
            Ink::Plain => "",
            Ink::Bold => "1",
            Ink::Dim => "2",
            Ink::Red => "31",
            Ink::Green => "32",
            Ink::Yellow => "33",
        };
        let words = visible(words);
        if self.colour && !code.is_empty() {
            let _ = write!(self.text, "\u{1b}[{code}m{words}\u{1b}[0m");
        } else {
            self.text.push_str(&words);
        }
    }
}
