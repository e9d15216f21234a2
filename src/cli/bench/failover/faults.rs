//! Random lists of faults and edits, each of which fits the design by the time that it comes.

use scalescope::base::random::Stream;
use scalescope::base::{SimDuration, SimTime};
use scalescope::model::{Command, Document, Edit, Fault, Scheduled, Way};
use serde_json::json;

use super::design::{between, one_of};

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
    let stores: Vec<&str> = design
        .nodes
        .iter()
        .filter(|node| matches!(node.kind.name(), "database" | "quorum_store" | "cache"))
        .map(|node| node.id.as_str())
        .collect();
    if stores.is_empty() {
        return None;
    }
    let node = (*one_of(&stores, stream)).to_owned();
    let inner: Vec<_> = design.links.iter().filter(|link| stores.contains(&link.to.as_str())).collect();
    if inner.is_empty() {
        return None;
    }
    let link = one_of(&inner, stream);
    let (from, to) = (link.from.clone(), link.to.clone());
    let way = *one_of(&[Way::Both, Way::Forward, Way::Backward], stream);
    let fault = match stream.below(16) {
        0..4 => Fault::Crash { node },
        4 | 5 => Fault::Restart { node },
        6 => Fault::Hang { node },
        7 => Fault::Resume { node },
        8 | 9 => Fault::Partition { from, to, way },
        10 => Fault::HealLink { from, to, way },
        11 => Fault::LossyLink { from, to, loss: 0.1 * between(1, 9, stream) as f64, way },
        12 => one_of(
            &[
                Fault::ReadOnly { node: node.clone() },
                Fault::Errors { node: node.clone(), ratio: 0.3 },
                Fault::Slow { node: node.clone(), factor: 20.0 },
                Fault::Flush { node: node.clone() },
                Fault::Promote { node: node.clone() },
                Fault::SlowLink { from, to, added_latency: SimDuration::from_millis(300), way },
            ],
            stream,
        )
        .clone(),
        _ => return edit(design, node, stream).map(Command::Edit),
    };
    Some(Command::Fault(fault))
}

/// A change of the store that `node` belongs to.
fn edit(design: &Document, node: String, stream: &mut Stream) -> Option<Edit> {
    let kind = design.node(&node)?.kind.name();
    let set = |param: &str, value| Edit::Set { node: node.clone(), param: param.to_owned(), value };
    Some(match (stream.below(4), kind) {
        (0, _) => Edit::one_more_like(design, &node)?,
        (1, "database" | "quorum_store") => Edit::RemoveNode { node },
        (2, "quorum_store") => set("keeps_copies", json!(*one_of(&["on", "off"], stream))),
        (_, "quorum_store") => {
            let param = *one_of(&["copies", "read_quorum", "write_quorum"], stream);
            set(param, json!(between(1, 4, stream)))
        }
        (_, "database") => {
            set("mode", json!(*one_of(&["asynchronous", "semi_sync_after_sync", "synchronous"], stream)))
        }
        _ => return None,
    })
}
