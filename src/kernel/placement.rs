//! Who keeps which key of a leaderless store, and how that changes when members come and go.
//!
//! A key belongs to those members that come next on a ring of consistent hashing, as many as there are copies (*Dynamo*,
//! SOSP 2007, §4.2). When the design changes, the old arrangement stays in force until the new one can take its place
//! without forgetting anything, as with Cassandra's pending ranges and consistent range movements: what a member is going to give up
//! it first hands to the one that takes its place, and meanwhile a write needs one more acknowledgement for each newcomer, or for each
//! member that goes, if these are more. So of the new owners as many have a write as acknowledged it among the old ones, and a
//! quorum stays a quorum.
//! All nodes see the same placement at the same time, and everybody's signs of life: the gossip by which real ones learn of them is
//! left out.

use crate::base::hash::Derived;
use crate::base::ring::{Member, Ring, place};
use crate::base::{NodeIx, SimTime};

/// One arrangement of members.
#[derive(Clone, Debug, Default, Hash)]
pub struct Layout {
    /// How many members keep each key.
    copies: u32,
    /// Members with their points on the ring.
    members: Vec<(NodeIx, u32)>,
    ring: Derived<Ring>,
}

impl Layout {
    /// The arrangement of `members`: each with its id and its number of points. Another `salt` throws the ring anew.
    pub fn new(copies: u32, members: &[(NodeIx, &str, u32)], salt: u64) -> Self {
        let on_ring = members.iter().map(|(node, id, points)| Member { number: node.0, id, points: *points });
        Self {
            copies,
            members: members.iter().map(|(node, _, points)| (*node, *points)).collect(),
            ring: Derived(Ring::new(on_ring, salt)),
        }
    }

    fn owners(&self, key: u32) -> Vec<NodeIx> {
        let count = (self.copies as usize).min(self.members.len());
        self.ring.owners(place(key), count).into_iter().map(NodeIx).collect()
    }

    fn is_like(&self, other: &Self) -> bool {
        (self.copies, &self.members) == (other.copies, &other.members)
    }
}

/// A node of the store, and until when it is believed to live.
#[derive(Clone, Copy, Debug, Hash)]
struct Peer {
    node: NodeIx,
    living_until: SimTime,
}

/// The nodes of one store, and who of them keeps which keys.
#[derive(Clone, Debug, Default, Hash)]
pub struct Placement {
    peers: Vec<Peer>,
    current: Layout,
    next: Option<Layout>,
    /// Members that have not handed on yet what others shall keep from now on.
    unfinished: Vec<NodeIx>,
    /// Grows with every change.
    generation: u32,
}

impl Placement {
    /// Whether `node` belongs to the store, as a member or as one that only coordinates.
    pub fn has(&self, node: NodeIx) -> bool {
        self.peers.iter().any(|peer| peer.node == node)
    }

    pub fn nodes(&self) -> impl Iterator<Item = NodeIx> {
        self.peers.iter().map(|peer| peer.node)
    }

    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Whether copies are being handed on, for the members are about to be arranged anew.
    pub fn is_changing(&self) -> bool {
        self.next.is_some()
    }

    /// Who keeps `key` now: those that answer for it. Members that are no more are left out.
    pub fn owners(&self, key: u32) -> Vec<NodeIx> {
        let mut owners = self.current.owners(key);
        owners.retain(|owner| self.has(*owner));
        owners
    }

    /// Who will keep `key` and is not among its present `owners`.
    pub fn newcomers(&self, key: u32, owners: &[NodeIx]) -> Vec<NodeIx> {
        let mut newcomers = self.next.as_ref().map_or_else(Vec::new, |next| next.owners(key));
        newcomers.retain(|newcomer| !owners.contains(newcomer));
        newcomers
    }

