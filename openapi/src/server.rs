//! A document's servers: the hosts it claims and the prefixes in front of its paths.
//!
//! Its rules:
//! - An operation's own `servers` replace its path item's, and those the document's (OpenAPI 3.1,
//!   sections 4.8.9 and 4.8.10).
//! - A server variable has one of the values of its `enum`; without one it may have any, of which its
//!   `default` is tried first (section 4.8.6).
//! - A host that is all variable claims no domain but its default, and excludes none.
//! - `{id}.execute-api.…` claims every request to the API of that id, whatever its domain.
//! - A relative URL names a prefix and no host; a port says nothing, nor does `localhost` or an address.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::path_template::{Part, PathTemplate, Segment, decode_segment, has_byte, match_pattern};

/// The most servers that are read from one list, the values of their variables counted.
pub(crate) const SERVERS_MAX: usize = 128;

/// The longest URL that is read, the values of its variables put in.
pub(crate) const URL_BYTES_MAX: usize = 2_048;

/// The most variables in one URL, each counted as often as it stands there.
const URL_VARIABLES_MAX: usize = 16;

/// What of a list of servers is not read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Unread {
    /// Those behind the first [`SERVERS_MAX`].
    pub(crate) more: bool,
    /// Those whose URL is too long or has too many variables.
    pub(crate) long: bool,
}

/// Where operations are reached: a list of `servers[].url`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Servers {
    servers: Vec<Server>,
    /// Those of all servers, and the empty one, each once.
    prefixes: Vec<PathPrefix>,
}

/// One `servers[].url`, with one choice of its variables.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Server {
    /// In lower case, with open variables as gaps; empty where the URL is relative.
    pub(crate) host: Vec<Part>,
    pub(crate) path_prefix: PathPrefix,
    /// It is the default of a variable that may have any other value as well.
    is_default: bool,
}

/// Empty, or what stands in front of a document's paths, such as `/v1`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct PathPrefix {
    segments: Vec<Segment>,
    /// How much of a path it spells out, with its slashes.
    pub(crate) literal_chars: usize,
}

impl Servers {
    /// Reads a `servers` list; anything else is none. What of the list is not read is said beside it.
    pub(crate) fn read(list: Option<&Value>) -> (Self, Unread) {
        let mut servers: Vec<Server> = Vec::new();
        let mut unread = Unread::default();
        let listed = list.and_then(Value::as_array).into_iter().flatten();
        'listed: for listed in listed {
            for url in urls(listed, &mut unread.long) {
                let server = Server::read(&url);
                let mut known = servers.iter_mut();
                if let Some(known) = known.find(|known| known.is_at(&server)) {
                    known.is_default &= server.is_default;
                    continue;
                }
                if servers.len() == SERVERS_MAX {
                    unread.more = true;
                    break 'listed;
                }
                servers.push(server);
            }
        }
        let mut prefixes = Vec::new();
        for server in &servers {
            if !prefixes.contains(&server.path_prefix) {
                prefixes.push(server.path_prefix.clone());
            }
        }
        if !prefixes.contains(&PathPrefix::default()) {
            prefixes.push(PathPrefix::default());
        }
        (Self { servers, prefixes }, unread)
    }

    pub(crate) fn prefixes(&self) -> &[PathPrefix] {
        &self.prefixes
    }

    /// The same, and whether calls come with it. The path of an address of API Gateway's begins with a stage, which no
    /// other domain has.
    pub(crate) fn reached_prefixes(&self) -> impl Iterator<Item = (&PathPrefix, bool)> {
        let is_bare =
            |server: &Server| server.path_prefix.segments.is_empty() || server.is_of_api_gateway();
        let are_bare = self.servers.is_empty() || self.servers.iter().any(is_bare);
        let prefixes = self.prefixes.iter();
        prefixes.map(move |prefix| (prefix, are_bare || !prefix.segments.is_empty()))
    }

    /// Whether a request to this domain (lower case, without a port) or API is one to these servers.
    pub(crate) fn claim(&self, domain_name: &str, api_id: &str) -> bool {
        self.claiming(domain_name, api_id).next().is_some()
    }

    /// Whether one that claims a request spells its host out. The default of a variable spells none out.
    pub(crate) fn claim_by_whole_host(&self, domain_name: &str, api_id: &str) -> bool {
        let mut claiming = self.claiming(domain_name, api_id);
        claiming.any(|server| {
            let is_whole = || matches!(*server.host, [Part::Literal(_)]);
            !server.is_default && (is_whole() || server.names_api(api_id))
        })
    }

    /// Whether one that claims a request has the prefix, which others are read with as well.
    pub(crate) fn claim_with(&self, domain_name: &str, api_id: &str, prefix: &PathPrefix) -> bool {
        let mut claiming = self.claiming(domain_name, api_id);
        claiming.any(|server| server.path_prefix == *prefix)
    }

    fn claiming(&self, domain_name: &str, api_id: &str) -> impl Iterator<Item = &Server> {
        let servers = self.servers.iter();
        servers.filter(move |server| server.claims(domain_name, api_id))
    }

    /// Whether they are known by name, so that a request to another one is not for them. `localhost:8080` is
    /// where somebody wrote the document, and an address that AWS made up is behind any domain.
    pub(crate) fn name_a_host(&self) -> bool {
        let named = |server: &Server| !server.host.is_empty() && !server.says_nothing();
        let open = |server: &Server| named(server) && !server.spells_out_its_host();
        self.servers.iter().any(named) && !self.servers.iter().any(open)
    }

    /// Whether all hosts that they have say nothing, and they have one.
    pub(crate) fn have_makeshift_hosts(&self) -> bool {
        let mut hosts = self.with_host().peekable();
        hosts.peek().is_some() && hosts.all(Server::says_nothing)
    }

    /// Whether the id of an API tells their requests from those to others.
    pub(crate) fn have_api_ids(&self) -> bool {
        let mut hosts = self.with_host().peekable();
        hosts.peek().is_some() && hosts.all(Server::has_api_id)
    }

    /// Those that have a host.
    pub(crate) fn with_host(&self) -> impl Iterator<Item = &Server> {
        self.servers.iter().filter(|server| !server.host.is_empty())
    }

    /// Whether the path of one that claims a request begins with the stage of it. At API Gateway's own
    /// domains it does; at others, what a path begins with is a version or a mapping.
    pub(crate) fn claim_stage(&self, domain_name: &str, api_id: &str, stage: &str) -> bool {
        !stage.is_empty()
            && self
                .claiming(domain_name, api_id)
                .any(|server| server.path_prefix.begins_with(stage) && server.is_of_api_gateway())
    }
}

