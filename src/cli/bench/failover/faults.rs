//! Random lists of faults and edits, each of which fits the design by the time that it comes.

use scalescope::base::random::Stream;
use scalescope::base::{SimDuration, SimTime};
use scalescope::model::kinds::DatabaseRole;
use scalescope::model::{Command, Document, Edit, Fault, Link, Scheduled, Way};
use serde_json::json;

use super::design::{STRATEGIES, between, one_of, switch};

/// When the healing begins.
pub const HEALING: SimTime = SimTime::from_nanos(6_000_000_000);
/// Most faults of a trial.
const MOST: u64 = 9;

/// The faults of a design, in the order of their times.
pub fn draw(document: &Document, stream: &mut Stream) -> Vec<Scheduled> {
    let count = between(1, MOST, stream);
    let mut times: Vec<u64> = (0..count).map(|_| between(300, HEALING.as_nanos() / 1_000_000 - 200, stream)).collect();
    times.sort_unstable();
    let mut design = document.clone();
    let mut faults = Vec::new();
    for at_ms in times {
        let Some(command) = command(&design, stream) else { continue };
        let fits = match &command {
            Command::Fault(fault) => fault.check(&design).is_ok(),
            Command::Edit(edit) => design.edited(edit).is_ok_and(|edited| {
                design = edited;
                true
            }),
        };
        if fits {
            faults.push(Scheduled { at: SimDuration::from_millis(at_ms), command });
        }
    }
    faults
}

/// Something that may happen to the design as it is.
fn command(design: &Document, stream: &mut Stream) -> Option<Command> {
    let kinds = ["database", "quorum_store", "cache", "shard_router"];
    let stores: Vec<&str> =
        design.nodes.iter().filter(|node| kinds.contains(&node.kind.name())).map(|node| node.id.as_str()).collect();
    if stores.is_empty() {
        return None;
    }
    let node = one_of(&stores, stream).to_owned();
    let inner: Vec<_> = design.links.iter().filter(|link| stores.contains(&link.to.as_str())).collect();
    if inner.is_empty() {
        return None;
    }
    let link = one_of(&inner, stream);
    let (from, to) = (link.from.clone(), link.to.clone());
    let way = one_of(&[Way::Both, Way::Forward, Way::Backward], stream);
    let fault = match stream.below(18) {
        0..4 => Fault::Crash { node },
        4 | 5 => Fault::Restart { node },
        6 => Fault::Hang { node },
        7 => Fault::Resume { node },
        8 | 9 => Fault::Partition { from, to, way },
        10 => Fault::HealLink { from, to, way },
        11 => Fault::LossyLink { from, to, loss: 0.1 * between(1, 9, stream) as f64, way },
        12 => Fault::Promote { node },
        13 => one_of(
            &[
                Fault::ReadOnly { node: node.clone() },
                Fault::Errors { node: node.clone(), ratio: 0.3 },
                Fault::Slow { node: node.clone(), factor: 20.0 },
                Fault::Flush { node: node.clone() },
                Fault::Heal { node: node.clone() },
                Fault::SlowLink { from, to, added_latency: SimDuration::from_millis(300), way },
            ],
            stream,
        ),
        _ => return edit(design, node, stream).map(Command::Edit),
    };
    Some(Command::Fault(fault))
}

/// A change of the store that `node` belongs to.
fn edit(design: &Document, node: String, stream: &mut Stream) -> Option<Edit> {
    let kind = design.node(&node)?.kind.name();
    let set = |param: &str, value| Edit::Set { node: node.clone(), param: param.to_owned(), value };
    Some(match (stream.below(4), kind) {
        (0, "shard_router") => one_more_shard(design, &node)?,
        (0, _) => Edit::one_more_like(design, &node)?,
        // A ring without one of its members is none: what comes after it hears nothing any more of what comes before it.
        (1, "database" | "quorum_store") if !is_in_ring(design, &node) => Edit::RemoveNode { node },
        (2, "quorum_store") => set("keeps_copies", json!(one_of(&["on", "off"], stream))),
        (_, "quorum_store") => {
            let param = one_of(&["copies", "read_quorum", "write_quorum"], stream);
            set(param, json!(between(1, 4, stream)))
        }
        (1, "shard_router") => {
            // All shards, or all but one, which is emptied.
            let primaries: Vec<&str> = primaries(design).collect();
            if primaries.is_empty() {
                return None;
            }
            let count = between(primaries.len().saturating_sub(1).max(1) as u64, primaries.len() as u64, stream);
            set("shards", json!(primaries[..count as usize]))
        }
        (2, "shard_router") => set("strategy", json!(one_of(&STRATEGIES, stream))),
        (_, "shard_router") => set("hot_key_copies", json!(between(1, 3, stream))),
        (2, "database") => one_of(
            &[
                set("fencing", json!(switch(0.5, stream))),
                set("wait_for_replicas", json!(between(1, 2, stream))),
                set("semi_sync_timeout", json!("100ms")),
                set("log_retention", json!(between(1, 50, stream))),
            ],
            stream,
        ),
        (_, "database") => {
            let modes = ["asynchronous", "semi_sync_after_sync", "semi_sync_after_commit", "synchronous"];
            set("mode", json!(one_of(&modes, stream)))
        }
        _ => return None,
    })
}

fn primaries(design: &Document) -> impl Iterator<Item = &str> {
    design.nodes.iter().filter(|node| node.role() == Some(DatabaseRole::Primary)).map(|node| node.id.as_str())
}

/// Whether `node` is one of at least three primaries that copy from each other.
fn is_in_ring(design: &Document, node: &str) -> bool {
    let primaries: Vec<&str> = primaries(design).collect();
    let copies = |link: &&Link| primaries.contains(&link.from.as_str()) && primaries.contains(&link.to.as_str());
    primaries.contains(&node) && design.links.iter().filter(copies).count() > 2
}

/// A further shard of the router `node`: a primary like the first.
fn one_more_shard(design: &Document, node: &str) -> Option<Edit> {
    let mut new = design.node(primaries(design).next()?)?.clone();
    new.id = (1..=u32::MAX).map(|n| format!("db-{n}")).find(|id| design.node(id).is_none())?;
    let links = vec![Link { from: node.to_owned(), to: new.id.clone(), ..Link::default() }];
    Some(Edit::AddNode { node: Box::new(new), links, records: Vec::new() })
}
