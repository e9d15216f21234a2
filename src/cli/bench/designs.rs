//! What is simulated: ordinary documents.

use scalescope::model::{Document, million};
use serde_json::{Value, json};

/// Mean service time of the stations, in seconds.
const SERVICE_S: f64 = 0.001;

fn read(nodes: &[Value], links: &[Value]) -> Document {
    let document = json!({ "version": 1, "name": "Bench", "seed": 1, "nodes": nodes, "links": links });
    Document::read(&document.to_string()).unwrap_or_else(|problems| panic!("{problems}"))
}

/// Users who all want the same thing.
fn population(more: Value) -> Value {
    let mut params = json!({
        "timeout": "1h", "static_weight": 1, "read_weight": 0, "write_weight": 0,
        "assets": 1, "assets_zipf_exponent": 0, "keys": 1,
    });
    if let (Some(params), Value::Object(more)) = (params.as_object_mut(), more) {
        params.extend(more);
    }
    json!({ "id": "users", "kind": "users", "params": params })
}

/// Servers with so many cores each, in a row behind the users.
fn row(users: Value, count: u32, cores: u32) -> Document {
    let (mut nodes, mut links, mut before) = (vec![users], Vec::new(), "users".to_owned());
    for number in 1..=count {
        let id = format!("station-{number}");
        nodes.push(json!({ "id": id, "kind": "web_server", "params": {
            "cores": cores, "workers": 100_000, "queue_limit": 10_000_000,
            "static_service": format!("{SERVICE_S}s"), "service_shape": "exponential",
        }}));
        links.push(json!({ "from": before, "to": id, "latency": "0s" }));
        before = id;
    }
    read(&nodes, &links)
}

fn open(cores: u32) -> Value {
    let rate_per_s = 0.8 * f64::from(cores) / SERVICE_S;
    population(json!({ "users": 10_000, "rate_per_user_per_s": rate_per_s / 1e4 }))
}

/// M/M/c.
pub fn station(cores: u32) -> Document {
    row(open(cores), 1, cores)
}

/// So many M/M/1 in a row.
pub fn tandem(stations: u32) -> Document {
    row(open(1), stations, 1)
}

/// Users who think for a second, and a server that is half busy with them.
pub fn closed(users: u32) -> Document {
    let cores = (f64::from(users) * SERVICE_S * 2.0) as u32;
    row(
        population(json!({ "users": users, "loop_kind": "closed", "think_time": "1s", "think_shape": "exponential" })),
        1,
        cores,
    )
}

/// A site that has grown with so many users.
pub fn users(users: u32) -> Document {
    million(users.into())
}
