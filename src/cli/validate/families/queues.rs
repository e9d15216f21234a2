//! Stations: one alone, in a row, in a circle, and growing.

use scalescope::observe::Reason;
use serde_json::{Value, json};

use super::{completions, completions_at};
use crate::validate::case::{Case, Inputs};
use crate::validate::plan::{
    Plan, at, document, duration, failed_ratio, link, measure, node, responses, server, station, users,
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
    let service = inputs.distribution("service")?;
    let servers = inputs.count("servers")?;
    let discipline = inputs.word_or("discipline", "fifo")?;
    let capacity = inputs.get("capacity").map(|_| inputs.count("capacity")).transpose()?;
    let patience = inputs.number_or("queue_timeout_s", 0.0)?.unwrap_or_default();
    let params = json!({ "queue_timeout": duration(patience) });
    let nodes = [
        users(rate, &json!({ "arrivals": arrivals_kind })),
        station("server", servers, &service, discipline, capacity, &params)?,
    ];
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
struct Chain {
    nodes: Vec<Value>,
    links: Vec<Value>,
    /// Most requests per second that it can serve.
    limit_per_s: f64,
    /// Sum of the mean service times.
    service_s: f64,
}

fn chain(inputs: &Inputs, name: &str) -> Result<Chain, String> {
    let stations = inputs.objects(name)?;
    let mut chain = Chain { nodes: Vec::new(), links: Vec::new(), limit_per_s: f64::INFINITY, service_s: 0.0 };
    for (i, station) in stations.iter().enumerate() {
        let (mean, shape) = station.distribution("service")?;
        let cores = station.count("servers")?;
        station.done()?;
        let params = json!({ "static_service": duration(mean), "service_shape": shape, "workers": 100_000 });
        let id = format!("station-{}", i + 1);
        let before = if i == 0 { "users".to_owned() } else { format!("station-{i}") };
        chain.links.push(link(&before, &id));
        chain.nodes.push(server(&id, cores, &params));
        chain.limit_per_s = chain.limit_per_s.min(f64::from(cores) / mean);
        chain.service_s += mean;
    }
    if chain.nodes.is_empty() {
        return Err(format!("inputs.{name} is empty"));
    }
    Ok(chain)
}

/// Stations in a row, in an open loop.
pub fn tandem(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    let rate = inputs.number("arrival_rate_per_s")?;
    let Chain { mut nodes, links, limit_per_s, .. } = chain(inputs, "stations")?;
    nodes.insert(0, users(rate, &json!({})));
    let count = completions_at(case, rate / limit_per_s);
    Plan::new(&document(&case.id, &nodes, &links), move |mut engine| {
        let figures = measure(&mut engine, count, rate);
        Ok(responses(&engine, &figures))
    })
}

/// Stations in a row, asked by users who think between their requests.
pub fn closed_loop(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    let (count, think) = (inputs.count("users")?, inputs.number("think_mean_s")?);
    let Chain { mut nodes, links, limit_per_s, service_s } = chain(inputs, "stations")?;
    let people = json!({ "users": count, "loop_kind": "closed", "think_time": duration(think) });
    nodes.insert(0, users(1.0, &people));
    let wanted = completions(case) as f64;
    Plan::new(&document(&case.id, &nodes, &links), move |mut engine| {
        // How long so many take is seen from a first stretch of time, in which about a tenth as many can end.
        let fastest = (f64::from(count) / (think + service_s)).min(limit_per_s);
        let warm_s = 0.05 * wanted / fastest;
        engine.run_until(at(warm_s));
        engine.mark();
        engine.run_until(at(2.0 * warm_s));
        let rate = engine.report().goodput_per_s;
        engine.mark();
        engine.run_until(at(2.0 * warm_s + wanted / rate.max(1e-3)));
        let figures = engine.report();
        Ok(responses(&engine, &figures))
    })
}

/// A server of more and more cores, always asked for more than it can do.
pub fn universal_scalability(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    /// How many times each core serves.
    const SERVICES: u64 = 500;
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
    let has_peak = ["n_at_max", "max_throughput"].iter().any(|metric| case.expected.contains_key(*metric));
    Plan::new(&build(1), move |_| {
        let throughput = |cores: u32| -> Result<f64, String> {
            let n = f64::from(cores);
            let span_s = SERVICES as f64 / gamma * (1.0 + alpha * (n - 1.0) + beta * n * (n - 1.0));
            let plan = Plan::new(&build(cores), move |mut engine| {
                // Enough services on each core, all equally long, that those cut off at the end do not matter.
                let figures = measure(&mut engine, SERVICES, SERVICES as f64 / span_s);
                Ok(vec![("throughput".to_owned(), json!(node(&figures, "server")?.completions_per_s))])
            })?;
            plan.run()?[0].1.as_f64().ok_or_else(|| "no throughput".to_owned())
        };
        let mut measured = Vec::new();
        for size in sizes {
            measured.push((format!("throughput_at_{size}"), json!(throughput(size)?)));
        }
        if has_peak {
            let (n, most) = peak(throughput)?;
            measured.push(("n_at_max".to_owned(), json!(n)));
            measured.push(("max_throughput".to_owned(), json!(most)));
        }
        Ok(measured)
    })
}

/// The number of cores with the highest throughput, and that throughput: up a ladder until it falls, then between the rungs. There
/// the time n / X(n) that a core takes is interpolated by a parabola a + bn + cn²: X is highest where n is √(a / c).
fn peak(throughput: impl Fn(u32) -> Result<f64, String>) -> Result<(f64, f64), String> {
    const MOST: u32 = 1_024;
    let (mut best, mut top, mut cores) = (1, throughput(1)?, 1);
    while cores < MOST && cores < 2 * best {
        cores = (cores + (cores / 4).max(1)).min(MOST);
        let measured = throughput(cores)?;
        if measured > top {
            (best, top) = (cores, measured);
        }
    }
    let points = [(best / 2).max(1), best.max(2), (2 * best).clamp(3, MOST)];
    if points[1] >= points[2] {
        return Ok((f64::from(best), top));
    }
    let mut times = Vec::new();
    for cores in points {
        let n = f64::from(cores);
        times.push((n, n / throughput(cores)?));
    }
    // Newton's divided differences.
    let [(n0, t0), (n1, t1), (n2, t2)] = [times[0], times[1], times[2]];
    let (d01, d12) = ((t1 - t0) / (n1 - n0), (t2 - t1) / (n2 - n1));
    let c = (d12 - d01) / (n2 - n0);
    let b = d01 - c * (n0 + n1);
    let a = t0 - b * n0 - c * n0 * n0;
    let n = (a / c).sqrt();
    Ok(if n.is_finite() && n >= 1.0 { (n, n / (a + b * n + c * n * n)) } else { (f64::from(best), top) })
}
