//! Replicated databases: what a kill loses, and how far a slow applier falls behind.

use serde_json::{Value, json};

use super::clients::reseeded;
use crate::validate::case::{Case, Inputs};
use crate::validate::plan::{Plan, at, document, duration, front, link, merged, node, users};

/// A database that takes no time for anything, unless `more` says otherwise.
fn database(id: &str, role: &str, more: &Value) -> Value {
    let params = json!({
        "role": role, "cores": 1_024, "queue_limit": 10_000_000, "read_service": "0s", "write_service": "0s",
        "service_shape": "constant", "ship_delay": "0s", "apply_time": "0s",
    });
    json!({ "id": id, "kind": "database", "params": merged(params, more) })
}

/// Users who write, a web server without a cost of its own, a primary and one replica; no link takes time.
fn pair(name: &str, rate_per_s: f64, more: &Value, primary: &Value, replica: &Value) -> Value {
    let writers = merged(json!({ "static_weight": 0, "write_weight": 1, "keys": 1_000_000 }), more);
    let nodes = [
        users(rate_per_s, &writers),
        front("web", &json!({})),
        database("primary", "primary", primary),
        database("replica", "replica", replica),
    ];
    let ways = [("users", "web"), ("web", "primary"), ("web", "replica"), ("primary", "replica")];
    document(name, &nodes, &ways.map(|(from, to)| link(from, to)))
}

/// A primary that acknowledges at once is killed, in one run after the other: acknowledged writes that are lost.
pub fn async_loss(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    const DETECTION_S: f64 = 1.0;
    let (rate, delay, kills) =
        (inputs.number("write_rate_per_s")?, inputs.number("ship_delay_s")?, inputs.count("kills")?);
    if !(1..=100_000).contains(&kills) {
        return Err(format!("inputs.kills: {kills}: valid: 1 to 100000"));
    }
    // By then writes have been waiting to leave for longer than the delay.
    let death_s = 1.5 * delay + 1.0;
    let own = json!({ "ship_delay": duration(delay), "check_interval": "100ms", "check_timeout": "50ms", "fall": 2 });
    let mut document = pair(&case.id, rate, &json!({}), &own, &json!({}));
    document["schedule"] =
        json!([{ "at": duration(death_s), "command": { "fault": { "crash": { "node": "primary" } } } }]);
    Plan::new(&document, move |engine| {
        let mut lost = 0;
        for kill in 1..=kills {
            let mut engine = reseeded(&engine, kill.into())?;
            engine.run_until(at(death_s + DETECTION_S));
            let figures = engine.figures();
            if figures.clusters[0].promotions != 1 {
                return Err("nobody was promoted".to_owned());
            }
            lost += figures.clusters[0].lost_count;
        }
        Ok(vec![("lost_writes_mean".to_owned(), json!(lost as f64 / f64::from(kills)))])
    })
}

/// More is written than a replica can apply.
pub fn apply_lag(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    let (written, applied, after) =
        (inputs.number("write_rate")?, inputs.number("apply_rate")?, inputs.number("after_s")?);
    if applied <= 0.0 {
        return Err(format!("inputs.apply_rate: {applied} is not positive"));
    }
    let replica = json!({ "apply_time": duration(1.0 / applied) });
    let document = pair(&case.id, written, &json!({ "arrivals": "regular" }), &json!({}), &replica);
    Plan::new(&document, move |mut engine| {
        engine.run_until(at(after));
        let figures = engine.figures();
        let replica = node(&figures, "replica")?;
        // Of what has come and is not applied yet, one record is not waiting: the one at work.
        let waiting = replica.backlog.map(|records| records.saturating_sub(1));
        Ok(vec![("backlog".to_owned(), json!(waiting)), ("lag_s".to_owned(), json!(replica.lag_s))])
    })
}
