//! Insight: what the figures mean. Pure functions from a design and its figures to sentences and advice; nothing here simulates.

mod broken;
mod objectives;
mod story;
mod warnings;

pub use broken::{Broken, broken};
pub use objectives::{Objectives, Standing};
pub use story::{Spent, story};
pub use warnings::{Hazard, Lost, Warning, bottleneck, saturation, single_points};
