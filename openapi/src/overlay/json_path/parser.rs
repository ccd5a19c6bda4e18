//! The grammar of JSONPath (RFC 9535, appendix A), read in one pass without going back.

use serde_json::{Number, Value};

/// How deep brackets and parentheses may nest.
const DEPTH_MAX: usize = 16;

/// The greatest integer that every JSON implementation keeps (RFC 7493, section 2.2).
const INTEGER_MAX: i64 = (1 << 53) - 1;

/// `$.paths` or `@.name`.
#[derive(Debug)]
pub(super) struct Query {
    /// It starts at the root (`$`) and not at the current value (`@`).
    pub(super) from_root: bool,
    pub(super) segments: Vec<Segment>,
}

#[derive(Debug)]
pub(super) struct Segment {
    /// `..`: the selectors apply to the value and to all below it.
    pub(super) descends: bool,
    pub(super) selectors: Vec<Selector>,
}

#[derive(Debug)]
pub(super) enum Selector {
    Name(String),
    Wildcard,
    Index(i64),
    Slice(Option<i64>, Option<i64>, Option<i64>),
    Filter(Logical),
}

/// What a filter asks.
#[derive(Debug)]
pub(super) enum Logical {
    Or(Vec<Logical>),
    And(Vec<Logical>),
    Not(Box<Logical>),
    /// The query selects something.
    Exists(Query),
    Compare(Operand, Comparison, Operand),
    /// `match` (the whole text) and `search` (a part of it).
    Matches {
        text: Operand,
        pattern: Operand,
        whole: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What has a value (section 2.4.1, `ValueType`).
#[derive(Debug)]
pub(super) enum Operand {
    Literal(Value),
    /// A query that selects at most one value.
    Query(Query),
    Length(Box<Operand>),
    Count(Query),
    Value(Query),
}

/// A piece of a filter before it is known what it is used for.
enum Term {
    Operand(Operand),
    /// A query that may select several values.
    Query(Query),
    Logical(Logical),
}

impl Query {
    /// By its form it selects at most one value (section 2.3.5.1).
    fn is_singular(&self) -> bool {
        self.segments.iter().all(|segment| {
            !segment.descends
                && matches!(
                    segment.selectors.as_slice(),
                    [Selector::Name(_) | Selector::Index(_)]
                )
        })
    }
}

/// Parses a query from the root.
///
/// # Errors
/// What was expected, and at which character.
pub(super) fn parse(text: &str) -> Result<Query, String> {
    let mut parser = Parser {
        text,
        at: 0,
        depth: 0,
    };
    parser.expect('$')?;
    let segments = parser.segments()?;
    if parser.peek().is_some() {
        return Err(parser.wrong("the end or a segment like .name or ['name']"));
    }
    Ok(Query {
        from_root: true,
        segments,
    })
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn expect(&mut self, character: char) -> Result<(), String> {
        if self.peek() == Some(character) {
            self.at += character.len_utf8();
            Ok(())
        } else {
            Err(self.wrong(&character.to_string()))
        }
    }

    fn wrong(&self, expected: &str) -> String {
        let position = self
            .text
            .get(..self.at)
            .map_or(0, |before| before.chars().count())
            + 1;
        format!("it is no JSONPath (RFC 9535): at character {position} it needs {expected}")
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.at += 1;
        }
    }

    fn nested<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, String>,
    ) -> Result<T, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("its brackets nest deeper than {DEPTH_MAX} levels"));
        }
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn segments(&mut self) -> Result<Vec<Segment>, String> {
        let mut segments = Vec::new();
        loop {
            let before = self.at;
            self.skip_blanks();
            let descends = self.take("..");
            let selectors = if self.peek() == Some('[') {
                self.nested(Self::bracketed)?
            } else if descends || self.take(".") {
                vec![self.shorthand()?]
            } else {
                // What follows a query may stand behind blanks, but nothing follows the outermost.
                self.at = before;
                return Ok(segments);
            };
            segments.push(Segment {
                descends,
                selectors,
            });
        }
    }

    /// `*` or `name` behind a dot.
    fn shorthand(&mut self) -> Result<Selector, String> {
        if self.take("*") {
            return Ok(Selector::Wildcard);
        }
        let is_first = |character: char| {
            character.is_ascii_alphabetic() || character == '_' || !character.is_ascii()
        };
        let start = self.at;
        while let Some(character) = self.peek()
            && (is_first(character) || (self.at > start && character.is_ascii_digit()))
        {
            self.at += character.len_utf8();
        }
        if self.at == start {
            return Err(self.wrong("a name or *; other keys go into brackets: ['/orders/{id}']"));
        }
        let name = self.text.get(start..self.at).unwrap_or_default().to_owned();
        if self.peek() == Some('-') {
            return Err(self.wrong("no hyphen; the name goes into brackets: ['x-audit']"));
        }
        Ok(Selector::Name(name))
    }

    fn bracketed(&mut self) -> Result<Vec<Selector>, String> {
        self.expect('[')?;
        let mut selectors = Vec::new();
        loop {
            self.skip_blanks();
            selectors.push(self.selector()?);
            self.skip_blanks();
            if self.take("]") {
                return Ok(selectors);
            }
            if !self.take(",") {
                return Err(self.wrong("] or ,"));
            }
        }
    }

    fn selector(&mut self) -> Result<Selector, String> {
        match self.peek() {
            Some('\'' | '"') => Ok(Selector::Name(self.string()?)),
            Some('*') => {
                self.at += 1;
                Ok(Selector::Wildcard)
            }
            Some('?') => {
                self.at += 1;
                self.skip_blanks();
                Ok(Selector::Filter(self.logical_or()?))
            }
            Some('-' | '0'..='9' | ':') => self.index_or_slice(),
            _ => Err(self.wrong("a name in quotes, a number, *, a slice or ?")),
        }
    }

    fn index_or_slice(&mut self) -> Result<Selector, String> {
        let start = self.optional_integer()?;
        let before = self.at;
        self.skip_blanks();
        if !self.take(":") {
            self.at = before;
            return start
                .map(Selector::Index)
                .ok_or_else(|| self.wrong("a number"));
        }
        self.skip_blanks();
        let end = self.optional_integer()?;
        let before = self.at;
        self.skip_blanks();
        let mut step = None;
        if self.take(":") {
            let before = self.at;
            self.skip_blanks();
            step = self.optional_integer()?;
            if step.is_none() {
                self.at = before;
            }
        } else {
            self.at = before;
        }
        Ok(Selector::Slice(start, end, step))
    }

    fn optional_integer(&mut self) -> Result<Option<i64>, String> {
        if !matches!(self.peek(), Some('-' | '0'..='9')) {
            return Ok(None);
        }
        let start = self.at;
        self.integer()?;
        let text = self.text.get(start..self.at).unwrap_or_default();
        let number = text.parse::<i64>().ok();
        number
            .filter(|number| number.abs() <= INTEGER_MAX && text != "-0")
            .map(Some)
            .ok_or_else(|| self.wrong("a smaller whole number"))
    }

    /// `0`, or digits that begin otherwise, with or without a minus.
    fn integer(&mut self) -> Result<(), String> {
        self.take("-");
        if self.take("0") {
            return if matches!(self.peek(), Some('0'..='9')) {
                Err(self.wrong("a number without zeros in front"))
            } else {
                Ok(())
            };
        }
        self.digits()
    }

    fn digits(&mut self) -> Result<(), String> {
        let start = self.at;
        while matches!(self.peek(), Some('0'..='9')) {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.wrong("a digit"));
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Value, String> {
        let start = self.at;
        self.integer()?;
        if self.take(".") {
            self.digits()?;
        }
        if self.take("e") || self.take("E") {
            if !self.take("-") {
                self.take("+");
            }
            self.digits()?;
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        let whole = text.parse::<i64>().ok().map(Number::from);
        whole
            .or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64))
            .map(Value::Number)
            .ok_or_else(|| self.wrong("a smaller number"))
    }

    fn string(&mut self) -> Result<String, String> {
        let quote = self.next().ok_or_else(|| self.wrong("a quote"))?;
        let mut text = String::new();
        loop {
            match self.next() {
                Some(character) if character == quote => return Ok(text),
                Some('\\') => text.push(self.escape(quote)?),
                Some(character) if character >= ' ' => text.push(character),
                _ => return Err(self.wrong("the closing quote")),
            }
        }
    }

    fn escape(&mut self, quote: char) -> Result<char, String> {
        match self.next() {
            Some('b') => Ok('\u{8}'),
            Some('f') => Ok('\u{c}'),
            Some('n') => Ok('\n'),
            Some('r') => Ok('\r'),
            Some('t') => Ok('\t'),
            Some(same @ ('/' | '\\')) => Ok(same),
            Some(same) if same == quote => Ok(same),
            Some('u') => {
                let first = self.hexadecimal()?;
                let code = if (0xd800..0xdc00).contains(&first) && self.take("\\u") {
                    let second = self.hexadecimal()?;
                    if !(0xdc00..0xe000).contains(&second) {
                        return Err(self.wrong("the second half of a character"));
                    }
                    0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)
                } else {
                    first
                };
                char::from_u32(code).ok_or_else(|| self.wrong("a whole character"))
            }
            _ => Err(self.wrong("an escape of JSON")),
        }
    }

    fn hexadecimal(&mut self) -> Result<u32, String> {
        let digits = self.text.get(self.at..self.at + 4).unwrap_or_default();
        let is_hexadecimal =
            digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u32::from_str_radix(digits, 16)
            .ok()
            .filter(|_| is_hexadecimal);
        self.at += if number.is_some() { 4 } else { 0 };
        number.ok_or_else(|| self.wrong("four hexadecimal digits"))
    }

    fn logical_or(&mut self) -> Result<Logical, String> {
        let mut parts = vec![self.logical_and()?];
        while self.take_behind_blanks("||") {
            self.skip_blanks();
            parts.push(self.logical_and()?);
        }
        Ok(Logical::Or(parts))
    }

    fn logical_and(&mut self) -> Result<Logical, String> {
        let mut parts = vec![self.basic()?];
        while self.take_behind_blanks("&&") {
            self.skip_blanks();
            parts.push(self.basic()?);
        }
        Ok(Logical::And(parts))
    }

    fn take_behind_blanks(&mut self, token: &str) -> bool {
        let before = self.at;
        self.skip_blanks();
        let found = self.take(token);
        if !found {
            self.at = before;
        }
        found
    }

    fn basic(&mut self) -> Result<Logical, String> {
        if self.take("!") {
            self.skip_blanks();
            let inner = if self.peek() == Some('(') {
                self.nested(Self::parenthesized)?
            } else {
                let term = self.term()?;
                self.as_test(term)?
            };
            return Ok(Logical::Not(Box::new(inner)));
        }
        if self.peek() == Some('(') {
            return self.nested(Self::parenthesized);
        }
        let left = self.term()?;
        let before = self.at;
        self.skip_blanks();
        let Some(comparison) = self.comparison() else {
            self.at = before;
            return self.as_test(left);
        };
        let left = self.as_operand(left)?;
        self.skip_blanks();
        let right = self.term()?;
        let right = self.as_operand(right)?;
        Ok(Logical::Compare(left, comparison, right))
    }

    fn parenthesized(&mut self) -> Result<Logical, String> {
        self.expect('(')?;
        self.skip_blanks();
        let inner = self.logical_or()?;
        self.skip_blanks();
        self.expect(')')?;
        Ok(inner)
    }

    fn comparison(&mut self) -> Option<Comparison> {
        [
            ("==", Comparison::Equal),
            ("!=", Comparison::NotEqual),
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ]
        .into_iter()
        .find_map(|(token, comparison)| self.take(token).then_some(comparison))
    }

    fn as_test(&self, term: Term) -> Result<Logical, String> {
        match term {
            Term::Logical(logical) => Ok(logical),
            Term::Query(query) | Term::Operand(Operand::Query(query)) => Ok(Logical::Exists(query)),
            Term::Operand(_) => Err(self.wrong("a comparison")),
        }
    }

    fn as_operand(&self, term: Term) -> Result<Operand, String> {
        match term {
            Term::Operand(operand) => Ok(operand),
            Term::Query(_) => Err(self.wrong("a query of one value in front")),
            Term::Logical(_) => Err(self.wrong("no comparison behind match or search")),
        }
    }

    fn term(&mut self) -> Result<Term, String> {
        match self.peek() {
            Some(start @ ('$' | '@')) => {
                self.at += 1;
                let query = Query {
                    from_root: start == '$',
                    segments: self.segments()?,
                };
                Ok(if query.is_singular() {
                    Term::Operand(Operand::Query(query))
                } else {
                    Term::Query(query)
                })
            }
            Some('\'' | '"') => Ok(Term::Operand(Operand::Literal(Value::String(
                self.string()?,
            )))),
            Some('-' | '0'..='9') => Ok(Term::Operand(Operand::Literal(self.number()?))),
            Some('a'..='z') => self.word(),
            _ => Err(self.wrong("@, $, a literal or a function")),
        }
    }

    /// `true`, `false`, `null` or a function.
    fn word(&mut self) -> Result<Term, String> {
        let start = self.at;
        while matches!(self.peek(), Some('a'..='z' | '0'..='9' | '_')) {
            self.at += 1;
        }
        let name = self.text.get(start..self.at).unwrap_or_default().to_owned();
        let literal = |value| Ok(Term::Operand(Operand::Literal(value)));
        match name.as_str() {
            "true" => return literal(Value::Bool(true)),
            "false" => return literal(Value::Bool(false)),
            "null" => return literal(Value::Null),
            "length" | "count" | "value" | "match" | "search" => {}
            _ => {
                self.at = start;
                return Err(
                    self.wrong("a literal or one of length, count, value, match and search")
                );
            }
        }
        self.nested(|parser| {
            parser.expect('(')?;
            let mut arguments = Vec::new();
            loop {
                parser.skip_blanks();
                arguments.push(parser.term()?);
                parser.skip_blanks();
                if parser.take(")") {
                    break;
                }
                parser.expect(',')?;
            }
            parser.function(&name, arguments)
        })
    }

    fn function(&self, name: &str, arguments: Vec<Term>) -> Result<Term, String> {
        let wrong_count = || self.wrong("another number of arguments in front");
        let mut arguments = arguments.into_iter();
        let mut argument = || arguments.next().ok_or_else(wrong_count);
        let nodes = |term| match term {
            Term::Query(query) | Term::Operand(Operand::Query(query)) => Ok(query),
            _ => Err(self.wrong("a query as the argument in front")),
        };
        let term = match name {
            "count" => Term::Operand(Operand::Count(nodes(argument()?)?)),
            "value" => Term::Operand(Operand::Value(nodes(argument()?)?)),
            "length" => Term::Operand(Operand::Length(Box::new(self.as_operand(argument()?)?))),
            _ => Term::Logical(Logical::Matches {
                text: self.as_operand(argument()?)?,
                pattern: self.as_operand(argument()?)?,
                whole: name == "match",
            }),
        };
        match arguments.next() {
            None => Ok(term),
            Some(_) => Err(wrong_count()),
        }
    }
}