    /// How many acknowledgements a write of `key` needs where `quorum` of its present `owners` are enough, so that as many of those
    /// who will keep it have it: one more for each newcomer, and for each owner that will not; none if there are too few members.
    pub fn needed(&self, key: u32, owners: &[NodeIx], quorum: u32) -> Option<u32> {
        let newcomers = self.newcomers(key, owners).len();
        let leaving = self.next.as_ref().map_or(0, |next| {
            let heirs = next.owners(key);
            owners.iter().filter(|owner| !heirs.contains(owner)).count()
        });
        let (all, least) = (owners.len() + newcomers, quorum as usize + newcomers);
        (least <= all).then(|| all.min(quorum as usize + newcomers.max(leaving)) as u32)
    }

    /// To whom `member` has to hand its copy of `key`: to the one that takes its place, or, if fewer are to keep the key, to all
    /// that will. If more are, every owner tells those who take nobody's place.
    pub fn heirs(&self, key: u32, member: NodeIx) -> Vec<NodeIx> {
        let Some(next) = &self.next else { return Vec::new() };
        let (owners, heirs) = (self.owners(key), next.owners(key));
        let mut newcomers = self.newcomers(key, &owners);
        let mut leaving = owners.iter().filter(|owner| !heirs.contains(owner));
        if let Some(place) = leaving.clone().position(|owner| *owner == member) {
            return newcomers.get(place).map_or(heirs, |newcomer| vec![*newcomer]);
        }
        if !owners.contains(&member) {
            return Vec::new();
        }
        newcomers.retain(|_| leaving.next().is_none());
        newcomers
    }

    /// The design is another: these are the nodes, and `layout` is how the members among them shall be arranged.
    pub fn arrange(&mut self, nodes: &[NodeIx], layout: Layout) {
        let living_until =
            |node| self.peers.iter().find(|peer| peer.node == node).map_or(SimTime::ZERO, |peer| peer.living_until);
        self.peers = nodes.iter().map(|node| Peer { node: *node, living_until: living_until(*node) }).collect();
        if layout.is_like(self.next.as_ref().unwrap_or(&self.current)) {
            return;
        }
        self.generation += 1;
        let is_whole = self.current.members.iter().all(|(member, _)| self.has(*member));
        // Where nobody shall keep anything there is nobody to hand it to: those who have it keep it.
        let has_heirs = !layout.members.is_empty() || self.current.members.is_empty();
        if is_whole && !has_heirs {
            self.next = None;
            self.unfinished.clear();
            return;
        }
        if is_whole && layout.is_like(&self.current) {
            self.next = None;
            self.unfinished.clear();
            return;
        }
        let members = self.current.members.iter().map(|(member, _)| *member);
        self.unfinished = members.filter(|member| self.has(*member)).collect();
        self.next = Some(layout);
        self.settle();
    }

    /// `member` has handed on everything that it had to.
    pub fn finish(&mut self, member: NodeIx) {
        self.unfinished.retain(|other| *other != member);
        self.settle();
    }

    /// Whether the others wait for `member`, which still has to hand on copies.
    pub fn awaits(&self, member: NodeIx) -> bool {
        self.unfinished.contains(&member)
    }

    fn settle(&mut self) {
        if self.unfinished.is_empty()
            && let Some(next) = self.next.take()
        {
            self.current = next;
            self.generation += 1;
        }
    }

    /// A sign of life: `node` is believed to live until then.
    pub fn believe(&mut self, node: NodeIx, until: SimTime) {
        if let Some(peer) = self.peers.iter_mut().find(|peer| peer.node == node) {
            peer.living_until = until;
        }
    }

