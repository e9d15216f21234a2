//! What dots look like: the one place for shapes, sizes and their proportions. Both painters follow it.
//!
//! A static asset is a square, a read a disc, a write a diamond, a failure a large cross, replication a small ring, a
//! health check a faint speck. Requests are filled, answers hollow; each keeps to its side of the link, like road traffic.

use super::palette::Palette;
use crate::observe::{HopKind, Operation};

/// An outline, described by the signed distance to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Shape {
    Square = 0,
    Disc = 1,
    Diamond = 2,
    Cross = 3,
    Ring = 4,
}

/// Proportions of the shapes, in radii of a disc that looks as large.
pub mod proportions {
    /// Half a side.
    pub const SQUARE: f32 = 0.89;
    /// Half a diagonal.
    pub const DIAMOND: f32 = 1.24;
    /// Half the length of a bar of the cross, and half its thickness.
    pub const CROSS: [f32; 2] = [1.1, 0.34];
    /// Radius of the middle of the ring, and half its thickness.
    pub const RING: [f32; 2] = [0.74, 0.24];
    /// Thickness of the outline of what is hollow, and the least of it in pixels of the canvas.
    pub const OUTLINE: [f32; 2] = [0.34, 1.1];
    /// The part of the page's colour in what is hollow.
    pub const HOLLOWNESS: f32 = 0.82;
    /// Furthest point of any shape.
    pub const EXTENT: f32 = 1.26;
}

/// How a kind of hop is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    pub shape: Shape,
    /// Size relative to other dots.
    pub size: f32,
    pub opacity: f32,
    pub is_hollow: bool,
    pub has_rim: bool,
}

const fn look(shape: Shape, size: f32, is_hollow: bool) -> Look {
    Look { shape, size, opacity: 1.0, is_hollow, has_rim: true }
}

/// All looks; [`look_of`] gives the index.
pub const LOOKS: [Look; 9] = [
    look(Shape::Square, 1.0, false),
    look(Shape::Disc, 1.0, false),
    look(Shape::Diamond, 1.0, false),
    look(Shape::Square, 0.92, true),
    look(Shape::Disc, 0.92, true),
    look(Shape::Diamond, 0.92, true),
    look(Shape::Cross, 1.55, false),
    look(Shape::Ring, 0.85, false),
    Look { shape: Shape::Disc, size: 0.45, opacity: 0.6, is_hollow: false, has_rim: false },
];

/// The index of the look of failures: they are drawn over all others.
pub const FAILURE: usize = 6;
const REPLICATION: usize = 7;
const CHECK: usize = 8;

/// The look of a hop's class, as [`crate::observe::Hop::encode`] packs it.
pub const fn look_of(class: u32) -> usize {
    let operation = ((class >> 3) & 3) as usize;
    let operation = if operation > 2 { 2 } else { operation };
    match class & 7 {
        0 => operation,
        1 => 3 + operation,
        2 => FAILURE,
        3 => REPLICATION,
        _ => CHECK,
    }
}

/// The colours of [`LOOKS`].
pub fn colours(palette: &Palette) -> [[u8; 4]; LOOKS.len()] {
    let of = |kind| Operation::ALL.map(|operation| palette.of(kind, operation));
    let [asset, read, write] = of(HopKind::Request);
    [asset, read, write, asset, read, write, palette.failure, palette.replication, palette.check]
}

/// How crowded the picture is with so many dots: 0 for a few hundred, 1 for many thousands.
pub fn crowding(visible: usize) -> f32 {
    const FEW: f32 = 300.0;
    const MANY: f32 = 12_000.0;
    let crowd = (visible as f32).clamp(FEW, MANY);
    libm::log2f(crowd / FEW) / libm::log2f(MANY / FEW)
}

