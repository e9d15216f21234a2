//! A plan: the document of a case, and how to run and read it.

use scalescope::base::{Shape, SimDuration, SimTime};
use scalescope::engine::Engine;
use scalescope::model::Document;
use scalescope::observe::{Figures, NodeFigures, Reason};
use serde_json::{Value, json};

/// Metrics by name.
pub type Measured = Vec<(String, Value)>;

type Measure = Box<dyn FnOnce(Engine) -> Result<Measured, String> + Send>;

/// What is to be simulated for a case.
pub struct Plan {
    pub document: Document,
    measure: Measure,
}

impl Plan {
    /// `document`, as JSON, is an ordinary document and is checked as one.
    pub fn new(
        document: &Value,
        measure: impl FnOnce(Engine) -> Result<Measured, String> + Send + 'static,
    ) -> Result<Self, String> {
        let document = Document::read(&document.to_string())
            .map_err(|problems| format!("the document of this case is not a good one: {problems}"))?;
        Ok(Self { document, measure: Box::new(measure) })
    }

    pub fn run(self) -> Result<Measured, String> {
        let engine = Engine::new(self.document).map_err(|problems| problems.to_string())?;
        (self.measure)(engine)
    }
}

/// A document of `nodes` and `links`.
pub fn document(name: &str, nodes: &[Value], links: &[Value]) -> Value {
    json!({ "version": 1, "name": name, "seed": 1, "nodes": nodes, "links": links })
}

/// Users who ask for static assets at `rate_per_s` and wait as long as they may.
pub fn users(rate_per_s: f64, more: &Value) -> Value {
    // One user makes at most a thousand requests a second.
    let count = (rate_per_s * 10.0).ceil().max(1_000.0) as u32;
    let params = json!({
        "users": count, "rate_per_user_per_s": rate_per_s / f64::from(count), "timeout": "30d",
        "static_weight": 1, "read_weight": 0, "write_weight": 0, "assets": 1, "assets_zipf_exponent": 0, "keys": 1,
    });
    json!({ "id": "users", "kind": "users", "params": merged(params, more) })
}

/// Users who read records.
pub fn readers(rate_per_s: f64, more: &Value) -> Value {
    let reads = json!({ "static_weight": 0, "read_weight": 1 });
    users(rate_per_s, &merged(reads, more))
}

/// A server whose workers are its cores, with as long a queue as may be.
pub fn server(id: &str, servers: u32, more: &Value) -> Value {
    let params = json!({ "cores": servers, "workers": servers, "queue_limit": 10_000_000 });
    json!({ "id": id, "kind": "web_server", "params": merged(params, more) })
}

/// A server as a station of the textbooks: `capacity` counts those in service too.
pub fn station(
    id: &str,
    servers: u32,
    service: &(f64, Shape),
    discipline: &str,
    capacity: Option<u32>,
    more: &Value,
) -> Result<Value, String> {
    let most = capacity.unwrap_or(10_000_000);
    if most == 0 {
        return Err("inputs.capacity: 0: valid: from 1, or null".to_owned());
    }
    // Where the cores are shared all are in service, so each needs a worker of its own.
    let is_shared = discipline == "processor_sharing";
    let workers = if is_shared { most.min(100_000) } else { servers.min(most) };
    let params = json!({
        "static_service": duration(service.0), "service_shape": service.1, "discipline": discipline,
        "workers": workers, "queue_limit": most - workers,
    });
    Ok(server(id, servers, &merged(params, more)))
}

/// A server that adds nothing of its own: no service time, and room for everybody.
pub fn front(id: &str, more: &Value) -> Value {
    let params = json!({
        "cores": 1_024, "workers": 100_000, "queue_limit": 10_000_000,
        "static_service": "0s", "read_service": "0s", "write_service": "0s", "service_shape": "constant",
    });
    json!({ "id": id, "kind": "web_server", "params": merged(params, more) })
}

pub fn link(from: &str, to: &str) -> Value {
    json!({ "from": from, "to": to, "latency": "0s" })
}

/// `base` with the fields of `more`.
pub fn merged(mut base: Value, more: &Value) -> Value {
    for (name, value) in more.as_object().into_iter().flatten() {
        base[name] = value.clone();
    }
    base
}

/// A duration as documents write it, to the nanosecond.
pub fn duration(seconds: f64) -> String {
    format!("{}ns", SimDuration::from_secs_f64(seconds).as_nanos())
}

pub fn at(seconds: f64) -> SimTime {
    SimTime::ZERO + SimDuration::from_secs_f64(seconds)
}

/// Warms up, and measures for as long as `completions` take at `rate_per_s`; the figures of that time.
pub fn measure(engine: &mut Engine, completions: u64, rate_per_s: f64) -> Figures {
    let span_s = completions as f64 / rate_per_s;
    engine.run_until(at(0.05 * span_s));
    engine.mark();
    engine.run_until(at(1.05 * span_s));
    engine.report()
}

/// The metrics of the users' responses.
pub fn responses(engine: &Engine, figures: &Figures) -> Measured {
    let latency = engine.latency();
    let quantile = |q: f64| json!(latency.quantile(q).as_secs_f64());
    vec![
        ("response_mean_s".to_owned(), json!(latency.mean_s())),
        ("response_p50_s".to_owned(), quantile(0.5)),
        ("response_p90_s".to_owned(), quantile(0.9)),
        ("response_p95_s".to_owned(), quantile(0.95)),
        ("response_p99_s".to_owned(), quantile(0.99)),
        ("response_p999_s".to_owned(), quantile(0.999)),
        ("throughput_per_s".to_owned(), json!(figures.goodput_per_s)),
        ("goodput_per_s".to_owned(), json!(figures.goodput_per_s)),
    ]
}

pub fn node<'a>(figures: &'a Figures, id: &str) -> Result<&'a NodeFigures, String> {
    figures.nodes.iter().find(|node| node.id == id).ok_or_else(|| format!("there is no node {id}"))
}

/// Requests that failed for `reason`, as a share of those made in the measured time.
pub fn failed_ratio(figures: &Figures, reason: Reason) -> f64 {
    let failed = figures.errors.iter().find(|(other, _)| *other == reason).map_or(0, |(_, count)| *count);
    failed as f64 / (figures.offered_per_s * figures.window_s)
}
