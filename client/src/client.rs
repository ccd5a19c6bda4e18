//! The client: one method per operation, and a stream over pages.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use http::{HeaderValue, Method, Request, header};
use http_body_util::Full;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::answers::{Facets, Histogram, HistogramOptions, History, HistoryOptions, Page};
use crate::erasure::{Erasure, Preview, Receipt};
use crate::error::ClientError;
use crate::event::Event;
use crate::export::{ExportFormat, ExportLine, lines};
use crate::search::{Direction, Search, Total};
use crate::transport::Transport;

/// How many events a page has where the search does not say.
const LIMIT_DEFAULT: u32 = 50;

/// A client for one token. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Client {
    transport: Transport,
    base_url: String,
    authorization: HeaderValue,
}

#[derive(Deserialize)]
struct One {
    log: Event,
}

#[derive(Deserialize)]
struct OneErasure {
    erasure: Receipt,
}

#[derive(Deserialize)]
struct Erasures {
    erasures: Vec<Receipt>,
}

#[derive(Deserialize)]
struct OnePreview {
    preview: Preview,
}

impl Client {
    /// A client of the API at `base_url`, what comes before `/v1/logs`.
    ///
    /// # Errors
    /// Where the address or the token cannot be used; for `https`, where the system has no certificates.
    pub fn new(base_url: &str, token: &str) -> Result<Self, ClientError> {
        let mut authorization = HeaderValue::try_from(format!("Bearer {token}"))
            .map_err(|_| ClientError::Configuration)?;
        authorization.set_sensitive(true);
        let base_url = base_url.trim_end_matches('/').to_owned();
        let is_http = base_url.starts_with("http://") || base_url.starts_with("https://");
        if !is_http || base_url.parse::<http::Uri>().is_err() {
            return Err(ClientError::Configuration);
        }
        Ok(Self {
            transport: Transport::new(base_url.starts_with("https://"))?,
            base_url,
            authorization,
        })
    }

    /// The same with another time that an answer, or the next piece of an export, may take: 35 seconds
    /// unless it is said. An API whose `DAYBOOK_READ_TIMEOUT_SECONDS` is higher needs more than that.
    #[must_use]
    pub fn answer_timeout(mut self, timeout: Duration) -> Self {
        self.transport.answer_timeout = timeout;
        self
    }

    /// One page of events.
    ///
    /// # Errors
    /// [`ClientError::Problem`] where the API says what is wrong; [`ClientError::TooLong`] where the answer has
    /// more than 256 MiB.
    pub async fn search(&self, search: &Search) -> Result<Page, ClientError> {
        self.post("/v1/logs", &json!(search)).await
    }

    /// All events of a search, page by page as they are read: with [`Direction::Prev`] back from page to
    /// page, each of them in the order of the sort. Nothing is counted, whatever the search says of that,
    /// and pages that are too large for one answer are asked for in smaller ones.
    ///
    /// An item that is an error is the last one.
    pub fn events(
        &self,
        search: Search,
    ) -> impl Stream<Item = Result<Event, ClientError>> + Send + use<> {
        let client = self.clone();
        let limit_max = search.limit.unwrap_or(LIMIT_DEFAULT);
        let search = Search {
            total: Some(Total::None),
            ..search
        };
        stream::try_unfold(Some(search), move |search| {
            let client = client.clone();
            async move {
                let Some(mut search) = search else {
                    return Ok(None);
                };
                let page = client.page_that_fits(&mut search).await?;
                let cursor = match search.direction {
                    Some(Direction::Prev) => page.prev_cursor,
                    Some(Direction::Next) | None => page.next_cursor,
                };
                let next = cursor.map(|cursor| Search {
                    cursor: Some(cursor),
                    page: None,
                    // Long events may lie close together.
                    limit: search.limit.map(|limit| (limit * 2).min(limit_max)),
                    ..search
                });
                Ok(Some((stream::iter(page.logs).map(Ok), next)))
            }
        })
        .try_flatten()
    }

