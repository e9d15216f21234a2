//! Warnings: what would take the system down alone, what holds it back, and what will next.
//!
//! A single point of failure is found on the graph of links: without it, users reach no server, or no data, or no names. The
//! rest is measured: the bottleneck is where requests wait or processors are used up; what saturates next is extrapolated from
//! utilisation, which grows in proportion to load while a node is stable (the utilisation law: U = X · S).

use crate::base::Kind;
use crate::base::order::sort_by;
use crate::model::{Document, Node, NodeKind};
use crate::observe::{Figures, NodeFigures};

/// Above this share of its processors a node has little left.
const BUSY: f64 = 0.8;
/// Nodes below this utilisation tell nothing about what comes next.
const IDLE: f64 = 0.02;

/// Something that a person should know about a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Warning {
    /// Id of the node.
    pub node: String,
    pub what: Hazard,
}

/// What is wrong, or will be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Hazard {
    /// Nothing can take its place; it gets so many requests per second.
    SinglePoint { lost: Lost, arrivals_per_s: f64 },
    /// It holds the system back: its utilisation, 0 to 1, and how many wait on average.
    Bottleneck { utilisation: f64, waiting: f64 },
    /// With so many times as much load its processors are used up; at the measured growth after so many seconds.
    Saturates { load_factor: f64, in_s: Option<f64> },
}

/// What users lose without a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    Names,
    Service,
    Data,
}

/// Single points of failure that have traffic, the busiest first.
pub fn single_points(document: &Document, figures: &Figures) -> Vec<Warning> {
    let calls = Calls::of(document);
    let is_users = |node: &Node| matches!(node.kind, NodeKind::Users(_));
    let users = document.nodes.iter().enumerate().filter(|(_, node)| is_users(node));
    let users: Vec<_> = users.map(|(at, _)| (at, calls.reach(at, None))).collect();
    let mut found: Vec<Warning> = Vec::new();
    for (at, node) in document.nodes.iter().enumerate() {
        let arrivals_per_s = of(figures, &node.id).map_or(0.0, |own| own.arrivals_per_s);
        if arrivals_per_s > 0.0
            && !is_users(node)
            && let Some(lost) = calls.loss_without(at, &users)
        {
            found.push(Warning { node: node.id.clone(), what: Hazard::SinglePoint { lost, arrivals_per_s } });
        }
    }
    let rate = |warning: &Warning| match warning.what {
        Hazard::SinglePoint { arrivals_per_s, .. } => arrivals_per_s,
        _ => 0.0,
    };
    sort_by(&mut found, |a, b| rate(b).total_cmp(&rate(a)));
    found
}

/// What holds the system back now, if something does.
pub fn bottleneck(figures: &Figures) -> Option<Warning> {
    let is_tight = |node: &&NodeFigures| node.utilisation >= BUSY || node.queue_mean >= 1.0;
    // Who waits longest for service suffers most; among equals the busier one.
    let worst = figures.nodes.iter().filter(is_tight).max_by(|a, b| {
        let (wait, other) = (a.queue_mean, b.queue_mean);
        wait.total_cmp(&other).then(a.utilisation.total_cmp(&b.utilisation))
    })?;
    let what = Hazard::Bottleneck { utilisation: worst.utilisation, waiting: worst.queue_mean };
    Some(Warning { node: worst.id.clone(), what })
}

/// What runs out of processors next, the nearest first. `growth_per_s`: how fast the offered load grows, as a share of itself.
pub fn saturation(figures: &Figures, growth_per_s: f64) -> Vec<Warning> {
    let own = figures.nodes.iter().filter(|node| node.utilisation >= IDLE);
    let mut found: Vec<(f64, Warning)> = own
        .map(|node| {
            let load_factor = 1.0 / node.utilisation.min(1.0);
            let in_s = (growth_per_s > 0.0).then(|| (load_factor - 1.0) / growth_per_s);
            (load_factor, Warning { node: node.id.clone(), what: Hazard::Saturates { load_factor, in_s } })
        })
        .collect();
    sort_by(&mut found, |a, b| a.0.total_cmp(&b.0));
    found.into_iter().map(|(_, warning)| warning).collect()
}

fn of<'a>(figures: &'a Figures, id: &str) -> Option<&'a NodeFigures> {
    figures.nodes.iter().find(|node| node.id == id)
}

/// The design as calls see it; all by the place of a node in the document.
struct Calls<'a> {
    kinds: Vec<Kind>,
    /// Whom each node calls: replication is no way for calls.
    callees: Vec<Vec<usize>>,
    /// What tells the cluster, or leaderless store, from others that it belongs to, if it keeps records for good.
    homes: Vec<Option<&'a str>>,
}

/// What users reach.
struct Reach<'a> {
    /// Which nodes.
    has: Vec<bool>,
    /// The clusters and leaderless stores of which a member is asked, and one is left. Each keeps records that no other has.
    homes: Vec<&'a str>,
}

impl<'a> Calls<'a> {
    fn of(document: &'a Document) -> Self {
        let nodes = document.nodes.iter();
        let home = |node: &'a Node| node.kind().keeps_records().then(|| document.home_of(&node.id));
        let homes: Vec<_> = nodes.clone().map(home).collect();
        let mut callees = vec![Vec::new(); document.nodes.len()];
        let place = |id: &str| document.nodes.iter().position(|node| node.id == id);
        let ends = document.links.iter().filter_map(|link| Some((place(&link.from)?, place(&link.to)?)));
        for (from, to) in ends.filter(|(from, to)| homes[*from].is_none() || homes[*to].is_none()) {
            callees[from].push(to);
        }
        Self { kinds: nodes.map(Node::kind).collect(), callees, homes }
    }

