//! Leaderless stores: how often a read misses the last write, and how long quorums take.
//!
//! The four legs of a quorum's messages (W, A, R, S; Bailis et al., VLDB 2012) are built so: a coordinator keeps no copies itself
//! and reaches every copy over a link of its own. The way there of a write, and that of a read, is the time the copy takes for
//! either, for a link has only one delay that way; the way back, of acknowledgement and answer, is the link's own.

use scalescope::base::Shape;
use scalescope::base::shape::Part;
use scalescope::engine::Engine;
use scalescope::observe::{Figures, Operation};
use serde_json::{Value, json};

use super::completions;
use crate::validate::case::{Case, Inputs};
use crate::validate::plan::{Measured, Plan, document, duration, front, link, measure, merged, node, users};

/// Writes per second, each of which is read back: so few that no two writes of a key meet.
const WRITES_PER_S: f64 = 1_000.0;
const KEYS: u32 = 200_000;

/// N, R and W.
struct Quorum {
    copies: u32,
    read: u32,
    write: u32,
}

impl Quorum {
    fn of(inputs: &Inputs) -> Result<Self, String> {
        Ok(Self { copies: inputs.nodes("n")?, read: inputs.count("r")?, write: inputs.count("w")? })
    }

    /// Writers who read their own record back `after_s` later, a coordinator, and copies; `way` is the link to each copy.
    fn document(&self, name: &str, after_s: f64, more: &Value, way: &Value) -> Value {
        let people = json!({
            "static_weight": 0, "write_weight": 1, "keys": KEYS, "zipf_exponent": 0, "value_size": "1B",
            "read_back_share": 1, "read_back_after": duration(after_s),
        });
        // Nothing mends a copy but the writes themselves.
        let store = json!({
            "copies": self.copies, "read_quorum": self.read, "write_quorum": self.write, "cores": 1_024, "queue_limit": 10_000_000,
            "coordinate_service": "0s", "read_service": "0s", "write_service": "0s", "timeout": "30d", "dead_after": "1h",
            "read_repair": "off", "hinted_handoff": "off", "anti_entropy_interval": "0s",
        });
        let store = merged(store, more);
        let node = |id: &str, keeps: &str| {
            let params = merged(store.clone(), &json!({ "keeps_copies": keeps }));
            json!({ "id": id, "kind": "quorum_store", "params": params })
        };
        let mut nodes = vec![users(WRITES_PER_S, &people), front("web", &json!({})), node("coordinator", "off")];
        let mut links = vec![link("users", "web"), link("web", "coordinator")];
        for i in 1..=self.copies {
            let id = format!("copy-{i}");
            nodes.push(node(&id, "on"));
            links.push(merged(link("coordinator", &id), way));
        }
        document(name, &nodes, &links)
    }
}

/// Share of the reads in the measured time that missed a write acknowledged before.
fn stale_ratio(figures: &Figures) -> Result<f64, String> {
    let reads =
        figures.operations.iter().find(|own| own.operation == Operation::Read).map_or(0, |own| own.latency.count);
    if reads == 0 || !figures.errors.is_empty() {
        return Err(format!("{reads} reads, errors {:?}", figures.errors));
    }
    Ok(figures.stale_reads as f64 / reads as f64)
}

fn run(engine: &mut Engine, count: u64) -> Figures {
    measure(engine, count, 2.0 * WRITES_PER_S)
}

