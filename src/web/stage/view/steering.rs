//! Where the camera goes: by itself, and by hand.

use std::rc::Rc;

use scalescope::scene::{Camera, NodeBox, Point, Rect};

use super::{NARROW, View};
use crate::dom;

/// Time in which the camera goes most of the way to its goal.
const GLIDE_MS: f64 = 90.0;
/// A card that is looked at on a narrow stage is at least as large as this.
const CLOSE: f32 = 0.85;
/// Free space around a fitted drawing.
const PADDING: f32 = 14.0;

impl View {
    /// Fits the drawing, gliding there if that is wanted.
    pub fn fit(&mut self, is_gliding: bool) {
        self.is_taken = false;
        let goal = self.fitted();
        if is_gliding { self.go(goal) } else { self.jump(goal) }
    }

    /// Shows `rect` as large as it goes.
    pub fn look_at(&mut self, rect: Rect) {
        self.is_taken = true;
        self.go(Camera::fit(rect, self.size, PADDING * 3.0));
    }

    /// Shows the drawing at the size of the page's own text.
    pub fn actual_size(&mut self) {
        let factor = 1.0 / self.camera.scale;
        self.zoom(factor);
    }

    /// Brings a point of the drawing into the middle.
    pub fn centre_on(&mut self, point: Point) {
        let goal = self.centred(point, self.camera.scale);
        self.steer(|camera| {
            *camera = goal;
            true
        });
    }

    /// Glides to `goal`, or is there at once for who does not want motion.
    fn go(&mut self, goal: Camera) {
        if dom::matches_media("(prefers-reduced-motion: reduce)") {
            self.jump(goal);
        } else {
            self.goal = Some(goal);
        }
    }

    fn jump(&mut self, goal: Camera) {
        (self.camera, self.goal, self.is_moved) = (goal, None, true);
    }

    /// The camera that has a point of the drawing in the middle.
    fn centred(&self, point: Point, scale: f32) -> Camera {
        Camera { scale, x: self.size.w / 2.0 - point.x * scale, y: self.size.h / 2.0 - point.y * scale }
    }

    /// What a fitted camera sees: everything, or on a narrow stage the card that is looked at.
    fn fitted(&self) -> Camera {
        if self.map.layout.nodes.is_empty() {
            return Camera::default();
        }
        let all = Camera::fit(self.map.bounds(), self.size, PADDING);
        let card = self.subject.as_ref().and_then(|id| self.map.layout.node(id)).filter(|_| self.size.w < NARROW);
        let Some(centre) = card.map(|node| node.rect().centre()) else { return all };
        self.centred(centre, all.scale.max(CLOSE))
    }

    /// The card that is looked at, if one is.
    pub fn set_subject(&mut self, subject: Option<Rc<str>>) {
        if self.subject != subject {
            self.subject = subject;
            if self.size.w < NARROW {
                self.fit(true);
            }
        }
    }

    /// Zooms about the middle.
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
            self.has_panned = true;
            self.camera.keep_in_view(self.map.bounds(), self.size);
            (self.goal, self.is_taken, self.is_moved) = (None, true, true);
        }
    }

    /// Moves the camera, if it hides the card `id`, so that it is seen.
    pub fn reveal(&mut self, id: &str) {
        let Some(card) = self.map.layout.node(id).map(NodeBox::rect) else { return };
        let low = self.camera.to_screen(Point::new(card.x, card.y));
        let high = self.camera.to_screen(Point::new(card.right(), card.bottom()));
        let shift = |low: f32, high: f32, side: f32| (PADDING - low).max(0.0) + (side - PADDING - high).min(0.0);
        let (dx, dy) = (shift(low.x, high.x, self.size.w), shift(low.y, high.y, self.size.h));
        if self.is_taken && (dx != 0.0 || dy != 0.0) {
            self.camera.pan(dx, dy);
            self.is_moved = true;
        }
    }

    pub(super) fn glide(&mut self, elapsed_ms: f64) {
        let Some(goal) = self.goal else { return };
        let share = (1.0 - libm::exp(-elapsed_ms.max(0.0) / GLIDE_MS)) as f32;
        let near = |a: f32, b: f32| a + (b - a) * share;
        let camera = &mut self.camera;
        *camera =
            Camera { scale: near(camera.scale, goal.scale), x: near(camera.x, goal.x), y: near(camera.y, goal.y) };
        let far =
            (camera.x - goal.x).abs().max((camera.y - goal.y).abs()).max((camera.scale - goal.scale).abs() * 500.0);
        if far < 0.3 {
            (*camera, self.goal) = (goal, None);
        }
        self.is_moved = true;
    }
}
