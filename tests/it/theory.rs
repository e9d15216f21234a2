//! Where theory has an answer, the engine agrees with it.
//!
//! The documents are ordinary ones: users, links without latency, a server.

use scalescope::model::Document;
use scalescope::observe::{Figures, Operation};
use serde_json::json;

use crate::support::{at_s, engine, measure, node};

/// Poisson arrivals at `rate_per_s` to a web server with `cores` and a mean service of one second.
fn queue(rate_per_s: f64, cores: u32, shape: &str, seed: u64) -> Document {
    let document = json!({
        "version": 1, "name": "queue", "seed": seed,
        "nodes": [
            { "id": "users", "kind": "users", "params": {
                "users": 1_000, "rate_per_user_per_s": rate_per_s / 1_000.0, "timeout": "1h",
                "static_weight": 0, "read_weight": 1, "write_weight": 0 } },
            { "id": "web", "kind": "web_server", "params": {
                "cores": cores, "workers": 100_000, "queue_limit": 1_000_000, "read_service": "1s", "service_shape": shape } },
        ],
        "links": [ { "from": "users", "to": "web", "latency": "0s" } ],
    });
    Document::read(&document.to_string()).unwrap()
}

/// Mean response time over several long runs, and the last run's figures.
fn response(rate_per_s: f64, cores: u32, shape: &str) -> (f64, Figures) {
    let mut total = (0.0, 0.0);
    let mut last = Figures::default();
    for seed in 1..=4 {
        let mut engine = engine(queue(rate_per_s, cores, shape, seed));
        engine.run_until(at_s(2_000.0));
        last = measure(&mut engine, 42_000.0);
        let count = last.latency.count as f64;
        total = (total.0 + last.latency.mean_s * count, total.1 + count);
    }
    (total.0 / total.1, last)
}

/// M/M/c mean response time with mean service 1 (Erlang C).
fn erlang_c_response(rate: f64, cores: u32) -> f64 {
    let c = f64::from(cores);
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..cores {
        term *= rate / f64::from(k);
        sum += term;
    }
    let last = term * rate / c / (1.0 - rate / c);
    let waits = last / (sum + last);
    1.0 + waits / (c - rate)
}

#[test]
fn m_m_c_queues_wait_as_erlang_says() {
    for (rate, cores) in [(0.5, 1), (0.8, 1), (1.6, 2), (3.2, 4)] {
        let expected = erlang_c_response(rate, cores);
        let (mean, figures) = response(rate, cores, "exponential");
        assert!((mean / expected - 1.0).abs() < 0.04, "M/M/{cores} at {rate}: {mean} s for {expected} s");
        let utilisation = node(&figures, "web").utilisation;
        assert!((utilisation - rate / f64::from(cores)).abs() < 0.02, "utilisation {utilisation}");
        // Little's law, on the run's own figures.
        let waiting = node(&figures, "web").queue_mean;
        let by_little = figures.goodput_per_s * (figures.latency.mean_s - 1.0);
        assert!((waiting - by_little).abs() < 0.05 + 0.03 * by_little, "{waiting} wait, {by_little} by Little's law");
    }
}

#[test]
fn an_exponential_response_has_its_quantiles() {
    let (_, figures) = response(0.5, 1, "exponential");
    // The response of M/M/1 is exponential with mean 1 / (1 − ρ) = 2 s.
    for (got, q) in [(figures.latency.p50_s, 0.5_f64), (figures.latency.p90_s, 0.9), (figures.latency.p99_s, 0.99)] {
        let expected = -2.0 * libm::log(1.0 - q);
        assert!((got / expected - 1.0).abs() < 0.08, "quantile {q}: {got} for {expected}");
    }
    let reads = figures.operations.iter().find(|figures| figures.operation == Operation::Read).unwrap();
    assert_eq!(reads.latency, figures.latency);
}

#[test]
fn m_d_1_waits_half_as_long() {
    // Pollaczek–Khinchine with zero variance: W = ρ / (2 (1 − ρ)).
    let (mean, _) = response(0.8, 1, "constant");
    assert!((mean / 3.0 - 1.0).abs() < 0.04, "{mean} s for 3 s");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(24))]

    /// Little's law: however a server serves, it has on average λ W requests.
    #[test]
    fn littles_law_holds_whatever_the_server_does(
        seed in 0_u64..1_000,
        load in 0.1..0.9_f64,
        cores in 1_u32..5,
        shape in proptest::sample::select(vec!["constant", "exponential", "erlang(3)", "lognormal(3)", "uniform"]),
        discipline in proptest::sample::select(vec!["fifo", "lifo", "processor_sharing", "priority"]),
        limit in proptest::sample::select(vec![0_u32, 3, 10_000_000]),
    ) {
        let mut document = queue(load * f64::from(cores), cores, shape, seed);
        let set = [("discipline", json!(discipline)), ("queue_limit", json!(limit)), ("workers", json!(cores))];
        document = crate::support::with(document, "web", &set);
        let mut engine = engine(document);
        engine.run_until(at_s(500.0));
        let figures = measure(&mut engine, 20_500.0);
        let web = node(&figures, "web");
        let by_little = figures.goodput_per_s * figures.latency.mean_s;
        // What is cut off at both ends of the run is a few requests in thousands.
        proptest::prop_assert!((web.in_flight_mean - by_little).abs() < 0.02 + 0.02 * by_little,
            "{} are there, {by_little} by Little's law", web.in_flight_mean);
        proptest::prop_assert_eq!(engine.violations(), Vec::<String>::new());
    }
}
