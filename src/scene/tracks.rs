//! Links as tracks: places at equal distances along a link's curve, and which way is right there.
//!
//! A dot travels a track at even speed, which a Bézier curve's own parameter would not give. The table is a flat list of
//! numbers, so that the graphics processor can hold it as a texture and look places up just as [`Tracks::at`] does.

use super::geometry::{Point, on_curve};
use super::paths::LinkPath;

/// A place of a track: x, y, and the unit vector to the right of who travels forward.
pub type Place = [f32; 4];

/// The tracks of all links.
#[derive(Clone, Debug, Default)]
pub struct Tracks {
    tracks: Vec<Track>,
}

type Track = [Place; Tracks::PLACES];

impl Tracks {
    /// Places of one track, both ends included.
    pub const PLACES: usize = 32;
    /// Tracks in one row of the texture.
    pub const PER_ROW: usize = 32;

    pub fn new(paths: &[LinkPath]) -> Self {
        let links = paths.iter().map(|path| usize::from(path.link) + 1).max().unwrap_or(0);
        let rows = links.div_ceil(Self::PER_ROW);
        let mut tracks = vec![[[0.0; 4]; Self::PLACES]; rows * Self::PER_ROW];
        for path in paths {
            lay(&path.points, &mut tracks[usize::from(path.link)]);
        }
        Self { tracks }
    }

    /// The place of who has travelled a share of a link, 0 to 1; none if the link is not drawn.
    #[inline]
    pub fn at(&self, link: u16, along: f32) -> Option<Place> {
        let track = self.tracks.get(usize::from(link))?;
        let step = along.clamp(0.0, 1.0) * (Self::PLACES - 1) as f32;
        let i = (step as usize).min(Self::PLACES - 2);
        let share = step - i as f32;
        // Written out: this is done for every dot of every frame.
        let ([x, y, right_x, right_y], next) = (track[i], track[i + 1]);
        // Only tracks that were never laid have places without a direction.
        if right_x == 0.0 && right_y == 0.0 {
            return None;
        }
        Some([
            x + (next[0] - x) * share,
            y + (next[1] - y) * share,
            right_x + (next[2] - right_x) * share,
            right_y + (next[3] - right_y) * share,
        ])
    }

    /// The whole table, row by row: [`Self::PER_ROW`] tracks of [`Self::PLACES`] places in each.
    pub fn table(&self) -> &[Place] {
        self.tracks.as_flattened()
    }
}

/// Fills `track` with places at equal distances along the curve.
fn lay(points: &[Point; 4], track: &mut Track) {
    const FINE: usize = 128;
    let curve: [Point; FINE + 1] = std::array::from_fn(|i| on_curve(points, i as f32 / FINE as f32));
    let mut lengths = [0.0; FINE + 1];
    for i in 1..=FINE {
        lengths[i] = lengths[i - 1] + (curve[i] - curve[i - 1]).length();
    }
    let last = track.len() - 1;
    let mut i = 0;
    for (k, place) in track.iter_mut().enumerate() {
        let wanted = lengths[FINE] * k as f32 / last as f32;
        while i + 2 <= FINE && lengths[i + 1] < wanted {
            i += 1;
        }
        let step = lengths[i + 1] - lengths[i];
        let t = if step > 0.0 { ((wanted - lengths[i]) / step).clamp(0.0, 1.0) } else { 0.0 };
        let at = curve[i] + (curve[i + 1] - curve[i]) * t;
        let mut right = (curve[i + 1] - curve[i]).unit().right();
        if right == Point::default() {
            right = Point::new(0.0, 1.0);
        }
        *place = [at.x, at.y, right.x, right.y];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bend() -> LinkPath {
        let points = [Point::new(0.0, 0.0), Point::new(300.0, 0.0), Point::new(300.0, 5.0), Point::new(310.0, 200.0)];
        LinkPath { link: 3, points }
    }

    #[test]
    fn a_track_is_travelled_at_even_speed() {
        let tracks = Tracks::new(&[bend()]);
        let at = |i: usize| tracks.at(3, i as f32 / 100.0).map(|[x, y, ..]| Point::new(x, y)).unwrap();
        let steps: Vec<_> = (0..100).map(|i| (at(i + 1) - at(i)).length()).collect();
        let mean = steps.iter().sum::<f32>() / 100.0;
        assert!(steps.iter().all(|step| (step / mean - 1.0).abs() < 0.05), "{steps:?}");
        assert_eq!(at(0), bend().points[0]);
        assert!((at(100) - bend().points[3]).length() < 0.01);
    }

    #[test]
    fn a_link_without_a_path_has_no_places() {
        let tracks = Tracks::new(&[bend()]);
        assert_eq!(tracks.at(2, 0.5), None);
        assert_eq!(tracks.at(9_999, 0.5), None);
        assert_eq!(Tracks::new(&[]).at(0, 0.0), None);
    }

    #[test]
    fn a_link_without_length_still_shows_its_dots() {
        let points = [Point::new(4.0, 5.0); 4];
        assert_eq!(Tracks::new(&[LinkPath { link: 0, points }]).at(0, 0.7), Some([4.0, 5.0, 0.0, 1.0]));
    }
}
