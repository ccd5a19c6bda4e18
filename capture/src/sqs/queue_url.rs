//! What a queue's address says: its region, its kind, and who is asked.

use daybook_aws_access::{EndpointVariant, Service, without_aws_domain};

/// A queue's address: `https://sqs.eu-central-1.amazonaws.com/123456789012/audit`.
#[derive(Debug, Clone)]
pub(super) struct QueueUrl(pub(super) String);

impl QueueUrl {
    pub(super) fn is_fifo(&self) -> bool {
        // Not a file's extension: SQS takes this suffix in lower case only.
        self.0.strip_suffix(".fifo").is_some()
    }

    /// `eu-central-1`; none where the address is not one of AWS.
    ///
    /// <https://docs.aws.amazon.com/general/latest/gr/sqs-service.html>
    pub(super) fn region(&self) -> Option<&str> {
        let (name, _) = without_aws_domain(self.host()?)?;
        let labels: Vec<&str> = name.split('.').collect();
        match labels[..] {
            ["sqs" | "sqs-fips", region] | [region, "queue"] | [.., "sqs", region, "vpce"] => {
                Some(region)
            }
            ["queue"] => Some("us-east-1"),
            _ => None,
        }
    }

    /// Whom to ask: the region's usual address, with IPv6 or by validated cryptography where the queue's
    /// address or `variant` says so; a VPC endpoint's own name; a server that is not AWS.
    pub(super) fn endpoint(&self, variant: EndpointVariant) -> String {
        let host = self.host().unwrap_or_default();
        let Some(region) = self.region().filter(|_| !host.contains(".vpce.")) else {
            let length = self.0.find(host).unwrap_or_default() + host.len();
            return format!("{}/", self.0.get(..length).unwrap_or_default());
        };
        let own = EndpointVariant {
            is_fips: host.starts_with("sqs-fips."),
            is_dual_stack: without_aws_domain(host).is_some_and(|(_, is_dual_stack)| is_dual_stack),
        };
        format!("https://{}/", Service::Sqs.host(region, variant.or(own)))
    }

    fn host(&self) -> Option<&str> {
        self.0.split_once("://")?.1.split('/').next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_is_the_queues_own() {
        for (url, region, endpoint) in [
            (
                "https://sqs.eu-central-1.amazonaws.com/1/audit",
                Some("eu-central-1"),
                "https://sqs.eu-central-1.amazonaws.com/",
            ),
            (
                "https://sqs.cn-north-1.amazonaws.com.cn/1/audit.fifo",
                Some("cn-north-1"),
                "https://sqs.cn-north-1.amazonaws.com.cn/",
            ),
            (
                "https://sqs-fips.us-east-2.amazonaws.com/1/audit",
                Some("us-east-2"),
                "https://sqs-fips.us-east-2.amazonaws.com/",
            ),
            (
                "https://eu-west-1.queue.amazonaws.com/1/audit",
                Some("eu-west-1"),
                "https://sqs.eu-west-1.amazonaws.com/",
            ),
            (
                "https://queue.amazonaws.com/1/audit",
                Some("us-east-1"),
                "https://sqs.us-east-1.amazonaws.com/",
            ),
            (
                "https://sqs.eu-west-1.api.aws/1/audit",
                Some("eu-west-1"),
                "https://sqs.eu-west-1.api.aws/",
            ),
            (
                "https://sqs.cn-north-1.api.amazonwebservices.com.cn/1/audit",
                Some("cn-north-1"),
                "https://sqs.cn-north-1.api.amazonwebservices.com.cn/",
            ),
            (
                "https://sqs.us-iso-east-1.c2s.ic.gov/1/audit",
                Some("us-iso-east-1"),
                "https://sqs.us-iso-east-1.c2s.ic.gov/",
            ),
            (
                "https://vpce-1-2.sqs.eu-west-1.vpce.amazonaws.com/1/audit",
                Some("eu-west-1"),
                "https://vpce-1-2.sqs.eu-west-1.vpce.amazonaws.com/",
            ),
            (
                "http://127.0.0.1:4566/0/audit",
                None,
                "http://127.0.0.1:4566/",
            ),
            (
                "https://sqs.eu-west-1.amazonaws.com.example.com/1/a",
                None,
                "https://sqs.eu-west-1.amazonaws.com.example.com/",
            ),
            ("audit", None, "/"),
        ] {
            let queue_url = QueueUrl(url.to_owned());
            assert_eq!(
                (
                    queue_url.region(),
                    queue_url.endpoint(EndpointVariant::default()).as_str()
                ),
                (region, endpoint),
                "{url}"
            );
        }
    }

    #[test]
    fn validated_cryptography_and_ipv6_may_be_asked_for() {
        for (url, endpoint) in [
            (
                "https://sqs.us-east-1.amazonaws.com/1/a",
                "https://sqs-fips.us-east-1.api.aws/",
            ),
            (
                "https://sqs.cn-north-1.amazonaws.com.cn/1/a",
                "https://sqs-fips.cn-north-1.api.amazonwebservices.com.cn/",
            ),
            ("http://127.0.0.1:4566/0/a", "http://127.0.0.1:4566/"),
        ] {
            let queue_url = QueueUrl(url.to_owned());
            let both = EndpointVariant {
                is_fips: true,
                is_dual_stack: true,
            };
            assert_eq!(queue_url.endpoint(both), endpoint);
        }
    }

    #[test]
    fn a_fifo_queue_is_known_by_its_name() {
        assert!(QueueUrl("https://sqs.eu-west-1.amazonaws.com/1/a.fifo".to_owned()).is_fifo());
        assert!(!QueueUrl("https://sqs.eu-west-1.amazonaws.com/1/fifo".to_owned()).is_fifo());
    }
}
