//! The caches that a web server can call: which of them has a key.
//!
//! The nodes stand on a consistent-hash ring, so that adding one moves few keys. With `copies` above one a key is at home on
//! several nodes: reads go to any of them, sets and deletes to all, one after the other. Caches with the role `gutter` stand
//! aside, on a ring of their own, and take over what is asked of a dead node (Nishtala et al., NSDI 2013, §3.3); nobody
//! invalidates there, for their entries live only a short time.

use crate::base::hash::{Derived, mix};
use crate::components::Wiring;
use crate::components::ring::{Member, Ring};
use crate::kernel::{Context, Target};
use crate::model::NodeKind;
use crate::model::kinds::{CachePattern, CacheRole, OnWrite};

/// A cache and how it wants to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CacheNode {
    pub target: Target,
    pub is_aside: bool,
    pub on_write: OnWrite,
    copies: u32,
}

impl CacheNode {
    /// Whether writes go through this cache to the database.
    pub fn takes_writes(&self) -> bool {
        matches!(self.on_write, OnWrite::WriteThrough | OnWrite::WriteBack)
    }
}

/// All caches of one web server.
#[derive(Clone, Debug, Default, Hash)]
pub struct CachePool {
    nodes: Vec<CacheNode>,
    ring: Derived<Ring>,
    gutter: Derived<Ring>,
}

impl CachePool {
    /// The caches that the node of `ctx` has links to.
    pub fn new(ctx: &Context, wiring: &Wiring) -> Self {
        let topology = &ctx.kernel.topology;
        let mut nodes = Vec::new();
        let mut members = [Vec::new(), Vec::new()];
        for (target, kind) in wiring.with_kinds(topology, topology.targets(ctx.node, &["cache"])) {
            let NodeKind::Cache(cache) = kind else { continue };
            let id = topology.node(target.node).id.as_str();
            let member = Member { number: nodes.len() as u16, id, points: cache.virtual_nodes };
            members[usize::from(cache.role == CacheRole::Gutter)].push(member);
            nodes.push(CacheNode {
                target,
                is_aside: cache.pattern == CachePattern::CacheAside,
                on_write: cache.on_write,
                copies: cache.copies,
            });
        }
        let [ring, gutter] = members.map(|members| Derived(Ring::new(members, wiring.document.seed)));
        Self { nodes, ring, gutter }
    }

    /// The node that owns `key`.
    pub fn owner(&self, key: u32) -> Option<CacheNode> {
        self.ring.owner(hash(key)).map(|number| self.nodes[usize::from(number)])
    }

    /// The node to be asked for `key`: the owner, or with several copies the one of them that `draw` picks.
    pub fn reader(&self, key: u32, draw: u32) -> Option<CacheNode> {
        let owner = self.owner(key)?;
        if owner.copies < 2 {
            return Some(owner);
        }
        let owners = self.ring.owners(hash(key), owner.copies as usize);
        let chosen = mix(u64::from(draw)) % owners.len() as u64;
        Some(self.nodes[usize::from(owners[chosen as usize])])
    }

    /// The next copy of `key` after the one on `last`; `None` after the last.
    pub fn next_copy(&self, key: u32, last: Target) -> Option<CacheNode> {
        let copies = self.owner(key).map_or(1, |owner| owner.copies);
        if copies < 2 {
            return None;
        }
        let mut owners = self.ring.owners(hash(key), copies as usize).into_iter().map(|n| self.nodes[usize::from(n)]);
        owners.find(|node| node.target == last)?;
        owners.next()
    }

    /// The node that stands in for `dead`, if that is none of the gutter itself.
    pub fn gutter(&self, key: u32, dead: Target) -> Option<CacheNode> {
        let is_gutter = |number: u16| self.nodes[usize::from(number)].target == dead;
        if self.gutter.walk(0).any(is_gutter) {
            return None;
        }
        self.gutter.owner(hash(key)).map(|number| self.nodes[usize::from(number)])
    }

    /// Whether `target` is one of these caches.
    pub fn has(&self, target: Target) -> bool {
        self.nodes.iter().any(|node| node.target == target)
    }
}

/// Keys are small numbers: the ring wants them mixed.
fn hash(key: u32) -> u64 {
    mix(u64::from(key) + 1)
}
