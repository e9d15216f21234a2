//! Clients and what they do when a server is slow or fails.

use scalescope::base::SimDuration;
use scalescope::engine::Engine;
use scalescope::model::{Command, Document, Fault};
use serde_json::json;

use super::{completions, completions_at};
use crate::validate::case::{Case, Inputs};
use crate::validate::plan::{
    Measured, Plan, at, document, duration, front, link, measure, node, readers, responses, server, station, users,
};

/// Clients who give up at a deadline.
pub fn deadline(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    let rate = inputs.number("rate_per_s")?;
    let service = inputs.distribution("service")?;
    let on_give_up = if inputs.flag("cancel")? { "cancel" } else { "ignore" };
    let people = json!({ "timeout": duration(inputs.number("deadline_s")?), "calls": { "on_give_up": on_give_up } });
    let (servers, discipline) = (inputs.count_or("servers", 1)?, inputs.word_or("discipline", "fifo")?);
    let load = rate * service.0 / f64::from(servers);
    let nodes = [users(rate, &people), station("server", servers, &service, discipline, None, &json!({}))?];
    let count = completions_at(case, load);
    Plan::new(&document(&case.id, &nodes, &[link("users", "server")]), move |mut engine| {
        let figures = measure(&mut engine, count, rate);
        Ok(responses(&engine, &figures))
    })
}

/// Failed requests come back at once, until they succeed.
pub fn retry_feedback(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    let rate = inputs.number("arrival_rate_per_s")?;
    let (mean, shape) = inputs.distribution("service")?;
    let people = json!({ "calls": { "retries": 1_000_000, "backoff": "none" } });
    let params = json!({
        "static_service": duration(mean), "service_shape": shape, "error_ratio": inputs.number("error_ratio")?,
    });
    let servers = inputs.count_or("servers", 1)?;
    let load = rate * mean / (1.0 - inputs.number("error_ratio")?) / f64::from(servers);
    let nodes = [users(rate, &people), server("server", servers, &params)];
    let count = completions_at(case, load);
    Plan::new(&document(&case.id, &nodes, &[link("users", "server")]), move |mut engine| {
        let figures = measure(&mut engine, count, rate);
        Ok(responses(&engine, &figures))
    })
}

/// How many attempts a request makes: by the client alone, or by each of several layers.
pub fn retry_amplification(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    const RATE: f64 = 1_000.0;
    let error_ratio = inputs.number("error_ratio")?;
    let (layers, retries) = if inputs.get("layers").is_some() {
        (inputs.nodes("layers")?, inputs.count("attempts_per_layer")?.saturating_sub(1))
    } else {
        (1, inputs.count("max_retries")?)
    };
    let policy = json!({ "calls": { "retries": retries, "backoff": "none" } });
    let (mut nodes, mut links) = (vec![users(RATE, &policy)], Vec::new());
    for layer in 1..=layers {
        let id = format!("layer-{layer}");
        links.push(link(nodes[nodes.len() - 1]["id"].as_str().unwrap_or_default(), &id));
        let is_last = layer == layers;
        // A little service, so that attempts do not all happen at one instant.
        let mut params = json!({ "static_service": "1us" });
        if is_last {
            params["error_ratio"] = json!(error_ratio);
        } else {
            params["calls"] = policy["calls"].clone();
        }
        nodes.push(front(&id, &params));
    }
    let (last, count) = (format!("layer-{layers}"), completions(case));
    Plan::new(&document(&case.id, &nodes, &links), move |mut engine| {
        let figures = measure(&mut engine, count, RATE);
        let attempts = node(&figures, &last)?.arrivals_per_s / figures.offered_per_s;
        let ended = figures.goodput_per_s + figures.errors_per_s;
        Ok(vec![
            ("attempts_per_request".to_owned(), json!(attempts)),
            ("failed_ratio".to_owned(), json!(figures.errors_per_s / ended)),
        ])
    })
}

/// A second attempt where the first takes long.
pub fn hedge(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    const RATE: f64 = 1_000.0;
    let (mean, shape) = inputs.distribution("service")?;
    let after = inputs.number("hedge_after_s")?;
    if inputs.word("servers")? != "unlimited" {
        return Err("inputs.servers: only `unlimited` is known".to_owned());
    }
    // Who asks a second time at once, asks two from the start.
    let copies = if after > 0.0 { 1 } else { 2 };
    let policy = json!({ "hedge_after": duration(after), "copies": copies, "on_give_up": "cancel" });
    let people = json!({ "calls": policy });
    // A thousand cores are more than are ever busy at this rate.
    let rate = RATE.min(500.0 / mean);
    let params = json!({ "static_service": duration(mean), "service_shape": shape });
    let nodes = [users(rate, &people), front("server", &params)];
    let count = completions(case);
    Plan::new(&document(&case.id, &nodes, &[link("users", "server")]), move |mut engine| {
        let figures = measure(&mut engine, count, rate);
        let mut measured = responses(&engine, &figures);
        let extra = node(&figures, "server")?.arrivals_per_s / figures.offered_per_s - 1.0;
        measured.push(("extra_ratio".to_owned(), json!(extra)));
        Ok(measured)
    })
}

