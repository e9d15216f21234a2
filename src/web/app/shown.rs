//! The design that is shown: as the engine has it, with the numbers of its links.

use scalescope::engine::LinkEnds;
use scalescope::model::{Document, NodeKind};

use crate::protocol::Design;

#[derive(Clone, Debug)]
pub struct Shown {
    /// Counts runs: another number means another simulation.
    pub run: u32,
    pub document: Document,
    pub links: Vec<LinkEnds>,
}

impl Shown {
    /// What the engine says it has. It sends only documents that it could read itself.
    pub fn new(run: u32, design: Design) -> Result<Self, String> {
        let document = Document::read(&design.document).map_err(|problems| problems.to_string())?;
        Ok(Self { run, document, links: design.links })
    }

    /// What node `id` is called.
    pub fn label(&self, id: &str) -> String {
        self.document.node(id).map_or(id, |node| node.label()).to_owned()
    }

    /// The first population of users, which the slider is about.
    pub fn users(&self) -> Option<(&str, u32, f64)> {
        self.document.nodes.iter().find_map(|node| match &node.kind {
            NodeKind::Users(users) => Some((node.id.as_str(), users.users, users.rate_per_user_per_s)),
            _ => None,
        })
    }

    /// Whether anybody checks the health of node `id`.
    pub fn is_watched(&self, id: &str) -> bool {
        let kind = |id: &str| self.document.node(id).map(|node| &node.kind);
        let is_balanced =
            |link: &LinkEnds| link.to == id && matches!(kind(&link.from), Some(NodeKind::LoadBalancer(_)));
        matches!(kind(id), Some(NodeKind::Database(_))) || self.links.iter().any(is_balanced)
    }

    /// Whether cards or links are others, or stand elsewhere.
    pub fn has_other_shape_than(&self, other: &Self) -> bool {
        let (own, others) = (&self.document.nodes, &other.document.nodes);
        let is_moved = || own.iter().zip(others).any(|(a, b)| a.id != b.id || a.position != b.position);
        own.len() != others.len() || self.links != other.links || is_moved()
    }
}
