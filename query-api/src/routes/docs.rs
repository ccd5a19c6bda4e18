//! `GET /openapi.json`, the API's own document, and `GET /docs`, a page that shows it.

use axum::Router;
use axum::body::Bytes;
use axum::response::IntoResponse as _;
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use utoipa::openapi::OpenApi;

use crate::api::SharedApi;
use crate::document;

/// The document's route. The page is one of the files of [`crate::routes::page`].
pub(crate) fn router(routes: OpenApi) -> Router<SharedApi> {
    let document = Bytes::from(document::whole(routes).to_string());
    let answer = get(async move || {
        let headers = [
            (CONTENT_TYPE, "application/json"),
            (CACHE_CONTROL, "no-cache"),
        ];
        (headers, document).into_response()
    });
    Router::new().route("/openapi.json", answer)
}
