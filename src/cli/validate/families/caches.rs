//! Caches: hit ratios by policy and time to live, recorded traces, stampedes, and what a flush does.

use std::sync::Arc;

use scalescope::base::SimDuration;
use scalescope::engine::Engine;
use scalescope::model::{Fault, Trace};
use scalescope::observe::{NodeFigures, Operation};
use serde_json::{Value, json};

use super::clients::{command, recovery};
use super::completions;
use crate::input;
use crate::validate::case::{Case, Inputs};
use crate::validate::plan::{Plan, at, document, duration, front, link, measure, merged, node, readers, users};

/// Users, a server that adds nothing, a cache, a database; what nobody says otherwise costs no time.
fn cached(name: &str, people: Vec<Value>, cache: &Value, database: &Value, web: &Value) -> Value {
    let cache = merged(json!({ "capacity": "1TB", "ttl": "0s", "lookup_time": "0s", "cores": 1_024 }), cache);
    let database = merged(
        json!({ "cores": 1_024, "queue_limit": 10_000_000, "read_service": "0s", "write_service": "0s" }),
        database,
    );
    let mut links: Vec<Value> = people.iter().filter_map(|own| Some(link(own["id"].as_str()?, "web"))).collect();
    links.extend([link("web", "cache"), link("web", "database"), link("cache", "database")]);
    let mut nodes = people;
    nodes.push(front("web", web));
    nodes.push(json!({ "id": "cache", "kind": "cache", "params": cache }));
    nodes.push(json!({ "id": "database", "kind": "database", "params": database }));
    document(name, &nodes, &links)
}

/// Populations whose requests together have the popularity of the inputs; every object is one byte large.
fn popularity(inputs: &Inputs, rate: f64) -> Result<Vec<Value>, String> {
    let own = inputs.within("popularity")?;
    let people = if own.get("weights").is_some() {
        let weights = own.list("weights")?;
        let numbers: Option<Vec<f64>> = weights.iter().map(Value::as_f64).collect();
        let numbers = numbers.ok_or("inputs.popularity.weights: all have to be numbers")?;
        let total: f64 = numbers.iter().sum();
        // Each object has a population of its own, which asks for nothing else.
        let population = |(i, weight): (usize, &f64)| {
            let mut one = readers(rate * weight / total, &json!({ "first_key": i, "value_size": "1B" }));
            one["id"] = json!(format!("users-{}", i + 1));
            one
        };
        numbers.iter().enumerate().map(population).collect()
    } else {
        let zipf = own.within("zipf")?;
        let taste = json!({ "keys": zipf.count("keys")?, "zipf_exponent": zipf.number("s")?, "value_size": "1B" });
        zipf.done()?;
        vec![readers(rate, &taste)]
    };
    own.done()?;
    Ok(people)
}

fn hit_ratio(cache: &NodeFigures) -> Result<f64, String> {
    cache.hit_ratio.ok_or_else(|| "nobody has asked the cache".to_owned())
}

/// Requests that do not depend on each other, of a cache with a policy.
pub fn independent_reference(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    const RATE: f64 = 1_000.0;
    let capacity = inputs.count("capacity_items")?;
    let cache = json!({ "capacity": format!("{capacity}B"), "policy": inputs.word("policy")? });
    let people = popularity(inputs, RATE)?;
    let count = completions(case);
    // The first 10 × capacity requests are left out; a twentieth of the measured ones are as well.
    let more = (10.0 * f64::from(capacity) - 0.05 * count as f64).max(0.0) / RATE;
    Plan::new(&cached(&case.id, people, &cache, &json!({}), &json!({})), move |mut engine| {
        engine.run_until(at(more));
        let figures = measure_from(&mut engine, more, count, RATE);
        Ok(vec![("hit_ratio".to_owned(), json!(hit_ratio(node(&figures, "cache")?)?))])
    })
}

fn measure_from(engine: &mut Engine, from_s: f64, count: u64, rate: f64) -> scalescope::observe::Figures {
    let span_s = count as f64 / rate;
    engine.run_until(at(from_s + 0.05 * span_s));
    engine.mark();
    engine.run_until(at(from_s + 1.05 * span_s));
    engine.report()
}

/// Entries that live for a time.
pub fn time_to_live(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    let rate = inputs.number("rate_per_s")?;
    let renews = if inputs.flag("renew_on_hit")? { "on" } else { "off" };
    let cache = json!({ "ttl": duration(inputs.number("ttl_s")?), "ttl_renews": renews });
    let people = popularity(inputs, rate)?;
    let count = completions(case);
    Plan::new(&cached(&case.id, people, &cache, &json!({}), &json!({})), move |mut engine| {
        let figures = measure(&mut engine, count, rate);
        Ok(vec![("hit_ratio".to_owned(), json!(hit_ratio(node(&figures, "cache")?)?))])
    })
}

/// A recorded workload, exact from its first request.
pub fn trace(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    let path = case.traces.join(inputs.word("trace")?);
    let mut trace = input::trace(&path).map_err(|failure| failure.message)?;
    if inputs.get("requests").is_some() {
        trace.reads.truncate(inputs.count("requests")? as usize);
    }
    let capacity = if inputs.get("capacity_items").is_some() {
        trace.reads.iter_mut().for_each(|read| read.bytes = 1);
        inputs.number("capacity_items")?
    } else {
        inputs.number("capacity_bytes")?
    };
    let cache = json!({ "capacity": format!("{capacity}B"), "policy": inputs.word("policy")? });
    let people = vec![readers(1_000.0, &json!({}))];
    Plan::new(&cached(&case.id, people, &cache, &json!({}), &json!({})), move |mut engine| replay(&mut engine, trace))
}