/// Diameter of a dot in CSS pixels under a camera of this `scale`: large enough for the back of a lecture room while dots
/// are few, small enough to be told apart when they are thousands.
pub fn dot_size(crowding: f32, scale: f32) -> f32 {
    const LARGE: f32 = 10.0;
    const SMALL: f32 = 4.0;
    (LARGE + (SMALL - LARGE) * crowding) * zoom(scale)
}

/// Where dots travel, in CSS pixels to the side of their link's middle: from the first to the second. One lane while they are
/// few; a wider road when they are many, so that dense traffic looks dense.
pub fn lanes(crowding: f32, scale: f32) -> [f32; 2] {
    const ROAD: f32 = 8.0;
    let lane = 0.55 * dot_size(crowding, scale) + 0.5;
    [lane, lane + ROAD * crowding * zoom(scale)]
}

/// Dots grow less than the cards do.
fn zoom(scale: f32) -> f32 {
    scale.sqrt().clamp(0.9, 1.8)
}

/// Signed distance from (`x`, `y`) to the outline of `shape` around the origin, all in pixels; negative inside.
pub fn distance(shape: Shape, x: f32, y: f32, radius: f32) -> f32 {
    use proportions::{CROSS, DIAMOND, RING, SQUARE};
    use std::f32::consts::FRAC_1_SQRT_2;
    let (x, y) = (x.abs(), y.abs());
    match shape {
        Shape::Square => x.max(y) - SQUARE * radius,
        Shape::Disc => (x * x + y * y).sqrt() - radius,
        Shape::Diamond => (x + y - DIAMOND * radius) * FRAC_1_SQRT_2,
        Shape::Cross => {
            let (u, v) = ((x + y) * FRAC_1_SQRT_2, (x - y).abs() * FRAC_1_SQRT_2);
            (u - CROSS[0] * radius).max(v - CROSS[1] * radius)
        }
        Shape::Ring => ((x * x + y * y).sqrt() - RING[0] * radius).abs() - RING[1] * radius,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SimTime;
    use crate::observe::Hop;

    fn class(kind: HopKind, operation: Operation) -> u32 {
        let hop = Hop { link: 0, kind, operation, is_backward: true, depart: SimTime::ZERO, arrive: SimTime::ZERO };
        hop.encode(SimTime::ZERO)[0] >> 16
    }

    #[test]
    fn every_class_has_its_look_and_colour() {
        let palette = Palette::light();
        let colours = colours(&palette);
        for kind in [HopKind::Request, HopKind::Answer, HopKind::Failure, HopKind::Replication, HopKind::Check] {
            for operation in Operation::ALL {
                let look = look_of(class(kind, operation));
                assert_eq!(colours[look], palette.of(kind, operation));
                assert_eq!(LOOKS[look].is_hollow, kind == HopKind::Answer);
                assert_eq!(look == FAILURE, kind == HopKind::Failure);
            }
        }
    }

    #[test]
    fn any_word_has_a_look() {
        assert!((0..256).all(|class| look_of(class) < LOOKS.len()));
    }

    #[test]
    fn no_shape_is_larger_than_the_extent() {
        for shape in [Shape::Square, Shape::Disc, Shape::Diamond, Shape::Cross, Shape::Ring] {
            for i in 0..64 {
                let (sin, cos) = (libm::sinf(i as f32 / 10.0), libm::cosf(i as f32 / 10.0));
                let reach = proportions::EXTENT * 10.0 * 1.001;
                assert!(distance(shape, reach * cos, reach * sin, 10.0) >= 0.0, "{shape:?}");
            }
        }
    }

    #[test]
    fn dots_shrink_smoothly_as_they_become_many() {
        let size = |visible| dot_size(crowding(visible), 1.0);
        assert!((9.0..=10.0).contains(&size(0)) && (9.0..=10.0).contains(&size(300)));
        assert!((3.5..=4.5).contains(&size(50_000)));
        let sizes: Vec<_> = (0..200).map(|i| size(i * 100)).collect();
        assert!(sizes.windows(2).all(|pair| pair[0] >= pair[1] && pair[0] - pair[1] < 0.6));
    }
}
