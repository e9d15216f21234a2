//! The recent past of the main figures, for sparklines.

use scalescope::observe::Figures;

/// Points of a sparkline.
const LENGTH: usize = 120;

/// The figures that have a sparkline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Series {
    Offered,
    Throughput,
    Goodput,
    Errors,
    P50,
    P99,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    rows: Vec<[f32; 6]>,
}

impl History {
    pub fn push(&mut self, figures: &Figures) {
        if self.rows.len() >= LENGTH {
            self.rows.remove(0);
        }
        let rates = [figures.offered_per_s, figures.throughput_per_s, figures.goodput_per_s, figures.errors_per_s];
        let [a, b, c, d] = rates.map(|rate| rate as f32);
        self.rows.push([a, b, c, d, figures.latency.p50_s as f32, figures.latency.p99_s as f32]);
    }

    /// The points of `series`, oldest first.
    pub fn points(&self, series: Series) -> impl ExactSizeIterator<Item = f32> + Clone + '_ {
        self.rows.iter().map(move |row| row[series as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_recent_past_is_kept() {
        let mut history = History::default();
        for i in 0..200 {
            history.push(&Figures { errors_per_s: f64::from(i), ..Figures::default() });
        }
        let points: Vec<_> = history.points(Series::Errors).collect();
        assert_eq!((points.len(), points[0], points[119]), (120, 80.0, 199.0));
    }
}
