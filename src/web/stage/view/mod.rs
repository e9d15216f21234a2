//! The view: camera, map and dots of the stage, moved and drawn frame by frame, past Yew.

mod steering;

use std::cell::RefCell;
use std::rc::Rc;

use web_sys::{Element, HtmlCanvasElement};

use scalescope::base::SimTime;
use scalescope::observe::trace::Trace;
use scalescope::scene::{Camera, Palette, Picked, Point, Rect, Size, Tracks};

use super::follow;
use super::map::Map;
use crate::dom;
use crate::painter::{Painter, PainterKind};
use crate::session::Hops;

/// Shared between the stage, which gives it the canvas, and the app's pulse.
pub type SharedView = Rc<RefCell<View>>;

/// Below this width there is room for one card and what is around it.
const NARROW: f32 = 640.0;
/// How far beside a dot a click still means it, in CSS pixels.
const REACH: f32 = 9.0;
/// Share of the stage at each side where the followed request does not stay.
const EDGE: f32 = 0.18;
/// Share of the way to it that the camera goes in a frame.
const CHASE: f32 = 0.15;
/// Time between two words about where the camera is.
const TELL_EVERY_MS: f64 = 70.0;
/// Below this scale the drawing is seen from afar, and its letters are larger.
const FAR: f32 = 0.68;

#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each stands for something that is so or not")]
pub struct View {
    map: Rc<Map>,
    camera: Camera,
    /// Where the camera is going.
    goal: Option<Camera>,
    size: Size,
    /// Whether a hand has moved the camera: until then the drawing is kept fitted.
    is_taken: bool,
    subject: Option<Rc<str>>,
    /// The groups that the camera moves.
    worlds: Vec<Element>,
    /// The field of view itself.
    root: Option<Element>,
    /// Whether a held key lets every drag move the drawing, and whether one has.
    is_hand: bool,
    has_panned: bool,
    /// Gives up what a hand is doing on the drawing; whether there was anything.
    cancel: Option<Box<dyn Fn() -> bool>>,
    /// Told when the camera has moved, now and then.
    on_seen: Option<Box<dyn Fn()>>,
    is_untold: bool,
    told_ms: f64,
    is_moved: bool,
    painter: Option<Painter>,
    is_dark: bool,
    /// The request that is followed, and the ring around it.
    followed: Option<Rc<Trace>>,
    ring: Option<Element>,
    tracks: Tracks,
    /// The times of the frame last drawn.
    drawn: [SimTime; 2],
    /// What drawing the dots of a frame takes, smoothed.
    drawing_ms: f64,
    wall_ms: f64,
}

impl View {
    pub fn map(&self) -> &Map {
        &self.map
    }

    pub fn size(&self) -> Size {
        self.size
    }

    /// Whether there is room for one card and what is around it.
    pub fn is_narrow(&self) -> bool {
        self.size.w < NARROW
    }

    /// Takes a canvas that was never drawn on. The error is the browser's.
    pub fn set_canvas(&mut self, canvas: &HtmlCanvasElement, wanted: Option<PainterKind>) -> Result<(), String> {
        self.painter = None;
        let mut painter = Painter::create(canvas, wanted)?;
        painter.set_paths(&self.map.paths);
        self.painter = Some(painter);
        self.set_dark(self.is_dark);
        self.resize(self.size);
        Ok(())
    }

    /// How the dots are drawn, once they are.
    pub fn painter_kind(&self) -> Option<PainterKind> {
        self.painter.as_ref().map(Painter::kind)
    }

    /// Whether another painter should be tried, on another canvas.
    pub fn seems_slow(&self) -> bool {
        self.painter.as_ref().is_some_and(Painter::seems_slow)
    }

    /// Dots in the frame last drawn.
    pub fn visible_dots(&self) -> usize {
        self.painter.as_ref().map_or(0, Painter::visible_dots)
    }

    /// What drawing the dots of a frame takes on the main thread, smoothed.
    pub fn drawing_ms(&self) -> f64 {
        self.drawing_ms
    }

