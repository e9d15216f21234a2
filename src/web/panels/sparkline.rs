//! A sparkline: the recent past of one figure, without axes.

use std::fmt::Write;

use yew::prelude::*;

use crate::app::{History, Series};

const WIDTH: f32 = 120.0;
const HEIGHT: f32 = 30.0;
const LENGTH: f32 = 120.0;

/// The sparkline of one series.
pub fn sparkline(history: &History, series: Series) -> Html {
    let (line, area) = paths(history.points(series));
    html! {
        <svg class="spark" viewBox={format!("0 0 {WIDTH} {HEIGHT}")} preserveAspectRatio="none" aria-hidden="true">
            <path class="spark-area" d={area} />
            <path class="spark-line" d={line} />
        </svg>
    }
}

/// The line, and the area below it. The newest point is on the right; the highest just below the top.
fn paths(points: impl ExactSizeIterator<Item = f32> + Clone) -> (String, String) {
    let count = points.len();
    let most = points.clone().fold(0.0_f32, f32::max);
    if count < 2 || most <= 0.0 {
        let base = HEIGHT - 1.0;
        return (format!("M0 {base}H{WIDTH}"), String::new());
    }
    let step = WIDTH / (LENGTH - 1.0);
    let start = WIDTH - (count - 1) as f32 * step;
    let mut line = String::with_capacity(count * 12);
    for (i, point) in points.enumerate() {
        let (x, y) = (start + i as f32 * step, HEIGHT - 1.0 - point / most * (HEIGHT - 4.0));
        // Writing to a string cannot fail.
        let _ = write!(line, "{}{x:.1} {y:.1}", if i == 0 { 'M' } else { 'L' });
    }
    let area = format!("{line}V{HEIGHT}H{start:.1}Z");
    (line, area)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_point_is_near_the_top_and_the_newest_on_the_right() {
        let (line, _) = paths([0.0, 10.0].into_iter());
        assert_eq!(line, "M119.0 29.0L120.0 3.0");
        let (line, area) = paths([0.0, 0.0].into_iter());
        assert_eq!((line.as_str(), area.as_str()), ("M0 29H120", ""));
    }
}
