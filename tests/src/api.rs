//! A query API over a test's ClickHouse: the router that Lambda and server run, answering over TCP.

use std::time::Duration;

use anyhow::Result;
use daybook_query_api::{Api, LocalKey, TokenRequest, router};
use http::Method;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::clickhouse::ClickHouse;
use crate::http::{Answer, call};

/// All that a token may say.
pub const ALL_PERMISSIONS: [&str; 3] = ["audit_log:view", "audit_log:export", "audit_log:erase"];

/// A running API; it ends with the test's runtime.
pub struct ServedApi {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    key: LocalKey,
}

impl ServedApi {
    /// One with the bounds of its defaults.
    ///
    /// # Errors
    /// Where no port is free.
    pub async fn start(clickhouse: &ClickHouse) -> Result<Self> {
        Self::start_with(clickhouse, |_| {}).await
    }

    /// One whose configuration was changed.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_with(
        clickhouse: &ClickHouse,
        change: impl FnOnce(&mut Api),
    ) -> Result<Self> {
        let key = LocalKey::generate();
        let secret = key.derived_secret("page tokens");
        let mut api = Api::new(clickhouse.reader()?, key.verifier(), secret);
        change(&mut api);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        tokio::spawn(async move { axum::serve(listener, router(api)).await });
        Ok(Self { url, key })
    }

    /// A token of the tenant for everything.
    pub fn token(&self, org_id: &str) -> String {
        self.token_for(org_id, &ALL_PERMISSIONS)
    }

    /// A token of the tenant's person `u1` for these permissions.
    pub fn token_for(&self, org_id: &str, permissions: &[&str]) -> String {
        self.key.mint(&TokenRequest {
            org_id: org_id.to_owned(),
            user: "u1".to_owned(),
            email: Some("reader@example.com".to_owned()),
            permissions: permissions.iter().map(ToString::to_string).collect(),
            lifetime: Duration::from_hours(1),
        })
    }

    /// A GET.
    ///
    /// # Errors
    /// Where there is no answer.
    pub async fn get(&self, token: &str, path: &str) -> Result<Answer> {
        self.call(Method::GET, token, path, "").await
    }

    /// A POST with a body of JSON.
    ///
    /// # Errors
    /// Where there is no answer.
    pub async fn post(&self, token: &str, path: &str, body: &Value) -> Result<Answer> {
        self.call(Method::POST, token, path, &body.to_string())
            .await
    }

    /// Any call.
    ///
    /// # Errors
    /// Where there is no answer.
    pub async fn call(
        &self,
        method: Method,
        token: &str,
        path: &str,
        body: &str,
    ) -> Result<Answer> {
        let authorization = format!("Bearer {token}");
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/json"),
        ];
        let url = format!("{}{path}", self.url);
        call(method, &url, &headers, body.to_owned()).await
    }

    /// The events of a search that must succeed.
    ///
    /// # Errors
    /// Where it does not.
    pub async fn logs(&self, token: &str, body: &Value) -> Result<Vec<Value>> {
        let answer = self.post(token, "/v1/logs", body).await?;
        anyhow::ensure!(answer.status == 200, "{body}: {}", answer.text());
        let logs = answer.json()?["logs"].as_array().cloned();
        Ok(logs.unwrap_or_default())
    }
}
