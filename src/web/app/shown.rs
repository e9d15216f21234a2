//! The design that is shown: as the engine has it, with the numbers of its links.

use scalescope::model::{Document, NodeKind};
use scalescope::observe::LinkEnds;

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
        let document = Document::read_draft(&design.document).map_err(|problems| problems.to_string())?;
        Ok(Self { run, document, links: design.links })
    }

    /// The same run with another document, before the engine has said that it has it.
    #[must_use]
    pub fn with_document(&self, document: Document) -> Self {
        Self { run: self.run, document, links: self.links.clone() }
    }

    /// What node `id` is called.
    pub fn label(&self, id: &str) -> String {
        self.document.node(id).map_or(id, |node| node.label()).to_owned()
    }

    /// How many users there are in all populations, and how often one of them asks per second, on average.
    pub fn users(&self) -> Option<(u32, f64)> {
        let populations = self.document.nodes.iter().filter_map(|node| match &node.kind {
            NodeKind::Users(users) => Some((f64::from(users.users), users.rate_per_user_per_s)),
            _ => None,
        });
        let (users, rate) = populations.fold((0.0, 0.0), |(all, sum), (users, rate)| (all + users, sum + users * rate));
        (users > 0.0).then(|| (users as u32, rate / users))
    }

    /// Whether anybody checks the health of node `id`.
    pub fn is_watched(&self, id: &str) -> bool {
        let kind = |id: &str| self.document.node(id).map(|node| &node.kind);
        let is_balanced =
            |link: &LinkEnds| link.to == id && matches!(kind(&link.from), Some(NodeKind::LoadBalancer(_)));
        matches!(kind(id), Some(NodeKind::Database(_) | NodeKind::QuorumStore(_))) || self.links.iter().any(is_balanced)
    }

    /// Whether cards or links are others, or stand elsewhere.
    pub fn has_other_shape_than(&self, other: &Self) -> bool {
        let (own, others) = (&self.document.nodes, &other.document.nodes);
        let is_moved =
            || own.iter().zip(others).any(|(a, b)| a.id != b.id || a.position != b.position || a.region != b.region);
        let is_framed_otherwise = self.document.tiers != other.document.tiers;
        own.len() != others.len() || self.links != other.links || is_framed_otherwise || is_moved()
    }
}
