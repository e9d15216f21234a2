//! Who is there, who is up, and who can call whom.

use super::event::Event;
use super::link::Link;
use crate::base::hash::{Bits, Derived};
use crate::base::random::Stream;
use crate::base::{Kind, LinkIx, NodeIx, SimDuration};

/// The nodes and links of a world. Removed ones keep their index.
#[derive(Clone, Debug, Default, Hash)]
pub struct Topology {
    pub nodes: Vec<NodeState>,
    pub links: Vec<Link>,
    /// How many nodes are hung: most of the time none, and nothing has to be looked up.
    pub hung: u16,
    /// The regions that are out.
    pub dark: Vec<String>,
    /// Of each node for how long it takes calls in, in nanoseconds, or [`AT_ONCE`]: apart from all else, for every call asks for it.
    intakes: Derived<Vec<u64>>,
}

/// By how much a refusal, or what a fault does to a call that has just come, may be late for that.
const LONGEST_INTAKE: SimDuration = SimDuration::from_millis(1);
/// Stands for a node that looks at each call as it comes.
const AT_ONCE: u64 = u64::MAX;

/// What the kernel knows of a node.
#[derive(Clone, Debug, Hash)]
pub struct NodeState {
    pub id: String,
    pub kind: Kind,
    pub is_up: bool,
    pub is_removed: bool,
    /// Whether its address is a private one: it cannot be reached from outside.
    pub is_private: bool,
    /// Its region, if it has one.
    pub region: Option<String>,
    pub condition: Condition,
    /// Decides which of its answers are errors.
    pub stream: Stream,
    /// What has reached it, or was due on it, since it hangs.
    pub held: Vec<Event>,
    /// Grows with each crash and restart, so that timers of an earlier life are known.
    pub epoch: u32,
}

/// How well a living node is.
#[derive(Clone, Copy, Debug, PartialEq, Hash)]
pub struct Condition {
    pub is_hung: bool,
    /// How many times as long its services take.
    pub slowdown: Bits,
    /// Share of its good answers that are errors instead.
    pub error_ratio: Bits,
    pub is_read_only: bool,
}

impl Default for Condition {
    fn default() -> Self {
        Self { is_hung: false, slowdown: Bits(1.0), error_ratio: Bits(0.0), is_read_only: false }
    }
}

impl NodeState {
    /// Whether its process lives and reacts.
    pub fn is_responsive(&self) -> bool {
        self.is_up && !self.condition.is_hung
    }
}

/// A node that can be called, and over which link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    pub node: NodeIx,
    pub link: LinkIx,
}

impl Topology {
    /// For how long `node` takes any call in before it looks at it; none: it looks at each as it comes.
    ///
    /// Where a call that need not wait is served for a short time that is the same for all, nothing is to be decided before that is
    /// over: no call leaves earlier, even if it has to wait, and whether it had to can still be told then. So its arrival and the end
    /// of its service are one event, at the end. Until then it counts as on its link.
    #[inline]
    pub fn intake(&self, node: NodeIx) -> Option<SimDuration> {
        let nanos = self.intakes.get(node.index()).copied().filter(|nanos| *nanos != AT_ONCE);
        nanos.map(SimDuration::from_nanos)
    }

    /// As it is designed, `node` serves each call that need not wait for exactly `service`; none: that differs from call to call.
    pub fn set_intake(&mut self, node: NodeIx, service: Option<SimDuration>) {
        let is_slow = self.node(node).condition.slowdown != Bits(1.0);
        let service = service.filter(|service| !is_slow && *service <= LONGEST_INTAKE);
        let intakes = &mut self.intakes.0;
        if intakes.len() <= node.index() {
            intakes.resize(node.index() + 1, AT_ONCE);
        }
        intakes[node.index()] = service.map_or(AT_ONCE, SimDuration::as_nanos);
    }

    pub fn node(&self, node: NodeIx) -> &NodeState {
        &self.nodes[node.index()]
    }

    pub fn node_mut(&mut self, node: NodeIx) -> &mut NodeState {
        &mut self.nodes[node.index()]
    }

    /// Whether `node` has a private address, and `from` stands outside: with the users, as name servers and edges do.
    pub fn is_hidden(&self, node: NodeIx, from: NodeIx) -> bool {
        self.node(node).is_private && self.node(from).kind.is_outside()
    }

    /// Whether the node lies in a region that is out. Users live on there.
    pub fn is_dark(&self, node: NodeIx) -> bool {
        let state = self.node(node);
        state.kind != Kind::Users && state.region.as_ref().is_some_and(|region| self.dark.contains(region))
    }

    /// Cuts all links of the regions that are out, and no others.
    pub fn darken(&mut self) {
        for at in 0..self.links.len() {
            let Link { from, to, .. } = self.links[at];
            self.links[at].is_dark = self.is_dark(from) || self.is_dark(to);
        }
    }

    /// Whether both have a region, and the same.
    pub fn are_together(&self, a: NodeIx, b: NodeIx) -> bool {
        let region = |node| self.node(node).region.as_ref();
        region(a).is_some() && region(a) == region(b)
    }

    /// The node called `id`, unless it was removed.
    pub fn find(&self, id: &str) -> Option<NodeIx> {
        self.nodes.iter().position(|node| node.id == id && !node.is_removed).map(|index| NodeIx(index as u16))
    }

    /// The link drawn from `from` to `to`.
    pub fn link(&self, from: &str, to: &str) -> Option<LinkIx> {
        let (from, to) = (self.find(from)?, self.find(to)?);
        let found = self.links.iter().position(|link| !link.is_removed && (link.from, link.to) == (from, to));
        found.map(|index| LinkIx(index as u16))
    }

    /// The nodes of one of `kinds` that `node` can call, in the order of the links.
    pub fn targets(&self, node: NodeIx, kinds: &[Kind]) -> Vec<Target> {
        let links = self.links.iter().enumerate();
        links
            .filter(|(_, link)| link.from == node && !link.is_removed && kinds.contains(&self.node(link.to).kind))
            .map(|(index, link)| Target { node: link.to, link: LinkIx(index as u16) })
            .collect()
    }

    /// The nodes of `kind` that can call `node`, in the order of the links.
    pub fn callers(&self, node: NodeIx, kind: Kind) -> Vec<Target> {
        let links = self.links.iter().enumerate();
        links
            .filter(|(_, link)| link.to == node && !link.is_removed && self.node(link.from).kind == kind)
            .map(|(index, link)| Target { node: link.from, link: LinkIx(index as u16) })
            .collect()
    }

    /// The sites that `node` can call. A load balancer that stands by for another has no address of its own.
    pub fn sites(&self, node: NodeIx) -> Vec<Target> {
        let mut sites = self.targets(node, &Kind::SITES);
        let is_balancer = |node| self.node(node).kind == Kind::LoadBalancer;
        sites.retain(|site| !is_balancer(site.node) || self.callers(site.node, Kind::LoadBalancer).is_empty());
        sites
    }

    /// The link between two nodes, in whichever direction it was drawn.
    pub fn between(&self, a: NodeIx, b: NodeIx) -> Option<LinkIx> {
        let joins = |link: &Link| (link.from, link.to) == (a, b) || (link.from, link.to) == (b, a);
        self.links.iter().position(|link| !link.is_removed && joins(link)).map(|index| LinkIx(index as u16))
    }
}
