//! Several kinds of request at once: priority classes at one station, and the web's three tiers in a row.

use scalescope::base::Shape;
use scalescope::observe::{Figures, Operation};
use serde_json::{Value, json};

use super::completions;
use crate::validate::case::{Case, Inputs};
use crate::validate::plan::{
    Measured, Plan, document, duration, front, link, measure, node, readers, responses, server, users,
};

/// The operations by which the classes of one server differ, with their weights and service times.
const KINDS: [(Operation, &str, &str); 6] = [
    (Operation::Read, "read_weight", "read_service"),
    (Operation::Write, "write_weight", "write_service"),
    (Operation::Static, "static_weight", "static_service"),
    (Operation::Query, "query_weight", "query_service"),
    (Operation::Transaction, "transaction_weight", "transaction_service"),
    (Operation::Login, "login_weight", "login_service"),
];
/// Names of the rate of a class, and of all together.
const RATES: [&str; 4] = ["arrival_rate_per_s", "rate_per_s", "arrival_rates_per_s", "rates_per_s"];
/// Names of a mean service time.
const MEANS: [&str; 4] = ["service_mean_s", "mean_s", "service_means_s", "means_s"];

/// Customers of one class.
struct Class {
    rate: f64,
    mean: f64,
    shape: Shape,
    name: Option<String>,
    /// Where the case says whose turn it is: the lowest number first.
    order: f64,
}

/// The value of the first of `names` that is there.
fn first<'a>(inputs: &Inputs<'a>, names: &[&'static str]) -> Option<(&'static str, &'a Value)> {
    // All are looked at, so that a second way to say the same is not overlooked.
    let found: Vec<_> = names.iter().filter_map(|name| Some((*name, inputs.get(name)?))).collect();
    found.into_iter().next()
}

