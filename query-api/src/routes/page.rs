//! The web page and its files, part of the binary.
//!
//! They hold no data, so they need no token; the page asks the API with the visitor's own.

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::api::SharedApi;

/// Address, media type and content of each file.
const FILES: [(&str, &str, &str); 8] = [
    (
        "/",
        "text/html; charset=utf-8",
        include_str!("../web/index.html"),
    ),
    (
        "/daybook.css",
        "text/css; charset=utf-8",
        include_str!("../web/daybook.css"),
    ),
    (
        "/daybook.js",
        "text/javascript; charset=utf-8",
        include_str!("../web/daybook.js"),
    ),
    (
        "/insight.js",
        "text/javascript; charset=utf-8",
        include_str!("../web/insight.js"),
    ),
    (
        "/docs",
        "text/html; charset=utf-8",
        include_str!("../web/docs.html"),
    ),
    (
        "/docs.css",
        "text/css; charset=utf-8",
        include_str!("../web/docs.css"),
    ),
    (
        "/docs.js",
        "text/javascript; charset=utf-8",
        include_str!("../web/docs.js"),
    ),
    (
        "/daybook.svg",
        "image/svg+xml",
        include_str!("../web/daybook.svg"),
    ),
];

/// The routes of all files.
pub(crate) fn router() -> Router<SharedApi> {
    FILES
        .into_iter()
        .fold(Router::new(), |router, (address, media_type, content)| {
            router.route(address, get(async move || file(media_type, content)))
        })
}

fn file(media_type: &'static str, content: &'static str) -> Response {
    // The files have no version in their names: a browser must ask again after an update.
    let headers = [(CONTENT_TYPE, media_type), (CACHE_CONTROL, "no-cache")];
    (headers, content).into_response()
}
