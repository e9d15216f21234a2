//! Insight: what the figures mean. Pure functions from a design and its figures to sentences and advice; nothing here simulates.

mod broken;

pub use broken::{Broken, broken};
