//! The painter that needs nothing but memory: dots into a buffer of pixels.
//!
//! Every look is prepared as small pictures ([`sprites`]), so that drawing a dot is copying some rows. Only what the last frame
//! touched is wiped, and only what either touched needs to be shown.
//!
//! Colours are not premultiplied, as a browser's `ImageData` wants them. Laying one pixel over another would then need a division;
//! it does not, because the empty picture has the page's colour (with no opacity), and so have the soft rims of all dots.

mod sprites;

use self::sprites::{Sprite, Sprites};
use super::looks::{FAILURE, look_of};
use super::picture::{Frame, Picture};

/// A transparent picture of dots.
#[derive(Clone, Debug)]
pub struct Raster {
    width: i32,
    height: i32,
    /// Red, green, blue and opacity of each pixel, row by row.
    pixels: Vec<u8>,
    sprites: Option<Sprites>,
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
        let pixels = vec![0; usize::from(width) * usize::from(height) * 4];
        let (width, height) = (i32::from(width), i32::from(height));
        Self { width, height, pixels, sprites: None, page: None, touched: Area::default() }
    }

    pub fn width(&self) -> i32 {
        self.width
    }

    pub fn height(&self) -> i32 {
        self.height
    }

    /// Red, green, blue and opacity of each pixel, row by row, not premultiplied.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Draws a frame of `picture` in place of the last; returns what may differ from it.
    pub fn draw(&mut self, picture: &Picture, frame: &Frame) -> Area {
        let sprites = self.sprites.take().filter(|sprites| sprites.fit(frame, &picture.palette));
        let sprites = sprites.unwrap_or_else(|| Sprites::new(frame, &picture.palette));
        let mut changed = std::mem::take(&mut self.touched);
        self.wipe(changed, picture.palette.page());
        self.paint(picture, frame, &sprites, false);
        if frame.has_failures {
            self.paint(picture, frame, &sprites, true);
        }
        self.sprites = Some(sprites);
        changed.include(self.touched);
        changed
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
        let bytes = (start + left as usize) * 4..(start + right as usize) * 4;
        self.pixels[bytes].as_chunks_mut::<4>().0
    }

    fn paint(&mut self, picture: &Picture, frame: &Frame, sprites: &Sprites, failures: bool) {
        for dot in picture.field.dots(frame.previous, frame.now) {
            let look = look_of(dot.class);
            if (look == FAILURE) != failures {
                continue;
            }
            let Some(middle) = picture.place(frame, &dot) else { continue };
            let (sprite, left, top) = sprites.at(look, middle);
            self.blit(sprite, left, top);
        }
    }

    /// Lays `sprite` with its upper left corner at (`left`, `top`) over the picture.
    fn blit(&mut self, sprite: &Sprite, left: i32, top: i32) {
        let area = Area {
            left: left.clamp(0, self.width),
            top: top.clamp(0, self.height),
            right: left.saturating_add(sprite.side()).clamp(0, self.width),
            bottom: top.saturating_add(sprite.side()).clamp(0, self.height),
        };
        if area.is_empty() {
            return;
        }
        self.touched.include(area);
        for y in area.top..area.bottom {
            let (span, source) = sprite.row(y - top);
            let column = |x: u16| (i32::from(x) + left).clamp(area.left, area.right);
            let [start, solid, soft, end] = [span.start, span.solid, span.soft, span.end].map(column);
            if start < end {
                let source = &source[(start - left) as usize..(end - left) as usize];
                let target = self.row(y, start, end);
                let (solid, soft) = ((solid - start) as usize, (soft - start) as usize);
                lay_over(&mut target[..solid], &source[..solid]);
                target[solid..soft].copy_from_slice(&source[solid..soft]);
                lay_over(&mut target[soft..], &source[soft..]);
            }
        }
    }
}

/// Puts pixels over others.
#[inline]
fn lay_over(target: &mut [[u8; 4]], source: &[[u8; 4]]) {
    for (below, above) in target.iter_mut().zip(source) {
        *below = mix(*below, *above);
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