    pub fn is_living(&self, node: NodeIx, now: SimTime) -> bool {
        self.peers.iter().any(|peer| peer.node == node && peer.living_until > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

    fn nodes(range: std::ops::Range<u16>) -> Vec<NodeIx> {
        range.map(NodeIx).collect()
    }

    fn layout(copies: u32, members: &[NodeIx]) -> Layout {
        let members: Vec<_> = members.iter().map(|node| (*node, IDS[node.index()], 16)).collect();
        Layout::new(copies, &members, 7)
    }

    fn placement(copies: u32, members: u16) -> Placement {
        let mut placement = Placement::default();
        let nodes = nodes(0..members);
        placement.arrange(&nodes, layout(copies, &nodes));
        placement
    }

    #[test]
    fn every_key_has_its_copies_and_the_first_arrangement_holds_at_once() {
        let placement = placement(3, 5);
        assert!(!placement.is_changing());
        for key in 0..200 {
            let owners = placement.owners(key);
            assert_eq!(owners.len(), 3);
            assert!(placement.newcomers(key, &owners).is_empty() && placement.heirs(key, owners[0]).is_empty());
        }
    }

    /// What the new owners of every key have got when everybody has handed on what they had to.
    fn after_handing_on(placement: &mut Placement, key: u32, holders: &[NodeIx]) -> Vec<NodeIx> {
        let mut having = holders.to_vec();
        for holder in holders {
            having.extend(placement.heirs(key, *holder));
        }
        having
    }

    #[test]
    fn as_many_new_owners_have_a_write_as_old_ones_had() {
        for (copies, new_copies, old, new) in
            [(3, 3, 0..4, 0..5), (3, 3, 0..5, 1..6), (3, 2, 0..5, 0..5), (2, 3, 0..4, 0..6), (3, 3, 0..6, 0..4)]
        {
            for key in 0..200 {
                let mut placement = placement(copies, 0);
                let (old, new) = (nodes(old.clone()), nodes(new.clone()));
                placement.arrange(&old, layout(copies, &old));
                let mut all = old.clone();
                all.extend(new.iter().filter(|node| !old.contains(node)));
                placement.arrange(&all, layout(new_copies, &new));
                let owners = placement.owners(key);
                for held_by in 1..=owners.len().min(new_copies as usize) {
                    let having = after_handing_on(&mut placement.clone(), key, &owners[owners.len() - held_by..]);
                    let mut after = placement.clone();
                    for member in &old {
                        after.finish(*member);
                    }
                    assert!(!after.is_changing());
                    let count = after.owners(key).iter().filter(|owner| having.contains(owner)).count();
                    assert!(count >= held_by, "key {key}: {count} of {held_by}");
                }
            }
        }
    }

    #[test]
    fn while_a_member_goes_without_another_in_its_place_a_write_needs_one_acknowledgement_more() {
        let mut placement = placement(3, 3);
        let owners = placement.owners(5);
        assert_eq!([1, 3, 4].map(|quorum| placement.needed(5, &owners, quorum)), [Some(1), Some(3), None]);
        // It goes on as one that only coordinates.
        placement.arrange(&nodes(0..3), layout(3, &nodes(0..2)));
        assert!(placement.is_changing() && placement.newcomers(5, &owners).is_empty());
        assert_eq!([1, 2, 3].map(|quorum| placement.needed(5, &owners, quorum)), [Some(2), Some(3), Some(3)]);
    }

    #[test]
    fn those_who_are_gone_answer_for_nothing_and_the_rest_makes_new_copies() {
        let mut placement = placement(3, 4);
        let left = nodes(1..4);
        placement.arrange(&left, layout(3, &left));
        for key in 0..100 {
            let owners = placement.owners(key);
            assert!(!owners.contains(&NodeIx(0)) && owners.len() >= 2);
            let newcomers = placement.newcomers(key, &owners);
            assert_eq!(newcomers.len() + owners.len(), 3);
            assert!(owners.iter().all(|owner| placement.heirs(key, *owner) == newcomers));
        }
        // A change that is taken back before it is complete.
        let mut placement = self::placement(3, 4);
        let five = nodes(0..5);
        placement.arrange(&five, layout(3, &five));
        assert!(placement.is_changing() && placement.awaits(NodeIx(0)) && !placement.awaits(NodeIx(4)));
        placement.arrange(&nodes(0..4), layout(3, &nodes(0..4)));
        assert!(!placement.is_changing() && !placement.awaits(NodeIx(0)));
    }

    #[test]
    fn signs_of_life_hold_for_a_while() {
        let mut placement = placement(3, 2);
        let at = SimTime::from_nanos;
        placement.believe(NodeIx(1), at(10));
        assert!(placement.is_living(NodeIx(1), at(9)) && !placement.is_living(NodeIx(1), at(10)));
        assert!(!placement.is_living(NodeIx(0), at(0)));
    }
}
