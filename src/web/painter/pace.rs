//! Whether frames come too slowly.

/// Most frames that are measured: about a second of a fast machine.
const FRAMES: usize = 60;
/// Frames that must be measured before a judgement, or fewer if they take so long in all: where a frame takes seconds, nobody
/// waits for many.
const FEWEST: usize = 24;
const FEWEST_IF_LONG: usize = 4;
const LONG_MS: f64 = 3_000.0;
/// The first frames compile shaders and load the page, and say nothing.
const SKIPPED: usize = 3;
/// Fewer than 28 frames a second are slow. Screens at 30 Hz are not.
const SLOW_MS: f64 = 36.0;

/// Measures the first frames.
#[derive(Debug, Default)]
pub struct Pace {
    seen: usize,
    intervals: Vec<f64>,
}

impl Pace {
    pub fn note(&mut self, milliseconds: f64) {
        self.seen += 1;
        if self.seen > SKIPPED && self.intervals.len() < FRAMES && milliseconds >= 0.0 {
            self.intervals.push(milliseconds);
        }
    }

    /// Whether the typical frame of the first second or so was slow. A single long gap (a hidden tab) does not matter.
    pub fn is_slow(&self) -> bool {
        let count = self.intervals.len();
        let is_long = self.intervals.iter().sum::<f64>() > LONG_MS;
        let slow = self.intervals.iter().filter(|interval| **interval > SLOW_MS).count();
        count >= if is_long { FEWEST_IF_LONG } else { FEWEST } && slow > count / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(intervals: &[f64]) -> bool {
        let mut pace = Pace::default();
        (0..100).for_each(|i| pace.note(intervals[i % intervals.len()]));
        pace.is_slow()
    }

    #[test]
    fn the_typical_frame_decides() {
        assert!(!judge(&[16.7]) && !judge(&[33.4]) && !judge(&[16.7, 16.7, 200.0]));
        assert!(judge(&[47.0]) && judge(&[90.0, 90.0, 16.7]));
    }

    #[test]
    fn a_hidden_tab_is_not_slow() {
        assert!(!judge(&[16.7, 16.7, 60_000.0, 16.7]) && !judge(&[f64::NAN]));
    }

    #[test]
    fn there_is_no_judgement_at_once() {
        let mut pace = Pace::default();
        (0..20).for_each(|_| pace.note(100.0));
        assert!(!pace.is_slow());
    }

    #[test]
    fn frames_of_seconds_are_judged_soon() {
        let mut pace = Pace::default();
        (0..8).for_each(|_| pace.note(5_000.0));
        assert!(pace.is_slow());
    }
}
