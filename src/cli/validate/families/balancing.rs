//! Load balancers and hash rings.

use scalescope::base::hash::mix;
use scalescope::base::ring::{Member, Ring};
use serde_json::json;

use super::{completions, completions_at};
use crate::validate::case::{Case, Inputs};
use crate::validate::plan::{Plan, at, document, duration, link, measure, merged, node, responses, server, users};

/// One balancer before several servers. Nothing is spent at the balancer or on the links, so users see what servers do.
fn balanced(
    name: &str,
    people: serde_json::Value,
    balancer: &serde_json::Value,
    servers: &[serde_json::Value],
) -> serde_json::Value {
    let idle = json!({ "forward_time": "0s", "cores": 1_024, "check_interval": "1h" });
    let params = merged(idle, balancer);
    let (mut nodes, mut links) = (
        vec![people, json!({ "id": "balancer", "kind": "load_balancer", "params": params })],
        vec![link("users", "balancer")],
    );
    for (i, params) in servers.iter().enumerate() {
        let id = format!("server-{}", i + 1);
        links.push(link("balancer", &id));
        nodes.push(server(&id, 1, params));
    }
    document(name, &nodes, &links)
}

/// Response times under a policy.
pub fn balancer(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    let (servers, load) = (inputs.nodes("servers")?, inputs.number("load_per_server")?);
    let (mean, shape) = inputs.distribution("service")?;
    let mut params = json!({ "policy": inputs.word("policy")? });
    let d = inputs.count_or("d", 1)?;
    if inputs.word("policy")? == "power_of_d" {
        params["choices"] = json!(d);
    } else if d > 1 {
        return Err("inputs.d: only power_of_d draws several".to_owned());
    }
    if inputs.get("with_replacement").is_some() {
        let words = ["without_replacement", "with_replacement"];
        params["sampling"] = json!(words[usize::from(inputs.flag("with_replacement")?)]);
    }
    let rate = load * f64::from(servers) / mean;
    let own = vec![json!({ "static_service": duration(mean), "service_shape": shape }); servers as usize];
    // Few servers that are nearly always busy remember for long how they were: more requests are needed for the same exactness.
    let is_slow = load >= 0.95 && servers <= 10;
    // Without a choice each of them is a queue of its own, however many there are.
    let has_choice = !(inputs.word("policy")? == "random" || inputs.word("policy")? == "power_of_d" && d == 1);
    let count = if has_choice { completions(case) } else { completions_at(case, load) };
    let count = count * if is_slow && has_choice { 3 } else { 1 };
    Plan::new(&balanced(&case.id, users(rate, &json!({})), &params, &own), move |mut engine| {
        let figures = measure(&mut engine, count, rate);
        Ok(responses(&engine, &figures))
    })
}

/// Copies of each request to several servers, of which the first answer counts.
pub fn redundancy(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    let (servers, copies) = (inputs.nodes("servers")?, inputs.count("copies")?);
    let load = inputs.number("load_per_server")?;
    let (mean, shape) = inputs.distribution("service")?;
    if inputs.word("cancel_on")? != "completion" {
        return Err("inputs.cancel_on: only `completion` is known".to_owned());
    }
    let params = json!({ "policy": "random", "calls": { "copies": copies, "on_give_up": "cancel" } });
    let rate = load * f64::from(servers) / mean;
    let own = vec![json!({ "static_service": duration(mean), "service_shape": shape }); servers as usize];
    let count = completions(case);
    Plan::new(&balanced(&case.id, users(rate, &json!({})), &params, &own), move |mut engine| {
        let figures = measure(&mut engine, count, rate);
        Ok(responses(&engine, &figures))
    })
}

/// Whom one request after the other goes to.
pub fn weighted_round_robin(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    let weights = inputs.list("weights")?;
    let own: Vec<_> = weights.iter().map(|weight| json!({ "weight": weight, "static_service": "0s" })).collect();
    let (count, length) =
        (own.len(), case.expected.get("sequence").and_then(serde_json::Value::as_str).map_or(0, str::len));
    if count > 26 {
        return Err("inputs.weights: more servers than letters".to_owned());
    }
    let people = users(1.0, &json!({ "arrivals": "regular" }));
    let document = balanced(&case.id, people, &json!({ "policy": "weighted_round_robin" }), &own);
    Plan::new(&document, move |mut engine| {
        let mut sequence = String::new();
        // The n-th request comes at n seconds.
        for n in 1..=length {
            engine.run_until(at(n as f64 - 0.5));
            engine.mark();
            engine.run_until(at(n as f64 + 0.5));
            let figures = engine.report();
            for i in 0..count {
                if node(&figures, &format!("server-{}", i + 1))?.arrivals_per_s > 0.0 {
                    sequence.push(char::from(b'a' + i as u8));
                }
            }
        }
        Ok(vec![("sequence".to_owned(), json!(sequence))])
    })
}

/// How evenly a ring shares the keys out, and what moves when a node comes: the very ring of caches and balancers, under many
/// seeds.
pub fn hash_ring(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    /// Keys that are looked up before and after.
    const KEYS: u64 = 20_000;
    let (count, points) = (inputs.nodes("nodes")?, inputs.count("virtual_nodes")?);
    let seeds = inputs.count_or("seeds", 100)?;
    if points == 0 || points > 1_000 {
        return Err(format!("inputs.virtual_nodes: {points}: valid: 1 to 1000"));
    }
    let params = json!({ "policy": "ring_hash", "virtual_nodes": points });
    let own = vec![json!({}); count as usize];
    Plan::new(&balanced(&case.id, users(1.0, &json!({})), &params, &own), move |_| {
        let ids: Vec<String> = (1..=count + 1).map(|i| format!("server-{i}")).collect();
        let ring = |nodes: u32, seed: u64| {
            let members = ids[..nodes as usize].iter().enumerate();
            Ring::new(members.map(|(i, id)| Member { number: i as u16, id, points }), seed)
        };
        let (mut squares, mut moved, mut astray) = (0.0, 0_u64, 0_u64);
        for seed in 0..u64::from(seeds) {
            let (before, after) = (ring(count, seed), ring(count + 1, seed));
            let mean = 1.0 / f64::from(count);
            squares +=
                before.shares().iter().map(|(_, share)| (share / mean - 1.0) * (share / mean - 1.0)).sum::<f64>()
                    / f64::from(count);
            for key in 0..KEYS {
                let hash = mix(seed * KEYS + key + 1);
                let (old, new) = (before.owner(hash), after.owner(hash));
                moved += u64::from(old != new);
                astray += u64::from(old != new && new.map(u32::from) != Some(count));
            }
        }
        let looked_up = f64::from(seeds) * KEYS as f64;
        Ok(vec![
            ("share_cv".to_owned(), json!((squares / f64::from(seeds)).sqrt())),
            ("moved_on_add".to_owned(), json!(moved as f64 / looked_up)),
            ("moved_to_old_nodes".to_owned(), json!(astray)),
        ])
    })
}
