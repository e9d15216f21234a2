//! The scene: what is drawn, and where, as plain data. No web, no canvas.
//!
//! [`layout`] places cards, [`link_paths`] the links between them. A [`DotField`] holds the hops that are under way and says
//! where each is at a given time. Two painters show the same scene: one in the browser on the graphics processor, one in
//! [`raster`], which needs nothing but memory.

mod camera;
mod geometry;
mod layout;
mod palette;
mod paths;

pub use camera::Camera;
pub use geometry::{Point, Rect, Size, on_curve};
pub use layout::{CardSize, Layout, NodeBox, layout};
pub use palette::Palette;
pub use paths::{LinkPath, link_paths};
