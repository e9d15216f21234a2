//! What a component is told about the design around it, whenever that changes.

use std::cell::RefCell;
use std::sync::Arc;

use crate::base::NodeIx;
use crate::base::ring::{Member, Ring};
use crate::kernel::{Target, Topology};
use crate::model::{Document, Node, NodeKind};

/// The design as one node sees it.
#[derive(Clone, Copy, Debug)]
pub struct Wiring<'a> {
    pub document: &'a Document,
    /// The node's own entry.
    pub own: &'a Node,
    pub rings: &'a Rings,
}

/// The rings of this design. Many servers see the same caches: they share a ring, which then stays in the nearer caches of the processor.
#[derive(Debug)]
pub struct Rings {
    salt: u64,
    known: RefCell<Vec<(Members, Arc<Ring>)>>,
}

/// Who stands on a ring: number, id and points of each.
type Members = Vec<(u16, String, u32)>;

impl Rings {
    /// Of a design whose rings all have this `salt`.
    pub fn new(salt: u64) -> Self {
        Self { salt, known: RefCell::default() }
    }

    /// The ring of `members`.
    pub fn of(&self, members: &[Member]) -> Arc<Ring> {
        let key: Members = members.iter().map(|member| (member.number, member.id.to_owned(), member.points)).collect();
        let mut rings = self.known.borrow_mut();
        if let Some((_, ring)) = rings.iter().find(|(known, _)| *known == key) {
            return ring.clone();
        }
        let ring = Arc::new(Ring::new(members.iter().copied(), self.salt));
        rings.push((key, ring.clone()));
        ring
    }
}

impl<'a> Wiring<'a> {
    /// The document's entry for `node`.
    pub fn entry(&self, topology: &Topology, node: NodeIx) -> Option<&'a Node> {
        self.document.node(&topology.node(node).id)
    }

    /// The kind of each target beside it.
    pub fn with_kinds(&self, topology: &Topology, targets: Vec<Target>) -> Vec<(Target, &'a NodeKind)> {
        targets.into_iter().filter_map(|target| Some((target, &self.entry(topology, target.node)?.kind))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_sees_the_same_members_shares_a_ring() {
        let rings = Rings::new(5);
        let members = |number| [Member { number, id: "a", points: 9 }, Member { number: 7, id: "b", points: 9 }];
        let first = rings.of(&members(1));
        assert!(Arc::ptr_eq(&first, &rings.of(&members(1))));
        let other = rings.of(&members(2));
        assert!(!Arc::ptr_eq(&first, &other), "another number is another answer");
        assert!((0..100).any(|key| other.owner(crate::base::ring::place(key)) == Some(2)));
    }
}