/// Messages that take their time: how probably a read some time after a write's acknowledgement finds it.
pub fn staleness(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    let quorum = Quorum::of(inputs)?;
    let (write, write_shape) = leg(inputs, "write_leg")?;
    let (back, back_shape) = leg(inputs, "ack_read_response_legs")?;
    let legs = json!({
        "write_service": duration(write), "write_shape": write_shape, "read_service": duration(back), "read_shape": back_shape,
    });
    let way = json!({ "latency": "0s", "reply_latency": duration(back), "reply_shape": back_shape });
    let after = |metric: &str| -> Option<f64> {
        metric.strip_prefix("consistent_at_")?.strip_suffix("_ms")?.parse().ok().filter(|ms| *ms >= 0.0)
    };
    let mut times: Vec<f64> = case.expected.keys().filter_map(|metric| after(metric)).collect();
    if times.is_empty() {
        times.push(0.0);
    }
    let build = move |after_ms: f64| quorum.document("Bounded staleness", after_ms / 1e3, &legs, &way);
    let (count, copies) = (completions(case), inputs.nodes("n")?);
    Plan::new(&build(times[0]), move |_| {
        let mut measured = Vec::new();
        for after_ms in times {
            let own = Plan::new(&build(after_ms), move |mut engine| read(&run(&mut engine, count), after_ms, copies))?;
            measured.extend(own.run()?);
        }
        Ok(measured)
    })
}

fn read(figures: &Figures, after_ms: f64, copies: u32) -> Result<Measured, String> {
    for i in 1..=copies {
        if node(figures, &format!("copy-{i}"))?.wait_ratio > 0.0 {
            return Err("messages had to wait for each other: there are too few cores for them".to_owned());
        }
    }
    let p999_ms = |operation| {
        let own = figures.operations.iter().find(|own| own.operation == operation);
        json!(own.map(|own| own.latency.p999_s * 1e3))
    };
    Ok(vec![
        (format!("consistent_at_{after_ms}_ms"), json!(1.0 - stale_ratio(figures)?)),
        ("write_p999_ms".to_owned(), p999_ms(Operation::Write)),
        ("read_p999_ms".to_owned(), p999_ms(Operation::Read)),
    ])
}

/// Reads and writes of evenly chosen copies, and nothing that spreads a write further.
pub fn uniform(case: &Case, inputs: &Inputs) -> Result<Plan, String> {
    let quorum = Quorum::of(inputs)?;
    let contacts = json!({ "read_contacts": "quorum", "write_contacts": "quorum" });
    let document = quorum.document(&case.id, 0.0, &contacts, &json!({}));
    let count = completions(case);
    Plan::new(&document, move |mut engine| {
        let figures = run(&mut engine, 2 * count);
        Ok(vec![("stale_ratio".to_owned(), json!(stale_ratio(&figures)?))])
    })
}

/// A distribution of a message's time: its mean in seconds, and its shape.
fn leg(inputs: &Inputs, name: &str) -> Result<(f64, Shape), String> {
    let own = inputs.within(name)?;
    let mut parts = Vec::new();
    for part in own.objects("mixture_ms")? {
        let weight = part.number("p")?;
        let (mean, shape) = if part.get("pareto").is_some() {
            let pareto = part.within("pareto")?;
            let (scale, alpha) = (pareto.number("scale")?, pareto.number("shape")?);
            pareto.done()?;
            if alpha <= 1.0 {
                return Err(format!("inputs.{name}: a Pareto distribution of shape {alpha} has no mean"));
            }
            (scale * alpha / (alpha - 1.0), Shape::Pareto { alpha })
        } else if part.get("exponential").is_some() {
            let exponential = part.within("exponential")?;
            let rate = exponential.number("rate")?;
            exponential.done()?;
            (1.0 / rate, Shape::Exponential)
        } else {
            (part.number("constant")?, Shape::Constant)
        };
        part.done()?;
        parts.push(Part { weight, mean, shape });
    }
    own.done()?;
    let weight: f64 = parts.iter().map(|part| part.weight).sum();
    let mean_ms = parts.iter().map(|part| part.weight * part.mean).sum::<f64>() / weight;
    if !(weight > 0.0 && mean_ms >= 0.0 && mean_ms.is_finite()) {
        return Err(format!("inputs.{name}: the mixture is empty"));
    }
    Ok((mean_ms / 1e3, Shape::Mixture(parts)))
}