fn first_number(inputs: &Inputs, names: &[&'static str]) -> Result<Option<f64>, String> {
    match first(inputs, names) {
        None => Ok(None),
        Some((name, _)) => inputs.number(name).map(Some),
    }
}

/// A service time: as an object `service`, or as a mean alone, which is exponential.
fn service(inputs: &Inputs, common: Option<&(f64, Shape)>) -> Result<(f64, Shape), String> {
    if inputs.get("service").is_some() {
        return inputs.distribution("service");
    }
    let shape = common.map_or(Shape::Exponential, |(_, shape)| shape.clone());
    let mean = first_number(inputs, &MEANS)?.or(common.map(|(mean, _)| *mean));
    Ok((mean.ok_or("inputs: a class has no `service`")?, shape))
}

/// The classes, the most urgent first.
fn classes(inputs: &Inputs) -> Result<Vec<Class>, String> {
    let common = if inputs.get("service").is_some_and(Value::is_object) && inputs.get("classes").is_some() {
        Some(inputs.distribution("service")?)
    } else {
        None
    };
    let mut all = if inputs.get("classes").is_some() { listed(inputs, common.as_ref())? } else { parallel(inputs)? };
    all.sort_by(|a, b| a.order.total_cmp(&b.order));
    if all.len() > KINDS.len() || all.is_empty() {
        return Err(format!("inputs: {} classes: valid: 1 to {}", all.len(), KINDS.len()));
    }
    if all.iter().any(|class| class.shape != all[0].shape) {
        return Err("inputs: the services of one server have one shape for all classes".to_owned());
    }
    Ok(all)
}

/// A list of objects, one for each class.
fn listed(inputs: &Inputs, common: Option<&(f64, Shape)>) -> Result<Vec<Class>, String> {
    let read = |(i, own): (usize, Inputs)| {
        let rate = if own.get("arrivals").is_some() {
            let arrivals = own.within("arrivals")?;
            if arrivals.word_or("distribution", "exponential")? != "exponential" {
                return Err("inputs.classes: arrivals are exponential".to_owned());
            }
            let rate = arrivals.number("rate_per_s")?;
            arrivals.done()?;
            Some(rate)
        } else {
            first_number(&own, &RATES)?
        };
        let (mean, shape) = service(&own, common)?;
        let order = first_number(&own, &["priority", "class"])?.unwrap_or(i as f64);
        let name = first(&own, &["name", "id"]).and_then(|(_, name)| name.as_str().map(str::to_owned));
        own.done()?;
        let rate = rate.ok_or_else(|| format!("inputs.classes[{i}] has no arrival_rate_per_s"))?;
        Ok(Class { rate, mean, shape, name, order })
    };
    inputs.objects("classes")?.into_iter().enumerate().map(read).collect()
}

/// Lists beside each other, with an entry for each class.
fn parallel(inputs: &Inputs) -> Result<Vec<Class>, String> {
    let numbers = |value: &Value| -> Option<Vec<f64>> { value.as_array()?.iter().map(Value::as_f64).collect() };
    let (name, rates) = first(inputs, &RATES).ok_or("inputs.classes is missing")?;
    let rates = numbers(rates).ok_or_else(|| format!("inputs.{name} has to be a list of numbers"))?;
    let alone = |(mean, shape): (f64, Shape)| vec![(mean, shape); rates.len()];
    let services = match (inputs.get("service"), first(inputs, &MEANS)) {
        (Some(Value::Object(_)), None) => alone(inputs.distribution("service")?),
        (None, Some((_, Value::Array(means)))) => {
            let means: Option<Vec<f64>> = means.iter().map(Value::as_f64).collect();
            let means = means.ok_or("inputs: the mean service times have to be numbers")?;
            means.into_iter().map(|mean| (mean, Shape::Exponential)).collect()
        }
        (None, Some((name, _))) => alone((inputs.number(name)?, Shape::Exponential)),
        _ => return Err("inputs: either a `service` or the mean service times of the classes".to_owned()),
    };
    if services.len() != rates.len() {
        return Err(format!("inputs: {} rates and {} services", rates.len(), services.len()));
    }
    let class = |(i, (rate, (mean, shape)))| Class { rate, mean, shape, name: None, order: i as f64 };
    Ok(rates.into_iter().zip(services).enumerate().map(class).collect())
}

/// One station that serves the most urgent first, without taking anybody off a core (Cobham 1954) or doing so.
pub fn priority(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    let all = classes(inputs)?;
    let servers = inputs.count_or("servers", 1)?;
    let discipline = inputs.word_or("discipline", "priority")?;
    let is_preemptive = inputs.get("preemptive").is_some() && inputs.flag("preemptive")?;
    let is_preemptive = match discipline {
        "priority" => is_preemptive,
        "preemptive" | "preemptive_priority" | "priority_preemptive" | "preemptive_resume" => true,
        "non_preemptive" | "nonpreemptive" | "non_preemptive_priority" | "priority_non_preemptive"
            if !is_preemptive =>
        {
            false
        }
        other => return Err(format!("inputs.discipline: `{other}` is not known")),
    };
    if inputs.get("capacity").is_some() {
        return Err("inputs.capacity: the queue is not limited here".to_owned());
    }
    let rate: f64 = all.iter().map(|class| class.rate).sum();
    let mut params = json!({ "discipline": "priority", "service_shape": all[0].shape });
    if is_preemptive {
        params["discipline"] = json!("preemptive_priority");
        params["workers"] = json!(100_000);
    }
    let (mut nodes, mut links) = (Vec::new(), Vec::new());
    for (i, class) in all.iter().enumerate() {
        let (_, weight, service) = KINDS[i];
        params[service] = json!(duration(class.mean));
        let id = format!("class-{}", i + 1);
        let mut population = users(class.rate, &json!({ "static_weight": 0, "priority": 7 - i }));
        population["params"][weight] = json!(1);
        population["id"] = json!(id);
        links.push(link(&id, "server"));
        nodes.push(population);
    }
    nodes.push(server("server", servers, &params));
    let (count, wanted) = (completions(case), case.expected.clone());
    Plan::new(&document(&case.id, &nodes, &links), move |mut engine| {
        let figures = measure(&mut engine, count, rate);
        let mut measured = responses(&engine, &figures);
        let station = node(&figures, "server")?;
        measured.push(("utilisation".to_owned(), json!(station.utilisation)));
        measured.push(("wait_mean_s".to_owned(), json!(station.wait_mean_s)));
        measured.push(("wait_probability".to_owned(), json!(station.wait_ratio)));
        by_class(&mut measured, &figures, &all, wanted.iter())?;
        Ok(measured)
    })
}

/// Adds what is wanted of the single classes, whichever way it is called: `class_1_wait_mean_s`, `wait_mean_s_high`, or a list.
fn by_class<'a>(
    measured: &mut Measured,
    figures: &Figures,
    all: &[Class],
    wanted: impl Iterator<Item = (&'a String, &'a Value)> + Clone,
) -> Result<(), String> {
    let mut times = Vec::new();
    for (class, (operation, ..)) in all.iter().zip(KINDS) {
        let own = figures.operations.iter().find(|own| own.operation == operation);
        let own = own.ok_or_else(|| format!("nobody of a class has asked: {}", operation.name()))?;
        times.push([own.latency.mean_s - class.mean, own.latency.mean_s, own.goodput_per_s]);
    }
    let is_zero_based = wanted.clone().any(|(metric, _)| metric.split('_').any(|word| word == "0" || word == "class0"));
    for (metric, expected) in wanted {
        let what = if metric.contains("wait") {
            0
        } else if metric.contains("response") || metric.contains("sojourn") {
            1
        } else if metric.contains("throughput") {
            2
        } else {
            continue;
        };
        if let Some(entries) = expected.as_array() {
            let list: Vec<f64> = times.iter().map(|own| own[what]).collect();
            if entries.len() == list.len() {
                measured.retain(|(name, _)| name != metric);
                measured.push((metric.clone(), json!(list)));
            }
        } else if let Some(i) = class_named(metric, all, is_zero_based) {
            measured.push((metric.clone(), json!(times[i][what])));
        }
    }
    Ok(())
}

