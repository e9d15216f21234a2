//! The document: what a person writes, checked and explained.
//!
//! A [`Document`] is a topology of nodes with parameters, links between them, and commands scheduled in advance.
//! Everything that is said about a parameter (unit, range, default, help) stands once, in [`kinds`].

mod balancing;
mod checks;
mod command;
mod difference;
mod document;
mod edit;
pub mod kinds;
mod million;
pub mod presets;
mod read;
pub mod regions;
mod schema;
mod sharding;
pub mod spec;
mod trace;

pub use crate::base::{Problem, Problems};
pub use checks::may_call;
pub use command::{Aim, Chaos, Command, Dial, Fault, Offer, Scale, Scheduled, Way};
pub use document::{Document, Link, Node, Position, Tier, VERSION};
pub use edit::Edit;
pub use kinds::NodeKind;
pub use million::million;
pub use schema::json_schema;
pub use trace::{Trace, TracedRead};