    pub fn set_dark(&mut self, is_dark: bool) {
        self.is_dark = is_dark;
        if let Some(painter) = &mut self.painter {
            painter.set_palette(if is_dark { Palette::dark() } else { Palette::light() });
        }
        self.is_moved = true;
    }

    /// Takes the field of view, and the elements in it that the camera moves.
    pub fn attach(&mut self, root: Option<Element>, worlds: Vec<Element>) {
        (self.root, self.worlds) = (root, worlds);
        self.is_moved = true;
    }

    /// Takes what gives up what a hand is doing, and what wants to know that the camera has moved.
    pub fn listen(&mut self, cancel: impl Fn() -> bool + 'static, on_seen: impl Fn() + 'static) {
        self.cancel = Some(Box::new(cancel));
        self.on_seen = Some(Box::new(on_seen));
    }

    /// Gives up what a hand is doing on the drawing. Returns whether it was doing anything.
    pub fn cancel(&self) -> bool {
        self.cancel.as_ref().is_some_and(|cancel| cancel())
    }

    pub fn camera(&self) -> Camera {
        self.camera
    }

    /// While a key is held every drag moves the drawing. Letting it go tells whether one did.
    pub fn set_hand(&mut self, is_hand: bool) -> bool {
        self.is_hand = is_hand;
        if let Some(root) = &self.root {
            let _ = root.class_list().toggle_with_force("is-hand", is_hand);
        }
        std::mem::take(&mut self.has_panned)
    }

    /// Whether a hand has moved the camera.
    pub fn is_taken(&self) -> bool {
        self.is_taken
    }

    pub fn is_hand(&self) -> bool {
        self.is_hand
    }

    /// The point of the drawing under a point of the window, if that is in the field of view.
    pub fn scene_at(&self, client: Point) -> Option<Point> {
        self.client_to_stage(client).map(|at| self.camera.to_scene(at))
    }

    /// A point of the window as one of the field of view, if it is in that.
    pub fn client_to_stage(&self, client: Point) -> Option<Point> {
        let rect = self.root.as_ref()?.get_bounding_client_rect();
        let at = Point::new(client.x - rect.left() as f32, client.y - rect.top() as f32);
        (at.x >= 0.0 && at.y >= 0.0 && at.x <= self.size.w && at.y <= self.size.h).then_some(at)
    }

    /// The point of the drawing in the middle of the field of view.
    pub fn middle(&self) -> Point {
        self.camera.to_scene(Point::new(self.size.w / 2.0, self.size.h / 2.0))
    }

    /// The part of the drawing that is seen.
    pub fn seen(&self) -> Rect {
        let low = self.camera.to_scene(Point::default());
        Rect { x: low.x, y: low.y, w: self.size.w / self.camera.scale, h: self.size.h / self.camera.scale }
    }

    /// Shows the same design while a hand moves some of it: the camera stays.
    pub fn carry(&mut self, map: Rc<Map>) {
        self.map = map;
        self.tracks = Tracks::new(&self.map.paths);
        if let Some(painter) = &mut self.painter {
            painter.set_paths(&self.map.paths);
        }
        (self.goal, self.is_taken, self.is_moved) = (None, true, true);
    }

    /// Lets the camera stay where it is from now on.
    pub fn hold(&mut self) {
        (self.goal, self.is_taken) = (None, true);
    }

    /// Takes the ring that marks what is followed.
    pub fn attach_ring(&mut self, ring: Option<Element>) {
        self.ring = ring;
    }

    /// Keeps a request in view from now on, or none.
    pub fn follow(&mut self, trace: Option<Rc<Trace>>) {
        self.followed = trace;
        self.is_moved = true;
    }

    /// The dot at a point of the stage.
    pub fn pick(&self, at: Point) -> Option<Picked> {
        self.painter.as_ref()?.pick(at.x, at.y, REACH)
    }

    /// Shows another design, or the same one in another place.
    pub fn show(&mut self, map: Rc<Map>, is_new: bool) {
        self.map = map;
        self.tracks = Tracks::new(&self.map.paths);
        if let Some(painter) = &mut self.painter {
            painter.set_paths(&self.map.paths);
        }
        self.is_taken &= !is_new;
        if !self.is_taken {
            self.fit(!is_new && self.size != Size::default());
        }
    }

