//! Where the AWS client finds its region and credentials: as a function or a container is given them.
//!
//! Not the SDK's default chain: profiles, single sign-on, web identities and the instance metadata service
//! are no function's business, and would be megabytes of every service's binary.

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::identity::IdentityCache;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sqs::config::SharedCredentialsProvider;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

/// Where a function's or a container's region stands, the first that is there.
const REGION_VARIABLES: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/// Where a server stands that speaks SQS in place of AWS's.
const ENDPOINT_VARIABLES: [&str; 2] = ["AWS_ENDPOINT_URL_SQS", "AWS_ENDPOINT_URL"];

/// A configuration whose region is `region`, else the environment's.
pub(crate) fn sdk_config(region: Option<&str>) -> SdkConfig {
    let http_client = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    let for_providers = ProviderConfig::without_region().with_http_client(http_client.clone());
    let credentials = CredentialsProviderChain::first_try(
        "Environment",
        EnvironmentVariableCredentialsProvider::new(),
    )
    .or_else(
        "Container",
        EcsCredentialsProvider::builder()
            .configure(&for_providers)
            .build(),
    );
    let region = region
        .map(str::to_owned)
        .or_else(|| first_of(REGION_VARIABLES));
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(region.map(Region::new))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .identity_cache(IdentityCache::lazy().build())
        .http_client(http_client);
    config.set_endpoint_url(first_of(ENDPOINT_VARIABLES));
    config.build()
}

fn first_of(variables: [&str; 2]) -> Option<String> {
    variables
        .into_iter()
        .filter_map(|variable| std::env::var(variable).ok())
        .find(|value| !value.is_empty())
}
