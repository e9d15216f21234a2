//! Insight: what the figures mean. Pure functions from a design and its figures to sentences and advice; nothing here simulates.

mod broken;
mod story;

pub use broken::{Broken, broken};
pub use story::{Spent, story};