/// One request, many leaves: the slowest decides.
pub fn fan_out(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    const SLOW: f64 = 100.0;
    /// Most calls to leaves: enough for a ratio to be exact to a third of a percent point or better.
    const MOST_CALLS: u64 = 100_000_000;
    let leaves = inputs.count("leaves")?;
    if !(1..=10_000).contains(&leaves) {
        return Err(format!("inputs.leaves: {leaves}: valid: 1 to 10000"));
    }
    let (mean, shape) = if let Some(slow) = inputs.number_or("slow_ratio", None)? {
        // Of two kinds of answers the slow take a hundred times as long: whether a request is slow is seen from its time.
        (1e-3 * (1.0 - slow + slow * SLOW), json!(format!("empirical({}:1, {slow}:{SLOW})", 1.0 - slow)))
    } else {
        let (mean, shape) = inputs.distribution("service")?;
        (mean, json!(shape))
    };
    // So many servers, and so few requests, that no leaf ever waits for a core.
    let servers = leaves.div_ceil(100) + 1;
    let rate = (50.0 * f64::from(servers) / (f64::from(leaves) * mean)).min(1_000.0);
    let mut nodes = vec![users(rate, &json!({})), front("root", &json!({ "fan_out": leaves }))];
    let mut links = vec![link("users", "root")];
    for i in 1..=servers {
        let id = format!("leaves-{i}");
        nodes.push(front(&id, &json!({ "static_service": duration(mean), "service_shape": shape })));
        links.push(link("root", &id));
    }
    let count = completions(case).min(MOST_CALLS / u64::from(leaves.max(1)));
    Plan::new(&document(&case.id, &nodes, &links), move |mut engine| {
        let figures = measure(&mut engine, count, rate);
        if figures.nodes.iter().any(|own| own.wait_ratio > 0.0) {
            return Err("leaves had to wait for a core: the rate is too high".to_owned());
        }
        let mut measured = responses(&engine, &figures);
        let slow = engine.latency().share_above(SimDuration::from_millis(10));
        measured.push(("slow_request_ratio".to_owned(), json!(slow)));
        Ok(measured)
    })
}

/// One request, a queue for each part of it.
pub fn fork_join(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    let (queues, load) = (inputs.nodes("queues")?, inputs.number("load")?);
    let (mean, shape) = inputs.distribution("service")?;
    let rate = load / mean;
    let (mut nodes, mut links) =
        (vec![users(rate, &json!({})), front("root", &json!({}))], vec![link("users", "root")]);
    for i in 1..=queues {
        let id = format!("queue-{i}");
        nodes.push(server(&id, 1, &json!({ "static_service": duration(mean), "service_shape": shape })));
        links.push(link("root", &id));
    }
    let count = completions_at(case, load);
    Plan::new(&document(&case.id, &nodes, &links), move |mut engine| {
        let figures = measure(&mut engine, count, rate);
        Ok(responses(&engine, &figures))
    })
}

/// A client that fails calls by itself when the servers do not accept them.
pub fn adaptive_throttle(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    let (requests, accepts, k) = (inputs.count("requests")?, inputs.count("accepts")?, inputs.number("K")?);
    if accepts > requests {
        return Err("inputs: more accepts than requests".to_owned());
    }
    // Requests at equal distances, all within the two minutes that a throttle remembers; the server accepts the first of them and
    // is then down.
    let gap_s = (6e10 / f64::from(requests.max(1))).floor().min(1e6) * 1e-9;
    let people = json!({ "arrivals": "regular", "calls": { "throttle_k": k } });
    let nodes = [users(1.0 / gap_s, &people), front("server", &json!({}))];
    Plan::new(&document(&case.id, &nodes, &[link("users", "server")]), move |mut engine| {
        // The n-th request comes after n gaps.
        let after = |n: u32| (f64::from(n) + 0.5) * gap_s;
        engine.run_until(at(after(accepts)));
        command(&mut engine, Fault::Crash { node: "server".to_owned() })?;
        engine.run_until(at(after(requests)));
        let figures = engine.figures();
        let p = node(&figures, "users")?.reject_probability;
        Ok(vec![("reject_probability".to_owned(), json!(p))])
    })
}

