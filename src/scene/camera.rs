//! The camera: how the drawing (scene units) comes onto the screen (CSS pixels of the viewport).

use super::geometry::{Point, Rect, Size};

/// screen = scene × `scale` + (`x`, `y`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    pub scale: f32,
    pub x: f32,
    pub y: f32,
}

impl Camera {
    /// Furthest out.
    pub const LEAST_SCALE: f32 = 0.05;
    /// Closest in.
    pub const MOST_SCALE: f32 = 4.0;
    /// A small design is not blown up beyond this when it is fitted.
    const MOST_FITTED: f32 = 1.5;

    /// Shows all of `bounds` in the middle of `viewport`, with at least `padding` screen units around it.
    pub fn fit(bounds: Rect, viewport: Size, padding: f32) -> Self {
        let room = |side: f32| (side - 2.0 * padding).max(1.0);
        let scale = (room(viewport.w) / bounds.w.max(1.0)).min(room(viewport.h) / bounds.h.max(1.0));
        let scale = Self::clamp(scale.min(Self::MOST_FITTED));
        let centre = bounds.centre();
        Self { scale, x: viewport.w / 2.0 - centre.x * scale, y: viewport.h / 2.0 - centre.y * scale }
    }

    /// Zooms by `factor`; what is under `point` of the screen stays there.
    pub fn zoom_at(&mut self, point: Point, factor: f32) {
        let scale = Self::clamp(self.scale * factor);
        let ratio = scale / self.scale;
        self.x = point.x - (point.x - self.x) * ratio;
        self.y = point.y - (point.y - self.y) * ratio;
        self.scale = scale;
    }

    /// Moves the drawing by a displacement in screen units.
    pub fn pan(&mut self, dx: f32, dy: f32) {
        self.x += dx;
        self.y += dy;
    }

    /// Keeps a part of `bounds` within `viewport`, so that the drawing cannot be lost.
    pub fn keep_in_view(&mut self, bounds: Rect, viewport: Size) {
        // A third of the drawing, or of the viewport where that is smaller, stays visible.
        let hold = |start: &mut f32, low: f32, length: f32, view: f32, scale: f32| {
            let kept = (length * scale).min(view) / 3.0;
            let (least, most) = (kept - (low + length) * scale, view - kept - low * scale);
            *start = start.clamp(least.min(most), most.max(least));
        };
        hold(&mut self.x, bounds.x, bounds.w, viewport.w, self.scale);
        hold(&mut self.y, bounds.y, bounds.h, viewport.h, self.scale);
    }

    pub fn to_screen(&self, point: Point) -> Point {
        Point::new(point.x * self.scale + self.x, point.y * self.scale + self.y)
    }

    pub fn to_scene(&self, point: Point) -> Point {
        Point::new((point.x - self.x) / self.scale, (point.y - self.y) / self.scale)
    }

    fn clamp(scale: f32) -> f32 {
        if scale.is_finite() { scale.clamp(Self::LEAST_SCALE, Self::MOST_SCALE) } else { 1.0 }
    }
}

impl Default for Camera {
    fn default() -> Self {
        Self { scale: 1.0, x: 0.0, y: 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIEW: Size = Size { w: 1280.0, h: 720.0 };

    #[test]
    fn fitting_shows_everything_in_the_middle() {
        let bounds = Rect { x: -100.0, y: 50.0, w: 2000.0, h: 500.0 };
        let camera = Camera::fit(bounds, VIEW, 40.0);
        let low = camera.to_screen(Point::new(bounds.x, bounds.y));
        let high = camera.to_screen(Point::new(bounds.right(), bounds.bottom()));
        assert!((low.x - 40.0).abs() < 0.01 && (high.x - 1240.0).abs() < 0.01, "{low:?} {high:?}");
        assert!((low.y - (720.0 - high.y)).abs() < 0.01);
    }

    #[test]
    fn zooming_holds_the_point_under_the_pointer() {
        let mut camera = Camera { scale: 0.8, x: 30.0, y: -12.0 };
        let pointer = Point::new(400.0, 300.0);
        let before = camera.to_scene(pointer);
        camera.zoom_at(pointer, 1.7);
        let after = camera.to_scene(pointer);
        assert!((before - after).length() < 0.01);
    }

    #[test]
    fn the_scale_has_limits() {
        let mut camera = Camera::default();
        camera.zoom_at(Point::default(), 1e9);
        assert!((camera.scale - Camera::MOST_SCALE).abs() < f32::EPSILON);
        camera.zoom_at(Point::default(), 0.0);
        assert!((camera.scale - Camera::LEAST_SCALE).abs() < f32::EPSILON);
    }

    #[test]
    fn the_drawing_cannot_be_lost() {
        let bounds = Rect { x: 0.0, y: 0.0, w: 900.0, h: 300.0 };
        let mut camera = Camera::default();
        camera.pan(1e7, -1e7);
        camera.keep_in_view(bounds, VIEW);
        assert_eq!(camera.to_screen(Point::default()), Point::new(980.0, -200.0));
    }
}
