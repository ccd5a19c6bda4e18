//! The lines of metrics: when there is one, and that none counts twice.

use std::sync::Arc;

use super::*;

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Written {
    fn lines(&self) -> Vec<Value> {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap());
        String::from_utf8(bytes)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// A service that is called once in a while.
struct Service {
    metrics: Metrics,
    counters: Counters,
    written: Written,
}

impl Service {
    fn with(metrics: Metrics) -> Self {
        let written = Written::default();
        Self {
            metrics: metrics.to_writer(written.clone()),
            counters: Counters::default(),
            written,
        }
    }

    async fn call_after(&mut self, seconds: u64, is_dropped: bool) -> Vec<Value> {
        tokio::time::advance(Duration::from_secs(seconds)).await;
        self.counters.captured += 1;
        if is_dropped {
            self.counters.dropped += 1;
        } else {
            self.counters.acknowledged += 1;
        }
        self.metrics
            .after_flush(&self.counters, Duration::from_millis(12));
        self.written.lines()
    }
}

/// What the specification of the embedded metric format asks of a line.
fn check_format(line: &Value) {
    let directive = &line["_aws"]["CloudWatchMetrics"][0];
    assert!(line["_aws"]["Timestamp"].as_u64().unwrap() > 1_700_000_000_000);
    assert_eq!(directive["Namespace"], "Daybook");
    for set in directive["Dimensions"].as_array().unwrap() {
        for name in set.as_array().unwrap() {
            assert!(line[name.as_str().unwrap()].is_string(), "{line}");
        }
    }
    let metrics = directive["Metrics"].as_array().unwrap();
    assert!((1..=100).contains(&metrics.len()));
    for metric in metrics {
        assert!(["Count", "Bytes", "Milliseconds"].contains(&metric["Unit"].as_str().unwrap()));
        let value = &line[metric["Name"].as_str().unwrap()];
        let values = value.as_array().map_or(1, Vec::len);
        assert!((1..=100).contains(&values), "{line}");
        assert!(value.is_u64() || value.is_array(), "{line}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_line_a_minute_tells_what_the_lines_before_have_not() {
    let mut service = Service::with(Metrics::emf());
    let first = service.call_after(0, false).await;
    assert_eq!((first.len(), &first[0]["Captured"]), (1, &json!(1)));
    for _ in 0..5 {
        assert!(service.call_after(11, false).await.is_empty());
    }
    let second = service.call_after(11, false).await;
    assert_eq!(second.len(), 1);
    for line in first.iter().chain(&second) {
        check_format(line);
    }
    assert_eq!(
        (&second[0]["Captured"], &second[0]["Acknowledged"]),
        (&json!(6), &json!(6))
    );
    assert_eq!(second[0]["FlushTime"], json!([12, 12, 12, 12, 12, 12]));
    assert_eq!(second[0]["Dropped"], 0);
}

#[tokio::test(start_paused = true)]
async fn the_first_drop_is_told_at_once_and_a_dead_queue_once_a_minute() {
    for metrics in [Metrics::emf(), Metrics::drops()] {
        let mut service = Service::with(metrics);
        service.call_after(0, false).await;
        let told = service.call_after(1, true).await;
        assert_eq!((told.len(), &told[0]["Dropped"]), (1, &json!(1)));
        check_format(&told[0]);
        for _ in 0..59 {
            assert!(service.call_after(1, true).await.is_empty());
        }
        let told = service.call_after(1, true).await;
        assert_eq!((told.len(), &told[0]["Dropped"]), (1, &json!(60)));
    }
}

#[tokio::test(start_paused = true)]
async fn by_default_nothing_is_written_while_nothing_is_dropped() {
    let mut service = Service::with(Metrics::drops());
    for _ in 0..10 {
        assert!(service.call_after(100, false).await.is_empty());
    }
    let told = service.call_after(0, true).await;
    let metrics = &told[0]["_aws"]["CloudWatchMetrics"][0]["Metrics"];
    assert_eq!(*metrics, json!([{"Name": "Dropped", "Unit": "Count"}]));
    assert_eq!(told[0]["Captured"], 11, "told, but no metric that costs");
    let mut silent = Service::with(Metrics::off());
    assert!(silent.call_after(0, true).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_rest_is_written_when_a_service_asks_for_it_and_once() {
    let mut service = Service::with(Metrics::emf());
    service.call_after(0, false).await;
    service.call_after(1, false).await;
    service.metrics.write_rest(&service.counters);
    service.metrics.write_rest(&service.counters);
    let lines = service.written.lines();
    assert_eq!((lines.len(), &lines[0]["Captured"]), (1, &json!(1)));
}

#[tokio::test(start_paused = true)]
async fn a_busy_minute_has_no_more_values_than_a_line_may_have() {
    let mut service = Service::with(Metrics::emf());
    service.call_after(0, false).await;
    for _ in 0..250 {
        service.call_after(0, false).await;
    }
    let line = service.call_after(60, false).await.remove(0);
    check_format(&line);
    assert_eq!(line["FlushTime"].as_array().unwrap().len(), 100);
    assert_eq!(line["Captured"], 251);
}
