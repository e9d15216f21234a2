//! Points and rectangles of the drawing. x grows to the right, y downwards; one unit is a CSS pixel at zoom 1.

use std::ops::{Add, Mul, Sub};

/// A point, or a displacement.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    pub x: f32,
    pub y: f32,
}

impl Point {
    pub const fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }

    /// Distance from the origin.
    pub fn length(self) -> f32 {
        (self.x * self.x + self.y * self.y).sqrt()
    }

    /// The displacement of length one in this direction; zero for the zero displacement.
    #[must_use]
    pub fn unit(self) -> Self {
        let length = self.length();
        if length > 0.0 { self * (1.0 / length) } else { Self::default() }
    }

    /// To the right of this direction, as seen by one who travels in it on a screen.
    #[must_use]
    pub const fn right(self) -> Self {
        Self { x: -self.y, y: self.x }
    }
}

impl Add for Point {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::new(self.x + other.x, self.y + other.y)
    }
}

impl Sub for Point {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self::new(self.x - other.x, self.y - other.y)
    }
}

impl Mul<f32> for Point {
    type Output = Self;

    fn mul(self, factor: f32) -> Self {
        Self::new(self.x * factor, self.y * factor)
    }
}

/// A width and a height.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Size {
    pub w: f32,
    pub h: f32,
}

/// A rectangle by its top left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    pub x: f32,
    pub y: f32,
    pub w: f32,
    pub h: f32,
}

impl Rect {
    /// The rectangle with these two corners.
    pub fn between(a: Point, b: Point) -> Self {
        Self { x: a.x.min(b.x), y: a.y.min(b.y), w: (a.x - b.x).abs(), h: (a.y - b.y).abs() }
    }

    pub fn right(&self) -> f32 {
        self.x + self.w
    }

    pub fn bottom(&self) -> f32 {
        self.y + self.h
    }

    pub fn centre(&self) -> Point {
        Point::new(self.x + self.w / 2.0, self.y + self.h / 2.0)
    }

    /// The rectangle with `margin` more on each side.
    #[must_use]
    pub fn grown(&self, margin: f32) -> Self {
        Self { x: self.x - margin, y: self.y - margin, w: self.w + 2.0 * margin, h: self.h + 2.0 * margin }
    }

    pub fn contains(&self, point: Point) -> bool {
        point.x > self.x && point.x < self.right() && point.y > self.y && point.y < self.bottom()
    }

    /// Whether the two have an area in common.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }

    /// The smallest rectangle that holds both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        Self { x, y, w: self.right().max(other.right()) - x, h: self.bottom().max(other.bottom()) - y }
    }
}

/// The point at `t`, 0 to 1, of the cubic Bézier curve with these control points.
pub fn on_curve(points: &[Point; 4], t: f32) -> Point {
    let s = 1.0 - t;
    points[0] * (s * s * s) + points[1] * (3.0 * s * s * t) + points[2] * (3.0 * s * t * t) + points[3] * (t * t * t)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_runs_from_its_first_point_to_its_last() {
        let points = [Point::new(1.0, 2.0), Point::new(5.0, 2.0), Point::new(5.0, 8.0), Point::new(9.0, 8.0)];
        assert_eq!(on_curve(&points, 0.0), points[0]);
        assert_eq!(on_curve(&points, 1.0), points[3]);
        assert_eq!(on_curve(&points, 0.5), Point::new(5.0, 5.0));
    }

    #[test]
    fn the_right_hand_of_one_who_goes_right_is_below() {
        assert_eq!(Point::new(1.0, 0.0).right(), Point::new(0.0, 1.0));
    }
}
