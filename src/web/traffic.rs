//! What the hops of a frame tell about traffic: how many to ask for, and whether there is anything to see at all.

use scalescope::base::SimDuration;
use scalescope::observe::Hop;

use super::clock::Race;
use super::protocol::Frame;

/// Time between changes of the hop budget.
const BUDGET_EVERY_MS: f64 = 500.0;
/// Dots that may be on their way at a time: on the slowest machine, at first, and on any.
const FEWEST_DOTS: f64 = 12_000.0;
const FIRST_DOTS: f64 = 20_000.0;
const MOST_DOTS: f64 = 100_000.0;
/// Most hops of one frame: where all are over within a frame or two, more of them would only be more noise.
const MOST_HOPS: f64 = 20_000.0;
/// Drawing shall take less of a frame than this; where it takes less than half of it, there may be more dots.
const DRAWING_MS: f64 = 6.0;
/// Below 28 frames a second there shall be fewer dots, whatever takes the time.
const SLOW_FRAME_MS: f64 = 36.0;
/// Where the engine is late more often than this, there shall be fewer dots: noting them takes a part of its time. There may be more
/// only where it is late less often than that.
const LATE: f64 = 0.5;
const IN_TIME: f64 = 0.1;

/// How many hops to ask for, from how long hops were of late and what it costs to draw them, so that as many dots are on their way as
/// this machine draws with ease. Above that the engine tells of every n-th request only, and the page says so.
pub struct Budget {
    mean_s: f64,
    dots: f64,
    /// What drawing a frame takes, smoothed.
    drawing_ms: f64,
    /// Whether the engine tells of some requests only.
    is_thinned: bool,
    sent: usize,
    sent_ms: f64,
}

/// How the page goes.
#[derive(Clone, Copy, Debug)]
pub struct Course {
    /// What a frame takes.
    pub frame_ms: f64,
    /// Simulated time that a frame stands for.
    pub frame_s: f64,
    /// How often the engine answers in a frame.
    pub answers: f64,
    /// How often the engine is late, 0 to 1.
    pub lateness: f64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { mean_s: 0.01, dots: FIRST_DOTS, drawing_ms: DRAWING_MS / 2.0, is_thinned: false, sent: 0, sent_ms: 0.0 }
    }
}

impl Budget {
    /// Takes the hops of a frame, in which one stands for `stride` requests.
    pub fn see(&mut self, words: &[u32], stride: u32) {
        self.is_thinned = stride > 1;
        let count = words.len() / 3;
        if count > 0 {
            let sum: f32 = words.chunks_exact(3).map(|hop| f32::from_bits(hop[2])).sum();
            self.mean_s = self.mean_s * 0.95 + f64::from(sum) / count as f64 * 0.05;
        }
    }

    /// How many hops to ask for in each answer.
    pub fn hops(&self, course: Course) -> usize {
        let frames_alive = (self.mean_s / course.frame_s).max(1.0);
        let of_frame = (self.dots / frames_alive).min(MOST_HOPS);
        (of_frame / course.answers.max(1.0)).max(24.0) as usize
    }

    /// Takes what it cost to draw a frame.
    pub fn drawn(&mut self, milliseconds: f64) {
        self.drawing_ms = self.drawing_ms * 0.9 + milliseconds * 0.1;
    }

    /// Whether the engine should be told another number.
    pub fn is_due(&mut self, wall_ms: f64, course: Course) -> bool {
        if wall_ms - self.sent_ms <= BUDGET_EVERY_MS {
            return false;
        }
        self.sent_ms = wall_ms;
        self.adapt(course);
        let hops = self.hops(course);
        let is_due = hops > self.sent + self.sent / 4 || hops < self.sent - self.sent / 4;
        if is_due {
            self.sent = hops;
        }
        is_due
    }

    fn adapt(&mut self, course: Course) {
        let is_slow = course.frame_ms > SLOW_FRAME_MS || self.drawing_ms > DRAWING_MS;
        let change = if is_slow || course.lateness > LATE {
            0.8
        } else if self.is_thinned && self.drawing_ms < DRAWING_MS / 2.0 && course.lateness < IN_TIME {
            1.25
        } else {
            1.0
        };
        self.dots = (self.dots * change).clamp(FEWEST_DOTS, MOST_DOTS);
    }
}

/// The figures look back over a few seconds of wall time, but over enough simulated time to count something.
pub fn window(speed: f64) -> SimDuration {
    SimDuration::from_secs_f64((4.0 * speed).clamp(0.25, 10.0))
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

#[cfg(test)]
mod tests {
    use super::*;

    const COURSE: Course = Course { frame_ms: 16.7, frame_s: 0.001, answers: 1.0, lateness: 0.0 };

    /// The dots that may be on their way after some seconds on a machine that draws so.
    fn settled(drawing_ms: f64, frame_ms: f64, stride: u32, lateness: f64) -> f64 {
        let mut budget = Budget::default();
        for frame in 0..1_000_u32 {
            budget.see(&[], stride);
            budget.drawn(drawing_ms);
            budget.is_due(f64::from(frame) * frame_ms, Course { frame_ms, lateness, ..COURSE });
        }
        budget.dots
    }

    #[test]
    fn a_fast_machine_draws_more_dots_than_a_slow_one() {
        assert!((settled(1.0, 16.7, 2, 0.0) - MOST_DOTS).abs() < 1.0);
        assert!((settled(4.0, 16.7, 2, 0.0) - FIRST_DOTS).abs() < 1.0);
        assert!((settled(9.0, 16.7, 1, 0.0) - FEWEST_DOTS).abs() < 1.0);
        assert!(
            (settled(1.0, 90.0, 2, 0.0) - FEWEST_DOTS).abs() < 1.0,
            "software that pretends to be a graphics processor"
        );
        assert!((settled(1.0, 16.7, 1, 0.0) - FIRST_DOTS).abs() < 1.0, "more than there is need not be allowed");
        assert!((settled(1.0, 16.7, 2, 0.9) - FEWEST_DOTS).abs() < 1.0, "the engine's own time comes first");
    }

    #[test]
    fn a_frame_is_never_flooded() {
        let budget = Budget { dots: MOST_DOTS, ..Budget::default() };
        assert_eq!(budget.hops(Course { frame_s: 1.0, ..COURSE }), 20_000);
        assert_eq!(budget.hops(COURSE), 10_000);
        assert_eq!(budget.hops(Course { answers: 4.0, ..COURSE }), 2_500, "in several parts it is no more");
    }
}
