//! Frames around nodes.

use std::rc::Rc;

use scalescope::base::Kind;
use scalescope::model::{Document, Edit, Node, Tier};

use super::{names, together};

/// The edit that puts `nodes` into a frame of their own.
pub fn group(document: &Document, nodes: &[Rc<str>]) -> Option<Edit> {
    if nodes.is_empty() {
        return None;
    }
    let mut tiers = without(document, nodes);
    let ids: Vec<String> = nodes.iter().map(ToString::to_string).collect();
    tiers.push(Tier { label: label(document, &ids), nodes: ids });
    Some(Edit::SetTiers { tiers })
}

/// The edit that takes `nodes` out of their frames.
pub fn ungroup(document: &Document, nodes: &[Rc<str>]) -> Option<Edit> {
    let tiers = without(document, nodes);
    (tiers != document.tiers).then_some(Edit::SetTiers { tiers })
}

/// The edit that gives the frame around just `nodes` another name.
pub fn rename(document: &Document, nodes: &[Rc<str>], name: &str) -> Option<Edit> {
    let mut tiers = document.tiers.clone();
    let is_own = |tier: &&mut Tier| {
        tier.nodes.len() == nodes.len() && nodes.iter().all(|id| tier.nodes.iter().any(|own| **own == **id))
    };
    let tier = tiers.iter_mut().find(is_own)?;
    let name = name.trim();
    if name.is_empty() || tier.label == name {
        return None;
    }
    name.clone_into(&mut tier.label);
    Some(Edit::SetTiers { tiers })
}

/// The edit that puts `nodes` into a region, or into none.
pub fn put_into(document: &Document, nodes: &[Rc<str>], region: &str) -> Option<Edit> {
    let region = Some(region).filter(|region| !region.is_empty());
    let others = nodes.iter().filter(|id| document.region(id) != region);
    together(others.map(|id| Edit::Region { node: id.to_string(), region: region.map(str::to_owned) }).collect())
}

fn without(document: &Document, nodes: &[Rc<str>]) -> Vec<Tier> {
    let mut tiers = document.tiers.clone();
    for tier in &mut tiers {
        tier.nodes.retain(|id| nodes.iter().all(|node| **node != **id));
    }
    tiers.retain(|tier| !tier.nodes.is_empty());
    tiers
}

/// A name by what is in it, if that is all of one kind.
fn label(document: &Document, ids: &[String]) -> String {
    let kind = |id: &String| document.node(id).map(Node::kind);
    let first = ids.first().and_then(kind);
    match first.filter(|_| ids.iter().all(|id| kind(id) == first)) {
        Some(Kind::WebServer) => "Web tier".to_owned(),
        Some(Kind::Database) => "Data tier".to_owned(),
        Some(kind) => format!("{} tier", names::title(kind)),
        None => "Tier".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_in_one_frame_at_a_time() {
        let document = crate::scenarios::ALL[3].document();
        let ids = |ids: &[&str]| ids.iter().map(|id| Rc::from(*id)).collect::<Vec<Rc<str>>>();
        let web = document.edited(&group(&document, &ids(&["web-1", "web-2"])).unwrap()).unwrap();
        assert_eq!(web.tiers[0].label, "Web tier");
        let mixed = web.edited(&group(&web, &ids(&["web-2", "db-1"])).unwrap()).unwrap();
        assert_eq!(mixed.tiers[0].nodes, ["web-1"]);
        assert_eq!(mixed.tiers[1].label, "Tier");
        let none = mixed.edited(&ungroup(&mixed, &ids(&["web-1", "web-2", "db-1"])).unwrap()).unwrap();
        assert!(none.tiers.is_empty() && ungroup(&none, &ids(&["web-1"])).is_none());
        let named = web.edited(&rename(&web, &ids(&["web-2", "web-1"]), " Front ").unwrap()).unwrap();
        assert_eq!(named.tiers[0].label, "Front");
        assert!(
            rename(&named, &ids(&["web-1"]), "x").is_none() && rename(&named, &ids(&["web-1", "web-2"]), "").is_none()
        );
    }

    #[test]
    fn nodes_are_put_into_a_region_and_taken_out() {
        let document = crate::scenarios::ALL[3].document();
        let ids: Vec<Rc<str>> = vec!["web-1".into(), "db-1".into()];
        let there = document.edited(&put_into(&document, &ids, "eu-west-1").unwrap()).unwrap();
        assert_eq!(there.region("db-1"), Some("eu-west-1"));
        assert!(put_into(&there, &ids, "eu-west-1").is_none());
        assert_eq!(there.edited(&put_into(&there, &ids, "").unwrap()).unwrap(), document);
    }
}
