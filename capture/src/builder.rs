//! Settings: by environment variables, or in code.

use std::env;
use std::io::Write as _;
use std::sync::Arc;

use daybook_aws_access::{AwsAccess, with_sources};
use daybook_overflow::OverflowBucket;

use crate::call::ApiCall;
use crate::capture::{Capture, CapturePredicate, CaptureReads, Shared};
use crate::credentials::Credentials;
use crate::intake::{IntakeSink, IntakeUrlError};
use crate::metrics::Metrics;
use crate::sink::Sink;
use crate::sqs::SqsSink;

/// How long a flush may take unless told otherwise, in milliseconds.
const FLUSH_TIMEOUT_MS: u64 = 1_000;

/// The longest response body that is taken unless told otherwise, in bytes.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// The settings are not usable.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Nothing says where messages go.
    #[error(
        "nothing says where audit messages go: set DAYBOOK_QUEUE_URL to the queue's URL \
         (or DAYBOOK_INTAKE_URL for local development, or DAYBOOK_CAPTURE=off)"
    )]
    NoSink,
    /// Two places are named.
    #[error("DAYBOOK_QUEUE_URL and DAYBOOK_INTAKE_URL are both set: unset one of them")]
    TwoSinks,
    /// The queue's address is none.
    #[error("the queue's URL must begin with https:// or http://")]
    QueueUrl,
    /// The intake's address is none.
    #[error("DAYBOOK_INTAKE_URL")]
    IntakeUrl(#[from] IntakeUrlError),
    /// The overflow bucket's name is none.
    #[error("DAYBOOK_OVERFLOW_BUCKET must be the name of an S3 bucket, without s3:// or an ARN")]
    OverflowBucket,
    /// Nobody knows which metrics are meant.
    #[error("DAYBOOK_METRICS must be emf, drops or off")]
    Metrics,
    /// A number is none.
    #[error("{name} must be a whole number")]
    Number {
        /// The variable.
        name: &'static str,
    },
    /// A number is zero where it must not be, or larger than any machine can serve.
    #[error("{name} must be above zero, and no more than a machine can hold")]
    OutOfRange {
        /// The setting.
        name: &'static str,
    },
    /// It would match nothing.
    #[error("{route:?} is no route: it must begin with a slash, or be $default")]
    Route {
        /// What was named as one.
        route: String,
    },
    /// Nobody knows whether that is on or off.
    #[error("DAYBOOK_CAPTURE must be on or off")]
    Capture,
}

/// The layer, configured by environment variables.
///
/// | variable | meaning | default |
/// |---|---|---|
/// | `DAYBOOK_QUEUE_URL` | the SQS queue | this one or the next is needed |
/// | `DAYBOOK_INTAKE_URL` | the intake of `daybook up` on this machine: `http://127.0.0.1:8080/intake` | |
/// | `DAYBOOK_CAPTURE` | `off` (or `false`) records nothing | `on` |
/// | `DAYBOOK_FLUSH_TIMEOUT_MS` | the longest that sending may delay the next invocation | `1000` |
/// | `DAYBOOK_CAPTURE_READS` | `true`, `false`, or routes whose GETs are captured, by commas | none |
/// | `DAYBOOK_IGNORE_PATHS` | routes that are left out, by commas | none |
/// | `DAYBOOK_BODY_BYTES_MAX` | the longest response body that is taken | `65536` |
/// | `DAYBOOK_SENSITIVE_HEADERS` | further headers to remove, by commas | none |
/// | `DAYBOOK_OVERFLOW_BUCKET` | the S3 bucket for what is over 1 MiB | none |
/// | `DAYBOOK_METRICS` | `emf`, `drops` or `off`, see [`Metrics`] | `drops` in Lambda |
///
/// # Errors
/// Where no place to send to is named, or a value cannot be read. A service that would rather run
/// without an audit log may fall back to [`Capture::disabled`].
pub fn from_env() -> Result<Capture, ConfigError> {
    from_variables(|name| env::var(name).ok())
}

fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Capture, ConfigError> {
    let variable = |name| variable(name).filter(|value| !value.trim().is_empty());
    let list = |name| -> Vec<String> {
        let text = variable(name).unwrap_or_default();
        let items = text.split(',').map(str::trim);
        items
            .filter(|item| !item.is_empty())
            .map(ToOwned::to_owned)
            .collect()
    };
    if let Some(value) = variable("DAYBOOK_CAPTURE") {
        match value.trim().to_ascii_lowercase().as_str() {
            "on" | "true" => {}
            "off" | "false" => return Ok(Capture::disabled()),
            _ => return Err(ConfigError::Capture),
        }
    }
    let builder = match (
        variable("DAYBOOK_QUEUE_URL"),
        variable("DAYBOOK_INTAKE_URL"),
    ) {
        (Some(_), Some(_)) => return Err(ConfigError::TwoSinks),
        (None, None) => return Err(ConfigError::NoSink),
        (Some(queue_url), None) => Capture::builder().queue_url(queue_url.trim()),
        (None, Some(intake_url)) => Capture::builder().sink(IntakeSink::new(intake_url.trim())?),
    };
    let reads = variable("DAYBOOK_CAPTURE_READS").unwrap_or_default();
    let reads = match reads.trim().to_ascii_lowercase().as_str() {
        "" | "false" => CaptureReads::Never,
        "true" => CaptureReads::Always,
        _ => CaptureReads::OnRoutes(list("DAYBOOK_CAPTURE_READS")),
    };
    let mut builder = builder
        .capture_reads(reads)
        .ignore_paths(list("DAYBOOK_IGNORE_PATHS"))
        .sensitive_headers(list("DAYBOOK_SENSITIVE_HEADERS"));
    if let Some(value) = variable("DAYBOOK_FLUSH_TIMEOUT_MS") {
        builder = builder.flush_timeout_ms(number("DAYBOOK_FLUSH_TIMEOUT_MS", &value)?);
    }
    if let Some(value) = variable("DAYBOOK_BODY_BYTES_MAX") {
        builder = builder.body_bytes_max(number("DAYBOOK_BODY_BYTES_MAX", &value)?);
    }
    if let Some(name) = variable("DAYBOOK_OVERFLOW_BUCKET") {
        builder = builder.overflow_bucket(name.trim());
    }
    if let Some(value) = variable("DAYBOOK_METRICS") {
        builder = builder.metrics(match value.trim() {
            "emf" => Metrics::emf(),
            "drops" => Metrics::drops(),
            "off" => Metrics::off(),
            _ => return Err(ConfigError::Metrics),
        });
    }
    builder.build()
}

pub(crate) fn number<N: std::str::FromStr>(
    name: &'static str,
    value: &str,
) -> Result<N, ConfigError> {
    value
        .trim()
        .parse()
        .map_err(|_| ConfigError::Number { name })
}

/// Settings of a [`Capture`], in code.
///
/// ```
/// # fn main() -> Result<(), daybook_capture::ConfigError> {
/// let capture = daybook_capture::Capture::builder()
///     .queue_url("https://sqs.eu-central-1.amazonaws.com/123456789012/audit")
///     .ignore_paths(["/v1/webhooks/configs/{configId}/trigger"])
///     .capture_reads(["/v1/customers/{id}/bank-account"])
///     .sensitive_headers(["X-Internal-Signature"])
///     .flush_timeout_ms(500)
///     .build()?;
/// # Ok(()) }
/// ```
#[must_use = "nothing is captured before `build`"]
pub struct CaptureBuilder {
    sink: Option<Box<dyn Sink>>,
    queue_url: Option<String>,
    reads: CaptureReads,
    ignore_paths: Vec<String>,
    capture_if: Option<Box<CapturePredicate>>,
    body_bytes_max: usize,
    flush_timeout_ms: u64,
    sensitive_headers: Vec<String>,
    overflow_bucket: Option<OverflowBucket>,
    metrics: Option<Metrics>,
}

