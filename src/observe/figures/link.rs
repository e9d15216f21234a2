//! Figures of a link, for each of its directions.

use super::per_second;
use crate::base::SimTime;
use crate::observe::meter::LaneMeter;

/// One link.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkFigures {
    /// The link's index, as in [`crate::observe::Hop::link`].
    pub index: u16,
    pub from: String,
    pub to: String,
    /// Whether one of its ends is in a region that is out.
    pub is_dark: bool,
    /// The direction of requests.
    pub forward: LaneFigures,
    /// The direction of answers.
    pub backward: LaneFigures,
}

/// One direction of a link.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LaneFigures {
    pub bytes_per_s: f64,
    /// Share of its bandwidth in use, 0 to 1; none where that is unlimited.
    pub utilisation: Option<f64>,
    /// Messages lost or dropped, per second; each try counts.
    pub lost_per_s: f64,
    /// Whether a partition keeps everything back.
    pub is_cut: bool,
    /// Whether a fault makes it slower, lossier or narrower than it is by design.
    pub is_impaired: bool,
    /// What the fault adds to its delay, in seconds.
    pub added_latency_s: f64,
    /// What it adds to the share of packets lost, 0 to 1.
    pub added_loss: f64,
    /// The bandwidth that it leaves, in bits per second.
    pub left_bps: Option<f64>,
}

impl LaneFigures {
    /// The part that follows from two samples of the direction's meter.
    pub fn between(from: &LaneMeter, to: &LaneMeter, since: SimTime, now: SimTime, is_limited: bool) -> Self {
        let window_s = now.since(since).as_secs_f64();
        let busy_s = (to.busy_at(now).saturating_sub(from.busy_at(since))) as f64 / 1e9;
        Self {
            bytes_per_s: per_second(to.bytes - from.bytes, window_s),
            utilisation: is_limited.then(|| if window_s > 0.0 { (busy_s / window_s).min(1.0) } else { 0.0 }),
            lost_per_s: per_second(to.lost - from.lost, window_s),
            ..Self::default()
        }
    }

    /// Whether there is nothing to tell of it.
    pub fn is_idle(&self) -> bool {
        let is_used =
            self.bytes_per_s > 0.0 || self.lost_per_s > 0.0 || self.utilisation.is_some_and(|used| used > 0.0);
        !is_used && !self.is_cut && !self.is_impaired
    }
}
