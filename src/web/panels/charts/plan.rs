//! Which charts there are, and which lines they have.

use scalescope::base::order::sort_by;

use super::log::{Figure, Log, NodeFigure};
use crate::app::Shown;
use crate::format;

/// Lines that one chart has at most: more cannot be told apart.
pub const LINES: usize = 6;

/// What the numbers of a chart are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    PerSecond,
    Seconds,
    Share,
    Count,
    Dollars,
}

impl Unit {
    pub fn words(self, value: f64) -> String {
        if !value.is_finite() {
            return "–".to_owned();
        }
        match self {
            Self::PerSecond => format!("{}/s", format::quantity(value)),
            Self::Seconds => format::duration(value),
            Self::Share => format::percent(value),
            Self::Count => format::quantity(value),
            Self::Dollars => format!("${value:.2}"),
        }
    }
}

/// One chart, ready to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// For tests and keys.
    pub name: String,
    pub title: String,
    pub unit: Unit,
    pub lines: Vec<Line>,
    /// A chart of one node that a person has pinned.
    pub pin: Option<Pin>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub label: String,
    /// Place in the palette.
    pub colour: usize,
    pub values: Vec<f32>,
    /// The node's figure that it shows, where the chart has lines of several.
    pub pin: Option<Pin>,
}

/// A figure of a node that a person wants to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    pub node: String,
    pub figure: NodeFigure,
}

impl Chart {
    /// The largest value that there is, at least a little above zero.
    pub fn top(&self) -> f64 {
        let values = self.lines.iter().flat_map(|line| &line.values);
        let most = values.copied().filter(|value| value.is_finite()).fold(0.0_f32, f32::max);
        match self.unit {
            Unit::Share => f64::from(most.max(1.0)),
            _ => nice(f64::from(most)),
        }
    }
}

/// The next number at or above `most` that one can say.
fn nice(most: f64) -> f64 {
    if most <= 0.0 {
        return 1.0;
    }
    let size = libm::pow(10.0, libm::floor(libm::log10(most)));
    [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0]
        .into_iter()
        .map(|m| m * size)
        .find(|top| *top >= most * 0.999)
        .unwrap_or(size * 10.0)
}

/// All charts that have something to show, over the last `count` rows; pinned ones first.
pub fn charts(log: &Log, shown: &Shown, pins: &[Pin], count: usize) -> Vec<Chart> {
    let line = |label: &str, colour, figure| Line {
        label: label.to_owned(),
        colour,
        values: log.values(figure, count),
        pin: None,
    };
    let is_known = |chart: &Chart| {
        let node = chart.pin.as_ref().map_or("", |pin| &pin.node);
        shown.document.node(node).is_some() || chart.lines[0].values.iter().any(|value| value.is_finite())
    };
    let mut charts: Vec<Chart> = pins.iter().map(|pin| pinned(log, shown, pin, count)).filter(is_known).collect();
    let fixed = |name: &str, title: &str, unit, lines| Chart {
        name: name.to_owned(),
        title: title.to_owned(),
        unit,
        lines,
        pin: None,
    };
    charts.push(fixed(
        "rates",
        "Requests",
        Unit::PerSecond,
        vec![
            line("offered", 5, Figure::Offered),
            line("throughput", 0, Figure::Throughput),
            line("goodput", 1, Figure::Goodput),
        ],
    ));
    charts.push(fixed(
        "latency",
        "Latency",
        Unit::Seconds,
        vec![
            line("p50", 1, Figure::P50),
            line("p90", 0, Figure::P90),
            line("p99", 2, Figure::P99),
            line("p99.9", 3, Figure::P999),
        ],
    ));
    let reasons = log.reasons(count).into_iter().take(LINES).enumerate();
    let errors = reasons.map(|(i, reason)| Line {
        label: reason.label().to_owned(),
        colour: [4, 2, 3, 0, 5, 1][i],
        values: log.errors(reason, count),
        pin: None,
    });
    charts.push(fixed("errors", "Errors by reason", Unit::PerSecond, errors.collect()));
    let by_node = [
        ("utilisation", "Utilisation", Unit::Share, NodeFigure::Utilisation),
        ("queue", "Waiting", Unit::Count, NodeFigure::Queue),
        ("hits", "Hit ratio", Unit::Share, NodeFigure::HitRatio),
        ("lag", "Replica lag", Unit::Seconds, NodeFigure::Lag),
    ];
    for (name, title, unit, figure) in by_node {
        let lines = busiest(log, shown, figure, count);
        if !lines.is_empty() {
            charts.push(fixed(name, title, unit, lines));
        }
    }
    let rare = [
        ("stale", "Stale reads", Unit::PerSecond, Figure::StaleReads, 2),
        ("lost", "Lost writes", Unit::Count, Figure::LostWrites, 4),
        ("cost", "Cost of traffic", Unit::Dollars, Figure::Cost, 3),
    ];
    for (name, title, unit, figure, colour) in rare {
        let line = line(&title.to_lowercase(), colour, figure);
        if line.values.iter().any(|value| *value > 0.0) {
            charts.push(fixed(name, title, unit, vec![line]));
        }
    }
    charts
}

/// The nodes with the largest values of late; none without any value.
fn busiest(log: &Log, shown: &Shown, figure: NodeFigure, count: usize) -> Vec<Line> {
    let nodes = shown.document.nodes.iter().filter(|node| node.kind().has_load());
    let mut lines: Vec<(f32, Line)> = nodes
        .map(|node| {
            let values = log.node(&node.id, figure, count);
            let recent = values.iter().rev().take(40).copied().filter(|value| value.is_finite());
            let most = recent.fold(f32::NEG_INFINITY, f32::max);
            let pin = Some(Pin { node: node.id.clone(), figure });
            (most, Line { label: node.label().to_owned(), colour: 0, values, pin })
        })
        .filter(|(most, _)| most.is_finite())
        .collect();
    sort_by(&mut lines, |a, b| b.0.total_cmp(&a.0));
    lines.truncate(LINES);
    // Colours by name, so that a node keeps its own while the order changes.
    sort_by(&mut lines, |a, b| a.1.label.cmp(&b.1.label));
    lines.into_iter().enumerate().map(|(colour, (_, line))| Line { colour, ..line }).collect()
}

fn pinned(log: &Log, shown: &Shown, pin: &Pin, count: usize) -> Chart {
    let (name, unit) = match pin.figure {
        NodeFigure::Utilisation => ("utilisation", Unit::Share),
        NodeFigure::Queue => ("waiting", Unit::Count),
        NodeFigure::Arrivals => ("arrivals", Unit::PerSecond),
        NodeFigure::Completions => ("completions", Unit::PerSecond),
        NodeFigure::Errors => ("errors", Unit::PerSecond),
        NodeFigure::HitRatio => ("hit ratio", Unit::Share),
        NodeFigure::Lag => ("lag", Unit::Seconds),
    };
    let values = log.node(&pin.node, pin.figure, count);
    let label = shown.label(&pin.node);
    Chart {
        name: format!("pin-{}-{}", pin.node, name.replace(' ', "-")),
        title: format!("{label}: {name}"),
        unit,
        lines: vec![Line {
            label: name.to_owned(),
            colour: if pin.figure == NodeFigure::Errors { 4 } else { 0 },
            values,
            pin: None,
        }],
        pin: Some(pin.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_at_numbers_that_one_can_say() {
        assert_eq!([0.0, 0.9, 1.0, 1.2, 187.0, 0.034].map(nice), [1.0, 1.0, 1.0, 1.5, 200.0, 0.04]);
    }
}