impl Default for CaptureBuilder {
    fn default() -> Self {
        Self {
            sink: None,
            queue_url: None,
            reads: CaptureReads::Never,
            ignore_paths: Vec::new(),
            capture_if: None,
            body_bytes_max: BODY_BYTES_MAX,
            flush_timeout_ms: FLUSH_TIMEOUT_MS,
            sensitive_headers: Vec::new(),
            overflow_bucket: None,
            metrics: None,
        }
    }
}

impl CaptureBuilder {
    /// Sends to this SQS queue, standard or FIFO. The function needs `sqs:SendMessage` on it.
    pub fn queue_url(mut self, queue_url: impl Into<String>) -> Self {
        self.queue_url = Some(queue_url.into());
        self
    }

    /// Sends by a way of the service's own, in place of a queue.
    pub fn sink(mut self, sink: impl Sink) -> Self {
        self.sink = Some(Box::new(sink));
        self
    }

    /// Leaves out calls on these routes, by API Gateway's own templates: `/v1/hooks/{id}/trigger`.
    /// Behind a catch-all route (`/{proxy+}`) the concrete path is compared with them.
    pub fn ignore_paths<T: Into<String>>(mut self, routes: impl IntoIterator<Item = T>) -> Self {
        self.ignore_paths = routes.into_iter().map(Into::into).collect();
        self
    }

    /// Captures GETs: all of them (`true`), or those on these routes.
    pub fn capture_reads(mut self, reads: impl Into<CaptureReads>) -> Self {
        self.reads = reads.into();
        self
    }

    /// Captures only those calls for which `predicate` holds. It is asked before the handler runs, so
    /// it should be quick, and only about calls that nothing else leaves out: reads are chosen by
    /// [`capture_reads`](Self::capture_reads) first. A call about which it panics is captured.
    ///
    /// ```
    /// # let _ =
    /// daybook_capture::Capture::builder()
    ///     .capture_if(|call| !(call.method == "POST" && call.path.ends_with("/search")))
    /// # ;
    /// ```
    pub fn capture_if(
        mut self,
        predicate: impl Fn(&ApiCall<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.capture_if = Some(Box::new(predicate));
        self
    }

    /// The longest response body that is taken, in bytes; 64 KiB by default. A longer one is left
    /// out as a whole.
    pub fn body_bytes_max(mut self, body_bytes_max: usize) -> Self {
        self.body_bytes_max = body_bytes_max;
        self
    }

    /// The longest that sending may delay the next invocation, in milliseconds; 1,000 by default.
    pub fn flush_timeout_ms(mut self, flush_timeout_ms: u64) -> Self {
        self.flush_timeout_ms = flush_timeout_ms;
        self
    }

    /// Removes these request headers as well, whatever their case.
    pub fn sensitive_headers<T: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = T>,
    ) -> Self {
        self.sensitive_headers = names.into_iter().map(Into::into).collect();
        self
    }

    /// Keeps what is over 1 MiB whole in this S3 bucket (its name, or an [`OverflowBucket`]). The
    /// message on the queue is cut all the same and says where the whole lies. The function needs
    /// `s3:PutObject` on `daybook/*` in it; the normalizer must know the same bucket.
    pub fn overflow_bucket(mut self, bucket: impl Into<OverflowBucket>) -> Self {
        self.overflow_bucket = Some(bucket.into());
        self
    }

    /// Which lines of metrics are written.
    pub fn metrics(mut self, metrics: Metrics) -> Self {
        self.metrics = Some(metrics);
        self
    }

