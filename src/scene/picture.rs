//! What a painter needs to draw a frame, whichever painter it is.

use super::camera::Camera;
use super::dots::{DotField, Survey};
use super::looks::{crowding, dot_size, lanes};
use super::palette::Palette;
use super::tracks::Tracks;
use crate::base::SimTime;

/// Share of the way to the new crowding that a frame takes: sizes follow the crowd without flicker.
const EASE: f32 = 0.12;
/// Steps in which sizes are told, in pixels of the canvas, so that prepared pictures of dots can be used again.
const SIZE_STEP: f32 = 0.25;
/// With more dots than the first number they are plain squares: shapes cannot be told then, and soft edges take time. With fewer
/// than the second they have their shapes again.
const PLAIN: [usize; 2] = [20_000, 16_000];
/// Width of the rim around dots in CSS pixels, and the most of a radius that it may be.
const RIM: (f32, f32) = (1.2, 0.3);

/// Dots, the tracks that they travel, and how they are looked at.
#[derive(Clone, Debug)]
pub struct Picture {
    pub field: DotField,
    pub tracks: Tracks,
    pub camera: Camera,
    pub palette: Palette,
    /// Pixels of the canvas per CSS pixel.
    pub pixel_ratio: f32,
    /// How crowded it looks, once something was drawn.
    crowding: Option<f32>,
    is_plain: bool,
    /// What there was to see in the last frame, once there was one.
    survey: Option<Survey>,
}

/// A frame's measures, in pixels of the canvas.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    pub previous: SimTime,
    pub now: SimTime,
    /// From the drawing to the canvas.
    pub camera: Camera,
    /// Radius of a dot.
    pub radius: f32,
    /// Least and greatest distance of dots from the middle of their link.
    pub lanes: [f32; 2],
    pub rim: f32,
    /// Whether dots are squares without a rim.
    pub is_plain: bool,
}

impl Picture {
    pub fn new() -> Self {
        Self {
            field: DotField::new(DotField::CAPACITY),
            tracks: Tracks::default(),
            camera: Camera::default(),
            palette: Palette::light(),
            pixel_ratio: 1.0,
            crowding: None,
            is_plain: false,
            survey: None,
        }
    }

    /// Begins the frame that stands for (`previous`, `now`]. Its measures follow from what the frame before showed
    /// ([`Self::saw`]), so that nothing need be counted twice.
    pub fn frame(&mut self, previous: SimTime, now: SimTime) -> Frame {
        let previous = previous.min(now);
        self.field.retire(previous, now);
        let visible = self.survey.unwrap_or_else(|| self.field.survey(previous, now)).visible;
        self.is_plain = visible > PLAIN[usize::from(self.is_plain)];
        let wanted = crowding(visible);
        let crowding = self.crowding.map_or(wanted, |crowding| crowding + (wanted - crowding) * EASE);
        self.crowding = Some(crowding);

        let ratio = self.pixel_ratio;
        let step = |length: f32| (length / SIZE_STEP).round().max(1.0) * SIZE_STEP;
        let Camera { scale, x, y } = self.camera;
        let radius = step(dot_size(crowding, scale) * ratio / 2.0);
        Frame {
            previous,
            now,
            camera: Camera { scale: scale * ratio, x: x * ratio, y: y * ratio },
            radius,
            lanes: lanes(crowding, scale).map(|lane| lane * ratio),
            rim: step((RIM.0 * ratio).min(RIM.1 * radius)),
            is_plain: self.is_plain,
        }
    }

    /// Takes what there was to see in the frame, from the painter that has drawn it.
    pub fn saw(&mut self, survey: Survey) {
        self.survey = Some(survey);
    }

    /// Dots in the frame last drawn, those outside of the canvas included.
    pub fn visible(&self) -> usize {
        self.survey.map_or(0, |survey| survey.visible)
    }

    /// Forgets all hops.
    pub fn clear(&mut self) {
        self.field.clear();
        self.survey = None;
    }
}

impl Default for Picture {
    fn default() -> Self {
        Self::new()
    }
}
