//! The log: figures of the recent past, a row for each time that they came.

use std::rc::Rc;

use scalescope::observe::{Figures, NodeFigures, Reason};

/// Rows that are kept: two minutes of wall time.
const MOST: usize = 1_200;

/// Rows from which growth is told, and the least growth that is told, as a share per second.
const GROWTH: usize = 60;
const LEAST_GROWTH: f64 = 0.01;
/// How many standard errors it must be away from none.
const CERTAIN: f64 = 4.0;

/// Figures of the whole system that are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    Offered,
    Throughput,
    Goodput,
    P50,
    P90,
    P99,
    P999,
    StaleReads,
    LostWrites,
    Cost,
}

/// Figures of a node that are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeFigure {
    Utilisation,
    Queue,
    Arrivals,
    Completions,
    Errors,
    HitRatio,
    Lag,
}

impl NodeFigure {
    /// By their names in files, links and tests.
    const NAMES: [(Self, &str); NODE_FIGURES] = [
        (Self::Utilisation, "utilisation"),
        (Self::Queue, "queue"),
        (Self::Arrivals, "arrivals"),
        (Self::Completions, "completions"),
        (Self::Errors, "errors"),
        (Self::HitRatio, "hit-ratio"),
        (Self::Lag, "lag"),
    ];

    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].1
    }

    pub fn by_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, own)| *own == name).map(|(figure, _)| *figure)
    }
}

const FIGURES: usize = Figure::Cost as usize + 1;
const NODE_FIGURES: usize = NodeFigure::Lag as usize + 1;

/// One moment.
#[derive(Clone, Debug)]
struct Row {
    at_s: f64,
    all: [f32; FIGURES],
    reasons: Vec<(Reason, f32)>,
    ids: Rc<[String]>,
    nodes: Vec<[f32; NODE_FIGURES]>,
}

/// What is not known is not a number.
#[derive(Clone, Debug, Default)]
pub struct Log {
    rows: std::collections::VecDeque<Row>,
}

impl Log {
    /// Takes the figures of a later moment.
    pub fn push(&mut self, figures: &Figures) {
        if self.rows.back().is_some_and(|last| last.at_s >= figures.now_s) {
            return;
        }
        if self.rows.len() >= MOST {
            self.rows.pop_front();
        }
        let window_s = figures.window_s.max(1e-9);
        let latency = |value: f64| if figures.latency.count == 0 { f32::NAN } else { value as f32 };
        let cost = figures.nodes.iter().filter_map(|node| node.cost).sum::<f64>();
        let row = Row {
            at_s: figures.now_s,
            all: [
                figures.offered_per_s as f32,
                figures.throughput_per_s as f32,
                figures.goodput_per_s as f32,
                latency(figures.latency.p50_s),
                latency(figures.latency.p90_s),
                latency(figures.latency.p99_s),
                latency(figures.latency.p999_s),
                (figures.stale_reads as f64 / window_s) as f32,
                figures.totals.lost_writes as f32,
                cost as f32,
            ],
            reasons: figures
                .errors
                .iter()
                .map(|(reason, count)| (*reason, (*count as f64 / window_s) as f32))
                .collect(),
            ids: self.ids(figures),
            nodes: figures.nodes.iter().map(node_row).collect(),
        };
        self.rows.push_back(row);
    }

