//! The painter that needs nothing but memory: dots into a buffer of pixels.
//!
//! Every look is prepared as small pictures ([`sprites`]), so that drawing a dot is copying some rows; a great many dots are
//! plain squares. Only what the last frame touched is wiped, and only what either touched needs to be shown.
//!
//! Colours are not premultiplied, as a browser's `ImageData` wants them. Laying one pixel over another would then need a division;
//! it does not, because the empty picture has the page's colour (with no opacity), and so have the soft rims of all dots.

mod sprites;

use self::sprites::{Pixel, Sprite, Sprites};
use super::dots::Survey;
use super::geometry::Point;
use super::looks::{FAILURE, LOOKS, look_of, plain_colours, plain_side};
use super::palette::Palette;
use super::picture::{Frame, Picture};

/// A transparent picture of dots.
#[derive(Clone, Debug)]
pub struct Raster {
    width: i32,
    height: i32,
    /// Red, green, blue and opacity of each pixel, row by row.
    pixels: Vec<[u8; 4]>,
    sprites: Option<Sprites>,
    /// Where failures of this frame belong: they are laid over all others. Kept for its memory.
    failures: Vec<Point>,
    /// The colour that empty pixels have now.
    page: Option<[u8; 3]>,
    touched: Area,
}

/// The pixels in columns `left..right` of rows `top..bottom`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Area {
    pub left: i32,
    pub top: i32,
    pub right: i32,
    pub bottom: i32,
}

impl Area {
    pub fn is_empty(&self) -> bool {
        self.left >= self.right || self.top >= self.bottom
    }

    fn include(&mut self, other: Self) {
        if self.is_empty() {
            *self = other;
        } else if !other.is_empty() {
            self.left = self.left.min(other.left);
            self.top = self.top.min(other.top);
            self.right = self.right.max(other.right);
            self.bottom = self.bottom.max(other.bottom);
        }
    }
}

impl Raster {
    pub fn new(width: u16, height: u16) -> Self {
        let pixels = vec![[0; 4]; usize::from(width) * usize::from(height)];
        let (width, height) = (i32::from(width), i32::from(height));
        Self { width, height, pixels, sprites: None, failures: Vec::new(), page: None, touched: Area::default() }
    }

    pub fn width(&self) -> i32 {
        self.width
    }

    pub fn height(&self) -> i32 {
        self.height
    }

    /// Red, green, blue and opacity of each pixel, row by row, not premultiplied.
    pub fn pixels(&self) -> &[u8] {
        self.pixels.as_flattened()
    }

    /// Draws a frame of `picture` in place of the last. Returns what may differ from it, and what there is to see.
    pub fn draw(&mut self, picture: &Picture, frame: &Frame) -> (Area, Survey) {
        let mut changed = std::mem::take(&mut self.touched);
        self.wipe(changed, picture.palette.page());
        let survey = if frame.is_plain {
            let squares = Squares::new(frame, &picture.palette);
            self.paint(picture, frame, |raster, look, middle| raster.fill(&squares, look, middle))
        } else {
            let sprites = self.sprites.take().filter(|sprites| sprites.fit(frame, &picture.palette));
            let sprites = sprites.unwrap_or_else(|| Sprites::new(frame, &picture.palette, self.width));
            let survey = self.paint(picture, frame, |raster, look, middle| {
                let (sprite, left, top) = sprites.at(look, middle);
                raster.blit(sprite, left, top);
            });
            self.sprites = Some(sprites);
            survey
        };
        changed.include(self.touched);
        (changed, survey)
    }

    fn wipe(&mut self, mut area: Area, page: [u8; 3]) {
        if self.page != Some(page) {
            self.page = Some(page);
            area = Area { left: 0, top: 0, right: self.width, bottom: self.height };
        }
        let [red, green, blue] = page;
        for y in area.top..area.bottom {
            self.row(y, area.left, area.right).fill([red, green, blue, 0]);
        }
    }

    /// The pixels `left..right` of row `y`, all within the picture.
    fn row(&mut self, y: i32, left: i32, right: i32) -> &mut [[u8; 4]] {
        let start = y as usize * self.width as usize;
        &mut self.pixels[start + left as usize..start + right as usize]
    }

    /// Lets `lay` draw every dot, given its look and its middle.
    fn paint(&mut self, picture: &Picture, frame: &Frame, lay: impl Fn(&mut Self, usize, Point)) -> Survey {
        let mut survey = Survey::default();
        let mut failures = std::mem::take(&mut self.failures);
        failures.clear();
        picture.field.dots(frame.previous, frame.now).for_each(|dot| {
            survey.visible += 1;
            let Some(middle) = picture.place(frame, &dot) else { return };
            let look = look_of(dot.class);
            if look == FAILURE {
                failures.push(middle);
            } else {
                lay(self, look, middle);
            }
        });
        for middle in &failures {
            lay(self, FAILURE, *middle);
        }
        survey.failures = failures.len();
        self.failures = failures;
        survey
    }

