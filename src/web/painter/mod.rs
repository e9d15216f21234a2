//! The painters of dots in the browser.
//!
//! Both show the same [`Picture`]: [`gl`] on the graphics processor, [`pixels`] by the library's own rasteriser for machines
//! that have none. A canvas serves one of the two for good; so the choice is made on a canvas of its own ([`choice`]), and who
//! wants the other painter later gives it a new canvas.
//!
//! The canvas fills its CSS box, set by the page; only its backing store is sized here.

mod choice;
mod gl;
mod pace;
mod pixels;
mod shader;

use scalescope::base::SimTime;
use scalescope::scene::{Camera, Frame, LinkPath, Palette, Picked, Picture, Point, Tracks};
use web_sys::HtmlCanvasElement;

pub use self::choice::PainterKind;
use self::gl::GlPainter;
use self::pace::Pace;
use self::pixels::PixelPainter;

/// Most pixels of a canvas: a software painter, and some old graphics processors too, cannot fill more in time.
const MOST_PIXELS: f64 = 1_920.0 * 1_080.0;

/// Draws dots on a canvas.
pub struct Painter {
    canvas: HtmlCanvasElement,
    backend: Backend,
    picture: Picture,
    pace: Pace,
    /// The frame last drawn.
    frame: Option<Frame>,
}

enum Backend {
    Gl(Box<GlPainter>),
    Pixels(Box<PixelPainter>),
}

impl Painter {
    /// A painter on `canvas`, which must never have been drawn on; of the `wanted` kind, or else of the one that suits the machine.
    /// The error says why the browser refused.
    pub fn create(canvas: &HtmlCanvasElement, wanted: Option<PainterKind>) -> Result<Self, String> {
        let backend = match wanted.unwrap_or_else(PainterKind::for_this_machine) {
            PainterKind::Gl => Backend::Gl(Box::new(GlPainter::new(canvas)?)),
            PainterKind::Pixels => Backend::Pixels(Box::new(PixelPainter::new(canvas)?)),
        };
        let canvas = canvas.clone();
        Ok(Self { canvas, backend, picture: Picture::new(), pace: Pace::default(), frame: None })
    }

    pub fn kind(&self) -> PainterKind {
        match self.backend {
            Backend::Gl(_) => PainterKind::Gl,
            Backend::Pixels(_) => PainterKind::Pixels,
        }
    }

    /// Fits the backing store to the canvas's CSS size and the device's pixels per CSS pixel.
    pub fn set_size(&mut self, css_width: f64, css_height: f64, dpr: f64) {
        let (css_width, css_height) = (css_width.max(1.0), css_height.max(1.0));
        let most = (MOST_PIXELS / (css_width * css_height)).sqrt();
        let ratio = if dpr > 0.0 { dpr.min(most) } else { most.min(1.0) };
        let (width, height) = ((css_width * ratio).round() as u16, (css_height * ratio).round() as u16);
        let (width, height) = (width.max(1), height.max(1));
        self.picture.pixel_ratio = ratio as f32;
        // Setting a size, even the same, wipes the canvas.
        if (self.canvas.width(), self.canvas.height()) != (u32::from(width), u32::from(height)) {
            self.canvas.set_width(width.into());
            self.canvas.set_height(height.into());
        }
        match &mut self.backend {
            Backend::Gl(gl) => gl.set_size(width, height),
            Backend::Pixels(pixels) => pixels.set_size(width, height),
        }
    }

    pub fn set_camera(&mut self, camera: Camera) {
        self.picture.camera = camera;
    }

    /// The links' curves; dots on links without one are not drawn.
    pub fn set_paths(&mut self, paths: &[LinkPath]) {
        self.picture.tracks = Tracks::new(paths);
        if let Backend::Gl(gl) = &mut self.backend {
            gl.tracks_changed();
        }
    }

    pub fn set_palette(&mut self, palette: Palette) {
        self.picture.palette = palette;
    }

    /// Takes hops encoded relative to `base`, three words each.
    pub fn push(&mut self, base: SimTime, words: &[u32]) {
        self.picture.field.push(base, words);
    }

    /// Forgets all hops: after a jump in time, or for another run.
    pub fn clear(&mut self) {
        self.picture.clear();
    }

    /// Draws the frame that stands for the time after `previous` up to `now`. To draw a paused picture again, give the same two
    /// times again.
    pub fn draw(&mut self, previous: SimTime, now: SimTime) {
        let frame = self.picture.frame(previous, now);
        self.frame = Some(frame);
        let survey = match &mut self.backend {
            Backend::Gl(gl) => gl.draw(&self.picture, &frame),
            Backend::Pixels(pixels) => pixels.draw(&self.picture, &frame),
        };
        self.picture.saw(survey);
    }

    /// Dots in the frame last drawn, those outside of the canvas included.
    pub fn visible_dots(&self) -> usize {
        self.picture.visible()
    }

    /// The dot at a point of the canvas in CSS pixels, or within `reach` of it.
    pub fn pick(&self, x: f32, y: f32, reach: f32) -> Option<Picked> {
        let ratio = self.picture.pixel_ratio;
        self.picture.pick(self.frame.as_ref()?, Point::new(x * ratio, y * ratio), reach * ratio)
    }

    /// Tells how long after the one before a frame came, as the page measures it.
    pub fn note_frame(&mut self, milliseconds: f64) {
        self.pace.note(milliseconds);
    }

    /// Whether this machine's graphics are too slow for this painter and the other one should be tried.
    pub fn seems_slow(&self) -> bool {
        self.kind() == PainterKind::Gl && self.pace.is_slow()
    }
}
