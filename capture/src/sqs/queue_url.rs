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

    /// Whom to ask where that is not the region's usual address: a VPC endpoint's own name, or a
    /// server that is not AWS.
    pub(super) fn endpoint(&self) -> Option<&str> {
        let host = self.host()?;
        let is_usual = self.region().is_some() && !host.contains(".vpce.");
        if is_usual {
            return None;
        }
        let start = self.0.find(host)?;
        self.0.get(..start + host.len())
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
                None,
            ),
            (
                "https://sqs.cn-north-1.amazonaws.com.cn/1/audit.fifo",
                Some("cn-north-1"),
                None,
            ),
            (
                "https://sqs-fips.us-east-2.amazonaws.com/1/audit",
                Some("us-east-2"),
                None,
            ),
            (
                "https://eu-west-1.queue.amazonaws.com/1/audit",
                Some("eu-west-1"),
                None,
            ),
            (
                "https://queue.amazonaws.com/1/audit",
                Some("us-east-1"),
                None,
            ),
            (
                "https://sqs.eu-west-1.api.aws/1/audit",
                Some("eu-west-1"),
                None,
            ),
            (
                "https://vpce-1-2.sqs.eu-west-1.vpce.amazonaws.com/1/audit",
                Some("eu-west-1"),
                Some("https://vpce-1-2.sqs.eu-west-1.vpce.amazonaws.com"),
            ),
            (
                "http://127.0.0.1:4566/0/audit",
                None,
                Some("http://127.0.0.1:4566"),
            ),
            (
                "https://sqs.eu-west-1.amazonaws.com.example.com/1/a",
                None,
                Some("https://sqs.eu-west-1.amazonaws.com.example.com"),
            ),
            ("audit", None, None),
        ] {
            let queue_url = QueueUrl(url.to_owned());
            assert_eq!(
                (queue_url.region(), queue_url.endpoint()),
                (region, endpoint),
                "{url}"
            );
        }
    }

    #[test]
    fn a_fifo_queue_is_known_by_its_name() {
        assert!(QueueUrl("https://sqs.eu-west-1.amazonaws.com/1/a.fifo".to_owned()).is_fifo());
        assert!(!QueueUrl("https://sqs.eu-west-1.amazonaws.com/1/fifo".to_owned()).is_fifo());
    }
}
