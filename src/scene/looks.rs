//! What dots look like: the one place for shapes, sizes and their proportions. Both painters follow it.
//!
//! A static asset is a square, a read a disc, a write a diamond; a query two discs, a login a hexagon, a range a bar, an aggregate
//! a funnel, a traversal a bow tie, a transaction two diamonds; a failure a large cross, replication a small ring, a
//! health check a faint speck. Requests are filled, answers hollow; each keeps to its side of the link, like road traffic.

use super::palette::Palette;
use crate::observe::{Hop, Operation};

/// An outline, described by the signed distance to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Shape {
    Square = 0,
    Disc = 1,
    Diamond = 2,
    Cross = 3,
    Ring = 4,
    Discs = 5,
    Hexagon = 6,
    Bar = 7,
    Funnel = 8,
    BowTie = 9,
    Diamonds = 10,
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
    /// Radius of each of two discs.
    pub const DISCS: f32 = 0.62;
    /// Half the distance between two sides of the hexagon.
    pub const HEXAGON: f32 = 0.95;
    /// Half the length of the bar, and half its thickness.
    pub const BAR: [f32; 2] = [1.25, 0.5];
    /// Distance from the middle of the funnel to its sides.
    pub const FUNNEL: f32 = 0.66;
    /// Half the length of the bow tie, and half its thickness in the middle.
    pub const BOW_TIE: [f32; 2] = [1.15, 0.14];
    /// Distance of each of two diamonds from the middle, and half its diagonal.
    pub const DIAMONDS: [f32; 2] = [0.62, 0.7];
    /// Thickness of the outline of what is hollow, and the least of it in pixels of the canvas.
    pub const OUTLINE: [f32; 2] = [0.34, 1.1];
    /// The part of the page's colour in what is hollow.
    pub const HOLLOWNESS: f32 = 0.82;
    /// The part of the page's colour in a plain square that stands for something hollow.
    pub const PALENESS: f32 = 0.4;
}

const HALF_ROOT_OF_3: f32 = 0.866_025_4;

impl Shape {
    /// How far it reaches along either axis.
    pub const fn extent(self) -> f32 {
        use proportions::{BAR, BOW_TIE, CROSS, DIAMOND, DIAMONDS, DISCS, FUNNEL, HEXAGON, RING, SQUARE};
        match self {
            Self::Square => SQUARE,
            Self::Disc => 1.0,
            Self::Diamond => DIAMOND,
            Self::Cross => (CROSS[0] + CROSS[1]) * std::f32::consts::FRAC_1_SQRT_2,
            Self::Ring => RING[0] + RING[1],
            Self::Discs => 2.0 * DISCS,
            Self::Hexagon => HEXAGON / HALF_ROOT_OF_3,
            Self::Bar => BAR[0],
            Self::Funnel => 2.0 * FUNNEL,
            Self::BowTie => BOW_TIE[0],
            Self::Diamonds => DIAMONDS[0] + DIAMONDS[1],
        }
    }
}

/// How a kind of hop is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    pub shape: Shape,
    /// Size relative to other dots.
    pub size: f32,
    pub is_hollow: bool,
}

const fn look(shape: Shape, size: f32, is_hollow: bool) -> Look {
    Look { shape, size, is_hollow }
}

/// The shape of each operation.
const SHAPES: [Shape; OPERATIONS] = [
    Shape::Square,
    Shape::Disc,
    Shape::Diamond,
    Shape::Discs,
    Shape::Hexagon,
    Shape::Bar,
    Shape::Funnel,
    Shape::BowTie,
    Shape::Diamonds,
];
const OPERATIONS: usize = Operation::ALL.len();

/// All looks, by the class of hops ([`Hop::class`]).
pub const LOOKS: [Look; Hop::CLASSES] = {
    let mut looks = [look(Shape::Disc, 0.5, false); Hop::CLASSES];
    let mut i = 0;
    while i < OPERATIONS {
        looks[i] = look(SHAPES[i], 1.0, false);
        looks[OPERATIONS + i] = look(SHAPES[i], 0.92, true);
        i += 1;
    }
    looks[FAILURE] = look(Shape::Cross, 1.55, false);
    looks[REPLICATION] = look(Shape::Ring, 0.85, false);
    looks
};

/// The index of the look of failures: they are drawn over all others.
pub const FAILURE: usize = 2 * OPERATIONS;
const REPLICATION: usize = FAILURE + 1;
const CHECK: usize = FAILURE + 2;

/// The look of a hop's class, as [`Hop::encode`] packs it.
pub const fn look_of(class: u32) -> usize {
    let own = (class & 31) as usize;
    if own < LOOKS.len() { own } else { CHECK }
}

/// The colours of [`LOOKS`], laid on the page's: dots are opaque, so that one hides another clearly.
pub fn colours(palette: &Palette) -> [[u8; 3]; LOOKS.len()] {
    let page = palette.page();
    let of = |colour: [u8; 4]| {
        let alpha = u32::from(colour[3]);
        let lay = |part: u8, page: u8| ((u32::from(part) * alpha + u32::from(page) * (255 - alpha) + 127) / 255) as u8;
        [lay(colour[0], page[0]), lay(colour[1], page[1]), lay(colour[2], page[2])]
    };
    let others = [palette.failure, palette.replication, palette.check];
    std::array::from_fn(|look| match look.checked_sub(FAILURE) {
        Some(other) => of(others[other]),
        None => of(palette.operations[look % OPERATIONS]),
    })
}

