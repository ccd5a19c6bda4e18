//! Region and credentials as every AWS client finds them, by `aws-config`.

use aws_config::BehaviorVersion;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use futures::FutureExt as _;
use futures::future::BoxFuture;

use crate::access::{Settings, service_endpoints};

pub(crate) fn settings() -> BoxFuture<'static, Settings> {
    async {
        let http_client = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let config = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http_client)
            .load()
            .await;
        Settings {
            region: config.region().map(ToString::to_string),
            endpoints: service_endpoints(|name| std::env::var(name).ok(), config.endpoint_url()),
            credentials: config.credentials_provider(),
        }
    }
    .boxed()
}
