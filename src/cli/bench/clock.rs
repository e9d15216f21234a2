//! How long something takes.

use std::fs;
use std::sync::LazyLock;
use std::time::Instant;

/// Seconds of computing so far: of the processor where Linux tells them, for other programs take none of those; else of the wall.
pub fn seconds() -> f64 {
    processor().unwrap_or_else(wall)
}

/// Time that the scheduler has given to this thread of the program.
fn processor() -> Option<f64> {
    let text = fs::read_to_string("/proc/self/schedstat").ok()?;
    let nanos: u64 = text.split_whitespace().next()?.parse().ok()?;
    (nanos > 0).then(|| nanos as f64 / 1e9)
}

// A bench is about the clock on the wall.
#[allow(clippy::disallowed_methods)]
fn wall() -> f64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed().as_secs_f64()
}