    /// The ids of the nodes, shared with the last row as long as they are the same.
    fn ids(&self, figures: &Figures) -> Rc<[String]> {
        let is_same = |ids: &Rc<[String]>| ids.iter().eq(figures.nodes.iter().map(|node| &node.id));
        let last = self.rows.back().map(|row| &row.ids).filter(|ids| is_same(ids));
        last.cloned().unwrap_or_else(|| figures.nodes.iter().map(|node| node.id.clone()).collect())
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// How fast the offered load has grown of late, as a share of itself per second: the slope of a straight line through it
    /// (least squares), unless it is lost in noise: a rate that is known from n arrivals of a Poisson process has, over the time
    /// in which they came, a slope with a standard error of √(12 / n) of itself.
    pub fn growth_per_s(&self) -> f64 {
        let points: Vec<(f64, f64)> =
            self.last(GROWTH).map(|row| (row.at_s, f64::from(row.all[Figure::Offered as usize]))).collect();
        let count = points.len() as f64;
        let (mean_t, mean_x) =
            points.iter().fold((0.0, 0.0), |(t, x), (at, value)| (t + at / count, x + value / count));
        let (mut both, mut own) = (0.0, 0.0);
        for (at, value) in &points {
            both += (at - mean_t) * (value - mean_x);
            own += (at - mean_t) * (at - mean_t);
        }
        let growth = both / own / mean_x;
        let span = points.last().map_or(0.0, |(end, _)| end - points[0].0);
        let is_certain = growth * span > CERTAIN * (12.0 / (mean_x * span)).sqrt();
        if points.len() == GROWTH && is_certain && growth > LEAST_GROWTH { growth } else { 0.0 }
    }

    /// Times of the last `count` rows, in seconds.
    pub fn times(&self, count: usize) -> Vec<f64> {
        self.last(count).map(|row| row.at_s).collect()
    }

    pub fn values(&self, figure: Figure, count: usize) -> Vec<f32> {
        self.last(count).map(|row| row.all[figure as usize]).collect()
    }

    /// How many requests failed for `reason`, per second.
    pub fn errors(&self, reason: Reason, count: usize) -> Vec<f32> {
        let own = |row: &Row| row.reasons.iter().find(|(other, _)| *other == reason).map_or(0.0, |(_, rate)| *rate);
        self.last(count).map(own).collect()
    }

    /// The reasons that occur in the last `count` rows, the most frequent first.
    pub fn reasons(&self, count: usize) -> Vec<Reason> {
        let mut sums = [0.0_f32; Reason::ALL.len()];
        for (reason, rate) in self.last(count).flat_map(|row| &row.reasons) {
            sums[*reason as usize] += rate;
        }
        let mut found: Vec<Reason> = Reason::ALL.into_iter().filter(|reason| sums[*reason as usize] > 0.0).collect();
        scalescope::base::order::sort_by(&mut found, |a, b| sums[*b as usize].total_cmp(&sums[*a as usize]));
        found
    }

    pub fn node(&self, id: &str, figure: NodeFigure, count: usize) -> Vec<f32> {
        let mut known: Option<(Rc<[String]>, Option<usize>)> = None;
        let values = self.last(count).map(|row| {
            let place = match &known {
                Some((ids, place)) if Rc::ptr_eq(ids, &row.ids) => *place,
                _ => row.ids.iter().position(|other| other == id),
            };
            known = Some((row.ids.clone(), place));
            place.map_or(f32::NAN, |place| row.nodes[place][figure as usize])
        });
        values.collect()
    }

    fn last(&self, count: usize) -> impl Iterator<Item = &Row> {
        self.rows.iter().skip(self.rows.len().saturating_sub(count))
    }
}

fn node_row(node: &NodeFigures) -> [f32; NODE_FIGURES] {
    let some = |value: Option<f64>| value.map_or(f32::NAN, |value| value as f32);
    [
        node.utilisation as f32,
        node.queue as f32,
        node.arrivals_per_s as f32,
        node.completions_per_s as f32,
        node.errors_per_s as f32,
        some(node.hit_ratio),
        some(node.lag_s),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::blank;

    #[test]
    fn a_figure_is_found_by_its_name() {
        for (place, (figure, name)) in NodeFigure::NAMES.into_iter().enumerate() {
            assert_eq!((figure as usize, NodeFigure::by_name(figure.name())), (place, Some(figure)), "{name}");
        }
        assert_eq!(NodeFigure::by_name("mood"), None);
    }

    #[test]
    fn a_node_that_comes_later_has_no_past() {
        let mut log = Log::default();
        let node = |id: &str| NodeFigures { id: id.to_owned(), queue: 3, ..blank() };
        log.push(&Figures { now_s: 1.0, nodes: vec![node("a")], ..Figures::default() });
        log.push(&Figures { now_s: 2.0, nodes: vec![node("b"), node("a")], ..Figures::default() });
        log.push(&Figures { now_s: 2.0, ..Figures::default() });
        assert_eq!(log.times(9), [1.0, 2.0]);
        let late = log.node("b", NodeFigure::Queue, 9);
        assert!(late[0].is_nan() && (late[1] - 3.0).abs() < 1e-6);
        assert_eq!(log.node("a", NodeFigure::Queue, 1).len(), 1);
    }

    #[test]
    fn growth_is_told_once_it_is_no_chance_any_more() {
        let growth = |rate: f64, rise_per_s: f64, step_s: f64| {
            let mut log = Log::default();
            for row in 0..GROWTH {
                let now_s = row as f64 * step_s;
                let offered_per_s = rate * (1.0 + rise_per_s * now_s);
                log.push(&Figures { now_s, offered_per_s, ..Figures::default() });
            }
            log.growth_per_s()
        };
        // Thirty requests tell nothing, thirty thousand do.
        assert_eq!(growth(100.0, 0.3, 0.005), 0.0);
        assert!((growth(100_000.0, 0.3, 0.005) - 0.3).abs() < 0.02);
        assert!((growth(100.0, 0.2, 0.1) - 0.126).abs() < 0.01);
        assert_eq!(growth(100_000.0, 0.0, 0.1), 0.0);
        assert_eq!(growth(0.0, 0.0, 0.1), 0.0);
    }
}
