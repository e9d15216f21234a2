//! What can be done to a running system.

mod chaos;
mod fault;
mod offers;

use schemars::JsonSchema;
use serde_json::Value;

use super::edit::Edit;
use crate::base::Problems;
use crate::base::SimDuration;
use crate::base::json::{Field, Json, join, must, read, read_fields, serde_by_json, tag, tagged, write_fields};
pub use chaos::Chaos;
pub use fault::{Aim, Fault, Way};
pub use offers::{Dial, Offer, Scale};

/// An intervention. Recorded with its time in the journal: seed, document and journal are the run.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Something breaks, or is mended.
    Fault(Fault),
    /// The design changes.
    Edit(Edit),
}

/// A command placed on the timeline in advance.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scheduled {
    /// Time since the start of the run.
    pub at: SimDuration,
    pub command: Command,
}

impl Scheduled {
    fn fields(&mut self) -> Vec<Field<'_>> {
        vec![must("at", "a time, as in \"10s\"", &mut self.at), must("command", "a command", &mut self.command)]
    }
}

impl Json for Scheduled {
    fn blank() -> Self {
        Self { at: SimDuration::ZERO, command: Command::blank() }
    }

    fn to_value(&self) -> Value {
        write_fields(self.clone().fields())
    }

    fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
        read_fields(self.fields(), value, at)
    }
}

impl Json for Command {
    fn blank() -> Self {
        Self::Fault(Fault::blank())
    }

    fn to_value(&self) -> Value {
        match self {
            Self::Fault(fault) => tag("fault", fault.to_value()),
            Self::Edit(edit) => tag("edit", edit.to_value()),
        }
    }

    fn set_from(&mut self, value: &Value, at: &str) -> Result<(), Problems> {
        let (name, inner) = tagged(value, at, &["fault", "edit"])?;
        let at = join(at, name);
        *self = if name == "edit" { Self::Edit(read(inner, &at)?) } else { Self::Fault(read(inner, &at)?) };
        Ok(())
    }
}

serde_by_json!(Scheduled, Command);

impl Command {
    /// Whether the command is about the node `id`, or a link of it.
    pub fn names(&self, id: &str) -> bool {
        match self {
            Self::Fault(fault) => match fault.aim() {
                Aim::Node(node) => node == id,
                Aim::Link { from, to } => from == id || to == id,
                Aim::Request | Aim::Region(_) => false,
            },
            Self::Edit(edit) => edit.names(id),
        }
    }
}
