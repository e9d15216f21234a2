//! The colours of dots. Each operation also has a shape of its own, so that no colour carries a meaning alone.
//!
//! The main hues (blue, green, orange, magenta) keep their distance in the common kinds of colour blindness (Okabe and Ito);
//! the rarer operations stand between them.

use crate::observe::{HopKind, Operation};

/// Colours as red, green, blue and opacity over the page, 0 to 255, not premultiplied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// Of requests and answers, by operation.
    pub operations: [[u8; 4]; Operation::ALL.len()],
    pub failure: [u8; 4],
    pub replication: [u8; 4],
    pub check: [u8; 4],
    /// Rim around each dot that keeps neighbours apart: the colour of the page behind.
    pub rim: [u8; 4],
}

impl Palette {
    /// For a light page.
    pub const fn light() -> Self {
        Self {
            operations: [
                [9, 105, 196, 255],
                [0, 128, 92, 255],
                [201, 92, 0, 255],
                [0, 120, 148, 255],
                [138, 98, 0, 255],
                [86, 120, 0, 255],
                [72, 76, 190, 255],
                [150, 70, 120, 255],
                [160, 60, 28, 255],
            ],
            failure: [209, 16, 62, 255],
            replication: [130, 62, 178, 255],
            check: [104, 116, 132, 150],
            rim: [255, 255, 255, 255],
        }
    }

    /// For a dark page.
    pub const fn dark() -> Self {
        Self {
            operations: [
                [96, 178, 255, 255],
                [52, 211, 160, 255],
                [255, 170, 61, 255],
                [72, 202, 228, 255],
                [232, 200, 80, 255],
                [176, 210, 70, 255],
                [150, 156, 255, 255],
                [232, 140, 196, 255],
                [255, 140, 100, 255],
            ],
            failure: [255, 92, 122, 255],
            replication: [206, 152, 255, 255],
            check: [148, 160, 178, 150],
            rim: [15, 20, 28, 255],
        }
    }

    /// The page's colour, which is the rim's.
    pub const fn page(&self) -> [u8; 3] {
        let [red, green, blue, _] = self.rim;
        [red, green, blue]
    }

    /// The colour of a hop.
    pub const fn of(&self, kind: HopKind, operation: Operation) -> [u8; 4] {
        match (kind, operation) {
            (HopKind::Failure, _) => self.failure,
            (HopKind::Replication, _) => self.replication,
            (HopKind::Check, _) => self.check,
            (HopKind::Request | HopKind::Answer, operation) => self.operations[operation as usize],
        }
    }
}