impl Server {
    fn read(url: &Url<'_>) -> Self {
        let text = &*url.text;
        let (host, path) = match text.split_once("//") {
            Some((scheme, rest)) if scheme.is_empty() || scheme.ends_with(':') => {
                rest.split_at(rest.find('/').unwrap_or(rest.len()))
            }
            _ => ("", text.trim_start_matches('.')),
        };
        let host = host.rsplit('@').next().unwrap_or_default();
        Self {
            host: parts(without_port(host).to_ascii_lowercase().as_str())
                .into_iter()
                .map(|part| match part {
                    UrlPart::Text(text) => Part::Literal(text.to_owned()),
                    UrlPart::Variable(_) => Part::Param,
                })
                .collect(),
            path_prefix: PathPrefix::read(path),
            is_default: url.is_default,
        }
    }

    fn is_at(&self, other: &Self) -> bool {
        self.host == other.host && self.path_prefix == other.path_prefix
    }

    /// Whether the operator's map says whose its requests are.
    pub(crate) fn is_mapped(&self, map: &BTreeMap<String, String>) -> bool {
        let [Part::Literal(host)] = self.host.as_slice() else {
            return false;
        };
        let is_by_api = |api_id: &str| {
            let by_stage = match self.path_prefix.segments.first() {
                Some(Segment::Literal(stage)) => format!("{api_id}/{stage}"),
                _ => String::new(),
            };
            map.contains_key(api_id) || map.contains_key(&by_stage)
        };
        let api_id = host.split_once(".execute-api.").map(|(api_id, _)| api_id);
        map.contains_key(host) || self.is_below_mapped(host, map) || api_id.is_some_and(is_by_api)
    }

    /// Whether the map has a base path of the host that the server's own path begins with.
    fn is_below_mapped(&self, host: &str, map: &BTreeMap<String, String>) -> bool {
        let mut key = host.to_owned();
        self.path_prefix.segments.iter().any(|segment| {
            let Segment::Literal(text) = segment else {
                // What stands behind a variable is behind no base path.
                key.push_str("/{}");
                return false;
            };
            key.push('/');
            key.push_str(text);
            map.contains_key(&key)
        })
    }

