//! What a queue's address says: its region, its kind, and who is asked.

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
        let host = self.host()?;
        let aws = ["amazonaws.com", "amazonaws.com.cn", "api.aws"];
        let name = aws
            .iter()
            .find_map(|domain| host.strip_suffix(domain)?.strip_suffix('.'))?;
        let labels: Vec<&str> = name.split('.').collect();
        match labels[..] {
            ["sqs" | "sqs-fips", region] | [region, "queue"] | [.., "sqs", region, "vpce"] => {
                Some(region)
            }
            ["queue"] => Some("us-east-1"),
            _ => None,
        }
    }

    /// Whom to ask: the region's usual address, with IPv6 or by validated cryptography where the address or
    /// the environment says so (`AWS_USE_DUALSTACK_ENDPOINT`, `AWS_USE_FIPS_ENDPOINT`); a VPC endpoint's own
    /// name; a server that is not AWS.
    pub(super) fn endpoint(&self, variable: impl Fn(&str) -> Option<String>) -> String {
        let host = self.host().unwrap_or_default();
        let Some(region) = self.region().filter(|_| !host.contains(".vpce.")) else {
            let length = self.0.find(host).unwrap_or_default() + host.len();
            return format!("{}/", self.0.get(..length).unwrap_or_default());
        };
        let is_set = |name| variable(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let name = if host.starts_with("sqs-fips.") || is_set("AWS_USE_FIPS_ENDPOINT") {
            "sqs-fips"
        } else {
            "sqs"
        };
        let is_dual = host.ends_with(".api.aws") || is_set("AWS_USE_DUALSTACK_ENDPOINT");
        let domain = match (is_dual, region.starts_with("cn-")) {
            (false, false) => "amazonaws.com",
            (false, true) => "amazonaws.com.cn",
            (true, false) => "api.aws",
            (true, true) => "api.amazonwebservices.com.cn",
        };
        format!("https://{name}.{region}.{domain}/")
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
                (queue_url.region(), queue_url.endpoint(|_| None).as_str()),
                (region, endpoint),
                "{url}"
            );
        }
    }

    #[test]
    fn the_environment_may_ask_for_validated_cryptography_and_for_ipv6() {
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
            assert_eq!(queue_url.endpoint(|_| Some("true".to_owned())), endpoint);
        }
    }

    #[test]
    fn a_fifo_queue_is_known_by_its_name() {
        assert!(QueueUrl("https://sqs.eu-west-1.amazonaws.com/1/a.fifo".to_owned()).is_fifo());
        assert!(!QueueUrl("https://sqs.eu-west-1.amazonaws.com/1/fifo".to_owned()).is_fifo());
    }
}