    /// The page, or as much from its beginning as fits into one answer; the search then says how many that
    /// may be.
    async fn page_that_fits(&self, search: &mut Search) -> Result<Page, ClientError> {
        loop {
            let page = self.search(search).await;
            let limit = search.limit.unwrap_or(LIMIT_DEFAULT);
            // A page by its number begins elsewhere with another limit.
            let may_be_less = limit > 1 && search.page.unwrap_or(0) == 0;
            match page {
                Err(error) if may_be_less && error.is_page_too_large() => {
                    search.limit = Some(limit / 2);
                }
                page => return page,
            }
        }
    }

    /// One event; nothing where there is none, or none that the token may see.
    ///
    /// # Errors
    /// As [`Client::search`].
    pub async fn event(&self, id: Uuid) -> Result<Option<Event>, ClientError> {
        match self.get::<One>(&format!("/v1/logs/{id}"), &[]).await {
            Ok(one) => Ok(Some(one.log)),
            Err(ClientError::Problem(problem)) if problem.status == 404 => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The most frequent values of `fields` (all there are, where none is named) among the events that
    /// the search bar would find.
    ///
    /// # Errors
    /// As [`Client::search`].
    pub async fn facets(&self, q: &str, fields: &[&str]) -> Result<Facets, ClientError> {
        let mut parameters = vec![("q", q.to_owned())];
        parameters.extend(fields.iter().map(|field| ("field", (*field).to_owned())));
        self.get("/v1/logs/facets", &parameters).await
    }

    /// How many events the search bar would find, over time.
    ///
    /// # Errors
    /// As [`Client::search`].
    pub async fn histogram(
        &self,
        q: &str,
        options: &HistogramOptions,
    ) -> Result<Histogram, ClientError> {
        let mut parameters = vec![("q", q.to_owned())];
        for (name, value) in [
            ("by", &options.by),
            ("bucket", &options.bucket),
            ("time_zone", &options.time_zone),
        ] {
            parameters.extend(value.iter().map(|value| (name, value.clone())));
        }
        self.get("/v1/logs/histogram", &parameters).await
    }

    /// One page of a thing's history.
    ///
    /// # Errors
    /// As [`Client::search`].
    pub async fn history(
        &self,
        kind: &str,
        id: &str,
        options: &HistoryOptions,
    ) -> Result<History, ClientError> {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let path = format!("/v1/entities/{}/{}/history", encoded(kind), encoded(id));
        let mut parameters = vec![("include_children", options.include_children.to_string())];
        for (name, time) in [
            ("timestamp.from", options.timestamp.from),
            ("timestamp.to", options.timestamp.to),
        ] {
            parameters.extend(time.map(|time| (name, time.to_string())));
        }
        let locale = options.locale.iter();
        parameters.extend(locale.map(|locale| ("locale", locale.clone())));
        parameters.extend(options.limit.map(|limit| ("limit", limit.to_string())));
        parameters.extend(
            options
                .cursor
                .iter()
                .map(|cursor| ("cursor", cursor.clone())),
        );
        self.get(&path, &parameters).await
    }

    /// Every event of a search, as a stream: memory does not grow with their number. What the search
    /// says of pages does not count.
    ///
    /// # Errors
    /// As [`Client::search`]; the stream ends with [`ClientError::CutOff`] where the export is not whole, and
    /// with [`ClientError::TooLong`] where a line has more than 64 MiB.
    pub async fn export(
        &self,
        search: &Search,
    ) -> Result<impl Stream<Item = Result<Event, ClientError>> + Send + use<>, ClientError> {
        let lines = self.export_lines(search, ExportFormat::Ndjson).await?;
        Ok(lines.and_then(|line| async move {
            serde_json::from_slice(&line).map_err(|source| ClientError::Unreadable {
                status: 200,
                source,
            })
        }))
    }

    /// An export in any format, line by line as it was written.
    ///
    /// # Errors
    /// As [`Client::export`]; the marker of a CSV that was cut off is a line like others.
    pub async fn export_lines(
        &self,
        search: &Search,
        format: ExportFormat,
    ) -> Result<impl Stream<Item = Result<ExportLine, ClientError>> + Send + use<>, ClientError>
    {
        let mut body = json!(Search {
            limit: None,
            page: None,
            cursor: None,
            direction: None,
            total: None,
            ..search.clone()
        });
        body["format"] = format.as_str().into();
        let request = self.request(Method::POST, "/v1/logs/export", &body)?;
        let answer = self.transport.answer_of(&request).await?;
        Ok(lines(
            answer.into_body(),
            self.transport.answer_timeout,
            self.transport.line_bytes_max,
        ))
    }

    /// Asks for an erasure, and returns when no reader sees the events any more. The same erasure under
    /// the same key, a name of your own with 1 to 256 visible characters, is begun once.
    ///
    /// # Errors
    /// As [`Client::search`]; 409 where a legal hold forbids it, 501 where the API does not erase.
    pub async fn erase(
        &self,
        erasure: &Erasure,
        idempotency_key: &str,
    ) -> Result<Receipt, ClientError> {
        let mut request = self.request(Method::POST, "/v1/erasures", &json!(erasure))?;
        let key = HeaderValue::from_str(idempotency_key).map_err(|_| ClientError::Configuration)?;
        request.headers_mut().insert("idempotency-key", key);
        let answer = self.transport.answer_of(&request).await?;
        Ok(self.transport.json_of::<OneErasure>(answer).await?.erasure)
    }

    /// What an erasure would be about; nothing is changed.
    ///
    /// # Errors
    /// As [`Client::erase`].
    pub async fn preview_erasure(&self, erasure: &Erasure) -> Result<Preview, ClientError> {
        let mut body = json!(erasure);
        body["dry_run"] = true.into();
        Ok(self
            .post::<OnePreview>("/v1/erasures", &body)
            .await?
            .preview)
    }

    /// How far an erasure is; nothing where the tenant has none of this id.
    ///
    /// # Errors
    /// As [`Client::erase`].
    pub async fn erasure(&self, id: Uuid) -> Result<Option<Receipt>, ClientError> {
        match self
            .get::<OneErasure>(&format!("/v1/erasures/{id}"), &[])
            .await
        {
            Ok(one) => Ok(Some(one.erasure)),
            Err(ClientError::Problem(problem)) if problem.status == 404 => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The tenant's erasures, the newest first, at most `limit` of them (1 to 1,000).
    ///
    /// # Errors
    /// As [`Client::erase`].
    pub async fn erasures(&self, limit: u32) -> Result<Vec<Receipt>, ClientError> {
        let parameters = [("limit", limit.to_string())];
        let answer = self.get::<Erasures>("/v1/erasures", &parameters);
        Ok(answer.await?.erasures)
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, ClientError> {
        let request = self.request(Method::POST, path, body)?;
        let answer = self.transport.answer_of(&request).await?;
        self.transport.json_of(answer).await
    }

    async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        parameters: &[(&str, String)],
    ) -> Result<T, ClientError> {
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(parameters)
            .finish();
        let request = self.request(Method::GET, &format!("{path}?{query}"), &Value::Null)?;
        let answer = self.transport.answer_of(&request).await?;
        self.transport.json_of(answer).await
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Request<Full<Bytes>>, ClientError> {
        let body = match body {
            Value::Null => Bytes::new(),
            body => Bytes::from(body.to_string()),
        };
        Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base_url))
            .header(header::AUTHORIZATION, self.authorization.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .map_err(|_| ClientError::Configuration)
    }
}

impl fmt::Debug for Client {
    // A token has no place in a log.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Client")
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