    /// Whether its host is one that says nothing of the service, whatever stands in its gaps.
    fn says_nothing(&self) -> bool {
        let text = |part: &Part| match part {
            Part::Literal(text) => text.clone(),
            Part::Param => "x".to_owned(),
        };
        names_no_service(&self.host.iter().map(text).collect::<String>())
    }

    /// Whether two services at it are mistaken for one another. On the machine that a document was written
    /// on, each has the host for itself.
    pub(crate) fn is_shared(&self) -> bool {
        !self.says_nothing() || self.is_of_api_gateway()
    }

    fn is_of_api_gateway(&self) -> bool {
        self.host.iter().any(|part| match part {
            Part::Literal(text) => text.contains(".execute-api."),
            Part::Param => false,
        })
    }

    /// Whether it spells out which API is behind it: `https://{api}.execute-api.…` does not.
    fn has_api_id(&self) -> bool {
        match self.host.first() {
            Some(Part::Literal(text)) => text.find(".execute-api.").is_some_and(|end| end > 0),
            _ => false,
        }
    }

    fn spells_out_its_host(&self) -> bool {
        self.host.iter().any(|part| match part {
            Part::Literal(text) => text.chars().any(char::is_alphanumeric),
            Part::Param => false,
        })
    }

    /// Whether it spells this API out: `https://a1b2c3.execute-api.{region}.amazonaws.com`.
    fn names_api(&self, api_id: &str) -> bool {
        let Some(Part::Literal(host)) = self.host.first() else {
            return false;
        };
        let behind = host.strip_prefix(api_id).filter(|_| !api_id.is_empty());
        behind.is_some_and(|behind| behind.starts_with(".execute-api."))
    }

    fn claims(&self, domain_name: &str, api_id: &str) -> bool {
        if self.names_api(api_id) {
            return true;
        }
        match self.host.as_slice() {
            [Part::Literal(host)] => host == domain_name && !host.is_empty(),
            host => {
                !domain_name.is_empty()
                    && self.spells_out_its_host()
                    && match_pattern(host, domain_name).is_some()
            }
        }
    }
}

impl PathPrefix {
    fn read(path: &str) -> Self {
        let template = PathTemplate::parse(path);
        let mut segments = template.segments;
        // Slashes that follow one another are one: `https://host//v1/`.
        segments.retain(|segment| *segment != Segment::Literal(String::new()));
        let literal_chars = segments
            .iter()
            .map(|segment| segment.literal_chars() + 1)
            .sum();
        Self {
            segments,
            literal_chars,
        }
    }

    fn begins_with(&self, segment: &str) -> bool {
        matches!(self.segments.first(), Some(Segment::Literal(first)) if first == segment)
    }

    /// What each of the two has behind the shorter one, where one begins with the other.
    pub(crate) fn rests<'a>(&'a self, other: &'a Self) -> Option<(&'a [Segment], &'a [Segment])> {
        let shared = self.segments.len().min(other.segments.len());
        let (start, rest) = self.segments.split_at(shared);
        let (other_start, other_rest) = other.segments.split_at(shared);
        (start == other_start).then_some((rest, other_rest))
    }

    /// Whether a variable without a list of values stands in it.
    pub(crate) fn is_open(&self) -> bool {
        !self
            .segments
            .iter()
            .all(|segment| matches!(segment, Segment::Literal(_)))
    }

    pub(crate) fn segment_count(&self) -> usize {
        self.segments.len()
    }

    /// What of a path is behind it; empty where nothing is.
    pub(crate) fn take_off<'p>(&self, path: &'p str) -> Option<&'p str> {
        let mut rest = path;
        for segment in &self.segments {
            let inside = rest.strip_prefix('/')?;
            let end = inside.find('/').unwrap_or(inside.len());
            let text = decode_segment(&inside[..end]);
            let fits = match segment {
                Segment::Literal(literal) => *literal == text,
                Segment::Pattern(parts) => match_pattern(parts, &text).is_some(),
                Segment::Param | Segment::Greedy => !text.is_empty(),
            };
            if !fits {
                return None;
            }
            rest = &inside[end..];
        }
        Some(rest)
    }
}

/// A server's URL with one choice of its variables, or the choice of one.
struct Url<'a> {
    text: Cow<'a, str>,
    /// A variable in it that may have any value has its default.
    is_default: bool,
}

