//! Region and credentials as every AWS client finds them, by `aws-config`.

use aws_config::BehaviorVersion;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use futures::FutureExt as _;
use futures::future::BoxFuture;

use crate::endpoint::EndpointVariant;
use crate::settings::{ServiceEndpoints, Settings};

pub(crate) fn settings() -> BoxFuture<'static, Settings> {
    async {
        let http_client = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let config = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http_client)
            .load()
            .await;
        let variable = |name: &str| std::env::var(name).ok();
        Settings {
            region: config.region().map(ToString::to_string),
            endpoints: ServiceEndpoints::of_variables(variable, config.endpoint_url()),
            variant: EndpointVariant {
                is_fips: config.use_fips() == Some(true),
                is_dual_stack: config.use_dual_stack() == Some(true),
            },
            credentials: config.credentials_provider(),
        }
    }
    .boxed()
}
