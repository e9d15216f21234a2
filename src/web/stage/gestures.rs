//! Hands on the drawing: drag to pan, wheel and pinch to zoom. What moves the camera, and nothing else.

use scalescope::scene::{Camera, Point};

/// A pointer that moves less than this still clicks.
const THRESHOLD: f32 = 4.0;
/// Zoom for one unit of the wheel.
const WHEEL: f64 = 0.0016;
/// A wheel that counts lines goes about this many units a line.
const LINE: f64 = 18.0;

/// The pointers that are down.
#[derive(Debug, Default)]
pub struct Gestures {
    pointers: Vec<(i32, Point)>,
    start: Point,
    is_drag: bool,
}

impl Gestures {
    pub fn down(&mut self, id: i32, at: Point) {
        if self.pointers.is_empty() {
            (self.start, self.is_drag) = (at, false);
        }
        self.pointers.retain(|(other, _)| *other != id);
        self.pointers.push((id, at));
    }

    pub fn up(&mut self, id: i32) {
        self.pointers.retain(|(other, _)| *other != id);
    }

    /// Whether the present gesture, or the last one, was more than a click.
    pub fn is_drag(&self) -> bool {
        self.is_drag
    }

    /// The pointer `id` has moved. Returns whether the camera has.
    pub fn moved(&mut self, id: i32, at: Point, camera: &mut Camera) -> bool {
        let Some(i) = self.pointers.iter().position(|(other, _)| *other == id) else { return false };
        let before = std::mem::replace(&mut self.pointers[i].1, at);
        let far = (at - self.start).length() > THRESHOLD;
        let was_drag = self.is_drag;
        self.is_drag |= far || self.pointers.len() > 1;
        match self.pointers[..] {
            [_] if self.is_drag => {
                // The first step of a drag makes up for the threshold.
                let from = if was_drag { before } else { self.start };
                camera.pan(at.x - from.x, at.y - from.y);
                true
            }
            [(_, a), (_, b)] => {
                let other = if i == 0 { b } else { a };
                let (middle, was_middle) = ((at + other) * 0.5, (before + other) * 0.5);
                camera.pan(middle.x - was_middle.x, middle.y - was_middle.y);
                let (now, was) = ((at - other).length(), (before - other).length());
                if was > 1.0 {
                    camera.zoom_at(middle, now / was);
                }
                true
            }
            _ => false,
        }
    }
}

/// The zoom factor of one turn of the wheel.
pub fn wheel_factor(delta: f64, is_lines: bool) -> f32 {
    let delta = if is_lines { delta * LINE } else { delta };
    libm::exp(-delta.clamp(-400.0, 400.0) * WHEEL) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_does_not_move_the_drawing_and_a_drag_does() {
        let (mut gestures, mut camera) = (Gestures::default(), Camera::default());
        gestures.down(1, Point::new(10.0, 10.0));
        assert!(!gestures.moved(1, Point::new(12.0, 11.0), &mut camera));
        assert!(!gestures.is_drag());
        assert!(gestures.moved(1, Point::new(40.0, 10.0), &mut camera));
        assert!(gestures.is_drag());
        assert!((camera.x - 30.0).abs() < 1e-3);
    }

    #[test]
    fn two_fingers_zoom_about_their_middle() {
        let (mut gestures, mut camera) = (Gestures::default(), Camera::default());
        gestures.down(1, Point::new(0.0, 0.0));
        gestures.down(2, Point::new(100.0, 0.0));
        gestures.moved(2, Point::new(200.0, 0.0), &mut camera);
        assert!((camera.scale - 2.0).abs() < 1e-3);
        gestures.up(2);
        gestures.up(1);
        assert!(!gestures.moved(1, Point::new(5.0, 5.0), &mut camera));
    }

    #[test]
    fn the_wheel_zooms_out_when_turned_towards_oneself() {
        assert!(wheel_factor(100.0, false) < 1.0 && wheel_factor(-3.0, true) > 1.0);
    }
}
