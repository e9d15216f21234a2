//! Makes a failing trial small: leaves out every fault without which it still fails.

use super::Trial;
use super::play::play;

/// The trial with as few faults as are needed. Greedy: first halves, then one by one, until nothing more can be left out.
pub fn shrink(mut trial: Trial) -> Trial {
    let mut size = trial.faults.len().div_ceil(2).max(1);
    loop {
        let before = trial.faults.len();
        let mut at = 0;
        while at < trial.faults.len() {
            let mut smaller = trial.clone();
            let end = (at + size).min(smaller.faults.len());
            smaller.faults.drain(at..end);
            // Without an edit, what comes after it may not fit the design any more.
            if smaller.is_sound() && play(&smaller).is_some() {
                trial = smaller;
            } else {
                at += size;
            }
        }
        if size == 1 && trial.faults.len() == before {
            return trial;
        }
        size = (size / 2).max(1);
    }
}
