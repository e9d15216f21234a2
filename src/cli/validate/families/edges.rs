//! Content delivery networks and name services.

use scalescope::engine::Engine;
use scalescope::model::Fault;
use serde_json::{Value, json};

use super::clients::command;
use super::completions;
use crate::validate::case::{Case, Inputs};
use crate::validate::plan::{Measured, Plan, at, document, duration, front, link, measure, merged, node, users};

/// Users, edges, perhaps a shield, an origin.
fn edges(name: &str, people: Value, count: u32, has_shield: bool, cdn: &Value, fetch_s: f64) -> Value {
    let params = merged(json!({ "lookup_time": "0s", "capacity": "1TB", "cores": 1_024 }), cdn);
    let origin = front("origin", &json!({ "static_service": duration(fetch_s) }));
    let (mut nodes, mut links) = (vec![people, origin], vec![link("users", "origin")]);
    if has_shield {
        nodes.push(json!({ "id": "shield", "kind": "cdn", "params": params }));
        links.push(link("shield", "origin"));
    }
    for i in 1..=count {
        let id = format!("edge-{i}");
        nodes.push(json!({ "id": id, "kind": "cdn", "params": params }));
        links.push(link("users", &id));
        links.push(link(&id, if has_shield { "shield" } else { "origin" }));
    }
    document(name, &nodes, &links)
}

/// Fresh, stale or waiting.
pub fn stale_while_revalidate(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    let rate = inputs.number("rate_per_s")?;
    let cdn = json!({
        "ttl": duration(inputs.number("max_age_s")?),
        "stale_while_revalidate": duration(inputs.number("stale_while_revalidate_s")?), "age": "response",
    });
    let document = edges(&case.id, users(rate, &json!({})), 1, false, &cdn, inputs.number("fetch_s")?);
    let count = completions(case);
    Plan::new(&document, move |mut engine| {
        let figures = measure(&mut engine, count, rate);
        let edge = node(&figures, "edge-1")?;
        let (hits, stale) = (edge.hit_ratio.unwrap_or_default(), edge.stale_hit_ratio.unwrap_or_default());
        Ok(vec![
            ("fresh_ratio".to_owned(), json!(hits - stale)),
            ("stale_ratio".to_owned(), json!(stale)),
            ("blocking_ratio".to_owned(), json!(1.0 - hits)),
        ])
    })
}

/// How often the origin is asked, behind a shield and without one.
pub fn shield(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    let rate = inputs.number("rate_per_s")?;
    let is_honoured = inputs.get("age_honoured").and_then(Value::as_bool).unwrap_or(true);
    let cdn = json!({
        "ttl": duration(inputs.number("max_age_s")?), "age": if is_honoured { "request" } else { "ignored" },
    });
    let (count, has_shield) = (inputs.count("edges")?, inputs.flag("shield")?);
    let document = edges(&case.id, users(rate, &json!({})), count, has_shield, &cdn, 0.0);
    origin_rate(case, &document, rate)
}

/// How often the origin is asked when requests meet a fetch that is under way.
pub fn collapsing(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    let rate = inputs.number("rate_per_s")?;
    let cdn = json!({
        "ttl": duration(inputs.number("max_age_s")?), "age": "response",
        "collapse": if inputs.flag("collapse")? { "on" } else { "off" },
    });
    let document = edges(&case.id, users(rate, &json!({})), 1, false, &cdn, inputs.number("fetch_s")?);
    origin_rate(case, &document, rate)
}

fn origin_rate(case: &Case, document: &Value, rate: f64) -> Result<Plan, String> {
    let count = completions(case);
    Plan::new(document, move |mut engine| {
        let figures = measure(&mut engine, count, rate);
        Ok(vec![("origin_rate_per_s".to_owned(), json!(node(&figures, "origin")?.arrivals_per_s))])
    })
}

/// The times that metrics like `error_ratio_at_315s` name, with the metrics.
fn times(case: &Case, prefix: &str, suffix: &str) -> Vec<(String, f64)> {
    let time =
        |metric: &String| Some((metric.clone(), metric.strip_prefix(prefix)?.strip_suffix(suffix)?.parse().ok()?));
    let mut times: Vec<(String, f64)> = case.expected.keys().filter_map(time).collect();
    times.sort_by(|a, b| a.1.total_cmp(&b.1));
    times
}