    /// What the users at `start` reach without `gone`, and what lies beyond it alone.
    fn reach(&self, start: usize, gone: Option<usize>) -> Reach<'a> {
        let mut has = vec![false; self.kinds.len()];
        let mut open = vec![start];
        while let Some(at) = open.pop() {
            for to in self.callees[at].iter().copied().filter(|to| Some(*to) != gone) {
                if !std::mem::replace(&mut has[to], true) {
                    open.push(to);
                }
            }
        }
        let is_left = |home: &&str| (0..self.homes.len()).any(|at| self.homes[at] == Some(*home) && Some(at) != gone);
        let asking = self.callees.iter().zip(&self.homes).zip(&has).filter(|((_, home), has)| **has && home.is_none());
        let asked = asking.flat_map(|((callees, _), _)| callees).filter_map(|to| self.homes[*to]);
        let homes = asked.filter(is_left).collect();
        Reach { has, homes }
    }

    fn has(&self, reach: &Reach<'_>, kind: Kind) -> bool {
        self.kinds.iter().zip(&reach.has).any(|(own, has)| *has && *own == kind)
    }

    /// What users lose if the node at `gone` is not there; none if others do its work. `users`: each with what they reach while it
    /// is.
    fn loss_without(&self, gone: usize, users: &[(usize, Reach<'_>)]) -> Option<Lost> {
        users.iter().find_map(|(start, before)| {
            let after = self.reach(*start, Some(gone));
            // Whoever has no name service needs none.
            let is_lost = |kind| self.has(before, kind) && !self.has(&after, kind);
            let found = [
                (Lost::Service, is_lost(Kind::WebServer)),
                (Lost::Data, before.homes.iter().any(|home| !after.homes.contains(home))),
                (Lost::Names, is_lost(Kind::Dns)),
            ];
            found.into_iter().find(|(_, is_lost)| *is_lost).map(|(lost, _)| lost)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SimTime;
    use crate::engine::Engine;

    const SINGLE: &str = include_str!("../../static/scenarios/separate-database.json");
    const REPLICATED: &str = include_str!("../../static/scenarios/replicated.json");

    fn run(text: &str, users: u32) -> (Document, Figures) {
        let mut document = Document::read(text).unwrap();
        for node in &mut document.nodes {
            if let NodeKind::Users(population) = &mut node.kind {
                population.users = users;
            }
        }
        let mut engine = Engine::new(document.clone()).unwrap();
        engine.run_until(SimTime::from_nanos(3_000_000_000));
        (document, engine.figures())
    }

    fn points(text: &str) -> Vec<(String, Lost)> {
        let (document, figures) = run(text, 500);
        let point = |warning: Warning| match warning.what {
            Hazard::SinglePoint { lost, .. } => (warning.node, lost),
            other => panic!("{other:?}"),
        };
        single_points(&document, &figures).into_iter().map(point).collect()
    }

    #[test]
    fn a_chain_has_as_many_single_points_as_links_in_it() {
        let found = points(SINGLE);
        for expected in [("web-1", Lost::Service), ("db-1", Lost::Data), ("dns", Lost::Names)] {
            assert!(found.iter().any(|(id, lost)| (id.as_str(), *lost) == expected), "{found:?}");
        }
    }

    #[test]
    fn objects_are_no_stand_in_for_records_and_each_shard_has_its_own() {
        let mut objects: serde_json::Value = serde_json::from_str(SINGLE).unwrap();
        objects["nodes"].as_array_mut().unwrap().push(serde_json::json!({ "id": "objects", "kind": "object_store" }));
        objects["links"].as_array_mut().unwrap().push(serde_json::json!({ "from": "web-1", "to": "objects" }));
        assert!(points(&objects.to_string()).contains(&("db-1".to_owned(), Lost::Data)));
        let sharded = points(include_str!("../../static/scenarios/sharded.json"));
        let data: Vec<&str> =
            sharded.iter().filter(|(_, lost)| *lost == Lost::Data).map(|(id, _)| id.as_str()).collect();
        assert!(data.contains(&"router") && data.iter().filter(|id| **id != "router").count() >= 4, "{sharded:?}");
    }

    #[test]
    fn what_there_is_twice_is_no_single_point() {
        let found = points(REPLICATED);
        let ids: Vec<_> = found.iter().map(|(id, _)| id.as_str()).collect();
        assert!(ids.contains(&"lb-1") && ids.contains(&"dns"), "{ids:?}");
        assert!(!ids.iter().any(|id| id.starts_with("web-") || id.starts_with("db-")), "{ids:?}");
    }

    #[test]
    fn the_bottleneck_is_where_requests_wait() {
        let (_, calm) = run(SINGLE, 200);
        assert_eq!(bottleneck(&calm), None);
        let (_, crowded) = run(SINGLE, 200_000);
        assert!(bottleneck(&crowded).is_some_and(|warning| warning.node == "web-1" || warning.node == "db-1"));
    }

    #[test]
    fn what_saturates_next_is_nearest_to_its_limit() {
        let node = |id: &str, utilisation| NodeFigures { id: id.to_owned(), utilisation, ..blank() };
        let figures = Figures { nodes: vec![node("a", 0.25), node("b", 0.5), node("c", 0.001)], ..Figures::default() };
        let next = saturation(&figures, 0.1);
        assert_eq!(next[0].node, "b");
        assert_eq!(next[0].what, Hazard::Saturates { load_factor: 2.0, in_s: Some(10.0) });
        assert_eq!(next.len(), 2);
    }

    fn blank() -> NodeFigures {
        let meter = crate::observe::NodeMeter::default();
        NodeFigures::between("", &meter, &meter, SimTime::ZERO, SimTime::ZERO, 1)
    }
}
