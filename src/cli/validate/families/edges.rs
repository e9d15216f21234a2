//! Content delivery networks and name services.

use scalescope::engine::Engine;
use scalescope::model::{Command, Edit, Fault};
use serde_json::{Value, json};

use super::clients::command;
use super::completions;
use crate::validate::case::{Case, Inputs};
use crate::validate::plan::{Plan, at, document, duration, front, link, measure, merged, node, users};

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
    let (count, has_shield) = (inputs.nodes("edges")?, inputs.flag("shield")?);
    let document = edges(&case.id, users(rate, &json!({})), count, has_shield, &cdn, 0.0);
    // What is counted are lifetimes, of which there must be enough, as far as that can be done in a short time.
    let caches = if has_shield { 1.0 } else { f64::from(count) };
    let lifetimes = 300.0 * inputs.number("max_age_s")? * rate / caches;
    origin_rate(&document, rate, completions(case).max(lifetimes.min(2e7) as u64))
}

/// How often the origin is asked when requests meet a fetch that is under way.
pub fn collapsing(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    let rate = inputs.number("rate_per_s")?;
    let cdn = json!({
        "ttl": duration(inputs.number("max_age_s")?), "age": "response",
        "collapse": if inputs.flag("collapse")? { "on" } else { "off" },
    });
    let (max_age, fetch) = (inputs.number("max_age_s")?, inputs.number("fetch_s")?);
    let document = edges(&case.id, users(rate, &json!({})), 1, false, &cdn, fetch);
    // What is counted are lifetimes, of which there must be enough.
    let lifetimes = 200.0 * (max_age + fetch) * rate;
    origin_rate(&document, rate, completions(case).max(lifetimes as u64))
}

fn origin_rate(document: &Value, rate: f64, count: u64) -> Result<Plan, String> {
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
///
/// Each asset is fetched anew as soon as it expires. Many outages are tried, each beginning at another moment of a lifetime: so
/// the phases of the assets are random to the outage.
pub fn stale_if_error(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    const OUTAGES: u32 = 200;
    /// Requests for each asset in a lifetime, while it matters: so many that it is fetched anew at once when it expires.
    const PER_LIFETIME: f64 = 900.0;
    /// How long errors are counted around each time.
    const WINDOW_S: f64 = 0.1;
    let objects = inputs.count("objects")?;
    let (max_age, stale) = (inputs.number("max_age_s")?, inputs.number("stale_if_error_s")?);
    let outage_at = inputs.number_or("outage_at_s", 0.0)?.unwrap_or_default();
    let people = json!({ "assets": objects, "assets_zipf_exponent": 0, "timeout": "1h" });
    let per_object = (PER_LIFETIME / max_age).clamp(5.0, 100.0);
    let rate = per_object * f64::from(objects);
    let cdn = json!({ "ttl": duration(max_age), "stale_if_error": duration(stale), "age": "response" });
    let document = edges(&case.id, users(rate, &people), 1, false, &cdn, 0.0);
    let times = times(case, "error_ratio_at_", "s");
    Plan::new(&document, move |mut engine| {
        let busy = engine.document().node("users").map(|users| users.kind.params()["rate_per_user_per_s"].clone());
        let (busy, idle) = (busy.ok_or("there are no users")?, json!(0.000_001));
        let warm_s = 2.0 * max_age + 10.0;
        let mut sums = vec![(0.0, 0.0); times.len()];
        for outage in 0..OUTAGES {
            // When the clock of the case shows zero.
            let zero = warm_s + f64::from(outage) / f64::from(OUTAGES) * (max_age + 1.0 / per_object);
            engine.run_until(at(zero));
            let (mut engine, mut is_out) = (engine.clone(), false);
            for ((_, time), sum) in times.iter().zip(&mut sums) {
                if !is_out && *time >= outage_at {
                    engine.run_until(at(zero + outage_at));
                    command(&mut engine, Fault::Crash { node: "origin".to_owned() })?;
                    is_out = true;
                }
                // Between the times that are asked for, hardly anybody needs to be simulated once nothing is fetched.
                set_rate(&mut engine, if is_out { &idle } else { &busy })?;
                let from = (time - WINDOW_S / 2.0).max(if is_out { outage_at } else { 0.0 });
                engine.run_until(at(zero + from));
                set_rate(&mut engine, &busy)?;
                engine.mark();
                engine.run_until(at(zero + from + WINDOW_S));
                let figures = engine.report();
                sum.0 += figures.errors_per_s;
                sum.1 += figures.errors_per_s + figures.goodput_per_s;
            }
        }
        Ok(times.into_iter().zip(sums).map(|((metric, _), (errors, all))| (metric, json!(errors / all))).collect())
    })
}

fn set_rate(engine: &mut Engine, rate: &Value) -> Result<(), String> {
    let edit = Edit::Set { node: "users".to_owned(), param: "rate_per_user_per_s".to_owned(), value: rate.clone() };
    engine.command(Command::Edit(edit)).map_err(|problems| problems.to_string())
}

/// Clients who still hold an address that has been taken back.
pub fn dns_ttl(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    let (clients, rate) = (inputs.count("clients")?, inputs.number("rate_per_client_per_s")?);
    let ttl = inputs.number("ttl_s")?;
    let change = inputs.number_or("record_changes_at_s", 0.0)?.unwrap_or_default();
    if inputs.word("start_phase")? != "random" {
        return Err("inputs.start_phase: only `random` is known".to_owned());
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
        { "at": duration(change), "command": { "edit": { "set": { "node": "dns", "param": "records", "value": ["new"] } } } },
    ]);
    let times = times(case, "stale_ratio_at_", "_ttl");
    // The ratio falls evenly, so a span around a time has the ratio of that time. Where few ask, several runs are added up.
    let window = 0.05 * ttl;
    let runs = (20_000.0 / (f64::from(clients) * rate * window)).ceil().clamp(1.0, 100.0) as u64;
    Plan::new(&document, move |engine| {
        let mut sums = vec![(0.0, 0.0); times.len() + 1];
        for run in 0..runs {
            let mut document = engine.document().clone();
            document.seed += run;
            let mut engine = Engine::new(document).map_err(|problems| problems.to_string())?;
            let spans = times.iter().map(|(_, time)| (time * ttl - window / 2.0, window));
            for ((from, length), sum) in spans.chain([(ttl * 1.000_001, ttl)]).zip(&mut sums) {
                let (stale, all) = stale_names(&mut engine, change + from.max(0.0), length);
                sum.0 += stale;
                sum.1 += all;
            }
        }
        let names = times.into_iter().map(|(metric, _)| metric).chain(["stale_ratio_after_ttl".to_owned()]);
        Ok(names.zip(sums).map(|(metric, (stale, all))| (metric, json!(stale / all))).collect())
    })
}

/// Of the requests of a span, those that went to an address that is not a record any more, and all.
fn stale_names(engine: &mut Engine, from_s: f64, length_s: f64) -> (f64, f64) {
    engine.run_until(at(from_s));
    engine.mark();
    engine.run_until(at(from_s + length_s));
    let figures = engine.report();
    (figures.stale_names as f64, figures.offered_per_s * figures.window_s)
}
