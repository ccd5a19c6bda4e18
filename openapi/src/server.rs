//! A document's servers: the hosts it claims and the prefixes in front of its paths.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::path_template::{Part, match_pattern};

/// The most servers that are read from one document.
const SERVERS_MAX: usize = 64;

/// One `servers[].url`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Server {
    /// The host in lower case, with its variables as gaps; empty where the URL is relative.
    host: Vec<Part>,
    /// Empty, or `/v1`: a slash in front, none behind.
    pub(crate) path_prefix: String,
}

impl Server {
    /// The servers of the root; none where the document names none.
    pub(crate) fn read_all(root: &Value) -> Vec<Self> {
        let listed = root.get("servers").and_then(Value::as_array);
        let mut servers: Vec<Self> = Vec::new();
        for server in listed.into_iter().flatten().take(SERVERS_MAX) {
            if let Some(server) = Self::read(server)
                && !servers.contains(&server)
            {
                servers.push(server);
            }
        }
        servers
    }

    fn read(server: &Value) -> Option<Self> {
        let url = server.get("url")?.as_str()?;
        let (host, path) = match url.split_once("//") {
            Some((scheme, rest)) if scheme.is_empty() || scheme.ends_with(':') => {
                rest.split_at(rest.find('/').unwrap_or(rest.len()))
            }
            _ => ("", url),
        };
        let host = host.rsplit('@').next().unwrap_or_default();
        let default = |variable: &str| {
            server
                .pointer(&format!(
                    "/variables/{}/default",
                    crate::operation::escape(variable)
                ))
                .and_then(Value::as_str)
        };
        let mut path_prefix = String::new();
        for part in parts(path.split(['?', '#']).next().unwrap_or_default()) {
            match part {
                VariablePart::Text(text) => path_prefix.push_str(text),
                VariablePart::Variable(name) => {
                    path_prefix.push_str(default(name).unwrap_or_default());
                }
            }
        }
        let path_prefix = path_prefix.trim_matches('/');
        Some(Self {
            host: parts(&without_port(host).to_ascii_lowercase())
                .into_iter()
                .map(|part| match part {
                    VariablePart::Text(text) => Part::Literal(text.to_owned()),
                    VariablePart::Variable(_) => Part::Param,
                })
                .collect(),
            path_prefix: if path_prefix.is_empty() {
                String::new()
            } else {
                format!("/{path_prefix}")
            },
        })
    }

    /// Whether this server's host is `domain_name`. A host that is all variable claims none.
    pub(crate) fn claims(&self, domain_name: &str) -> bool {
        let spelled_out = self.host.iter().any(|part| match part {
            Part::Literal(text) => text.chars().any(char::is_alphanumeric),
            Part::Param => false,
        });
        spelled_out
            && !domain_name.is_empty()
            && match_pattern(&self.host, &without_port(domain_name).to_ascii_lowercase()).is_some()
    }

    /// Whether it names a host at all.
    pub(crate) fn names_a_host(&self) -> bool {
        !self.host.is_empty()
    }

    /// Whether both claim the same hosts.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        !self.host.is_empty() && self.host == other.host && self.path_prefix == other.path_prefix
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|digit| digit.is_ascii_digit()) => name,
        _ => host,
    }
}

enum VariablePart<'a> {
    Text(&'a str),
    Variable(&'a str),
}

fn parts(text: &str) -> Vec<VariablePart<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}') else {
            break;
        };
        if open > 0 {
            found.push(VariablePart::Text(&rest[..open]));
        }
        found.push(VariablePart::Variable(&rest[open + 1..open + close]));
        rest = &rest[open + close + 1..];
    }
    if !rest.is_empty() {
        found.push(VariablePart::Text(rest));
    }
    found
}
/// Whether a domain name says nothing of the service behind it: none, an address, this machine, or
/// one that AWS made up (`a1b2c3.execute-api.eu-central-1.amazonaws.com`).
pub(crate) fn names_no_service(domain_name: &str) -> bool {
    let host = without_port(domain_name).to_ascii_lowercase();
    let host = host.trim_end_matches('.');
    host.is_empty()
        || host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<std::net::IpAddr>().is_ok()
        || host.ends_with(".amazonaws.com")
        || host.ends_with(".amazonaws.com.cn")
        || host.ends_with(".on.aws")
}