/// An outage of a database during which requests pile up, with clients who time out and try again.
///
/// How long a queue takes to drain that is hardly faster than what comes is a matter of chance: of several runs the middle one counts.
pub fn retry_storm(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    const RUNS: u64 = 5;
    let rate = inputs.number("rate_per_s")?;
    let database = inputs.within("database")?;
    let (mean, shape) = database.distribution("service")?;
    let capacity = database.count_or("queue_capacity", 10_000_000)?;
    let params = json!({
        "cores": database.count("servers")?, "queue_limit": capacity, "discipline": database.word("discipline")?,
        "read_service": duration(mean), "service_shape": shape,
    });
    database.done()?;
    let timeout = inputs.number("client_timeout_s")?;
    let mut policy = json!({
        "attempt_timeout": duration(timeout), "retries": inputs.count("retries")?, "backoff": "none",
        "on_give_up": if inputs.flag("cancel")? { "cancel" } else { "ignore" },
    });
    if let Some(budget) = inputs.number_or("retry_budget_ratio", None)? {
        policy["retry_budget"] = json!(budget);
    }
    let outage = inputs.within("outage")?;
    let (start, end) = (outage.number("start_s")?, outage.number("end_s")?);
    if outage.word("held_requests")? != "delivered at the end, in order" {
        return Err("inputs.outage.held_requests: only `delivered at the end, in order` is known".to_owned());
    }
    outage.done()?;
    let until = inputs.number("duration_s")?;
    let nodes = [
        readers(rate, &json!({ "calls": policy })),
        front("web", &json!({})),
        json!({ "id": "database", "kind": "database", "params": params }),
    ];
    let mut document = document(&case.id, &nodes, &[link("users", "web"), link("web", "database")]);
    document["schedule"] = json!([
        { "at": duration(start), "command": { "fault": { "hang": { "node": "database" } } } },
        { "at": duration(end), "command": { "fault": { "resume": { "node": "database" } } } },
    ]);
    let runs = if case.is_short { 1 } else { RUNS };
    Plan::new(&document, move |engine| {
        let mut all = Vec::new();
        for seed in 1..=runs {
            let mut engine = reseeded(&engine, seed)?;
            let goodput = by_second(&mut engine, until, |figures| figures.goodput_per_s);
            all.push((recovered_after(&goodput, rate, end), recovery(&goodput, rate, end)));
        }
        all.sort_by_key(|(after, _)| after.unwrap_or(usize::MAX));
        Ok(all.swap_remove(all.len() / 2).1)
    })
}

/// The same document from its beginning, with another seed.
pub fn reseeded(engine: &Engine, seed: u64) -> Result<Engine, String> {
    let document = Document { seed, ..engine.document().clone() };
    Engine::new(document).map_err(|problems| problems.to_string())
}

/// What is measured in each second of a run.
pub fn by_second(engine: &mut Engine, until_s: f64, read: impl Fn(&scalescope::observe::Figures) -> f64) -> Vec<f64> {
    let mut seconds = Vec::new();
    while (seconds.len() as f64) < until_s {
        engine.mark();
        engine.run_until(at(seconds.len() as f64 + 1.0));
        seconds.push(read(&engine.report()));
    }
    seconds
}

/// Whether a system recovers from an outage that ends at `end_s`: for ten seconds in a row goodput is at least nine tenths of the
/// rate, and so it is in the last minute.
pub fn recovery(goodput: &[f64], rate: f64, end_s: f64) -> Measured {
    let after = recovered_after(goodput, rate, end_s);
    let mut measured: Measured = vec![
        ("goodput_last_60s_per_s".to_owned(), json!(mean(last_minute(goodput)))),
        ("recovers".to_owned(), json!(mean(last_minute(goodput)) >= 0.9 * rate)),
    ];
    measured.extend(after.map(|after| ("recovered_after_s".to_owned(), json!(after))));
    measured
}

/// Seconds after which it has recovered, if it does.
fn recovered_after(goodput: &[f64], rate: f64, end_s: f64) -> Option<usize> {
    let from = (end_s as usize).min(goodput.len());
    let back = goodput[from..].windows(10).position(|window| mean(window) >= 0.9 * rate);
    back.filter(|_| mean(last_minute(goodput)) >= 0.9 * rate)
}

fn last_minute(seconds: &[f64]) -> &[f64] {
    &seconds[seconds.len().saturating_sub(60)..]
}

fn mean(part: &[f64]) -> f64 {
    part.iter().sum::<f64>() / part.len().max(1) as f64
}

/// Carries out a fault now.
pub fn command(engine: &mut Engine, fault: Fault) -> Result<(), String> {
    engine.command(Command::Fault(fault)).map_err(|problems| problems.to_string())
}