    pub fn resize(&mut self, size: Size) {
        let is_first = self.size == Size::default();
        self.size = size;
        if let Some(painter) = &mut self.painter {
            painter.set_size(size.w.into(), size.h.into(), dom::window().device_pixel_ratio());
        }
        self.is_moved = true;
        if !self.is_taken {
            self.fit(!is_first);
        }
    }

    /// Takes the hops of a frame.
    pub fn take(&mut self, hops: &Hops) {
        if let Some(painter) = &mut self.painter {
            painter.push(SimTime::from_nanos(hops.base_ns), &hops.words);
        }
    }

    /// Forgets all dots: another run.
    pub fn clear(&mut self) {
        if let Some(painter) = &mut self.painter {
            painter.clear();
        }
        (self.drawn, self.is_moved) = ([SimTime::ZERO; 2], true);
    }

    /// Draws the simulated time `now_ns`, in the animation frame at `wall_ms`. Returns what drawing the dots took, in
    /// milliseconds, if they were drawn.
    pub fn draw(&mut self, now_ns: u64, wall_ms: f64) -> Option<f64> {
        let mut drawing_ms = None;
        let elapsed_ms = wall_ms - std::mem::replace(&mut self.wall_ms, wall_ms);
        self.glide(elapsed_ms);
        self.keep_followed(now_ns);
        let (now, is_moved) = (SimTime::from_nanos(now_ns), std::mem::take(&mut self.is_moved));
        self.is_untold |= is_moved;
        if self.is_untold && wall_ms - self.told_ms > TELL_EVERY_MS {
            (self.is_untold, self.told_ms) = (false, wall_ms);
            if let Some(on_seen) = &self.on_seen {
                on_seen();
            }
        }
        if now > self.drawn[1] {
            self.drawn = [self.drawn[1], now];
        } else if !is_moved {
            return drawing_ms;
        }
        if let Some(painter) = &mut self.painter {
            painter.note_frame(elapsed_ms);
            painter.set_camera(self.camera);
            let started = dom::now_ms();
            painter.draw(self.drawn[0], self.drawn[1]);
            let took_ms = dom::now_ms() - started;
            self.drawing_ms = self.drawing_ms * 0.95 + took_ms * 0.05;
            drawing_ms = Some(took_ms);
        }
        if is_moved {
            let Camera { scale, x, y } = self.camera;
            let transform = format!("translate({x:.2} {y:.2}) scale({scale:.4})");
            for world in &self.worlds {
                // Setting a plain attribute cannot fail.
                let _ = world.set_attribute("transform", &transform);
                let _ = world.class_list().toggle_with_force("is-far", scale < FAR);
            }
        }
        drawing_ms
    }

    /// Puts the ring where the followed request is, and lets the camera go after it.
    fn keep_followed(&mut self, now_ns: u64) {
        let Some(ring) = &self.ring else { return };
        let at = self.followed.as_ref().and_then(|trace| follow::place(trace, now_ns, &self.map, &self.tracks));
        // Setting a plain attribute cannot fail.
        let _ = ring.set_attribute("data-state", if at.is_some() { "on" } else { "off" });
        let Some(at) = at else { return };
        let _ = ring.set_attribute("cx", &format!("{:.1}", at.x));
        let _ = ring.set_attribute("cy", &format!("{:.1}", at.y));
        let seen = self.camera.to_screen(at);
        let beyond = |at: f32, side: f32| {
            let margin = side * EDGE;
            (margin - at).max(0.0) + (side - margin - at).min(0.0)
        };
        let (dx, dy) = (beyond(seen.x, self.size.w), beyond(seen.y, self.size.h));
        if self.is_taken && (dx != 0.0 || dy != 0.0) {
            self.camera.pan(dx * CHASE, dy * CHASE);
            (self.goal, self.is_moved) = (None, true);
        }
    }
}
