//! What a component is told about the design around it, whenever that changes.

use crate::base::NodeIx;
use crate::kernel::{Target, Topology};
use crate::model::{Document, Node, NodeKind};

/// The design as one node sees it.
#[derive(Clone, Copy, Debug)]
pub struct Wiring<'a> {
    pub document: &'a Document,
    /// The node's own entry.
    pub own: &'a Node,
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
