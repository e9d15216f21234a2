//! The colours of dots. Each operation also has a shape of its own, so that no colour carries a meaning alone.
//!
//! The hues (blue, green, orange, magenta) keep their distance in the common kinds of colour blindness (Okabe and Ito).

use crate::observe::{HopKind, Operation};

/// Colours as red, green, blue and opacity over the page, 0 to 255, not premultiplied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// Static assets.
    pub asset: [u8; 4],
    pub read: [u8; 4],
    pub write: [u8; 4],
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
            asset: [9, 105, 196, 255],
            read: [0, 128, 92, 255],
            write: [201, 92, 0, 255],
            failure: [209, 16, 62, 255],
            replication: [130, 62, 178, 255],
            check: [104, 116, 132, 150],
            rim: [255, 255, 255, 255],
        }
    }

    /// For a dark page.
    pub const fn dark() -> Self {
        Self {
            asset: [96, 178, 255, 255],
            read: [52, 211, 160, 255],
            write: [255, 170, 61, 255],
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
            (HopKind::Request | HopKind::Answer, Operation::Static) => self.asset,
            (HopKind::Request | HopKind::Answer, Operation::Read) => self.read,
            (HopKind::Request | HopKind::Answer, Operation::Write) => self.write,
        }
    }
}
