//! The caches that a web server can call: which of them has a key.
//!
//! The nodes stand on a consistent-hash ring, so that adding one moves few keys. With `copies` above one a key is at home on
//! several nodes: reads go to any of them, sets and deletes to all, one after the other. Caches with the role `gutter` stand
//! aside, on a ring of their own, and take over what is asked of a dead node (Nishtala et al., NSDI 2013, §3.3); nobody
//! invalidates there, for their entries live only a short time.

use std::sync::Arc;

use crate::base::hash::{Derived, mix};
use crate::base::ring::{Member, Ring, place};
use crate::base::{Kind, NodeIx};
use crate::components::Wiring;
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

/// All caches of one web server.
#[derive(Clone, Debug, Default, Hash)]
pub struct CachePool {
    nodes: Vec<CacheNode>,
    ring: Derived<Arc<Ring>>,
    gutter: Derived<Arc<Ring>>,
}

impl CachePool {
    /// The caches that the node of `ctx` has links to.
    pub fn new(ctx: &Context, wiring: &Wiring) -> Self {
        let topology = &ctx.kernel.topology;
        let mut nodes = Vec::new();
        let mut members = [Vec::new(), Vec::new()];
        for (target, kind) in wiring.with_kinds(topology, topology.targets(ctx.node, &[Kind::Cache])) {
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
        let [ring, gutter] = members.map(|members| Derived(wiring.rings.of(&members)));
        Self { nodes, ring, gutter }
    }

    /// The node that owns `key`.
    pub fn owner(&self, key: u32) -> Option<CacheNode> {
        self.ring.owner(place(key)).map(|number| self.nodes[usize::from(number)])
    }

    /// The node to be asked for `key`: the owner, or with several copies the one of them that `draw` picks.
    pub fn reader(&self, key: u32, draw: u32) -> Option<CacheNode> {
        let owner = self.owner(key)?;
        if owner.copies < 2 {
            return Some(owner);
        }
        let owners = self.ring.owners(place(key), owner.copies as usize);
        let chosen = mix(u64::from(draw)) % owners.len() as u64;
        Some(self.nodes[usize::from(owners[chosen as usize])])
    }

    /// The copy of `key` with this number; the owner has number 0. `None`: there are not so many.
    pub fn copy(&self, key: u32, number: u32) -> Option<CacheNode> {
        let owner = self.owner(key)?;
        if number == 0 || number >= owner.copies {
            return (number == 0).then_some(owner);
        }
        let owners = self.ring.owners(place(key), owner.copies as usize);
        owners.get(number as usize).map(|number| self.nodes[usize::from(*number)])
    }

    /// The node that stands in for one that is dead.
    pub fn gutter(&self, key: u32) -> Option<CacheNode> {
        self.gutter.owner(place(key)).map(|number| self.nodes[usize::from(number)])
    }

    /// Whether writes of `key` go through a cache to the database.
    pub fn take_writes(&self, key: u32) -> bool {
        self.owner(key).is_some_and(|owner| matches!(owner.on_write, OnWrite::WriteThrough | OnWrite::WriteBack))
    }

    /// Whether there is none that has keys of its own.
    pub fn is_empty(&self) -> bool {
        self.ring.is_empty()
    }

    /// Whether `node` is one of these caches.
    pub fn has(&self, node: NodeIx) -> bool {
        self.nodes.iter().any(|cache| cache.target.node == node)
    }
}