/// A server's URL with each choice of its variables. One that may have any value stays as it is, in
/// braces, and is its default in another. Whether some are too long to be read is said in `is_long`.
fn urls<'a>(server: &'a Value, is_long: &mut bool) -> Vec<Url<'a>> {
    let Some(url) = server.get("url").and_then(Value::as_str) else {
        return Vec::new();
    };
    if url.len() > URL_BYTES_MAX || url.matches('{').count() > URL_VARIABLES_MAX {
        *is_long = true;
        return Vec::new();
    }
    let fixed = |text: &'a str| Url {
        text: Cow::Borrowed(text),
        is_default: false,
    };
    let mut urls = vec![fixed("")];
    for part in parts(url) {
        let choices = match part {
            UrlPart::Text(text) => vec![fixed(text)],
            UrlPart::Variable(name) => {
                choices(server.get("variables").and_then(|all| all.get(name)), name)
            }
        };
        let mut longer = Vec::new();
        for choice in &choices {
            // One more than are read tells that there are more.
            let room = (SERVERS_MAX + 1).saturating_sub(longer.len());
            let fits = |url: &&Url<'_>| url.text.len() + choice.text.len() <= URL_BYTES_MAX;
            *is_long |= !urls.iter().all(|url| fits(&url));
            let urls = urls.iter().filter(fits).take(room);
            longer.extend(urls.map(|url| Url {
                text: Cow::Owned(format!("{}{}", url.text, choice.text)),
                is_default: url.is_default || choice.is_default,
            }));
        }
        urls = longer;
    }
    urls
}

fn choices<'a>(variable: Option<&'a Value>, name: &'a str) -> Vec<Url<'a>> {
    let default = variable
        .and_then(|variable| variable.get("default"))
        .and_then(Value::as_str)
        .unwrap_or_default();
    let listed = variable.and_then(|variable| variable.get("enum")?.as_array());
    let listed = listed.filter(|values| !values.is_empty());
    let choice = |text: Cow<'a, str>, is_default| Url { text, is_default };
    let mut choices = vec![choice(Cow::Borrowed(default), listed.is_none())];
    match listed {
        Some(values) => {
            let values = values.iter().filter_map(Value::as_str);
            let others = values.filter(|value| *value != default).take(SERVERS_MAX);
            choices.extend(others.map(|value| choice(Cow::Borrowed(value), false)));
        }
        None => choices.push(choice(Cow::Owned(format!("{{{name}}}")), false)),
    }
    choices
}

/// A host without its port, which may be a variable.
pub(crate) fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port))
            if port.chars().all(|digit| digit.is_ascii_digit())
                || (port.starts_with('{') && port.ends_with('}')) =>
        {
            name
        }
        _ => host,
    }
}

enum UrlPart<'a> {
    Text(&'a str),
    Variable(&'a str),
}

fn parts(text: &str) -> Vec<UrlPart<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}') else {
            break;
        };
        if open > 0 {
            found.push(UrlPart::Text(&rest[..open]));
        }
        found.push(UrlPart::Variable(&rest[open + 1..open + close]));
        rest = &rest[open + close + 1..];
    }
    if !rest.is_empty() {
        found.push(UrlPart::Text(rest));
    }
    found
}

/// A domain name as hosts are compared: in lower case, without a port or a last dot.
pub(crate) fn comparable(domain_name: &str) -> Cow<'_, str> {
    let host = without_port(domain_name);
    let host = host.strip_suffix('.').unwrap_or(host);
    if has_byte(host, |byte| byte.is_ascii_uppercase()) {
        Cow::Owned(host.to_ascii_lowercase())
    } else {
        Cow::Borrowed(host)
    }
}

/// Whether a [`comparable`] domain name says nothing of the service behind it: none, an address, this
/// machine, or one that AWS made up (`a1b2c3.execute-api.eu-central-1.amazonaws.com`).
pub(crate) fn names_no_service(host: &str) -> bool {
    host.is_empty()
        || host == "localhost"
        || host.ends_with(".localhost")
        || host.ends_with(".amazonaws.com")
        || host.ends_with(".amazonaws.com.cn")
        || host.ends_with(".on.aws")
        || host.parse::<std::net::IpAddr>().is_ok()
        || host
            .strip_prefix('[')
            .is_some_and(|address| address.ends_with(']'))
}
