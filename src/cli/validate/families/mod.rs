//! The families of cases: for each, the document that its inputs describe and how its metrics are read.

mod balancing;
mod caches;
mod clients;
mod edges;
mod mixed;
mod queues;
mod quorum;
mod replication;

use super::case::{Case, Inputs};
use super::plan::Plan;

type Planner = fn(&Case, &Inputs) -> Result<Plan, String>;

/// Every family that is known.
const FAMILIES: [(&str, Planner); 32] = [
    ("queue", queues::queue),
    ("tandem", queues::tandem),
    ("closed_loop", queues::closed_loop),
    ("web_cache_database", mixed::web_cache_database),
    ("priority", mixed::priority),
    ("universal_scalability", queues::universal_scalability),
    ("deadline", clients::deadline),
    ("retry_feedback", clients::retry_feedback),
    ("retry_amplification", clients::retry_amplification),
    ("hedge", clients::hedge),
    ("fan_out", clients::fan_out),
    ("fork_join", clients::fork_join),
    ("adaptive_throttle", clients::adaptive_throttle),
    ("retry_storm", clients::retry_storm),
    ("balancer", balancing::balancer),
    ("redundancy", balancing::redundancy),
    ("weighted_round_robin", balancing::weighted_round_robin),
    ("hash_ring", balancing::hash_ring),
    ("cache_independent_reference", caches::independent_reference),
    ("cache_ttl", caches::time_to_live),
    ("cache_trace", caches::trace),
    ("lease", caches::lease),
    ("cache_flush", caches::flush),
    ("cdn_stale_while_revalidate", edges::stale_while_revalidate),
    ("cdn_shield", edges::shield),
    ("cdn_collapsing", edges::collapsing),
    ("cdn_stale_if_error", edges::stale_if_error),
    ("dns_ttl", edges::dns_ttl),
    ("async_loss", replication::async_loss),
    ("apply_lag", replication::apply_lag),
    ("quorum_staleness", quorum::staleness),
    ("quorum_uniform", quorum::uniform),
];

/// The plan of `case`; the error says why there is none.
pub fn plan(case: &Case) -> Result<Plan, String> {
    if let Some(problem) = &case.problem {
        return Err(problem.clone());
    }
    let planner = FAMILIES.iter().find(|(name, _)| *name == case.family).map(|(_, planner)| planner);
    let planner = planner.ok_or_else(|| {
        let known: Vec<&str> = FAMILIES.iter().map(|(name, _)| *name).collect();
        format!("the family `{}` is not known; known: {}", case.family, known.join(", "))
    })?;
    let inputs = Inputs::new(&case.inputs);
    let plan = planner(case, &inputs)?;
    inputs.done()?;
    Ok(plan)
}

/// How many requests to simulate.
fn completions(case: &Case) -> u64 {
    case.completions.unwrap_or(1_000_000)
}

/// How many requests to simulate of a queue at `load`, where a case states no tolerance and two percent have to do.
///
/// The mean response of n requests to an M/M/1 queue has a relative standard error of about 2 / (1 − ρ) / √n (Whitt, *Planning
/// Queueing Simulations*, 1989): of so many it is 0.6 %. Above a load of 0.97 that would take too long.
fn completions_at(case: &Case, load: f64) -> u64 {
    const MOST: f64 = 1e8;
    let given = completions(case);
    let is_stated = case.tolerance.values().any(|tolerance| !tolerance.is_null());
    // Where less effort is wanted than the case asks for, it is not made up for here.
    if is_stated || case.is_short || !(0.0..1.0).contains(&load) {
        return given;
    }
    given.max((1.1e5 / ((1.0 - load) * (1.0 - load))).min(MOST) as u64)
}
