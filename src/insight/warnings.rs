//! Warnings: what would take the system down alone, what holds it back, and what will next.
//!
//! A single point of failure is found on the graph of links: without it, users reach no server, or no data, or no names. The
//! rest is measured: the bottleneck is where requests wait or processors are used up; what saturates next is extrapolated from
//! utilisation, which grows in proportion to load while a node is stable (the utilisation law: U = X · S).

use crate::base::order::sort_by;
use crate::model::{Document, NodeKind};
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
    let mut found: Vec<Warning> = Vec::new();
    for node in &document.nodes {
        let arrivals_per_s = of(figures, &node.id).map_or(0.0, |own| own.arrivals_per_s);
        if arrivals_per_s > 0.0
            && !matches!(node.kind, NodeKind::Users(_))
            && let Some(lost) = loss_without(document, &node.id)
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

/// What users lose if the node `id` is not there; none if others do its work.
fn loss_without(document: &Document, id: &str) -> Option<Lost> {
    let users = document.nodes.iter().filter(|node| matches!(node.kind, NodeKind::Users(_)));
    let mut worst = None;
    for user in users {
        let (all, left) = (reached(document, &user.id, None), reached(document, &user.id, Some(id)));
        // Whoever has no name service needs none.
        let is_lost = |is_own: fn(&str) -> bool| {
            let any = |ids: &[&str]| ids.iter().any(|id| is_kind(document, id, is_own));
            any(&all) && !any(&left)
        };
        let (before, after) = (homes(document, &all, None), homes(document, &left, Some(id)));
        let found = [
            (Lost::Service, is_lost(is_server)),
            (Lost::Data, before.iter().any(|home| !after.contains(home))),
            (Lost::Names, is_lost(is_names)),
        ];
        worst = worst.or(found.into_iter().find(|(_, is_lost)| *is_lost).map(|(lost, _)| lost));
    }
    worst
}

fn is_server(kind: &str) -> bool {
    kind == "web_server"
}

fn is_names(kind: &str) -> bool {
    kind == "dns"
}

/// What keeps records for good.
fn is_store(kind: &str) -> bool {
    matches!(kind, "database" | "quorum_store")
}

/// The clusters and leaderless stores whose members are asked by some of `askers`, and of which a member is left without `gone`.
/// Each keeps records that no other has.
fn homes<'a>(document: &'a Document, askers: &[&str], gone: Option<&str>) -> Vec<&'a str> {
    let is_there = |id: &str| is_kind(document, id, is_store) && Some(id) != gone;
    let asked = document.links.iter().filter(|link| {
        let is_copying = is_kind(document, &link.from, is_store);
        !is_copying && askers.contains(&link.from.as_str()) && is_kind(document, &link.to, is_store)
    });
    let homes = asked.map(|link| document.home_of(&link.to));
    homes.filter(|home| document.nodes.iter().any(|n| is_there(&n.id) && document.home_of(&n.id) == *home)).collect()
}

/// All nodes to which calls from `start` can lead, but for those beyond `gone`.
fn reached<'a>(document: &'a Document, start: &str, gone: Option<&str>) -> Vec<&'a str> {
    let mut found: Vec<&str> = Vec::new();
    let mut open = vec![start];
    while let Some(at) = open.pop() {
        for link in document.links.iter().filter(|link| link.from == at) {
            let to = link.to.as_str();
            // Replication is no way for calls.
            let is_copying = is_kind(document, at, is_store) && is_kind(document, to, is_store);
            if Some(to) != gone && !is_copying && !found.contains(&to) {
                found.push(to);
                open.push(to);
            }
        }
    }
    found
}

fn is_kind(document: &Document, id: &str, is_own: fn(&str) -> bool) -> bool {
    document.node(id).is_some_and(|node| is_own(node.kind.name()))
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
