//! Stations: one alone, in a row, in a circle, and growing.

use scalescope::observe::Reason;
use serde_json::{Value, json};

use super::completions;
use crate::validate::case::{Case, Inputs};
use crate::validate::plan::{
    Plan, at, document, duration, failed_ratio, link, measure, node, responses, server, users,
};

/// One station: users, a link without latency, a server.
pub fn queue(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    let arrivals = inputs.within("arrivals")?;
    let rate = arrivals.number("rate_per_s")?;
    let arrivals_kind = match arrivals.word("distribution")? {
        "exponential" => "poisson",
        "deterministic" => "regular",
        other => return Err(format!("inputs.arrivals.distribution: `{other}` is not known")),
    };
    arrivals.done()?;
    let (mean, shape) = inputs.distribution("service")?;
    let servers = inputs.count("servers")?;
    let discipline = inputs.word_or("discipline", "fifo")?;
    let mut params = json!({ "static_service": duration(mean), "service_shape": shape, "discipline": discipline });
    if discipline == "processor_sharing" {
        params["workers"] = json!(100_000);
    }
    if inputs.get("capacity").is_some() {
        let capacity = inputs.count("capacity")?;
        params["queue_limit"] = json!(capacity.saturating_sub(servers));
    }
    if let Some(patience) = inputs.number_or("queue_timeout_s", None)? {
        params["queue_timeout"] = json!(duration(patience));
    }
    let nodes = [users(rate, &json!({ "arrivals": arrivals_kind })), server("server", servers, &params)];
    let count = completions(case);
    Plan::new(&document(&case.id, &nodes, &[link("users", "server")]), move |mut engine| {
        let figures = measure(&mut engine, count, rate);
        let station = node(&figures, "server")?;
        let mut measured = responses(&engine, &figures);
        measured.push(("wait_mean_s".to_owned(), json!(station.wait_mean_s)));
        measured.push(("wait_probability".to_owned(), json!(station.wait_ratio)));
        measured.push(("loss_ratio".to_owned(), json!(failed_ratio(&figures, Reason::QueueFull))));
        measured.push(("abandon_ratio".to_owned(), json!(failed_ratio(&figures, Reason::QueueTimeout))));
        measured.push(("utilisation".to_owned(), json!(station.utilisation)));
        Ok(measured)
    })
}

/// A chain of servers, each of which calls the next when its own work is done.
fn chain(inputs: &Inputs, name: &str) -> Result<(Vec<Value>, Vec<Value>), String> {
    let stations = inputs.objects(name)?;
    let (mut nodes, mut links) = (Vec::new(), Vec::new());
    for (i, station) in stations.iter().enumerate() {
        let (mean, shape) = station.distribution("service")?;
        let cores = station.count("servers")?;
        station.done()?;
        let params = json!({ "static_service": duration(mean), "service_shape": shape, "workers": 100_000 });
        let id = format!("station-{}", i + 1);
        let before = if i == 0 { "users".to_owned() } else { format!("station-{i}") };
        links.push(link(&before, &id));
        nodes.push(server(&id, cores, &params));
    }
    if nodes.is_empty() {
        return Err(format!("inputs.{name} is empty"));
    }
    Ok((nodes, links))
}

/// Stations in a row, in an open loop.
pub fn tandem(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    let rate = inputs.number("arrival_rate_per_s")?;
    let (mut nodes, links) = chain(inputs, "stations")?;
    nodes.insert(0, users(rate, &json!({})));
    let count = completions(case);
    Plan::new(&document(&case.id, &nodes, &links), move |mut engine| {
        let figures = measure(&mut engine, count, rate);
        Ok(responses(&engine, &figures))
    })
}

/// Stations in a row, asked by users who think between their requests.
pub fn closed_loop(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    let (count, think) = (inputs.count("users")?, inputs.number("think_mean_s")?);
    let (mut nodes, links) = chain(inputs, "stations")?;
    let people = json!({ "users": count, "loop_kind": "closed", "think_time": duration(think) });
    nodes.insert(0, users(1.0, &people));
    let wanted = completions(case) as f64;
    Plan::new(&document(&case.id, &nodes, &links), move |mut engine| {
        // How long so many take is seen from a first stretch of time.
        engine.run_until(at(1_000.0));
        engine.mark();
        engine.run_until(at(2_000.0));
        let rate = engine.report().goodput_per_s;
        engine.mark();
        engine.run_until(at(2_000.0 + wanted / rate.max(1e-3)));
        let figures = engine.report();
        Ok(responses(&engine, &figures))
    })
}

/// A server of more and more cores, always asked for more than it can do.
pub fn universal_scalability(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    let (gamma, alpha, beta) = (inputs.number("gamma")?, inputs.number("alpha")?, inputs.number("beta")?);
    let law = json!({
        "static_service": duration(1.0 / gamma), "service_shape": "constant", "contention": alpha, "coherency": beta,
        "workers": 100_000, "queue_limit": 1_000,
    });
    let build = move |cores: u32| {
        // Twice as much as the cores could do if they did not slow each other down.
        let nodes = [users(2.0 * gamma * f64::from(cores), &json!({})), server("server", cores, &law)];
        document("Universal Scalability Law", &nodes, &[link("users", "server")])
    };
    let sizes: Vec<u32> =
        case.expected.keys().filter_map(|metric| metric.strip_prefix("throughput_at_")?.parse().ok()).collect();
    Plan::new(&build(1), move |_| {
        let throughput = |cores: u32| -> Result<f64, String> {
            let plan = Plan::new(&build(cores), |mut engine| {
                // Enough services on each core that the last, cut off at the end, does not matter.
                let figures = measure(&mut engine, 200_000, 200_000.0 / 60.0);
                Ok(vec![("throughput".to_owned(), json!(node(&figures, "server")?.completions_per_s))])
            })?;
            plan.run()?[0].1.as_f64().ok_or_else(|| "no throughput".to_owned())
        };
        let mut measured = Vec::new();
        for size in sizes {
            measured.push((format!("throughput_at_{size}"), json!(throughput(size)?)));
        }
        let (n, most) = peak(&throughput)?;
        measured.push(("n_at_max".to_owned(), json!(n)));
        measured.push(("max_throughput".to_owned(), json!(most)));
        Ok(measured)
    })
}

/// The number of cores with the highest throughput, and that throughput: by steps of eight, then by a parabola through the best
/// and its neighbours, since near its top the curve is flat.
fn peak(throughput: &impl Fn(u32) -> Result<f64, String>) -> Result<(f64, f64), String> {
    const STEP: u32 = 8;
    let mut curve = Vec::new();
    let mut best = 0;
    for cores in (STEP..=1_024).step_by(STEP as usize) {
        curve.push((f64::from(cores), throughput(cores)?));
        if curve[curve.len() - 1].1 > curve[best].1 {
            best = curve.len() - 1;
        }
        // Well past the top.
        if curve.len() > best + 3 {
            break;
        }
    }
    if best == 0 || best + 1 >= curve.len() {
        return Ok(curve[best]);
    }
    let [(_, before), (n, top), (_, after)] = [curve[best - 1], curve[best], curve[best + 1]];
    let bend = before - 2.0 * top + after;
    let shift = 0.5 * (before - after) / bend;
    Ok((n + shift * f64::from(STEP), top - 0.25 * (before - after) * shift))
}
