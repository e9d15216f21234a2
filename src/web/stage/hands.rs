//! Hands on the drawing, as a state: which pointers are down on what, and what their moves come to.
//!
//! A drag on the ground moves the camera, or with Shift draws a frame; one on a card carries it, one on a handle reaches for a
//! node to link. Two pointers zoom. What moves less than a few pixels is a click.

use std::rc::Rc;

use scalescope::scene::{Camera, Point};

/// A pointer that moves less than this still clicks.
const THRESHOLD: f32 = 4.0;
/// Zoom for one unit of the wheel.
const WHEEL: f64 = 0.0016;
/// A pinch on a touchpad counts in smaller units.
const PINCH: f64 = 0.01;
/// A wheel that counts lines goes about this many units a line.
const LINE: f64 = 18.0;
/// Two clicks within this time and distance are a double click.
const TWICE: (f64, f32) = (420.0, 10.0);

/// What a pointer went down on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Grip {
    /// The drawing itself.
    #[default]
    Ground,
    /// The ground, to draw a frame on it.
    Corner,
    Card(Rc<str>),
    /// The handle of a card, from which links are drawn.
    Handle(Rc<str>),
    /// The name of a frame: it stands for the cards in it.
    Frame(Vec<Rc<str>>),
}

/// What a hand is about, in units of the drawing.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Carries cards by a displacement.
    Carry { nodes: Vec<Rc<str>>, by: Point },
    /// Draws a frame from one corner to the other.
    Frame { from: Point, to: Point },
    /// Reaches from a node for another one.
    Reach { from: Rc<str>, to: Point },
}

/// What has come of a pointer's move.
#[derive(Clone, Debug, PartialEq)]
pub enum Moved {
    Nothing,
    Camera,
    Act(Act),
}

/// What has come of a pointer's going up.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    Nothing,
    Act(Act),
    /// A click that was no drag, and whether it was the second one there.
    Click {
        grip: Grip,
        is_second: bool,
    },
}

/// The pointers that are down.
#[derive(Debug, Default)]
pub struct Hands {
    pointers: Vec<(i32, Point)>,
    start: Point,
    grip: Grip,
    is_drag: bool,
    is_let_go: bool,
    act: Option<Act>,
    /// When and where the last click was, and on what.
    clicked: Option<(f64, Point, Grip)>,
}

impl Hands {
    pub fn down(&mut self, id: i32, at: Point, grip: Grip) {
        self.is_let_go = false;
        if self.pointers.is_empty() {
            (self.start, self.is_drag, self.grip, self.act) = (at, false, grip, None);
        } else {
            // Two fingers are about the whole drawing.
            (self.grip, self.act) = (Grip::Ground, None);
        }
        self.pointers.retain(|(other, _)| *other != id);
        self.pointers.push((id, at));
    }

    /// The pointer goes up, at a time of the wall: when it happened, not when a busy page got to it.
    pub fn up(&mut self, id: i32, wall_ms: f64) -> Ended {
        let Some(i) = self.pointers.iter().position(|(other, _)| *other == id) else { return Ended::Nothing };
        let (_, at) = self.pointers.remove(i);
        if !self.pointers.is_empty() {
            return Ended::Nothing;
        }
        if self.is_drag {
            self.clicked = None;
            return self.act.take().map_or(Ended::Nothing, Ended::Act);
        }
        let grip = std::mem::take(&mut self.grip);
        let is_second = self.clicked.take().is_some_and(|(then_ms, there, on)| {
            wall_ms - then_ms < TWICE.0 && (at - there).length() < TWICE.1 && matches!(on, Grip::Card(_))
        });
        self.clicked = Some((wall_ms, at, grip.clone()));
        Ended::Click { grip, is_second }
    }

    /// What is going on is given up.
    pub fn cancel(&mut self) {
        self.act = None;
        self.grip = Grip::Ground;
    }

