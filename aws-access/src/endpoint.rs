//! Where AWS answers: a service's host in a region, in each of AWS's partitions.

use crate::request::Service;

/// Which of a service's hosts is asked, as `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT` say.
///
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html>
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EndpointVariant {
    /// The one with validated cryptography (FIPS 140).
    pub is_fips: bool,
    /// The one that answers by IPv6 too.
    pub is_dual_stack: bool,
}

impl EndpointVariant {
    /// What either of them asks for.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            is_fips: self.is_fips || other.is_fips,
            is_dual_stack: self.is_dual_stack || other.is_dual_stack,
        }
    }

    pub(crate) fn of_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            is_fips: is_true(&variable, "AWS_USE_FIPS_ENDPOINT"),
            is_dual_stack: is_true(&variable, "AWS_USE_DUALSTACK_ENDPOINT"),
        }
    }
}

/// Whether a variable says `true`.
pub(crate) fn is_true(variable: impl Fn(&str) -> Option<String>, name: &str) -> bool {
    variable(name).is_some_and(|value| value.trim().eq_ignore_ascii_case("true"))
}

/// Regions that share a domain: `partitions.json` of the AWS SDKs.
struct Partition {
    /// How its regions begin.
    regions: &'static str,
    domain: &'static str,
    dual_stack_domain: &'static str,
}

/// The last one has what no other has.
const PARTITIONS: [Partition; 7] = [
    Partition {
        regions: "cn-",
        domain: "amazonaws.com.cn",
        dual_stack_domain: "api.amazonwebservices.com.cn",
    },
    Partition {
        regions: "eusc-",
        domain: "amazonaws.eu",
        dual_stack_domain: "api.amazonwebservices.eu",
    },
    Partition {
        regions: "us-iso-",
        domain: "c2s.ic.gov",
        dual_stack_domain: "api.aws.ic.gov",
    },
    Partition {
        regions: "us-isob-",
        domain: "sc2s.sgov.gov",
        dual_stack_domain: "api.aws.scloud",
    },
    Partition {
        regions: "eu-isoe-",
        domain: "cloud.adc-e.uk",
        dual_stack_domain: "api.cloud-aws.adc-e.uk",
    },
    Partition {
        regions: "us-isof-",
        domain: "csp.hci.ic.gov",
        dual_stack_domain: "api.aws.hci.ic.gov",
    },
    Partition {
        regions: "",
        domain: "amazonaws.com",
        dual_stack_domain: "api.aws",
    },
];

const GOVCLOUD: &str = "us-gov-";

fn partition_of(region: &str) -> &'static Partition {
    let [others @ .., usual] = &PARTITIONS;
    let found = others
        .iter()
        .find(|partition| region.starts_with(partition.regions));
    found.unwrap_or(usual)
}

/// `sqs.eu-west-1` of `sqs.eu-west-1.amazonaws.com` and of `sqs.eu-west-1.api.aws`, and whether it is
/// one of those that answer by IPv6 too; none of a host that is not AWS's.
pub fn without_aws_domain(host: &str) -> Option<(&str, bool)> {
    let below = |domain| host.strip_suffix(domain)?.strip_suffix('.');
    PARTITIONS.iter().find_map(|partition| {
        let dual = below(partition.dual_stack_domain).map(|name| (name, true));
        dual.or_else(|| Some((below(partition.domain)?, false)))
    })
}

