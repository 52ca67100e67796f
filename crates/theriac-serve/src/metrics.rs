//! What is counted, in the form that Prometheus reads.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Upper bounds of the classes of times, in seconds.
const TIMES: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// What requests are told apart by: never by what was asked, so that nothing of it is counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    /// The pattern of the address: `/api/v1/models/{model}/candidates`.
    route: String,
    method: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

/// Requests, their times, and what is kept.
pub struct Metrics {
    registry: Registry,
    requests: Family<Labels, Counter>,
    seconds: Family<Route, Histogram>,
    /// Requests that are being answered.
    pub in_flight: Gauge,
    /// Requests that were turned away.
    pub turned_away: Counter,
    kept: [Gauge; 3],
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("theriac");
        let requests = Family::<Labels, Counter>::default();
        registry.register("requests", "Requests that were answered", requests.clone());
        let seconds = Family::<Route, Histogram>::new_with_constructor(|| Histogram::new(TIMES));
        registry.register("request_duration_seconds", "Times that answers took", seconds.clone());
        let in_flight = Gauge::default();
        registry.register("requests_in_flight", "Requests that are being answered", in_flight.clone());
        let turned_away = Counter::default();
        registry.register("requests_turned_away", "Requests that were turned away", turned_away.clone());
        let kept: [Gauge; 3] = Default::default();
        for (gauge, (name, help)) in kept.iter().zip([
            ("replies_hits", "Replies that were there already"),
            ("replies_misses", "Replies that had to be made"),
            ("replies_bytes", "Bytes of replies that are kept"),
        ]) {
            registry.register(name, help, gauge.clone());
        }
        Self { registry, requests, seconds, in_flight, turned_away, kept }
    }
}

impl Metrics {
    /// Counts an answer.
    pub fn answered(&self, route: &str, method: &str, status: u16, time: Duration) {
        let (route, method) = (route.to_owned(), method.to_owned());
        self.seconds.get_or_create(&Route { route: route.clone() }).observe(time.as_secs_f64());
        self.requests.get_or_create(&Labels { route, method, status }).inc();
    }

    /// Everything in the form of `OpenMetrics`; `kept` are the figures of the replies that are kept.
    pub fn text(&self, kept: [u64; 3]) -> String {
        for (gauge, value) in self.kept.iter().zip(kept) {
            gauge.set(value as i64);
        }
        let mut text = String::new();
        // Writing to a text does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_route_and_status() {
        let metrics = Metrics::default();
        metrics.answered("/a", "GET", 200, Duration::from_millis(3));
        metrics.answered("/a", "GET", 200, Duration::from_millis(30));
        metrics.answered("/a", "GET", 404, Duration::from_millis(1));
        let text = metrics.text([7, 2, 1024]);
        for line in [
            "theriac_requests_total{route=\"/a\",method=\"GET\",status=\"200\"} 2",
            "theriac_requests_total{route=\"/a\",method=\"GET\",status=\"404\"} 1",
            "theriac_request_duration_seconds_bucket{le=\"0.005\",route=\"/a\"} 2",
            "theriac_request_duration_seconds_count{route=\"/a\"} 3",
            "theriac_replies_hits 7",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}