fn replay(engine: &mut Engine, trace: Trace) -> Result<Vec<(String, Value)>, String> {
    let wanted = trace.reads.len() as u64;
    engine.replay_trace(&Arc::new(trace));
    while engine.trace_remaining() != Some(0) {
        engine.run_until(engine.now() + SimDuration::from_secs(1));
    }
    let figures = engine.report();
    if figures.totals.answered != wanted {
        return Err(format!("of {wanted} requests {} were answered", figures.totals.answered));
    }
    let cache = node(&figures, "cache")?;
    Ok(vec![
        ("misses".to_owned(), json!(cache.misses.unwrap_or_default())),
        ("miss_bytes".to_owned(), json!(cache.miss_bytes.unwrap_or_default())),
        ("hit_ratio".to_owned(), json!(hit_ratio(cache)?)),
    ])
}

/// What invalidations of hot keys do to a database, with leases and without.
pub fn lease(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    let keys = inputs.count("keys")?;
    let reads = inputs.number("read_rate_per_key_per_s")? * f64::from(keys);
    let writes = inputs.number("invalidation_rate_per_key_per_s")? * f64::from(keys);
    let fetch = inputs.number("database_fetch_s")?;
    let leases = if inputs.flag("leases")? { "on" } else { "off" };
    let taste = json!({ "keys": keys, "zipf_exponent": 0, "value_size": "1B" });
    // Invalidations come at equal distances: their number is then not a matter of chance.
    let writing = json!({ "static_weight": 0, "write_weight": 1, "arrivals": "regular" });
    let mut invalidators = users(writes, &merged(writing, &taste));
    invalidators["id"] = json!("writers");
    let people = vec![readers(reads, &taste), invalidators];
    let database = json!({ "read_service": duration(fetch), "service_shape": "constant" });
    // Without leases the herds after invalidations vary, as Poisson numbers do: of so many the mean is known to 0.7 %.
    let herd = fetch * reads / f64::from(keys.max(1));
    let varied = 2e4 * herd / ((1.0 + herd) * (1.0 + herd));
    let invalidations = if leases == "on" { 300.0 } else { varied.max(2_000.0) };
    let span = (invalidations / writes).max(case.completions.unwrap_or_default() as f64 / reads);
    let cache = json!({ "leases": leases });
    Plan::new(&cached(&case.id, people, &cache, &database, &json!({})), move |mut engine| {
        let figures = measure(&mut engine, (span * reads) as u64, reads);
        let written = figures.operations.iter().find(|own| own.operation == Operation::Write);
        let asked = node(&figures, "database")?.arrivals_per_s - written.map_or(0.0, |own| own.goodput_per_s);
        Ok(vec![("database_queries_per_s".to_owned(), json!(asked))])
    })
}

/// A cache is flushed under a load that the database alone cannot bear.
pub fn flush(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    let rate = inputs.number("rate_per_s")?;
    let own = inputs.within("database")?;
    let (mean, shape) = own.distribution("service")?;
    let servers = own.count("servers")?;
    own.done()?;
    let mode = inputs.word("mode")?;
    if !["cache_aside", "read_through"].contains(&mode) {
        return Err(format!("inputs.mode: `{mode}` is not known; known: cache_aside, read_through"));
    }
    let (flush_at, duration_s) = (inputs.number("flush_at_s")?, inputs.number("duration_s")?);
    let capacity = inputs.count("capacity_items")?;
    // The cache begins full: filled under a load that the database bears, before the case begins.
    let gentle = (0.8 * f64::from(servers) / mean).min(rate);
    let start = 20.0 * f64::from(capacity) / gentle;
    let load = json!({ "load": "step", "load_peak": rate / gentle, "load_start": duration(start) });
    let people = popularity(inputs, gentle)?.into_iter().map(|mut one| {
        one["params"] = merged(one["params"].take(), &load);
        one
    });
    let cache = json!({
        "capacity": format!("{capacity}B"), "policy": inputs.word("policy")?, "pattern": mode,
    });
    let database = json!({ "cores": servers, "read_service": duration(mean), "service_shape": shape });
    let web = json!({ "calls": { "attempt_timeout": duration(inputs.number("client_timeout_s")?) } });
    Plan::new(&cached(&case.id, people.collect(), &cache, &database, &web), move |mut engine| {
        engine.run_until(at(start + flush_at));
        command(&mut engine, Fault::Flush { node: "cache".to_owned() })?;
        let mut goodput = Vec::new();
        let mut second = start + flush_at;
        while second < start + duration_s - 60.0 {
            goodput.push(one_second(&mut engine, &mut second));
        }
        engine.mark();
        engine.run_until(at(start + duration_s));
        let figures = engine.report();
        goodput.extend([figures.goodput_per_s; 60]);
        let mut measured = recovery(&goodput, rate, 0.0);
        measured.push(("hit_ratio_last_60s".to_owned(), json!(hit_ratio(node(&figures, "cache")?)?)));
        Ok(measured)
    })
}

fn one_second(engine: &mut Engine, second: &mut f64) -> f64 {
    engine.mark();
    *second += 1.0;
    engine.run_until(at(*second));
    engine.report().goodput_per_s
}