/// The colours of plain squares: what is hollow is pale instead.
pub fn plain_colours(palette: &Palette) -> [[u8; 3]; LOOKS.len()] {
    let (colours, page) = (colours(palette), palette.page());
    std::array::from_fn(|look| {
        let paleness = if LOOKS[look].is_hollow { proportions::PALENESS } else { 0.0 };
        std::array::from_fn(|i| {
            let (own, page) = (f32::from(colours[look][i]), f32::from(page[i]));
            (own + (page - own) * paleness + 0.5) as u8
        })
    })
}

/// The side of the plain square for a look, in pixels of the canvas.
pub fn plain_side(look: usize, radius: f32) -> i32 {
    ((2.0 * radius * LOOKS[look].size + 0.5) as i32).max(1)
}

/// How crowded the picture is with so many dots: 0 for a few hundred, 1 for many thousands, and half as much again for the most.
pub fn crowding(visible: usize) -> f32 {
    const FEW: f32 = 300.0;
    const MANY: f32 = 12_000.0;
    const MOST: f32 = 100_000.0;
    let crowd = (visible as f32).clamp(FEW, MOST);
    libm::log2f(crowd / FEW) / libm::log2f(MANY / FEW)
}

/// Diameter of a dot in CSS pixels under a camera of this `scale`: large enough for the back of a lecture room while dots
/// are few, small enough to be told apart when they are thousands, and so small in the end that a flow still shows how dense it is.
pub fn dot_size(crowding: f32, scale: f32) -> f32 {
    const LARGE: f32 = 10.0;
    const SMALL: f32 = 4.0;
    const LEAST: f32 = 2.0;
    (LARGE + (SMALL - LARGE) * crowding).max(LEAST) * zoom(scale)
}

/// Where dots travel, in CSS pixels to the side of their link's middle: from the first to the second. One lane while they are
/// few; a wider road when they are many, so that dense traffic looks dense.
pub fn lanes(crowding: f32, scale: f32) -> [f32; 2] {
    const ROAD: f32 = 8.0;
    let lane = 0.55 * dot_size(crowding, scale) + 0.5;
    [lane, lane + ROAD * crowding * zoom(scale)]
}

/// Dots grow less than the cards do, and shrink less: their shapes must be told apart.
fn zoom(scale: f32) -> f32 {
    scale.sqrt().clamp(0.72, 1.8)
}

/// Signed distance from (`x`, `y`) to the outline of `shape` around the origin, all in pixels; negative inside.
pub fn distance(shape: Shape, x: f32, y: f32, radius: f32) -> f32 {
    use proportions::{BAR, BOW_TIE, CROSS, DIAMOND, DIAMONDS, DISCS, FUNNEL, HEXAGON, RING, SQUARE};
    use std::f32::consts::FRAC_1_SQRT_2;
    let down = y;
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
        Shape::Discs => {
            let from_one = x - DISCS * radius;
            (from_one * from_one + y * y).sqrt() - DISCS * radius
        }
        Shape::Hexagon => x.max(0.5 * x + HALF_ROOT_OF_3 * y) - HEXAGON * radius,
        Shape::Bar => (x - BAR[0] * radius).max(y - BAR[1] * radius),
        Shape::Funnel => (-down).max(HALF_ROOT_OF_3 * x + 0.5 * down) - FUNNEL * radius,
        Shape::BowTie => (x - BOW_TIE[0] * radius).max(0.8 * y - 0.6 * x - BOW_TIE[1] * radius),
        Shape::Diamonds => ((x - DIAMONDS[0] * radius).abs() + y - DIAMONDS[1] * radius) * FRAC_1_SQRT_2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SimTime;
    use crate::observe::HopKind;

    fn class(kind: HopKind, operation: Operation) -> u32 {
        let hop = Hop { link: 0, kind, operation, is_backward: true, depart: SimTime::ZERO, arrive: SimTime::ZERO };
        assert_eq!(hop.encode(SimTime::ZERO)[0] >> 16, hop.class() | 32);
        hop.class()
    }

    #[test]
    fn every_class_has_its_look_and_colour() {
        let palette = Palette::light();
        let colours = colours(&palette);
        assert_ne!(colours[CHECK], [palette.check[0], palette.check[1], palette.check[2]], "checks are faint");
        for kind in [HopKind::Request, HopKind::Answer, HopKind::Failure, HopKind::Replication, HopKind::Check] {
            for operation in Operation::ALL {
                let look = look_of(class(kind, operation));
                let [red, green, blue, alpha] = palette.of(kind, operation);
                assert!(alpha < 255 || colours[look] == [red, green, blue]);
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
    fn a_shape_reaches_as_far_as_it_says() {
        for shape in SHAPES.into_iter().chain([Shape::Cross, Shape::Ring]) {
            let inside = |x: f32, y: f32| distance(shape, x, y, 100.0) < 0.0 || distance(shape, x, -y, 100.0) < 0.0;
            let reach = (0..1_000_i16)
                .flat_map(|i| (0..=150_i16).map(move |j| (f32::from(i) / 5.0, f32::from(j))))
                .filter(|&(x, y)| inside(x, y) || inside(y, x))
                .map(|(x, _)| x)
                .fold(0.0, f32::max);
            assert!((reach - 100.0 * shape.extent()).abs() < 1.0, "{shape:?} {reach}");
        }
    }

    #[test]
    fn dots_shrink_smoothly_as_they_become_many() {
        let size = |visible| dot_size(crowding(visible), 1.0);
        assert!((9.0..=10.0).contains(&size(0)) && (9.0..=10.0).contains(&size(300)));
        assert!((3.5..=4.5).contains(&size(12_000)) && (1.5..=2.5).contains(&size(100_000)));
        let sizes: Vec<_> = (0..200).map(|i| size(i * 100)).collect();
        assert!(sizes.windows(2).all(|pair| pair[0] >= pair[1] && pair[0] - pair[1] < 0.6));
    }
}
