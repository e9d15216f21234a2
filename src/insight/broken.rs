//! What is broken now, and what would mend it: read from the figures, so that it does not matter who broke it and when.

use crate::base::{BitRate, SimDuration};
use crate::model::{Fault, Way};
use crate::observe::{Figures, LaneFigures, LinkFigures, NodeFigures};

/// A region, a node or a link with all that is wrong with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    /// The region or the node, or the two ends of the link.
    pub place: Vec<String>,
    /// What is wrong, without naming the place.
    pub what: String,
    pub remedy: Fault,
}

/// All that is broken: regions, nodes, links, in the engine's order. The links of a region that is out are no matter of their own.
pub fn broken(figures: &Figures) -> Vec<Broken> {
    let regions = figures.dark.iter().map(|region| Broken {
        place: vec![region.clone()],
        what: "out".to_owned(),
        remedy: Fault::RegionHeal { region: region.clone() },
    });
    let nodes = figures.nodes.iter().filter_map(broken_node);
    let links = figures.links.iter().filter(|link| !link.is_dark).filter_map(broken_link);
    regions.chain(nodes).chain(links).collect()
}

fn broken_node(node: &NodeFigures) -> Option<Broken> {
    let (id, own) = (node.id.clone(), &node.condition);
    let place = vec![id.clone()];
    if !node.is_up {
        return Some(Broken { place, what: "down".to_owned(), remedy: Fault::Restart { node: id } });
    }
    let mut faults = Vec::new();
    if own.is_hung {
        faults.push("hung".to_owned());
    }
    if own.slowdown > 1.0 {
        faults.push(format!("{} times as slow", own.slowdown));
    }
    if own.error_ratio > 0.0 {
        faults.push(format!("fails {} of its answers", percent(own.error_ratio)));
    }
    if own.is_read_only {
        faults.push("disk read-only".to_owned());
    }
    (!faults.is_empty()).then(|| Broken { place, what: faults.join(", "), remedy: Fault::Heal { node: id } })
}

fn broken_link(link: &LinkFigures) -> Option<Broken> {
    let (there, back) = (troubles(&link.forward), troubles(&link.backward));
    let what = match (there.is_empty(), back.is_empty()) {
        (true, true) => return None,
        (false, true) => format!("requests: {there}"),
        (true, false) => format!("answers: {back}"),
        (false, false) if there == back => there,
        (false, false) => format!("requests: {there}; answers: {back}"),
    };
    let (from, to) = (link.from.clone(), link.to.clone());
    let place = vec![from.clone(), to.clone()];
    Some(Broken { place, what, remedy: Fault::HealLink { from, to, way: Way::Both } })
}

fn troubles(lane: &LaneFigures) -> String {
    let mut faults = Vec::new();
    if lane.is_cut {
        faults.push("cut".to_owned());
    }
    if lane.added_latency_s > 0.0 {
        faults.push(format!("slower by {}", SimDuration::from_secs_f64(lane.added_latency_s)));
    }
    if lane.added_loss > 0.0 {
        faults.push(format!("loses {} more", percent(lane.added_loss)));
    }
    if let Some(left) = lane.left_bps {
        faults.push(format!("only {} left", BitRate(left as u64)));
    }
    faults.join(", ")
}

/// `12.5 %`.
fn percent(share: f64) -> String {
    format!("{} %", (share * 1000.0).round() / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SimTime;
    use crate::engine::Engine;
    use crate::model::{Command, Document};

    fn after(faults: &[Fault]) -> Vec<Broken> {
        let text = include_str!("../../static/scenarios/cdn.json");
        let mut engine = Engine::new(Document::read(text).unwrap()).unwrap();
        for fault in faults {
            engine.command(Command::Fault(fault.clone())).unwrap();
        }
        engine.run_until(SimTime::from_nanos(1_000_000));
        broken(&engine.figures())
    }

    #[test]
    fn nothing_is_broken_in_a_healthy_system() {
        assert_eq!(after(&[]), []);
    }

    #[test]
    fn each_place_is_listed_once_with_all_that_is_wrong() {
        let node = || "web-1".to_owned();
        let (from, to, way) = (node(), "db-1".to_owned(), Way::Forward);
        let found = after(&[
            Fault::Crash { node: "web-2".to_owned() },
            Fault::Slow { node: node(), factor: 10.0 },
            Fault::Errors { node: node(), ratio: 0.25 },
            Fault::Partition { from: from.clone(), to: to.clone(), way },
            Fault::SlowLink { from, to, added_latency: SimDuration::from_millis(50), way },
        ]);
        let told: Vec<_> = found.iter().map(|broken| (broken.place.join("→"), broken.what.as_str())).collect();
        assert_eq!(
            told,
            [
                ("web-1".to_owned(), "10 times as slow, fails 25 % of its answers"),
                ("web-2".to_owned(), "down"),
                ("web-1→db-1".to_owned(), "requests: cut, slower by 50ms"),
            ]
        );
    }

    #[test]
    fn a_region_that_is_out_is_mended_as_a_whole() {
        let text = include_str!("../../static/scenarios/regions.json");
        let mut engine = Engine::new(Document::read(text).unwrap()).unwrap();
        let region = engine.document().regions()[0].to_owned();
        engine.command(Command::Fault(Fault::RegionOutage { region: region.clone() })).unwrap();
        let found = broken(&engine.figures());
        assert_eq!((found[0].place.as_slice(), found[0].what.as_str()), (&[region][..], "out"));
        assert!(found.iter().all(|broken| broken.place.len() == 1), "no links: {found:?}");
        engine.command(Command::Fault(found[0].remedy.clone())).unwrap();
        assert_eq!(broken(&engine.figures()), []);
    }

    #[test]
    fn the_remedies_mend_all_of_it() {
        let faults = [
            Fault::Hang { node: "cache-1".to_owned() },
            Fault::ReadOnly { node: "db-1".to_owned() },
            Fault::Crash { node: "lb-1".to_owned() },
            Fault::LossyLink { from: "web-1".to_owned(), to: "db-1".to_owned(), loss: 0.5, way: Way::Both },
        ];
        let found = after(&faults);
        assert_eq!(found.len(), faults.len());
        let remedies = found.into_iter().map(|broken| broken.remedy);
        assert_eq!(after(&faults.into_iter().chain(remedies).collect::<Vec<_>>()), []);
    }
}
