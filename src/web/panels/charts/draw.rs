//! Drawing a chart on its canvas: an area of lines, grid and event marks. Text stands beside it in the page.

use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement};

use super::plan::Chart;
use crate::dom;
use crate::panels::bench::{Event, Kind};

/// Resolved colours: lines first, then grid, marks of what broke, was mended, was edited.
pub struct Palette {
    colours: Vec<String>,
}

impl Palette {
    /// Reads the colours of the children of `samples`, one for each.
    pub fn of(samples: &Element) -> Self {
        let children = samples.children();
        let colour = |i| {
            let style = dom::window().get_computed_style(&children.item(i)?).ok()??;
            style.get_property_value("color").ok()
        };
        Self { colours: (0..children.length()).filter_map(colour).collect() }
    }

    fn at(&self, place: usize) -> &str {
        self.colours.get(place).map_or("gray", String::as_str)
    }
}

/// Samples of the palette that come after the lines.
const GRID: usize = 6;

/// The span of time that all charts show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    pub from_s: f64,
    pub to_s: f64,
}

impl Span {
    pub fn of(times: &[f64]) -> Self {
        Self { from_s: times.first().copied().unwrap_or(0.0), to_s: times.last().copied().unwrap_or(0.0) }
    }

    /// Share of the span before `at_s`.
    pub fn share(&self, at_s: f64) -> f64 {
        (at_s - self.from_s) / (self.to_s - self.from_s).max(1e-12)
    }
}

pub fn draw(
    canvas: &HtmlCanvasElement,
    chart: &Chart,
    times: &[f64],
    events: &[Event],
    palette: &Palette,
) -> Option<()> {
    let ratio = dom::window().device_pixel_ratio().clamp(1.0, 3.0);
    let (width, height) = (f64::from(canvas.client_width()), f64::from(canvas.client_height()));
    let (wide, high) = ((width * ratio).round(), (height * ratio).round());
    if (f64::from(canvas.width()), f64::from(canvas.height())) != (wide, high) {
        canvas.set_width(wide as u32);
        canvas.set_height(high as u32);
    }
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0).ok()?;
    context.clear_rect(0.0, 0.0, width, height);
    let (span, top) = (Span::of(times), chart.top());
    let y = |value: f64| height - 1.5 - value / top * (height - 4.0);
    context.set_line_width(1.0);
    context.set_stroke_style_str(palette.at(GRID));
    context.begin_path();
    for part in [0.0, 0.5, 1.0] {
        context.move_to(0.0, y(top * part));
        context.line_to(width, y(top * part));
    }
    context.stroke();
    for event in events.iter().filter(|event| event.at_s >= span.from_s && event.at_s <= span.to_s) {
        let place = GRID
            + 1
            + match event.kind {
                Kind::Broken => 0,
                Kind::Mended => 1,
                Kind::Edited => 2,
            };
        context.set_fill_style_str(palette.at(place));
        context.fill_rect((span.share(event.at_s) * width).round(), 0.0, 1.5, height);
    }
    context.set_line_width(1.75);
    // Round joints take twice as long, and cannot be seen at this width.
    context.set_line_join("bevel");
    let columns = width.max(1.0) as usize;
    for line in &chart.lines {
        context.set_stroke_style_str(palette.at(line.colour));
        context.begin_path();
        let mut is_open = false;
        for (at, value) in thinned(times, &line.values, span, columns) {
            if !value.is_finite() {
                is_open = false;
                continue;
            }
            let (x, y) = (span.share(at) * width, y(value.into()));
            if is_open {
                context.line_to(x, y);
            } else {
                context.move_to(x, y);
            }
            is_open = true;
        }
        context.stroke();
    }
    Some(())
}

/// The points of a line, at most two for each column of pixels: its lowest and its highest, in the order of their times.
fn thinned(times: &[f64], values: &[f32], span: Span, columns: usize) -> Vec<(f64, f32)> {
    let points = || times.iter().copied().zip(values.iter().copied());
    if times.len() <= columns {
        return points().collect();
    }
    let mut thin: Vec<(f64, f32)> = Vec::with_capacity(columns * 2);
    let mut column = usize::MAX;
    let mut ends: Option<[(f64, f32); 2]> = None;
    let mut close = |ends: Option<[(f64, f32); 2]>| {
        if let Some([low, high]) = ends {
            let (first, second) = if low.0 <= high.0 { (low, high) } else { (high, low) };
            thin.push(first);
            if second.0 > first.0 {
                thin.push(second);
            }
        }
    };
    for (at, value) in points() {
        let here = (span.share(at) * columns as f64) as usize;
        if here != column {
            close(ends.take());
            column = here;
        }
        ends = Some(match ends {
            // Not-a-number is neither lower nor higher: it stays only where it is alone.
            Some([low, high]) => [
                if value < low.1 || low.1.is_nan() { (at, value) } else { low },
                if value > high.1 || high.1.is_nan() { (at, value) } else { high },
            ],
            None => [(at, value); 2],
        });
    }
    close(ends);
    thin
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_is_not_lost_by_thinning() {
        let times: Vec<f64> = (0..1_000).map(f64::from).collect();
        let mut values = vec![1.0_f32; 1_000];
        values[357] = 9.0;
        values[358] = f32::NAN;
        let thin = thinned(&times, &values, Span::of(&times), 100);
        assert!(thin.len() <= 210 && thin.contains(&(357.0, 9.0)));
        assert!(thin.is_sorted_by(|one, next| one.0 <= next.0));
    }
}
