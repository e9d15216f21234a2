//! What can be done to a running system.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::edit::Edit;
use crate::base::SimDuration;

/// An intervention. Recorded with its time in the journal: seed, document and journal are the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Something breaks, or is mended.
    Fault(Fault),
    /// The design changes.
    Edit(Edit),
}

/// What can happen to a node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// The process dies: what it was doing is lost, connections to it are refused until it is restarted.
    Crash { node: String },
    /// It starts again, with what it had on disk and nothing of what it had in memory.
    Restart { node: String },
}

/// A command placed on the timeline in advance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scheduled {
    /// Time since the start of the run.
    pub at: SimDuration,
    pub command: Command,
}
