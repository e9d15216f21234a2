//! What a document must satisfy before it can be built: a file for each part of it. All that is wrong is found at once.

use super::document::Document;
use crate::base::{Kind, Problems};

mod links;
mod nodes;
mod schedule;
mod stores;
mod useful;

pub use links::may_call;

/// Most nodes that a document may have.
const MOST_NODES: usize = 500;
/// Most links that a document may have.
const MOST_LINKS: usize = 5_000;
const LONGEST_ID: usize = 64;

impl Document {
    /// Finds everything that is wrong, at once.
    pub fn check(&self) -> Result<(), Problems> {
        let mut problems = Problems::default();
        if self.nodes.len() > MOST_NODES || self.links.len() > MOST_LINKS {
            problems.push("", "the design is too large", format!("at most {MOST_NODES} nodes and {MOST_LINKS} links"));
            return Err(problems);
        }
        self.check_nodes(&mut problems);
        self.check_links(&mut problems);
        self.check_circles(Kind::Cdn, "shields", &mut problems);
        self.check_circles(Kind::WebServer, "services", &mut problems);
        self.check_users(&mut problems);
        self.check_standbys(&mut problems);
        self.check_clusters(&mut problems);
        self.check_quorums(&mut problems);
        self.check_homes(&mut problems);
        self.check_shards(&mut problems);
        self.check_schedule(&mut problems);
        self.check_tiers(&mut problems);
        problems.or(())
    }

    fn check_tiers(&self, problems: &mut Problems) {
        if self.tiers.len() > MOST_NODES {
            problems.push("tiers", "too many frames", format!("at most {MOST_NODES}"));
        }
        for (i, tier) in self.tiers.iter().enumerate() {
            for id in tier.nodes.iter().filter(|id| self.node(id).is_none()) {
                let valid = format!("nodes: {}", self.node_ids());
                problems.push(format!("tiers[{i}].nodes"), format!("there is no node `{id}`"), valid);
            }
        }
    }

    /// Whether `id` has a link to a node that keeps records.
    fn calls_store(&self, id: &str) -> bool {
        Kind::STORES.into_iter().any(|kind| self.calls(id, kind))
    }

    /// Whether `id` has a link to a node of `kind`.
    pub(super) fn calls(&self, id: &str, kind: Kind) -> bool {
        self.links.iter().any(|link| link.from == id && self.is_a(&link.to, kind))
    }
}