    /// Fills the plain square of a look around `middle`.
    #[inline]
    fn fill(&mut self, squares: &Squares, look: usize, middle: Point) {
        let (side, colour) = squares.of[look];
        let corner = |middle: f32| (middle - side as f32 / 2.0 + 0.5).floor() as i32;
        let (left, top) = (corner(middle.x), corner(middle.y));
        let area = self.within(left, top, side);
        if area.is_empty() {
            return;
        }
        self.touched.include(area);
        // Squares of these sides are by far the most common, and fill four times as fast as rows of any length.
        match (area.right - area.left, area.bottom - area.top) {
            (2, 2) => self.fill_square::<2>(area.left, area.top, colour),
            (3, 3) => self.fill_square::<3>(area.left, area.top, colour),
            (4, 4) => self.fill_square::<4>(area.left, area.top, colour),
            _ => (area.top..area.bottom).for_each(|y| self.row(y, area.left, area.right).fill(colour)),
        }
    }

    /// Fills a square of N pixels that is within the picture.
    #[inline]
    fn fill_square<const N: usize>(&mut self, left: i32, top: i32, colour: [u8; 4]) {
        let width = self.width as usize;
        let start = top as usize * width + left as usize;
        let rows = &mut self.pixels[start..start + (N - 1) * width + N];
        for y in 0..N {
            if let Some(row) = rows[y * width..].first_chunk_mut::<N>() {
                *row = [colour; N];
            }
        }
    }

    /// Lays `sprite` with its upper left corner at (`left`, `top`) over the picture.
    fn blit(&mut self, sprite: &Sprite, left: i32, top: i32) {
        let side = sprite.side();
        let area = self.within(left, top, side);
        if area.is_empty() {
            return;
        }
        self.touched.include(area);
        if area == (Area { left, top, right: left + side, bottom: top + side }) {
            let pixels = &mut self.pixels[top as usize * self.width as usize + left as usize..];
            for Pixel { at, colour, .. } in sprite.solid() {
                pixels[*at as usize] = *colour;
            }
            for Pixel { at, colour, .. } in sprite.soft() {
                let below = &mut pixels[*at as usize];
                *below = mix(*below, *colour);
            }
            return;
        }
        for Pixel { x, y, colour, .. } in sprite.solid().iter().chain(sprite.soft()) {
            let (x, y) = (left + i32::from(*x), top + i32::from(*y));
            if (area.left..area.right).contains(&x) && (area.top..area.bottom).contains(&y) {
                let below = &mut self.row(y, x, x + 1)[0];
                *below = mix(*below, *colour);
            }
        }
    }

    /// The part of a square that is within the picture.
    #[inline]
    fn within(&self, left: i32, top: i32, side: i32) -> Area {
        Area {
            left: left.clamp(0, self.width),
            top: top.clamp(0, self.height),
            right: left.saturating_add(side).clamp(0, self.width),
            bottom: top.saturating_add(side).clamp(0, self.height),
        }
    }
}

/// Side and colour of the plain square of each look.
struct Squares {
    of: [(i32, [u8; 4]); LOOKS.len()],
}

impl Squares {
    fn new(frame: &Frame, palette: &Palette) -> Self {
        let colours = plain_colours(palette);
        let of = std::array::from_fn(|look| {
            let [red, green, blue] = colours[look];
            (plain_side(look, frame.radius), [red, green, blue, 255])
        });
        Self { of }
    }
}

/// Moves each channel of `below` towards `above` by the opacity of `above`, and the opacity towards full; two channels at a time.
#[inline]
fn mix(below: [u8; 4], above: [u8; 4]) -> [u8; 4] {
    const PAIR: u32 = 0x00ff_00ff;
    let alpha = u32::from(above[3]);
    let (above, below) = (u32::from_le_bytes(above) | 0xff00_0000, u32::from_le_bytes(below));
    let pair = |above: u32, below: u32| {
        let sum = (above & PAIR) * alpha + (below & PAIR) * (255 - alpha) + 0x0080_0080;
        // Exact rounded division by 255 of each half.
        (sum + (sum >> 8 & PAIR)) >> 8 & PAIR
    };
    (pair(above, below) | pair(above >> 8, below >> 8) << 8).to_le_bytes()
}

#[cfg(test)]
mod tests;
