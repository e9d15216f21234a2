//! Snapping: a card that is moved comes to rest in line with others that are near, or on a grid.

use scalescope::scene::{Point, Rect};

/// Distance of the grid's lines.
pub const GRID: f32 = 8.0;
/// How near a line must be to catch a card, in units of the screen.
const REACH: f32 = 7.0;

/// A line that cards stand along, from one end to the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guide {
    pub from: Point,
    pub to: Point,
}

/// What a move comes to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapped {
    pub by: Point,
    pub guides: Vec<Guide>,
}

/// Snaps the move `by` of `moved` beside `others`; `scale` is the screen's units in one of the drawing.
pub fn snap(moved: Rect, by: Point, others: &[Rect], scale: f32) -> Snapped {
    let goal = Rect { x: moved.x + by.x, y: moved.y + by.y, ..moved };
    let reach = REACH / scale.max(0.1);
    let (x, across) = nearest(reach, others, |rect| [rect.x, rect.centre().x, rect.right()], &goal);
    let (y, along) = nearest(reach, others, |rect| [rect.y, rect.centre().y, rect.bottom()], &goal);
    let on_grid = |value: f32| (value / GRID).round() * GRID;
    let at = Rect {
        x: x.map_or_else(|| on_grid(goal.x), |off| goal.x + off),
        y: y.map_or_else(|| on_grid(goal.y), |off| goal.y + off),
        ..goal
    };
    let mut guides = Vec::new();
    if let Some((other, line)) = across {
        let x = line.0;
        let (low, high) = (at.y.min(other.y), at.bottom().max(other.bottom()));
        guides.push(Guide { from: Point::new(x, low - GRID), to: Point::new(x, high + GRID) });
    }
    if let Some((other, line)) = along {
        let y = line.0;
        let (low, high) = (at.x.min(other.x), at.right().max(other.right()));
        guides.push(Guide { from: Point::new(low - GRID, y), to: Point::new(high + GRID, y) });
    }
    Snapped { by: Point::new(at.x - moved.x, at.y - moved.y), guides }
}

/// The line of a rectangle that another one snaps to.
struct Line(f32);

/// How far `goal` is from the nearest line of the same sort, and which of the others has that line.
fn nearest(
    reach: f32,
    others: &[Rect],
    lines: impl Fn(&Rect) -> [f32; 3],
    goal: &Rect,
) -> (Option<f32>, Option<(Rect, Line)>) {
    let own = lines(goal);
    let near = others.iter().flat_map(|other| {
        let theirs = lines(other);
        (0..3).map(move |i| (theirs[i] - own[i], *other, theirs[i]))
    });
    let best = near.filter(|(off, ..)| off.abs() <= reach).min_by(|a, b| a.0.abs().total_cmp(&b.0.abs()));
    best.map_or((None, None), |(off, other, line)| (Some(off), Some((other, Line(line)))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: Rect = Rect { x: 0.0, y: 0.0, w: 100.0, h: 50.0 };

    #[test]
    fn a_card_comes_in_line_with_another_that_is_near() {
        let other = Rect { x: 303.0, y: 200.0, ..CARD };
        let snapped = snap(CARD, Point::new(299.0, 40.0), &[other], 1.0);
        assert_eq!(snapped.by, Point::new(303.0, 40.0));
        assert_eq!(snapped.guides.len(), 1);
        assert!((snapped.guides[0].from.x - 303.0).abs() < 1e-3 || (snapped.guides[0].from.x - 353.0).abs() < 1e-3);
    }

    #[test]
    fn far_from_others_it_stands_on_the_grid() {
        let snapped = snap(CARD, Point::new(13.0, -3.0), &[], 1.0);
        assert_eq!((snapped.by, snapped.guides.len()), (Point::new(16.0, -0.0), 0));
    }
}