/// An origin that fails, and edges that serve what they have for a while.
pub fn stale_if_error(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    /// The load grows for so long that the ages of assets are spread evenly, and is then so high that each is fetched as soon
    /// as it expires.
    const WARM_UP_S: f64 = 3_000.0;
    const PEAK_PER_OBJECT_PER_S: f64 = 5.0;
    /// Runs under different seeds: the assets of one are too few for an exact ratio.
    const RUNS: u64 = 20;
    /// How long errors are counted at each time.
    const WINDOW_S: f64 = 0.2;
    let objects = inputs.count("objects")?;
    if inputs.number("outage_at_s")?.abs() > 0.0 {
        return Err("inputs.outage_at_s: only 0 is known".to_owned());
    }
    let people = json!({
        "assets": objects, "assets_zipf_exponent": 0, "load": "ramp", "load_peak": 500, "load_start": "0s",
        "load_length": duration(WARM_UP_S - 200.0), "timeout": "1h",
    });
    let base = PEAK_PER_OBJECT_PER_S / 500.0 * f64::from(objects);
    let cdn = json!({
        "ttl": duration(inputs.number("max_age_s")?), "stale_if_error": duration(inputs.number("stale_if_error_s")?),
        "age": "response",
    });
    let document = edges(&case.id, users(base, &people), 1, false, &cdn, 0.0);
    let times = times(case, "error_ratio_at_", "s");
    Plan::new(&document, move |engine| {
        let mut sums = vec![(0.0, 0.0); times.len()];
        for run in 0..RUNS {
            let mut document = engine.document().clone();
            document.seed += run;
            let mut engine = Engine::new(document).map_err(|problems| problems.to_string())?;
            engine.run_until(at(WARM_UP_S));
            command(&mut engine, Fault::Crash { node: "origin".to_owned() })?;
            for ((_, time), sum) in times.iter().zip(&mut sums) {
                engine.run_until(at(WARM_UP_S + time));
                engine.mark();
                engine.run_until(at(WARM_UP_S + time + WINDOW_S));
                let figures = engine.report();
                sum.0 += figures.errors_per_s;
                sum.1 += figures.throughput_per_s;
            }
        }
        let ratio = |(errors, all): (f64, f64)| json!(errors / all);
        Ok(times.into_iter().zip(sums).map(|((metric, _), sum)| (metric, ratio(sum))).collect())
    })
}

/// Clients who still hold an address that has been taken back.
pub fn dns_ttl(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    let (clients, rate) = (inputs.count("clients")?, inputs.number("rate_per_client_per_s")?);
    let ttl = inputs.number("ttl_s")?;
    if inputs.word("start_phase")? != "random" || inputs.number("record_changes_at_s")?.abs() > 0.0 {
        return Err("inputs: only a change at 0 s with random phases is known".to_owned());
    }
    let people = users(1.0, &json!({ "users": clients, "rate_per_user_per_s": rate }));
    let dns = json!({ "records": ["old"], "ttl": duration(ttl), "lookup_time": "0s", "warm_clients": "on" });
    let nodes = [
        people,
        json!({ "id": "dns", "kind": "dns", "params": dns }),
        front("old", &json!({})),
        front("new", &json!({})),
    ];
    let mut document = document(&case.id, &nodes, &[link("users", "dns"), link("users", "old"), link("users", "new")]);
    document["schedule"] = json!([
        { "at": "0s", "command": { "edit": { "set": { "node": "dns", "param": "records", "value": ["new"] } } } },
    ]);
    let times = times(case, "stale_ratio_at_", "_ttl");
    // Long enough for some ten thousand requests, or a fortieth of the time to live.
    let window = (10_000.0 / (f64::from(clients) * rate)).min(ttl / 40.0);
    Plan::new(&document, move |mut engine| {
        let mut measured: Measured = Vec::new();
        for (metric, time) in times {
            measured.push((metric, json!(stale_ratio(&mut engine, time * ttl - window / 2.0, window))));
        }
        measured.push(("stale_ratio_after_ttl".to_owned(), json!(stale_ratio(&mut engine, ttl * 1.000_001, ttl))));
        Ok(measured)
    })
}

/// Share of the requests of a span that went to an address that is not a record any more.
fn stale_ratio(engine: &mut Engine, from_s: f64, length_s: f64) -> f64 {
    engine.run_until(at(from_s));
    engine.mark();
    engine.run_until(at(from_s + length_s));
    let figures = engine.report();
    figures.stale_names as f64 / (figures.offered_per_s * figures.window_s)
}
