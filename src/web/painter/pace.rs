//! Whether frames come too slowly.

/// Most frames that are measured: about a second of a fast machine.
const FRAMES: usize = 60;
/// Frames that must be measured before a judgement: on a slow machine, sixty would take too long.
const FEWEST: usize = 24;
/// The first frames compile shaders and load the page, and say nothing.
const SKIPPED: usize = 5;
/// Longer gaps are a hidden tab or a stopped debugger, not a slow frame.
const ABSENT_MS: f64 = 1_000.0;
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
        if self.seen > SKIPPED && self.intervals.len() < FRAMES && (0.0..ABSENT_MS).contains(&milliseconds) {
            self.intervals.push(milliseconds);
        }
    }

    /// Whether the typical frame of the first second or so was slow.
    pub fn is_slow(&self) -> bool {
        let slow = self.intervals.iter().filter(|interval| **interval > SLOW_MS).count();
        self.intervals.len() >= FEWEST && slow > self.intervals.len() / 2
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
        assert!(!judge(&[5_000.0]) && !judge(&[f64::NAN]));
    }

    #[test]
    fn there_is_no_judgement_at_once() {
        let mut pace = Pace::default();
        (0..20).for_each(|_| pace.note(500.0));
        assert!(!pace.is_slow());
    }
}
