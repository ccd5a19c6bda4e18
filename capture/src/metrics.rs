//! The counters as CloudWatch metrics: a line on standard output now and then, in the embedded
//! metric format.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::counters::{Counters, whole_ms};

/// At most one line in this time, but for the first drop after a time without any.
const INTERVAL: Duration = Duration::from_mins(1);

/// A metric has at most so many values in one line.
const FLUSH_TIMES_MAX: usize = 100;

/// Which lines of metrics are written: JSON in CloudWatch's embedded metric format (EMF), of which
/// CloudWatch Logs makes metrics in the namespace `Daybook` without a call and without waiting.
///
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
///
/// A line is written after a flush, so after the response: at most one a minute and environment,
/// and one at once for the first drop after a time without any. It has what was counted since the
/// line before. What was counted after the last one is lost when the environment ends, as a function
/// is told nothing of its end; each drop has its own warning in the log all the same. A service that
/// does know its end may call [`crate::Capture::write_metrics`].
///
/// | | written | custom metrics that CloudWatch bills |
/// |---|---|---|
/// | [`Metrics::drops`] | only when something was dropped | `Dropped`, once there is one |
/// | [`Metrics::emf`] | always | `Captured`, `Acknowledged`, `LeftOut`, `Dropped`, `Truncated`, `Overflowed`, `SentBytes`, `FlushTime` |
/// | [`Metrics::off`] | never | none |
///
/// The default is [`Metrics::drops`] in Lambda, where a silent loss would be worse than a line, and
/// [`Metrics::off`] elsewhere, where standard output may be the program's own.
pub struct Metrics {
    lines: Lines,
    function_name: Option<String>,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lines {
    Never,
    WithDrops,
    Always,
}

struct State {
    writer: Box<dyn Write + Send>,
    /// What earlier lines have told.
    told: Counters,
    /// When the last line was written, and whether it told of drops.
    last: Option<(Instant, bool)>,
    /// Of the latest flushes, in milliseconds.
    flush_times_ms: VecDeque<u64>,
}

impl Metrics {
    /// No lines.
    pub fn off() -> Self {
        Self::new(Lines::Never)
    }

    /// Lines with what was dropped, and none while nothing is.
    pub fn drops() -> Self {
        Self::new(Lines::WithDrops)
    }

    /// Lines with everything.
    pub fn emf() -> Self {
        Self::new(Lines::Always)
    }

    /// Writes to `writer` in place of standard output.
    #[must_use]
    pub fn to_writer(self, writer: impl Write + Send + 'static) -> Self {
        let mut state = self
            .state
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        state.writer = Box::new(writer);
        Self {
            state: Mutex::new(state),
            ..self
        }
    }

    fn new(lines: Lines) -> Self {
        Self {
            lines,
            function_name: function_name(),
            state: Mutex::new(State {
                writer: Box::new(std::io::stdout()),
                told: Counters::default(),
                last: None,
                flush_times_ms: VecDeque::new(),
            }),
        }
    }

    /// Takes note of a flush, and writes a line where one is due.
    pub(crate) fn after_flush(&self, counters: &Counters, flush_time: Duration) {
        if self.lines == Lines::Never {
            return;
        }
        let mut state = self.state();
        if state.flush_times_ms.len() == FLUSH_TIMES_MAX {
            state.flush_times_ms.pop_front();
        }
        state.flush_times_ms.push_back(whole_ms(flush_time));
        self.write_if_due(&mut state, counters);
    }

    /// Writes a line where one is due, although there was no flush.
    pub(crate) fn after_loss(&self, counters: &Counters) {
        if self.lines != Lines::Never {
            self.write_if_due(&mut self.state(), counters);
        }
    }

    fn write_if_due(&self, state: &mut State, counters: &Counters) {
        let has_drops = counters.dropped > state.told.dropped;
        let is_due = match state.last {
            None => true,
            Some((at, told_drops)) => at.elapsed() >= INTERVAL || (has_drops && !told_drops),
        };
        if is_due && (has_drops || self.lines == Lines::Always) {
            self.write(state, counters);
        }
    }

    /// Writes what no line has told yet.
    pub(crate) fn write_rest(&self, counters: &Counters) {
        let mut state = self.state();
        let has_drops = counters.dropped > state.told.dropped;
        let is_wanted = match self.lines {
            Lines::Never => false,
            Lines::WithDrops => has_drops,
            Lines::Always => *counters != state.told,
        };
        if is_wanted {
            self.write(&mut state, counters);
        }
    }

    fn write(&self, state: &mut State, counters: &Counters) {
        let mut line = self.line(state, counters).to_string();
        line.push('\n');
        // In one piece, so that no line of the service's own comes between. Where nobody reads
        // standard output there is nobody to tell.
        let _ = state.writer.write_all(line.as_bytes());
        let _ = state.writer.flush();
        state.last = Some((Instant::now(), counters.dropped > state.told.dropped));
        state.told = *counters;
        state.flush_times_ms.clear();
    }

    fn line(&self, state: &State, counters: &Counters) -> Value {
        let new = counters.since(&state.told);
        let values = [
            ("Captured", "Count", new.captured),
            ("Acknowledged", "Count", new.acknowledged),
            ("LeftOut", "Count", new.left_out),
            ("Dropped", "Count", new.dropped),
            ("Truncated", "Count", new.truncated),
            ("Overflowed", "Count", new.overflowed),
            ("SentBytes", "Bytes", new.sent_bytes),
        ];
        let is_metric = |name: &str| self.lines == Lines::Always || name == "Dropped";
        let mut metrics: Vec<Value> = values
            .iter()
            .filter(|(name, _, _)| is_metric(name))
            .map(|(name, unit, _)| json!({"Name": name, "Unit": unit}))
            .collect();
        if is_metric("FlushTime") && !state.flush_times_ms.is_empty() {
            metrics.push(json!({"Name": "FlushTime", "Unit": "Milliseconds"}));
        }
        let dimensions: &[&str] = match self.function_name {
            Some(_) => &["FunctionName"],
            None => &[],
        };
        let mut line = json!({
            "_aws": {
                "Timestamp": Timestamp::now().as_millisecond(),
                "CloudWatchMetrics": [
                    {"Namespace": "Daybook", "Dimensions": [dimensions], "Metrics": metrics},
                ],
            },
            "FlushTime": state.flush_times_ms,
        });
        for (name, _, value) in values {
            line[name] = json!(value);
        }
        if let Some(function_name) = &self.function_name {
            line["FunctionName"] = json!(function_name);
        }
        line
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        if function_name().is_some() {
            Self::drops()
        } else {
            Self::off()
        }
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Metrics")
            .field("lines", &self.lines)
            .finish_non_exhaustive()
    }
}

/// Lambda sets it; who sets it elsewhere says what to be called.
fn function_name() -> Option<String> {
    std::env::var("AWS_LAMBDA_FUNCTION_NAME")
        .ok()
        .filter(|name| !name.is_empty())
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
