//! API Gateway in front of a Lambda function, both of them MiniStack's.

use std::path::Path;

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Map, Value, json};

use crate::http::{Answer, call};
use crate::ministack::{ACCOUNT, MiniStack, REGION, bootstrap};

/// An API whose only route, `ANY /v1/orders/{orderId}`, is a function's.
#[derive(Debug, Clone)]
pub struct Api {
    url: String,
    host: Option<String>,
}

impl Api {
    /// Calls it, as a client would.
    ///
    /// # Errors
    /// Where there is no answer.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> anyhow::Result<Answer> {
        let mut headers = headers.to_vec();
        if let Some(host) = &self.host {
            headers.push(("host", host));
        }
        call(
            method,
            &format!("{}{path}", self.url),
            &headers,
            body.to_owned(),
        )
        .await
    }
}

/// Makes a function of `program`.
///
/// # Errors
/// Where Lambda refuses.
pub async fn create_function(
    ministack: &MiniStack,
    name: &str,
    program: &Path,
    environment: &[(&str, String)],
) -> anyhow::Result<()> {
    let variables: Map<String, Value> = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)))
        .collect();
    let function = json!({
        "FunctionName": name, "Runtime": "provided.al2023", "Handler": "bootstrap",
        "Role": format!("arn:aws:iam::{ACCOUNT}:role/{name}"), "Timeout": 60, "MemorySize": 256,
        "Code": {"ZipFile": STANDARD.encode(bootstrap(program)?)},
        "Environment": {"Variables": variables},
    });
    ask(
        ministack,
        "lambda",
        Method::POST,
        "/2015-03-31/functions",
        function,
    )
    .await?;
    Ok(())
}

/// A REST API, whose events have the payload format 1.0.
///
/// # Errors
/// Where API Gateway refuses.
pub async fn create_rest_api(ministack: &MiniStack, function: &str) -> anyhow::Result<Api> {
    let ask =
        async |method, path: String, body| ask(ministack, "apigateway", method, &path, body).await;
    let api = ask(
        Method::POST,
        "/restapis".to_owned(),
        json!({"name": "rest"}),
    )
    .await?;
    let api_id = text(&api, "id")?;
    let mut resource_id = text(&api, "rootResourceId")?;
    for part in ["v1", "orders", "{orderId}"] {
        let path = format!("/restapis/{api_id}/resources/{resource_id}");
        let resource = ask(Method::POST, path, json!({"pathPart": part})).await?;
        resource_id = text(&resource, "id")?;
    }
    let method = format!("/restapis/{api_id}/resources/{resource_id}/methods/ANY");
    let open = json!({"authorizationType": "NONE"});
    ask(Method::PUT, method.clone(), open).await?;
    let uri = format!(
        "arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{}/invocations",
        arn(function)
    );
    let proxy = json!({"type": "AWS_PROXY", "httpMethod": "POST", "uri": uri});
    ask(Method::PUT, format!("{method}/integration"), proxy).await?;
    let deployment = json!({"stageName": "prod"});
    ask(
        Method::POST,
        format!("/restapis/{api_id}/deployments"),
        deployment,
    )
    .await?;
    Ok(Api {
        url: format!("{}/_aws/execute-api/{api_id}/prod", ministack.url),
        host: None,
    })
}

/// An HTTP API, whose events have the payload format 2.0.
///
/// # Errors
/// Where API Gateway refuses.
pub async fn create_http_api(ministack: &MiniStack, function: &str) -> anyhow::Result<Api> {
    let ask =
        async |path: String, body| ask(ministack, "apigateway", Method::POST, &path, body).await;
    let new = json!({"name": "http", "protocolType": "HTTP"});
    let api_id = text(&ask("/v2/apis".to_owned(), new).await?, "apiId")?;
    let proxy = json!({"integrationType": "AWS_PROXY", "integrationUri": arn(function),
                       "payloadFormatVersion": "2.0"});
    let integration = ask(format!("/v2/apis/{api_id}/integrations"), proxy).await?;
    let target = format!("integrations/{}", text(&integration, "integrationId")?);
    let route = json!({"routeKey": "ANY /v1/orders/{orderId}", "target": target});
    ask(format!("/v2/apis/{api_id}/routes"), route).await?;
    let stage = json!({"stageName": "$default", "autoDeploy": true});
    ask(format!("/v2/apis/{api_id}/stages"), stage).await?;
    let port = ministack.url.rsplit(':').next().context("no port")?;
    Ok(Api {
        url: ministack.url.clone(),
        host: Some(format!("{api_id}.execute-api.localhost:{port}")),
    })
}

fn arn(function: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}")
}

fn text(answer: &Value, name: &str) -> anyhow::Result<String> {
    let text = answer[name].as_str();
    Ok(text
        .with_context(|| format!("no {name} in {answer}"))?
        .to_owned())
}

async fn ask(
    ministack: &MiniStack,
    service: &str,
    method: Method,
    path: &str,
    body: Value,
) -> anyhow::Result<Value> {
    // MiniStack reads the service out of the scope and verifies no signature.
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=0"
    );
    let headers = [
        ("content-type", "application/json"),
        ("authorization", authorization.as_str()),
    ];
    let url = format!("{}{path}", ministack.url);
    let answer = call(method, &url, &headers, body.to_string()).await?;
    ensure!(
        answer.status < 300,
        "{path}: {} {}",
        answer.status,
        answer.text()
    );
    answer.json()
}
