//! Small pictures of every look, at sixteen positions within a pixel, so that slow dots glide and do not hop.

use crate::scene::geometry::Point;
use crate::scene::looks::{LOOKS, Look, colours, distance, proportions};
use crate::scene::palette::Palette;
use crate::scene::picture::Frame;

/// Positions within a pixel along each axis.
const PARTS: usize = 4;

/// A small picture, as the lists of what there is to do for it.
#[derive(Clone, Debug)]
pub struct Sprite {
    side: i32,
    /// Pixels that let something through.
    soft: Vec<Pixel>,
    /// Pixels that do not.
    solid: Vec<Pixel>,
}

/// A pixel of a sprite.
#[derive(Clone, Copy, Debug)]
pub struct Pixel {
    /// Its distance from the upper left corner in the memory of the picture that the sprites are for.
    pub at: u32,
    pub x: u16,
    pub y: u16,
    pub colour: [u8; 4],
}

impl Sprite {
    pub fn side(&self) -> i32 {
        self.side
    }

    pub fn soft(&self) -> &[Pixel] {
        &self.soft
    }

    pub fn solid(&self) -> &[Pixel] {
        &self.solid
    }
}

/// The sprites for one size of dots.
#[derive(Clone, Debug)]
pub struct Sprites {
    radius: f32,
    rim: f32,
    palette: Palette,
    /// For each look, row by row, the positions within a pixel.
    all: Vec<Sprite>,
    /// For each look, half the side of its sprites.
    halves: [i32; LOOKS.len()],
}

impl Sprites {
    /// Sprites for pictures that are `width` pixels wide.
    pub fn new(frame: &Frame, palette: &Palette, width: i32) -> Self {
        let mut all = Vec::with_capacity(LOOKS.len() * PARTS * PARTS);
        let mut halves = [0; LOOKS.len()];
        let page = palette.page();
        for ((look, colour), half) in LOOKS.iter().zip(colours(palette)).zip(&mut halves) {
            // The soft edge takes half a pixel more. The pixel in the middle gives back what the middle may be beside it:
            // the dot's middle is an eighth or more from each border of its pixel.
            let reach = frame.radius * look.size * look.shape.extent() + frame.rim + 0.5;
            *half = (reach - 0.625).ceil().max(0.0) as i32;
            for part in 0..PARTS * PARTS {
                let shift = |part: usize| (part as f32 + 0.5) / PARTS as f32;
                let middle = Point::new(shift(part % PARTS), shift(part / PARTS));
                all.push(sprite(*look, [colour, page], frame, *half, middle, width));
            }
        }
        Self { radius: frame.radius, rim: frame.rim, palette: *palette, all, halves }
    }

    /// Whether these are the sprites for `frame`.
    pub fn fit(&self, frame: &Frame, palette: &Palette) -> bool {
        let is_close = |a: f32, b: f32| (a - b).abs() < 1e-3;
        is_close(self.radius, frame.radius) && is_close(self.rim, frame.rim) && self.palette == *palette
    }

    /// The sprite for a dot with its middle at `middle`, and where its upper left corner belongs.
    #[inline]
    pub fn at(&self, look: usize, middle: Point) -> (&Sprite, i32, i32) {
        let (x, y) = (middle.x.floor(), middle.y.floor());
        let part = |rest: f32| ((rest * PARTS as f32) as usize).min(PARTS - 1);
        let part = part(middle.y - y) * PARTS + part(middle.x - x);
        let half = self.halves[look];
        // Far outside of the canvas the conversion saturates, and so does the subtraction.
        (&self.all[look * PARTS * PARTS + part], (x as i32).saturating_sub(half), (y as i32).saturating_sub(half))
    }
}

fn sprite(look: Look, colours: [[u8; 3]; 2], frame: &Frame, half: i32, middle: Point, width: i32) -> Sprite {
    let side = 2 * half + 1;
    let mut sprite = Sprite { side, soft: Vec::new(), solid: Vec::new() };
    for (x, y) in (0..side).flat_map(|y| (0..side).map(move |x| (x, y))) {
        let from_middle = Point::new((x - half) as f32 + 0.5 - middle.x, (y - half) as f32 + 0.5 - middle.y);
        let colour = paint(look, colours, frame, from_middle);
        let pixel = Pixel { at: (y * width + x) as u32, x: x as u16, y: y as u16, colour };
        match pixel.colour[3] {
            0 => {}
            255 => sprite.solid.push(pixel),
            _ => sprite.soft.push(pixel),
        }
    }
    sprite
}

/// The colour of a look at this distance from its middle. The shader of the other painter does the same.
fn paint(look: Look, [colour, page]: [[u8; 3]; 2], frame: &Frame, from_middle: Point) -> [u8; 4] {
    let radius = frame.radius * look.size;
    let distance = distance(look.shape, from_middle.x, from_middle.y, radius);
    let coverage = |distance: f32| (0.5 - distance).clamp(0.0, 1.0);
    let [share, least] = proportions::OUTLINE;
    let outline = (share * radius).max(least);
    let inner = if look.is_hollow { coverage(distance + outline) * proportions::HOLLOWNESS } else { 0.0 };
    let page_part = 1.0 - coverage(distance) * (1.0 - inner);
    let mix = |i: usize| f32::from(colour[i]) + (f32::from(page[i]) - f32::from(colour[i])) * page_part;
    [mix(0), mix(1), mix(2), coverage(distance - frame.rim) * 255.0].map(|value| (value + 0.5) as u8)
}
