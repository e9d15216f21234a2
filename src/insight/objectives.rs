//! Objectives: what was promised, what was kept, and how much of the error budget is left.
//!
//! The budget is what an availability objective lets fail: of N requests (1 − objective) · N. The burn rate is how many times as
//! fast as allowed it is being spent now (*The Site Reliability Workbook*, ch. 5).

use crate::observe::Figures;

/// What the system promises its users.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Objectives {
    /// 99 of 100 answers are faster, in seconds.
    pub p99_s: f64,
    /// Share of requests that are answered, below 1.
    pub availability: f64,
}

impl Default for Objectives {
    fn default() -> Self {
        Self { p99_s: 0.5, availability: 0.999 }
    }
}

/// How the system stands to its objectives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// Whether answers are fast enough now; none without answers.
    pub is_fast: Option<bool>,
    /// Share of all requests so far that were answered; none before the first has ended.
    pub availability: Option<f64>,
    /// Share of the error budget that is spent; above 1 there is none left.
    pub spent: f64,
    /// How many more requests may fail; negative if too many have.
    pub left: f64,
    /// How many times as fast as allowed the budget is being spent now.
    pub burn: f64,
}

impl Objectives {
    pub fn standing(&self, figures: &Figures) -> Standing {
        let totals = &figures.totals;
        let ended = (totals.answered + totals.failed) as f64;
        let allowed_share = (1.0 - self.availability).max(1e-9);
        let allowed = ended * allowed_share;
        let (failing, all) = (figures.errors_per_s, figures.errors_per_s + figures.goodput_per_s);
        Standing {
            is_fast: (figures.latency.count > 0).then_some(figures.latency.p99_s <= self.p99_s),
            availability: (ended > 0.0).then(|| totals.answered as f64 / ended),
            spent: if totals.failed == 0 { 0.0 } else { totals.failed as f64 / allowed },
            left: allowed - totals.failed as f64,
            burn: if all > 0.0 { failing / all / allowed_share } else { 0.0 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::{LatencyFigures, Totals};

    fn figures(answered: u64, failed: u64) -> Figures {
        let totals = Totals { offered: answered + failed, answered, failed, ..Totals::default() };
        let latency = LatencyFigures { count: 9, p99_s: 0.4, ..LatencyFigures::default() };
        Figures { totals, latency, goodput_per_s: 98.0, errors_per_s: 2.0, ..Figures::default() }
    }

    #[test]
    fn the_budget_is_what_may_fail() {
        let goal = Objectives { p99_s: 0.5, availability: 0.99 };
        let standing = goal.standing(&figures(9_950, 50));
        assert!((standing.spent - 0.5).abs() < 1e-9 && (standing.left - 50.0).abs() < 1e-6, "{standing:?}");
        assert!((standing.burn - 2.0).abs() < 1e-9, "two in a hundred fail where one may");
        assert_eq!(standing.is_fast, Some(true));
        assert!(goal.standing(&figures(9_000, 1_000)).left < 0.0);
    }

    #[test]
    fn nothing_is_known_before_anything_has_ended() {
        let standing = Objectives::default().standing(&Figures::default());
        assert_eq!((standing.availability, standing.is_fast), (None, None));
        assert_eq!((standing.spent, standing.burn), (0.0, 0.0));
    }
}
