//! Links: delay, bandwidth, loss, partitions; and who may be reached from where.

use scalescope::model::Document;
use scalescope::observe::{Figures, LinkFigures};
use serde_json::{Value, json};

use crate::support::{at_s, engine, measure};

/// Bytes of a request or an answer beside its content.
const HEADER: f64 = 500.0;

/// Users who load assets of 1 to 3 KB from one server that answers at once, over one link.
fn line(rate_per_s: f64, link: &Value, seed: u64) -> Document {
    let mut wire = json!({ "from": "users", "to": "web", "latency": "0s" });
    wire.as_object_mut().unwrap().extend(link.as_object().unwrap().clone());
    let document = json!({
        "version": 1, "name": "line", "seed": seed,
        "nodes": [
            { "id": "users", "kind": "users", "params": {
                "users": 1_000, "rate_per_user_per_s": rate_per_s / 1_000.0, "timeout": "1h", "assets": 1, "asset_size": "9500B",
                "static_weight": 1, "read_weight": 0, "write_weight": 0 } },
            { "id": "web", "kind": "web_server", "params": {
                "cores": 1_000, "workers": 100_000, "static_service": "0s" } },
        ],
        "links": [wire],
    });
    Document::read(&document.to_string()).unwrap()
}

fn link<'a>(figures: &'a Figures, from: &str, to: &str) -> &'a LinkFigures {
    figures.links.iter().find(|link| link.from == from && link.to == to).expect("the link has traffic")
}

/// Pollaczek–Khinchine for constant service: mean wait of M/D/1 is ρ s / (2 (1 − ρ)).
#[test]
fn answers_queue_on_a_narrow_link_as_m_d_1() {
    for utilisation in [0.5, 0.8] {
        let (mut total, mut count) = (0.0, 0.0);
        for seed in 1..=4 {
            // What an asset is large is its key's own: ask the run.
            let mut probe = engine(line(10.0, &json!({}), seed));
            probe.run_until(at_s(100.0));
            let report = probe.report();
            let bytes = link(&report, "users", "web").backward.bytes_per_s / report.throughput_per_s;
            let rate_bps = 8_000_000.0;
            let service_s = 8.0 * bytes / rate_bps;
            let rate_per_s = utilisation / service_s;
            let wire = json!({ "bandwidth": "8Mbps", "queue_limit": "1h" });
            let mut engine = engine(line(rate_per_s, &wire, seed));
            engine.run_until(at_s(10.0));
            let figures = measure(&mut engine, 400.0);
            let back = link(&figures, "users", "web").backward;
            assert!((back.utilisation.unwrap() - utilisation).abs() < 0.02, "{back:?}");
            // Requests are sent over the same link the other way, and almost never meet.
            let request_s = 8.0 * HEADER / rate_bps;
            let waited = figures.latency.mean_s - service_s - request_s * (1.0 + 0.5 * rate_per_s * request_s);
            total += waited / service_s;
            count += 1.0;
        }
        let (measured, expected) = (total / count, utilisation / (2.0 * (1.0 - utilisation)));
        assert!((measured / expected - 1.0).abs() < 0.04, "ρ = {utilisation}: waits {measured}, expected {expected}");
    }
}

#[test]
fn delays_of_any_shape_add_up_to_two_means() {
    for shape in ["constant", "exponential", "lognormal(0.5)", "empirical(0.9:1, 0.1:11)"] {
        let mut engine = engine(line(500.0, &json!({ "latency": "20ms", "latency_shape": shape }), 3));
        engine.run_until(at_s(60.0));
        let mean_s = engine.report().latency.mean_s;
        assert!((mean_s - 0.04).abs() < 0.000_8, "{shape}: {mean_s} s there and back");
    }
}