    /// The layer.
    ///
    /// # Errors
    /// Where there is neither a queue nor a sink, the queue's URL, the bucket's name or a route is none,
    /// or the flush timeout is zero.
    pub fn build(self) -> Result<Capture, ConfigError> {
        if self.flush_timeout_ms == 0 {
            return Err(ConfigError::OutOfRange {
                name: "flush_timeout_ms",
            });
        }
        let routes_of_reads = match &self.reads {
            CaptureReads::OnRoutes(routes) => routes.as_slice(),
            CaptureReads::Never | CaptureReads::Always => &[],
        };
        // A list that is split at its commas has an empty item where it is empty; it matches nothing.
        let is_no_route =
            |route: &&String| !route.is_empty() && !route.starts_with('/') && *route != "$default";
        let mut routes = self.ignore_paths.iter().chain(routes_of_reads);
        if let Some(route) = routes.find(is_no_route) {
            return Err(ConfigError::Route {
                route: route.clone(),
            });
        }
        if let Some(bucket) = &self.overflow_bucket
            && !bucket.has_valid_name()
        {
            return Err(ConfigError::OverflowBucket);
        }
        let access = AwsAccess::from_environment();
        let sink: Box<dyn Sink> = match (self.sink, self.queue_url) {
            (Some(_), Some(_)) => return Err(ConfigError::TwoSinks),
            (Some(sink), None) => sink,
            (None, Some(queue_url)) => {
                if !queue_url.starts_with("https://") && !queue_url.starts_with("http://") {
                    return Err(ConfigError::QueueUrl);
                }
                let sink = SqsSink::with_access(queue_url, access.clone());
                Box::new(sink.with_flush_timeout_ms(self.flush_timeout_ms))
            }
            (None, None) => return Err(ConfigError::NoSink),
        };
        Ok(Capture {
            shared: Some(Arc::new(Shared {
                sink,
                reads: self.reads,
                ignore_paths: self.ignore_paths,
                capture_if: self.capture_if,
                body_bytes_max: self.body_bytes_max,
                flush_timeout_ms: self.flush_timeout_ms,
                credentials: Credentials::new(self.sensitive_headers.iter().map(String::as_str)),
                counters: Arc::default(),
                overflow: self.overflow_bucket,
                #[cfg(feature = "server")]
                access,
                metrics: self.metrics.unwrap_or_default(),
            })),
        })
    }
}

impl Capture {
    /// A capture that is configured in code.
    pub fn builder() -> CaptureBuilder {
        CaptureBuilder::default()
    }

    /// A capture that records nothing, because its settings are not usable. That is said once, also where
    /// nobody listens to `tracing`: an audit log that is off must not be a surprise.
    pub(crate) fn off_because_of(error: &ConfigError) -> Self {
        let reason = with_sources(error);
        tracing::error!(%reason, "daybook: nothing is recorded, the settings are not usable");
        if !tracing::dispatcher::has_been_set() {
            // Standard error may be closed.
            let _ = writeln!(
                std::io::stderr(),
                "daybook: nothing is recorded, the settings are not usable: {reason}"
            );
        }
        Self::disabled()
    }
}

