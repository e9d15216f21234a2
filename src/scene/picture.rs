//! What a painter needs to draw a frame, whichever painter it is.

use super::camera::Camera;
use super::dots::DotField;
use super::looks::{crowding, dot_size, lanes};
use super::palette::Palette;
use super::tracks::Tracks;
use crate::base::SimTime;

/// Share of the way to the new crowding that a frame takes: sizes follow the crowd without flicker.
const EASE: f32 = 0.12;
/// Steps in which sizes are told, in pixels of the canvas, so that prepared pictures of dots can be used again.
const SIZE_STEP: f32 = 0.25;
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
    pub visible: usize,
    pub has_failures: bool,
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
        }
    }

    /// Begins the frame that stands for (`previous`, `now`].
    pub fn frame(&mut self, previous: SimTime, now: SimTime) -> Frame {
        let previous = previous.min(now);
        let survey = self.field.survey(previous, now);
        let wanted = crowding(survey.visible);
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
            visible: survey.visible,
            has_failures: survey.failures > 0,
        }
    }
}

impl Default for Picture {
    fn default() -> Self {
        Self::new()
    }
}
