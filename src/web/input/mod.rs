//! What hands do: keys as data, and what to do about them.

mod intent;
pub mod keymap;

pub use intent::{Intent, Way, intent_callback};