/// The class that a metric is about, if it is about one.
fn class_named(metric: &str, all: &[Class], is_zero_based: bool) -> Option<usize> {
    let named = |class: &Class| class.name.as_ref().is_some_and(|name| metric.contains(name.as_str()));
    if let Some(i) = all.iter().position(named) {
        return Some(i);
    }
    let numbered = metric.split('_').find_map(|word| {
        let digits = word.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        digits.parse::<usize>().ok()?.checked_sub(usize::from(!is_zero_based))
    });
    let words = metric.split('_').find_map(|word| match word {
        "high" | "urgent" | "first" => Some(0),
        "medium" | "second" if all.len() > 2 || word == "second" => Some(1),
        "low" | "last" => Some(all.len() - 1),
        _ => None,
    });
    numbered.or(words).filter(|i| *i < all.len())
}

/// One of the three tiers: its mean service time, its shape, its servers.
struct Tier {
    mean: f64,
    shape: Shape,
    servers: u32,
}

/// A tier as an object called by one of `names`, or by names that begin with it: `cache_service`, `cache_servers`.
fn tier(inputs: &Inputs, names: [&'static str; 3]) -> Result<Tier, String> {
    for name in names {
        match inputs.get(name) {
            Some(Value::Object(_)) => {
                let own = inputs.within(name)?;
                let tier = tier_of(&own)?;
                if names[0] == "cache" {
                    stated_hits(&own)?;
                }
                own.done()?;
                return Ok(tier);
            }
            Some(other) => return Err(format!("inputs.{name}: {other} is not an object with a `service`")),
            None => {}
        }
        let (service, servers) = (format!("{name}_service"), format!("{name}_servers"));
        let means = [format!("{name}_service_mean_s"), format!("{name}_mean_s"), format!("{name}_service_s")];
        let count = inputs.count_or(&servers, 1)?;
        if inputs.get(&service).is_some() {
            let (mean, shape) = inputs.distribution(&service)?;
            return Ok(Tier { mean, shape, servers: count });
        }
        for mean in &means {
            if let Some(mean) = inputs.number_or(mean, None)? {
                return Ok(Tier { mean, shape: Shape::Exponential, servers: count });
            }
        }
    }
    Err(format!("inputs.{} is missing", names[0]))
}

fn tier_of(own: &Inputs) -> Result<Tier, String> {
    let servers = if own.get("cores").is_some() { own.count("cores")? } else { own.count_or("servers", 1)? };
    let (mean, shape) = if own.get("distribution").is_some() { own.own_distribution()? } else { service(own, None)? };
    Ok(Tier { mean, shape, servers })
}

/// The three tiers, also as a list.
fn tiers(inputs: &Inputs) -> Result<[Tier; 3], String> {
    if inputs.get("stations").is_none() {
        let web = tier(inputs, ["web", "web_server", "server"])?;
        return Ok([
            web,
            tier(inputs, ["cache", "cache_server", "memory"])?,
            tier(inputs, ["database", "db", "store"])?,
        ]);
    }
    let mut list = Vec::new();
    for own in inputs.objects("stations")? {
        first(&own, &["name", "id", "kind"]);
        list.push(tier_of(&own)?);
        own.done()?;
    }
    list.try_into().map_err(|_| "inputs.stations: three are expected: web server, cache, database".to_owned())
}

/// The share of the lookups that hit, where it stands in this object, as it is or as the share that misses.
fn stated_hits(own: &Inputs) -> Result<Option<f64>, String> {
    let hits = first_number(own, &["hit_ratio", "cache_hit_ratio", "hit_probability"])?;
    let misses = first_number(own, &["miss_ratio", "cache_miss_ratio", "miss_probability"])?;
    match (hits, misses) {
        (Some(hits), Some(misses)) if (hits + misses - 1.0).abs() > 1e-9 => {
            Err(format!("inputs: {hits} hit and {misses} miss"))
        }
        (hits, misses) => Ok(hits.or(misses.map(|misses| 1.0 - misses))),
    }
}

/// The same, of all that a case says.
fn hit_ratio(inputs: &Inputs) -> Result<f64, String> {
    let of_cache = match inputs.get("cache") {
        Some(Value::Object(_)) => stated_hits(&inputs.within("cache")?)?,
        _ => None,
    };
    stated_hits(inputs)?.or(of_cache).ok_or_else(|| "inputs.hit_ratio is missing".to_owned())
}

/// The popularity and the capacity that make a cache hit as often as it shall: with equally popular keys each lookup hits with
/// probability capacity / keys, whatever was asked before.
fn hits(ratio: f64) -> Result<(u32, u32), String> {
    if !(0.0..1.0).contains(&ratio) {
        return Err(format!("inputs.hit_ratio: {ratio}: valid: from 0, below 1"));
    }
    let is_exact = |keys: &f64| ((ratio * keys).round() / keys - ratio).abs() < 1e-9;
    let keys = [100.0, 1_000.0, 10_000.0, 100_000.0].into_iter().find(is_exact).unwrap_or(100_000.0);
    Ok((keys as u32, (ratio * keys).round() as u32))
}

/// Users, a web server, a cache that reads through, a database: what is missed goes on to the database.
pub fn web_cache_database(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    let rate =
        first_number(inputs, &["arrival_rate_per_s", "rate_per_s"])?.ok_or("inputs.arrival_rate_per_s is missing")?;
    let [web, cache, database] = tiers(inputs)?;
    let (keys, capacity, exponent) = if inputs.get("popularity").is_some() {
        let own = inputs.within("popularity")?;
        let zipf = own.within("zipf")?;
        let (keys, exponent) = (zipf.count("keys")?, zipf.number("s")?);
        zipf.done()?;
        own.done()?;
        (keys, inputs.count("capacity_items")?, exponent)
    } else {
        let (keys, capacity) = hits(hit_ratio(inputs)?)?;
        (keys, capacity, 0.0)
    };
    let taste = json!({ "keys": keys, "zipf_exponent": exponent, "value_size": "1B" });
    let server = json!({ "cores": web.servers, "read_service": duration(web.mean), "service_shape": web.shape });
    let store = json!({
        "capacity": format!("{}B", capacity.max(1)), "ttl": if capacity == 0 { "1ns" } else { "0s" },
        "policy": inputs.word_or("policy", "lru")?,
        "cores": cache.servers, "lookup_time": duration(cache.mean), "lookup_shape": cache.shape,
    });
    let records = json!({
        "cores": database.servers, "queue_limit": 10_000_000, "read_service": duration(database.mean),
        "service_shape": database.shape,
    });
    let nodes = [
        readers(rate, &taste),
        front("web", &server),
        json!({ "id": "cache", "kind": "cache", "params": store }),
        json!({ "id": "database", "kind": "database", "params": records }),
    ];
    let links = [link("users", "web"), link("web", "cache"), link("cache", "database")];
    // Until the cache is full, each miss fills one place.
    let filling =
        (f64::from(keys) * libm::log(f64::from(keys) / f64::from((keys - capacity.min(keys)).max(1)))).max(0.0);
    let filling = filling.max(10.0 * f64::from(capacity)) as u64;
    let (count, beyond) = (completions(case), 20 * filling);
    Plan::new(&document(&case.id, &nodes, &links), move |mut engine| {
        // The warm-up is a twentieth of what is measured.
        let figures = measure(&mut engine, count.max(beyond), rate);
        let mut measured = responses(&engine, &figures);
        for (name, id) in [("web", "web"), ("cache", "cache"), ("database", "database")] {
            let own = node(&figures, id)?;
            measured.push((format!("{name}_utilisation"), json!(own.utilisation)));
            measured.push((format!("{name}_wait_mean_s"), json!(own.wait_mean_s)));
            measured.push((format!("{name}_rate_per_s"), json!(own.arrivals_per_s)));
            let in_flight = own.in_flight_mean;
            measured.push((format!("{name}_in_flight_mean"), json!(in_flight)));
        }
        let ratio = node(&figures, "cache")?.hit_ratio.unwrap_or_default();
        measured.push(("hit_ratio".to_owned(), json!(ratio)));
        measured.push(("database_queries_per_s".to_owned(), json!(node(&figures, "database")?.arrivals_per_s)));
        Ok(measured)
    })
}
