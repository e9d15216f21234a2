//! Picking: which dot is under the pointer, and which hop it stands for.

use super::dots::Dot;
use super::geometry::Point;
use super::picture::{Frame, Picture};
use crate::base::SimTime;

/// A hop that was picked by its dot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picked {
    /// Index of the link, as in [`crate::observe::Hop::link`].
    pub link: u16,
    pub is_backward: bool,
    /// When it departed.
    pub depart: SimTime,
}

impl Picture {
    /// The dot nearest to a point of the canvas, of those that are no further from it than `reach` pixels beyond their radius.
    pub fn pick(&self, frame: &Frame, point: Point, reach: f32) -> Option<Picked> {
        let dots = self.field.dated(frame.previous, frame.now);
        let near = dots.filter_map(|(dot, depart)| {
            let distance = (self.place(frame, &dot)? - point).length();
            (distance <= frame.radius + reach).then_some((distance, dot, depart))
        });
        let nearest = near.min_by(|one, other| one.0.total_cmp(&other.0));
        nearest.map(|(_, Dot { link, is_backward, .. }, depart)| Picked { link, is_backward, depart })
    }

    /// Where a dot is on the canvas; none if its link is not drawn.
    #[inline]
    pub fn place(&self, frame: &Frame, dot: &Dot) -> Option<Point> {
        let [x, y, right_x, right_y] = self.tracks.at(dot.link, dot.along)?;
        let lane = frame.lanes[0] + (frame.lanes[1] - frame.lanes[0]) * dot.sway;
        let lane = if dot.is_backward { -lane } else { lane };
        Some(frame.camera.to_screen(Point::new(x, y)) + Point::new(right_x, right_y) * lane)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SimDuration;
    use crate::observe::{Hop, HopKind, Operation};
    use crate::scene::{LinkPath, Tracks};

    fn picture(departs: &[u64]) -> Picture {
        let along = |x: f32| Point::new(x, 50.0);
        let points = [along(0.0), along(100.0), along(200.0), along(300.0)];
        let mut picture = Picture::new();
        picture.tracks = Tracks::new(&[LinkPath { link: 2, points }]);
        for depart in departs {
            let depart = SimTime::from_nanos(*depart);
            let arrive = depart + SimDuration::from_millis(1);
            let (kind, operation) = (HopKind::Request, Operation::Read);
            let hop = Hop { link: 2, kind, operation, is_backward: false, depart, arrive };
            picture.field.push(SimTime::ZERO, &hop.encode(SimTime::ZERO));
        }
        picture
    }

    #[test]
    fn the_nearest_dot_within_reach_is_picked_and_knows_its_departure() {
        let mut picture = picture(&[0, 500_000]);
        let [previous, now] = [599_999, 600_000].map(SimTime::from_nanos);
        let frame = picture.frame(previous, now);
        let middle = frame.lanes.iter().sum::<f32>() / 2.0 + 50.0;
        let depart_at =
            |x: f32| picture.pick(&frame, Point::new(x, middle), 6.0).map(|picked| picked.depart.as_nanos());
        assert_eq!([180.0, 30.0, 100.0].map(depart_at), [Some(0), Some(500_000), None]);
    }
}
