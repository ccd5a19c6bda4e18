//! What the environment says: region, variants, and servers that take AWS's place.

use aws_credential_types::provider::SharedCredentialsProvider;
use futures::FutureExt as _;
use futures::future::BoxFuture;

use crate::endpoint::{EndpointVariant, is_true};
use crate::request::Service;

/// What the environment says.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) region: Option<String>,
    pub(crate) endpoints: ServiceEndpoints,
    pub(crate) variant: EndpointVariant,
    /// None where only this crate's own are to be asked.
    pub(crate) credentials: Option<SharedCredentialsProvider>,
}

/// Servers that take AWS's place: `http://127.0.0.1:4566`.
#[derive(Debug, Clone, Default)]
pub(crate) struct ServiceEndpoints {
    s3: Option<String>,
    sqs: Option<String>,
}

impl ServiceEndpoints {
    /// A service's own variable counts more than what is said for all.
    pub(crate) fn of_variables(
        variable: impl Fn(&str) -> Option<String>,
        of_all: Option<&str>,
    ) -> Self {
        let is_ignored = is_true(&variable, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
        let of = |service: Service| {
            let own = variable(service.endpoint_variable()).filter(|_| !is_ignored);
            let url = own
                .filter(|value| !value.trim().is_empty())
                .or(of_all.map(str::to_owned))?;
            Some(url.trim().trim_end_matches('/').to_owned())
        };
        Self {
            s3: of(Service::S3),
            sqs: of(Service::Sqs),
        }
    }

    pub(crate) fn get(&self, service: Service) -> Option<&str> {
        match service {
            Service::S3 => self.s3.as_deref(),
            Service::Sqs => self.sqs.as_deref(),
        }
    }
}

pub(crate) fn of_environment() -> BoxFuture<'static, Settings> {
    async { Settings::of_variables(|name| std::env::var(name).ok()) }.boxed()
}

impl Settings {
    fn of_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let variable = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let is_ignored = is_true(variable, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
        let of_all = variable("AWS_ENDPOINT_URL").filter(|_| !is_ignored);
        Self {
            region: variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION")),
            endpoints: ServiceEndpoints::of_variables(variable, of_all.as_deref()),
            variant: EndpointVariant::of_variables(variable),
            credentials: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_names_region_and_endpoints() {
        let of = |variables: &'static [(&str, &str)]| {
            Settings::of_variables(|name| {
                let found = variables.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        let none = of(&[("AWS_ENDPOINT_URL", " ")]);
        assert_eq!((none.region, none.endpoints.sqs), (None, None));
        let all = of(&[
            ("AWS_REGION", "eu-west-1"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
            ("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:2/"),
            ("AWS_USE_DUALSTACK_ENDPOINT", "true"),
        ]);
        assert_eq!(all.region.as_deref(), Some("eu-west-1"));
        assert_eq!(all.endpoints.sqs.as_deref(), Some("http://127.0.0.1:2"));
        assert_eq!(all.endpoints.s3.as_deref(), Some("http://127.0.0.1:1"));
        assert!(all.variant.is_dual_stack && !all.variant.is_fips);
        let ignored = of(&[
            ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
            ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:2"),
        ]);
        assert_eq!((ignored.endpoints.sqs, ignored.endpoints.s3), (None, None));
    }
}
