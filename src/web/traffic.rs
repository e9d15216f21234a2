//! What the hops of a frame tell about traffic: how many to ask for, and whether there is anything to see at all.

use scalescope::observe::Hop;

use super::clock::Race;
use super::protocol::Frame;

/// Time between changes of the hop budget.
const BUDGET_EVERY_MS: f64 = 500.0;
/// Most dots that shall be on their way at a time.
const MOST_DOTS: f64 = 12_000.0;

/// How many hops to ask for, from how long hops were of late, so that about [`MOST_DOTS`] are on their way at a time.
pub struct Budget {
    mean_s: f64,
    sent: usize,
    sent_ms: f64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { mean_s: 0.01, sent: 0, sent_ms: 0.0 }
    }
}

impl Budget {
    pub fn see(&mut self, words: &[u32]) {
        let count = words.len() / 3;
        if count > 0 {
            let sum: f32 = words.chunks_exact(3).map(|hop| f32::from_bits(hop[2])).sum();
            self.mean_s = self.mean_s * 0.95 + f64::from(sum) / count as f64 * 0.05;
        }
    }

    /// How many hops to ask for in each frame, where a frame stands for `frame_s` of simulated time.
    pub fn hops(&self, frame_s: f64) -> usize {
        let frames_alive = (self.mean_s / frame_s).max(1.0);
        (MOST_DOTS / frames_alive).max(24.0) as usize
    }

    pub fn is_due(&mut self, wall_ms: f64, frame_s: f64) -> bool {
        let hops = self.hops(frame_s);
        let is_other = hops > self.sent + self.sent / 4 || hops < self.sent - self.sent / 4;
        let is_due = is_other && wall_ms - self.sent_ms > BUDGET_EVERY_MS;
        if is_due {
            (self.sent, self.sent_ms) = (hops, wall_ms);
        }
        is_due
    }
}

/// Whether any request is under way at the time shown, from the hops and the figures that came.
#[derive(Default)]
pub struct Quiet {
    /// Whether no request was in flight at the time of the latest figures, and none came since.
    is_idle: bool,
    /// When the last hop of a request will have arrived.
    busy_until_ns: u64,
    /// When the first hop departs that ended a quiet time.
    first_ns: u64,
}

impl Quiet {
    pub fn race(&self, view_ns: u64) -> Race {
        if self.is_idle && view_ns >= self.busy_until_ns {
            Race::On
        } else if view_ns < self.first_ns {
            Race::To(self.first_ns)
        } else {
            Race::None
        }
    }

    pub fn see(&mut self, words: &[u32], frame: &Frame, view_ns: u64) {
        let at = |seconds: u32| frame.base_ns.saturating_add_signed((f64::from(f32::from_bits(seconds)) * 1e9) as i64);
        // All classes but the last two, replication and checks, are those of requests.
        let of_requests = words.chunks_exact(3).filter(|hop| ((hop[0] >> 16 & 31) as usize) < Hop::CLASSES - 2);
        let was_quiet = self.is_idle && view_ns >= self.busy_until_ns;
        let mut first_ns = u64::MAX;
        for hop in of_requests {
            let depart_ns = at(hop[1]);
            first_ns = first_ns.min(depart_ns);
            let arrive_ns = depart_ns + (f64::from(f32::from_bits(hop[2])) * 1e9) as u64;
            self.busy_until_ns = self.busy_until_ns.max(arrive_ns);
            self.is_idle = false;
        }
        if was_quiet && first_ns < u64::MAX {
            self.first_ns = first_ns;
        }
        if let Some(figures) = &frame.figures {
            self.is_idle = figures.totals.in_flight == 0;
        }
    }
}
