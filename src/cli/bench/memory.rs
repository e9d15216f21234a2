//! The most memory that the program has held, as Linux counts it (resident set, high water).

use std::fs;

/// From here on the peak counts anew. Where that cannot be, it goes on from before.
pub fn forget_peak() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// In bytes; none where the system does not tell.
pub fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
