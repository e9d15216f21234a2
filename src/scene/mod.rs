//! The scene: what is drawn, and where, as plain data. No web, no canvas.
//!
//! [`layout`] places cards, [`link_paths`] the links between them. A [`DotField`] holds the hops that are under way and says
//! where each is at a given time. Two painters show the same [`Picture`]: one in the browser on the graphics processor, one in
//! [`raster`], which needs nothing but memory.

mod camera;
pub mod dots;
mod geometry;
mod layout;
pub mod looks;
mod palette;
mod paths;
mod picking;
mod picture;
pub mod raster;
mod tracks;

pub use camera::Camera;
pub use dots::{Dot, DotField};
pub use geometry::{Point, Rect, Size, on_curve};
pub use layout::{CardSize, Layout, NodeBox, layout};
pub use palette::Palette;
pub use paths::{LinkPath, link_paths};
pub use picking::Picked;
pub use picture::{Frame, Picture};
pub use tracks::{Place, Tracks};
