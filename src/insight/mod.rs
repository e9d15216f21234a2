//! Insight: what the figures mean. Pure functions from a design and its figures to sentences and advice; nothing here simulates.

mod bill;
mod broken;
mod objectives;
mod story;
mod warnings;

pub use bill::{Bill, bill};
pub use broken::{Broken, broken};
pub use objectives::{Objectives, Standing};
pub use story::{Spent, story};
pub use warnings::{Hazard, Lost, Warning, bottleneck, saturation, single_points};
