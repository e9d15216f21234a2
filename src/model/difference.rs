//! What makes one document into another, as edits: undoing is to apply those that lead back.

use super::document::{Document, Link, Node};
use super::edit::Edit;

impl Document {
    /// The edits that make this document into `other`, in an order in which they can be applied one after the other; what is
    /// between them need not be a good design ([`Edit::Many`]). Version, description and seed are not edited.
    pub fn edits_to(&self, other: &Self) -> Vec<Edit> {
        let mut way = Way { now: self.clone(), edits: Vec::new() };
        way.remove(other);
        way.add(other);
        for node in &other.nodes {
            way.retune(node);
        }
        way.relink(other);
        if way.now.tiers != other.tiers {
            way.go(Edit::SetTiers { tiers: other.tiers.clone() });
        }
        if way.now.name != other.name {
            way.go(Edit::Name { name: other.name.clone() });
        }
        if way.now.schedule != other.schedule {
            way.go(Edit::SetSchedule { schedule: other.schedule.clone() });
        }
        way.order(other);
        way.edits
    }
}

/// The way from one document to another, as far as it has been gone: edits have effects beside those that they name.
struct Way {
    now: Document,
    edits: Vec<Edit>,
}

impl Way {
    fn go(&mut self, edit: Edit) {
        // Each edit fits what the ones before have made; one that did not would only be missing from the way.
        if self.now.apply(&edit).is_ok() {
            self.edits.push(edit);
        }
    }

    /// Links first: a node that is removed with its links hands over to others what it was for.
    fn remove(&mut self, other: &Document) {
        let stays = |now: &Document, id: &str| {
            let kind = |document: &Document| document.node(id).map(Node::kind);
            kind(now) == kind(other)
        };
        let is_kept = |now: &Document, link: &Link| {
            let is_there = other.links.iter().any(|kept| is_same(kept, link));
            is_there && stays(now, &link.from) && stays(now, &link.to)
        };
        for link in self.now.links.clone() {
            if !is_kept(&self.now, &link) {
                self.go(Edit::RemoveLink { from: link.from, to: link.to });
            }
        }
        for node in self.now.nodes.clone() {
            if !stays(&self.now, &node.id) {
                self.go(Edit::RemoveNode { node: node.id });
            }
        }
    }

    fn add(&mut self, other: &Document) {
        for node in &other.nodes {
            if self.now.node(&node.id).is_none() {
                let node = Box::new(node.clone());
                self.go(Edit::AddNode { node, links: Vec::new(), records: Vec::new() });
            }
        }
    }

    /// Label, place and parameters of a node.
    fn retune(&mut self, goal: &Node) {
        let Some(own) = self.now.node(&goal.id).cloned() else { return };
        let node = goal.id.clone();
        if own.label != goal.label {
            self.go(Edit::Label { node: node.clone(), label: goal.label.clone() });
        }
        if own.position != goal.position {
            self.go(Edit::Place { node: node.clone(), position: goal.position });
        }
        if own.region != goal.region {
            self.go(Edit::Region { node: node.clone(), region: goal.region.clone() });
        }
        if own.kind == goal.kind {
            return;
        }
        let (own, params) = (own.kind.params(), goal.kind.params());
        for spec in goal.kind.specs() {
            let value = spec.value_in(&params).cloned().unwrap_or_default();
            if spec.value_in(&own) != Some(&value) {
                self.go(Edit::Set { node: node.clone(), param: spec.path(), value });
            }
        }
    }

    fn relink(&mut self, other: &Document) {
        for link in &other.links {
            match self.now.links.iter().find(|own| is_same(own, link)) {
                None => self.go(Edit::AddLink { link: link.clone() }),
                Some(own) if own != link => self.go(Edit::SetLink { link: link.clone() }),
                Some(_) => {}
            }
        }
    }

    fn order(&mut self, other: &Document) {
        let ends = |link: &Link| (link.from.clone(), link.to.clone());
        let order = |document: &Document| -> (Vec<String>, Vec<(String, String)>) {
            (document.nodes.iter().map(|node| node.id.clone()).collect(), document.links.iter().map(ends).collect())
        };
        let (nodes, links) = order(other);
        if order(&self.now) != (nodes.clone(), links.clone()) {
            self.go(Edit::Order { nodes, links });
        }
    }
}

fn is_same(a: &Link, b: &Link) -> bool {
    a.from == b.from && a.to == b.to
}
