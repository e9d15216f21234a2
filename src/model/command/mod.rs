//! What can be done to a running system.

mod fault;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::edit::Edit;
use crate::base::SimDuration;
pub use fault::{Aim, Fault, Way};

/// An intervention. Recorded with its time in the journal: seed, document and journal are the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Something breaks, or is mended.
    Fault(Fault),
    /// The design changes.
    Edit(Edit),
}

/// A command placed on the timeline in advance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scheduled {
    /// Time since the start of the run.
    pub at: SimDuration,
    pub command: Command,
}

impl Command {
    /// Whether the command is about the node `id`, or a link of it.
    pub fn names(&self, id: &str) -> bool {
        match self {
            Self::Fault(fault) => match fault.aim() {
                Aim::Node(node) => node == id,
                Aim::Link { from, to } => from == id || to == id,
                Aim::Request => false,
            },
            Self::Edit(Edit::RemoveNode { node } | Edit::Set { node, .. }) => node == id,
            Self::Edit(Edit::AddNode { node, .. }) => node.id == id,
            Self::Edit(Edit::SetLink { link }) => link.from == id || link.to == id,
        }
    }
}