    /// All pointers are let go of: what they were about has gone another way, and their going up is no click.
    pub fn let_go(&mut self) {
        *self = Self { is_drag: true, is_let_go: true, ..Self::default() };
    }

    /// What the last gesture was is of no interest any more.
    pub fn forget(&mut self) {
        (self.is_drag, self.clicked) = (false, None);
    }

    /// Whether the last gesture has ended by [`Self::let_go`].
    pub fn is_let_go(&self) -> bool {
        self.is_let_go
    }

    pub fn is_down(&self) -> bool {
        !self.pointers.is_empty()
    }

    /// The node from which a link is being drawn.
    pub fn reaches_from(&self) -> Option<Rc<str>> {
        match &self.act {
            Some(Act::Reach { from, .. }) => Some(from.clone()),
            _ => None,
        }
    }

    /// What was clicked last.
    pub fn clicked_on(&self) -> Option<&Grip> {
        self.clicked.as_ref().map(|(_, _, grip)| grip)
    }

    /// Whether the present gesture, or the last one, was more than a click.
    pub fn is_drag(&self) -> bool {
        self.is_drag
    }

    /// The pointer `id` has moved.
    pub fn moved(&mut self, id: i32, at: Point, camera: &mut Camera) -> Moved {
        let Some(i) = self.pointers.iter().position(|(other, _)| *other == id) else { return Moved::Nothing };
        let before = std::mem::replace(&mut self.pointers[i].1, at);
        let far = (at - self.start).length() > THRESHOLD;
        let was_drag = self.is_drag;
        self.is_drag |= far || self.pointers.len() > 1;
        match self.pointers[..] {
            [_] if self.is_drag => {
                // The first step of a drag makes up for the threshold.
                let from = if was_drag { before } else { self.start };
                self.drag(from, at, camera)
            }
            [(_, a), (_, b)] => {
                let other = if i == 0 { b } else { a };
                let (middle, was_middle) = ((at + other) * 0.5, (before + other) * 0.5);
                camera.pan(middle.x - was_middle.x, middle.y - was_middle.y);
                let (now, was) = ((at - other).length(), (before - other).length());
                if was > 1.0 {
                    camera.zoom_at(middle, now / was);
                }
                Moved::Camera
            }
            _ => Moved::Nothing,
        }
    }

    fn drag(&mut self, from: Point, at: Point, camera: &mut Camera) -> Moved {
        let act = match &self.grip {
            Grip::Ground => {
                camera.pan(at.x - from.x, at.y - from.y);
                return Moved::Camera;
            }
            Grip::Corner => Act::Frame { from: camera.to_scene(self.start), to: camera.to_scene(at) },
            Grip::Card(node) => Act::Carry { nodes: vec![node.clone()], by: (at - self.start) * (1.0 / camera.scale) },
            Grip::Frame(nodes) => Act::Carry { nodes: nodes.clone(), by: (at - self.start) * (1.0 / camera.scale) },
            Grip::Handle(from) => Act::Reach { from: from.clone(), to: camera.to_scene(at) },
        };
        self.act = Some(act.clone());
        Moved::Act(act)
    }
}

/// The zoom factor of one turn of the wheel; `is_pinch` says that it stands for two fingers on a touchpad.
pub fn wheel_factor(delta: f64, is_lines: bool, is_pinch: bool) -> f32 {
    let delta = if is_lines { delta * LINE } else { delta };
    let unit = if is_pinch && delta.abs() < 50.0 { PINCH } else { WHEEL };
    libm::exp(-delta.clamp(-400.0, 400.0) * unit) as f32
}

