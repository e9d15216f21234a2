//! The panels around the stage. They show what they are given and send intents; none of them knows the engine.

pub mod fatal;
pub mod help;
pub mod inspector;
pub mod legend;
pub mod metrics;
pub mod slider;
mod sparkline;
pub mod toasts;
pub mod topbar;
pub mod transport;
pub mod users;
