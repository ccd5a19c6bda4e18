//! What is decided about a call before its handler runs, and where it goes when it has ended.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use http::Uri;
use http::request::Parts;
use serde_json::Value;

use super::event::ReceivedRequest;
use super::forwarded::{client_address, host};
use super::queue::Queue;
use super::request_body::CopyLimits;
use crate::call::Call;
use crate::exchange::{Exchange, Observed, Withheld, is_inside_the_runtime_layer};
use crate::taken_body::CopiedBytes;

/// Looks at a request's head.
pub(super) type Hook<T> = Box<dyn Fn(&Parts) -> Option<T> + Send + Sync>;

/// What every clone of the layer shares.
pub(crate) struct Door {
    pub(super) queue: Queue,
    pub(super) copies: Arc<CopiedBytes>,
    pub(super) settings: Settings,
}

/// What becomes of a call.
pub(super) enum Begun {
    Captured(Arc<Exchange>, CopyLimits),
    LeftOut,
    /// A layer around this one has decided about it.
    Elsewhere,
}

/// What only a server needs.
pub(super) struct Settings {
    pub(super) trusted_hops: Option<u8>,
    pub(super) domain_name: Option<String>,
    pub(super) trusts_forwarded_host: bool,
    pub(super) request_body_bytes_max: usize,
    pub(super) shutdown_timeout_ms: u64,
    pub(super) authorizer: Option<Hook<Value>>,
    pub(super) route: Option<Hook<String>>,
}

impl Door {
    /// Starts an exchange, unless the call is left out.
    pub(super) fn begin(self: &Arc<Self>, parts: &Parts) -> Begun {
        if is_inside_the_runtime_layer() {
            return Begun::Elsewhere;
        }
        let shared = self.queue.shared();
        let is_read = Call::is_read(parts.method.as_str());
        if shared.leaves_out(parts.method.as_str()) {
            shared.counters.left_out();
            return Begun::LeftOut;
        }
        let route = self.route_of(parts);
        let uri = uri_of(parts);
        if !self.is_wanted(is_read, parts, route.as_deref(), uri) {
            shared.counters.left_out();
            return Begun::LeftOut;
        }
        self.queue.start();
        let settings = &self.settings;
        let request = ReceivedRequest {
            method: parts.method.clone(),
            uri: uri.clone(),
            version: parts.version,
            client_address: client_address(&parts.headers, peer_of(parts), settings.trusted_hops),
            domain_name: match &settings.domain_name {
                Some(domain_name) => domain_name.clone(),
                None => host(parts, settings.trusts_forwarded_host),
            },
            headers: parts.headers.clone(),
            route,
        };
        let door = self.clone();
        let end = Box::new(move |observed| door.end(request, observed));
        let exchange = Exchange::of_server(end, is_read, shared.body_bytes_max);
        if let Some(claims) = ask(settings.authorizer.as_ref(), parts).filter(Value::is_object) {
            exchange.claim(claims);
        }
        let limits = CopyLimits {
            bytes_max: settings.request_body_bytes_max,
            copies: self.copies.clone(),
        };
        Begun::Captured(Arc::new(exchange), limits)
    }

    /// The call has ended: its handler, and whatever reads or writes a body of it.
    fn end(&self, request: ReceivedRequest, mut observed: Observed) {
        match observed.withheld {
            Withheld::Nothing => {}
            Withheld::RequestBody => observed.request_body = None,
            Withheld::Call => return self.queue.shared().counters.left_out(),
        }
        self.queue.push(request, observed);
    }

    fn is_wanted(&self, is_read: bool, parts: &Parts, route: Option<&str>, uri: &Uri) -> bool {
        let call = Call {
            method: parts.method.as_str().into(),
            template: route.unwrap_or_default().into(),
            path: uri.path().into(),
            stage: "".into(),
        };
        self.queue.shared().is_chosen(&call, is_read)
    }

    fn route_of(&self, parts: &Parts) -> Option<String> {
        ask(self.settings.route.as_ref(), parts).or_else(|| matched_path(parts))
    }
}

/// What a hook says. The service goes on where it panics.
fn ask<T>(hook: Option<&Hook<T>>, parts: &Parts) -> Option<T> {
    catch_unwind(AssertUnwindSafe(|| hook?(parts))).unwrap_or_else(|_| {
        tracing::warn!("daybook: a hook on the request panicked and says nothing");
        None
    })
}

/// axum's route, its `{*rest}` as API Gateway's `{rest+}`.
#[cfg(feature = "axum")]
fn matched_path(parts: &Parts) -> Option<String> {
    let matched = parts.extensions.get::<axum::extract::MatchedPath>()?;
    let matched = matched.as_str();
    Some(match matched.split_once("{*") {
        Some((before, rest)) => format!("{before}{{{}+}}", rest.trim_end_matches('}')),
        None => matched.to_owned(),
    })
}

#[cfg(not(feature = "axum"))]
fn matched_path(_parts: &Parts) -> Option<String> {
    None
}

/// The target as it was called: a nested axum router sees only the end of the path.
#[cfg(feature = "axum")]
fn uri_of(parts: &Parts) -> &Uri {
    let original = parts.extensions.get::<axum::extract::OriginalUri>();
    original.map_or(&parts.uri, |original| &original.0)
}

#[cfg(not(feature = "axum"))]
fn uri_of(parts: &Parts) -> &Uri {
    &parts.uri
}

/// The other end of the connection, where the server tells it.
fn peer_of(parts: &Parts) -> Option<IpAddr> {
    #[cfg(feature = "axum")]
    if let Some(peer) = parts
        .extensions
        .get::<axum::extract::ConnectInfo<SocketAddr>>()
    {
        return Some(peer.0.ip());
    }
    let peer = parts.extensions.get::<SocketAddr>();
    peer.map(SocketAddr::ip)
}

impl fmt::Debug for Door {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Door")
            .field("counters", &self.queue.shared().counters.read())
            .finish_non_exhaustive()
    }
}