impl Service {
    /// The host that answers for the service in this region: `sqs.eu-west-1.amazonaws.com`.
    ///
    /// As the rules of the AWS SDKs have it: S3 says "dualstack" in its name, SQS has another domain for
    /// it, and in `GovCloud` SQS's usual host is the one with validated cryptography.
    pub fn host(self, region: &str, variant: EndpointVariant) -> String {
        let partition = partition_of(region);
        let EndpointVariant {
            is_fips,
            is_dual_stack,
        } = variant;
        match self {
            Self::S3 => {
                let name = if is_fips { "s3-fips" } else { "s3" };
                let dual = if is_dual_stack { ".dualstack" } else { "" };
                format!("{name}{dual}.{region}.{}", partition.domain)
            }
            Self::Sqs => {
                let is_usual = !is_fips || region.starts_with(GOVCLOUD) && !is_dual_stack;
                let name = if is_usual { "sqs" } else { "sqs-fips" };
                let domain = if is_dual_stack {
                    partition.dual_stack_domain
                } else {
                    partition.domain
                };
                format!("{name}.{region}.{domain}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: EndpointVariant = EndpointVariant {
        is_fips: false,
        is_dual_stack: false,
    };
    const FIPS: EndpointVariant = EndpointVariant {
        is_fips: true,
        ..PLAIN
    };
    const DUAL: EndpointVariant = EndpointVariant {
        is_dual_stack: true,
        ..PLAIN
    };
    const BOTH: EndpointVariant = EndpointVariant {
        is_fips: true,
        is_dual_stack: true,
    };

    /// The expectations of the endpoint tests that `aws-sdk-sqs` 1.119 and `aws-sdk-s3` 1.157 ship.
    #[test]
    fn hosts_are_those_that_the_sdks_ask() {
        for (service, region, variant, host) in [
            (
                Service::Sqs,
                "eu-west-1",
                PLAIN,
                "sqs.eu-west-1.amazonaws.com",
            ),
            (
                Service::Sqs,
                "us-east-1",
                FIPS,
                "sqs-fips.us-east-1.amazonaws.com",
            ),
            (Service::Sqs, "us-east-1", DUAL, "sqs.us-east-1.api.aws"),
            (
                Service::Sqs,
                "us-east-1",
                BOTH,
                "sqs-fips.us-east-1.api.aws",
            ),
            (
                Service::Sqs,
                "us-gov-east-1",
                FIPS,
                "sqs.us-gov-east-1.amazonaws.com",
            ),
            (
                Service::Sqs,
                "us-gov-east-1",
                BOTH,
                "sqs-fips.us-gov-east-1.api.aws",
            ),
            (
                Service::Sqs,
                "cn-north-1",
                PLAIN,
                "sqs.cn-north-1.amazonaws.com.cn",
            ),
            (
                Service::Sqs,
                "cn-north-1",
                BOTH,
                "sqs-fips.cn-north-1.api.amazonwebservices.com.cn",
            ),
            (
                Service::Sqs,
                "us-iso-east-1",
                FIPS,
                "sqs-fips.us-iso-east-1.c2s.ic.gov",
            ),
            (
                Service::Sqs,
                "us-isob-east-1",
                PLAIN,
                "sqs.us-isob-east-1.sc2s.sgov.gov",
            ),
            (
                Service::S3,
                "us-east-1",
                PLAIN,
                "s3.us-east-1.amazonaws.com",
            ),
            (
                Service::S3,
                "cn-north-1",
                PLAIN,
                "s3.cn-north-1.amazonaws.com.cn",
            ),
            (
                Service::S3,
                "us-gov-west-1",
                FIPS,
                "s3-fips.us-gov-west-1.amazonaws.com",
            ),
            (
                Service::S3,
                "us-west-2",
                DUAL,
                "s3.dualstack.us-west-2.amazonaws.com",
            ),
            (
                Service::S3,
                "us-east-1",
                BOTH,
                "s3-fips.dualstack.us-east-1.amazonaws.com",
            ),
        ] {
            assert_eq!(service.host(region, variant), host);
            // What a host was made of is found in it again.
            let (name, is_dual_stack) = without_aws_domain(host).unwrap();
            assert!(name.ends_with(region), "{host}");
            let says_dual = is_dual_stack || name.contains("dualstack");
            assert_eq!(says_dual, variant.is_dual_stack, "{host}");
        }
        assert_eq!(
            without_aws_domain("sqs.eu-west-1.amazonaws.com.example.com"),
            None
        );
        assert_eq!(without_aws_domain("amazonaws.com"), None);
    }

    #[test]
    fn the_environment_says_it_in_one_word() {
        let of = |value: &'static str| {
            EndpointVariant::of_variables(|name| {
                (name == "AWS_USE_FIPS_ENDPOINT").then(|| value.to_owned())
            })
        };
        assert_eq!((of("True "), of("false"), of("1")), (FIPS, PLAIN, PLAIN));
    }
}