/// Whether a turn is that of two fingers on a touchpad. A wheel turns by notches, which browsers count by 120 in their older
/// property; fingers go by pixels, which they count there threefold.
pub fn is_by_fingers(delta: f64, is_lines: bool, notches: f64) -> bool {
    !is_lines && delta != 0.0 && (notches + 3.0 * delta).abs() < 0.5
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hands(grip: Grip) -> (Hands, Camera) {
        let mut hands = Hands::default();
        hands.down(1, Point::new(10.0, 10.0), grip);
        (hands, Camera { scale: 2.0, x: 0.0, y: 0.0 })
    }

    #[test]
    fn a_click_does_not_move_the_drawing_and_a_drag_does() {
        let (mut hands, mut camera) = hands(Grip::Ground);
        assert_eq!(hands.moved(1, Point::new(12.0, 11.0), &mut camera), Moved::Nothing);
        assert!(!hands.is_drag());
        assert_eq!(hands.moved(1, Point::new(40.0, 10.0), &mut camera), Moved::Camera);
        assert!((camera.x - 30.0).abs() < 1e-3);
        assert_eq!(hands.up(1, 0.0), Ended::Nothing);
    }

    #[test]
    fn a_card_is_carried_and_two_clicks_on_it_are_one_double_click() {
        let card = Grip::Card("web-1".into());
        let (mut hands, mut camera) = hands(card.clone());
        let carry = Act::Carry { nodes: vec!["web-1".into()], by: Point::new(20.0, 5.0) };
        assert_eq!(hands.moved(1, Point::new(50.0, 20.0), &mut camera), Moved::Act(carry.clone()));
        assert_eq!(hands.up(1, 0.0), Ended::Act(carry));
        for (at_ms, is_second) in [(100.0, false), (300.0, true), (2_000.0, false)] {
            hands.down(1, Point::new(10.0, 10.0), card.clone());
            assert_eq!(hands.up(1, at_ms), Ended::Click { grip: card.clone(), is_second });
        }
    }

    #[test]
    fn what_is_given_up_comes_to_nothing() {
        let (mut hands, mut camera) = hands(Grip::Handle("web-1".into()));
        assert!(matches!(hands.moved(1, Point::new(90.0, 20.0), &mut camera), Moved::Act(Act::Reach { .. })));
        hands.cancel();
        assert_eq!(hands.up(1, 0.0), Ended::Nothing);
    }

    #[test]
    fn what_was_let_go_of_is_no_click() {
        let (mut hands, mut camera) = hands(Grip::Card("web-1".into()));
        hands.let_go();
        assert!(hands.is_drag() && !hands.is_down());
        assert_eq!(hands.moved(1, Point::new(90.0, 20.0), &mut camera), Moved::Nothing);
        assert_eq!(hands.up(1, 0.0), Ended::Nothing);
    }

    #[test]
    fn two_fingers_zoom_about_their_middle() {
        let (mut hands, mut camera) = (Hands::default(), Camera::default());
        hands.down(1, Point::new(0.0, 0.0), Grip::Card("web-1".into()));
        hands.down(2, Point::new(100.0, 0.0), Grip::Ground);
        hands.moved(2, Point::new(200.0, 0.0), &mut camera);
        assert!((camera.scale - 2.0).abs() < 1e-3);
        assert_eq!(hands.up(2, 0.0), Ended::Nothing);
        assert_eq!(hands.up(1, 0.0), Ended::Nothing);
        assert_eq!(hands.moved(1, Point::new(5.0, 5.0), &mut camera), Moved::Nothing);
    }

    #[test]
    fn fingers_on_a_touchpad_are_told_from_a_wheel() {
        assert!(is_by_fingers(7.0, false, -21.0) && is_by_fingers(-1.5, false, 4.5));
        assert!(!is_by_fingers(100.0, false, -120.0) && !is_by_fingers(4.000_244, false, -120.0));
        assert!(!is_by_fingers(3.0, true, -9.0) && !is_by_fingers(0.0, false, 0.0));
    }

    #[test]
    fn the_wheel_zooms_out_when_turned_towards_oneself() {
        assert!(wheel_factor(100.0, false, false) < 1.0 && wheel_factor(-3.0, true, false) > 1.0);
        assert!(wheel_factor(-3.0, false, true) > wheel_factor(-3.0, false, false));
    }
}