impl std::fmt::Debug for CaptureBuilder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("CaptureBuilder")
            .field("reads", &self.reads)
            .field("ignore_paths", &self.ignore_paths)
            .field("body_bytes_max", &self.body_bytes_max)
            .field("flush_timeout_ms", &self.flush_timeout_ms)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &'static [(&str, &str)]) -> Result<Capture, ConfigError> {
        from_variables(|name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_missing_queue_is_said_clearly() {
        let error = with(&[("DAYBOOK_QUEUE_URL", " ")]).unwrap_err();
        assert!(error.to_string().contains("DAYBOOK_QUEUE_URL"), "{error}");
    }

    #[test]
    fn every_variable_is_read() {
        let capture = with(&[
            ("DAYBOOK_INTAKE_URL", "http://127.0.0.1:8080/intake"),
            ("DAYBOOK_FLUSH_TIMEOUT_MS", "250"),
            ("DAYBOOK_CAPTURE_READS", "/a/{id}, /b"),
            ("DAYBOOK_IGNORE_PATHS", "/c,/d/{id}/trigger"),
            ("DAYBOOK_BODY_BYTES_MAX", "1000"),
            ("DAYBOOK_SENSITIVE_HEADERS", "X-Mine"),
            ("DAYBOOK_OVERFLOW_BUCKET", "audit-overflow"),
            ("DAYBOOK_METRICS", "emf"),
        ])
        .unwrap();
        let shared = capture.shared.unwrap();
        assert!(shared.overflow.is_some());
        assert!(format!("{:?}", shared.metrics).contains("Always"));
        assert_eq!(shared.flush_timeout_ms, 250);
        assert_eq!(shared.reads, CaptureReads::from(["/a/{id}", "/b"]));
        assert_eq!(shared.ignore_paths, ["/c", "/d/{id}/trigger"]);
        assert_eq!(shared.body_bytes_max, 1000);
    }

    const INTAKE: (&str, &str) = ("DAYBOOK_INTAKE_URL", "http://127.0.0.1:8080/intake");

    fn with_intake_and(name: &str, value: &str) -> Result<Capture, ConfigError> {
        from_variables(|key| {
            let variables = [INTAKE, (name, value)];
            let found = variables.into_iter().find(|(it, _)| *it == key);
            found.map(|(_, value)| value.to_owned())
        })
    }

    #[test]
    fn what_nobody_knows_is_said_at_the_start() {
        for (name, value, said) in [
            (
                "DAYBOOK_OVERFLOW_BUCKET",
                "s3://audit",
                "DAYBOOK_OVERFLOW_BUCKET",
            ),
            ("DAYBOOK_METRICS", "on", "DAYBOOK_METRICS"),
            ("DAYBOOK_CAPTURE", "no", "DAYBOOK_CAPTURE"),
            ("DAYBOOK_BODY_BYTES_MAX", "-1", "DAYBOOK_BODY_BYTES_MAX"),
            ("DAYBOOK_FLUSH_TIMEOUT_MS", "0", "above zero"),
            ("DAYBOOK_IGNORE_PATHS", "/v1/x,v1/x", "\"v1/x\" is no route"),
            ("DAYBOOK_CAPTURE_READS", "1", "\"1\" is no route"),
        ] {
            let error = with_intake_and(name, value).unwrap_err();
            assert!(error.to_string().contains(said), "{error}");
        }
        assert!(with_intake_and("DAYBOOK_BODY_BYTES_MAX", "0").is_ok());
    }

    #[test]
    fn a_switch_is_read_in_any_case() {
        for (value, is_on) in [
            ("on", true),
            ("True", true),
            ("False", false),
            ("OFF", false),
        ] {
            let capture = with_intake_and("DAYBOOK_CAPTURE", value).unwrap();
            assert_eq!(capture.shared.is_some(), is_on, "{value}");
        }
        for (value, reads) in [
            ("TRUE", CaptureReads::Always),
            ("False", CaptureReads::Never),
            ("$default", CaptureReads::from(["$default"])),
        ] {
            let capture = with_intake_and("DAYBOOK_CAPTURE_READS", value).unwrap();
            assert_eq!(capture.shared.unwrap().reads, reads, "{value}");
        }
    }

    #[test]
    fn off_needs_no_queue_and_two_places_are_one_too_many() {
        let off = with(&[("DAYBOOK_CAPTURE", "OFF")]);
        assert!(off.unwrap().shared.is_none());
        assert!(matches!(
            with(&[
                (
                    "DAYBOOK_QUEUE_URL",
                    "https://sqs.eu-central-1.amazonaws.com/1/a"
                ),
                ("DAYBOOK_INTAKE_URL", "http://127.0.0.1:1/intake"),
            ]),
            Err(ConfigError::TwoSinks)
        ));
        assert!(matches!(
            with(&[
                (
                    "DAYBOOK_QUEUE_URL",
                    "https://sqs.eu-central-1.amazonaws.com/1/a"
                ),
                ("DAYBOOK_FLUSH_TIMEOUT_MS", "soon"),
            ]),
            Err(ConfigError::Number { .. })
        ));
    }
}
