//! The view: camera, map and dots of the stage, moved and drawn frame by frame, past Yew.

use std::cell::RefCell;
use std::rc::Rc;

use web_sys::Element;

use scalescope::scene::{Camera, Point, Size};

use super::map::Map;
use crate::dom;
use crate::session::Hops;

/// Shared between the stage, which gives it the canvas, and the app's pulse.
pub type SharedView = Rc<RefCell<View>>;

/// Share of the way to its goal that the camera goes in a frame.
const GLIDE: f32 = 0.22;
/// Free space around a fitted drawing.
const PADDING: f32 = 14.0;

#[derive(Default)]
pub struct View {
    map: Rc<Map>,
    camera: Camera,
    /// Where the camera is going.
    goal: Option<Camera>,
    size: Size,
    /// Whether a hand has moved the camera: until then the drawing is kept fitted.
    is_taken: bool,
    /// The groups that the camera moves.
    worlds: Vec<Element>,
    is_moved: bool,
}

impl View {
    pub fn map(&self) -> &Map {
        &self.map
    }

    pub fn size(&self) -> Size {
        self.size
    }

    /// Takes the elements that the camera moves.
    pub fn attach(&mut self, worlds: Vec<Element>) {
        self.worlds = worlds;
        self.is_moved = true;
    }

    /// Shows another design, or the same one in another place.
    pub fn show(&mut self, map: Rc<Map>, is_new: bool) {
        self.map = map;
        self.is_taken &= !is_new;
        if !self.is_taken {
            self.fit(!is_new);
        }
    }

    pub fn resize(&mut self, size: Size) {
        let is_first = self.size == Size::default();
        self.size = size;
        if !self.is_taken {
            self.fit(!is_first);
        }
    }

    /// Fits the drawing, gliding there if that is wanted.
    pub fn fit(&mut self, is_gliding: bool) {
        self.is_taken = false;
        let goal = Camera::fit(self.map.bounds(), self.size, PADDING);
        if is_gliding && !dom::matches_media("(prefers-reduced-motion: reduce)") {
            self.goal = Some(goal);
        } else {
            (self.camera, self.goal, self.is_moved) = (goal, None, true);
        }
    }

    pub fn zoom(&mut self, factor: f32) {
        let middle = Point::new(self.size.w / 2.0, self.size.h / 2.0);
        self.steer(|camera| {
            camera.zoom_at(middle, factor);
            true
        });
    }

    /// Lets a hand move the camera.
    pub fn steer(&mut self, steer: impl FnOnce(&mut Camera) -> bool) {
        if steer(&mut self.camera) {
            self.camera.keep_in_view(self.map.bounds(), self.size);
            (self.goal, self.is_taken, self.is_moved) = (None, true, true);
        }
    }

    /// Moves the camera, if it hides the card `id`, so that it is seen.
    pub fn reveal(&mut self, id: &str) {
        let Some(card) = self.map.layout.node(id).map(|node| node.rect()) else { return };
        let low = self.camera.to_screen(Point::new(card.x, card.y));
        let high = self.camera.to_screen(Point::new(card.right(), card.bottom()));
        let shift = |low: f32, high: f32, side: f32| (PADDING - low).max(0.0) + (side - PADDING - high).min(0.0);
        let (dx, dy) = (shift(low.x, high.x, self.size.w), shift(low.y, high.y, self.size.h));
        if self.is_taken && (dx != 0.0 || dy != 0.0) {
            self.camera.pan(dx, dy);
            self.is_moved = true;
        }
    }

    /// Takes the hops of a frame.
    pub fn take(&mut self, _hops: &Hops) {}

    /// Forgets all dots.
    pub fn clear(&mut self) {}

    /// Draws the simulated time `_now_ns`.
    pub fn draw(&mut self, _now_ns: u64) {
        self.glide();
        if std::mem::take(&mut self.is_moved) {
            let Camera { scale, x, y } = self.camera;
            let transform = format!("translate({x:.2} {y:.2}) scale({scale:.4})");
            for world in &self.worlds {
                // Setting a plain attribute cannot fail.
                let _ = world.set_attribute("transform", &transform);
            }
        }
    }

    fn glide(&mut self) {
        let Some(goal) = self.goal else { return };
        let near = |a: f32, b: f32| a + (b - a) * GLIDE;
        let camera = &mut self.camera;
        *camera = Camera { scale: near(camera.scale, goal.scale), x: near(camera.x, goal.x), y: near(camera.y, goal.y) };
        let far = (camera.x - goal.x).abs().max((camera.y - goal.y).abs()).max((camera.scale - goal.scale).abs() * 500.0);
        if far < 0.3 {
            (*camera, self.goal) = (goal, None);
        }
        self.is_moved = true;
    }
}
