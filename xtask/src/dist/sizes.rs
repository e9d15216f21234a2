//! What the page weighs on the wire, and the limit on that.

use crate::Result;
use crate::project;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

/// The most that wasm and JavaScript together may weigh, gzipped.
const BUDGET: u64 = 840_000;

/// Prints what each kind of file in `dist/` weighs. An error if the page is too heavy.
pub fn check_budget() -> Result<()> {
    let mut kinds: BTreeMap<String, Weight> = BTreeMap::new();
    weigh(&project::dist(), &mut kinds)?;
    let mut all = Weight::default();
    println!("{:8} {:>10} {:>10}", "kind", "raw KB", "gzip KB");
    for (kind, weight) in &kinds {
        println!("{kind:8} {:>10} {:>10}", kilobytes(weight.raw), kilobytes(weight.gzipped));
        all.add(*weight);
    }
    println!("{:8} {:>10} {:>10}", "all", kilobytes(all.raw), kilobytes(all.gzipped));
    let gzipped = |kind: &str| kinds.get(kind).map_or(0, |weight| weight.gzipped);
    verdict(gzipped("wasm"), gzipped("js"))
}

#[derive(Clone, Copy, Default)]
struct Weight {
    raw: u64,
    gzipped: u64,
}

impl Weight {
    fn add(&mut self, other: Self) {
        self.raw += other.raw;
        self.gzipped += other.gzipped;
    }
}

fn weigh(dir: &Path, kinds: &mut BTreeMap<String, Weight>) -> Result<()> {
    let fail = |error: std::io::Error| format!("{}: {error}", dir.display());
    for entry in fs::read_dir(dir).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        if path.is_dir() {
            weigh(&path, kinds)?;
        } else {
            let bytes = fs::read(&path).map_err(fail)?;
            let kind = path.extension().unwrap_or_default().to_string_lossy().into_owned();
            let weight = Weight { raw: bytes.len() as u64, gzipped: gzipped(&bytes).map_err(fail)? };
            kinds.entry(kind).or_default().add(weight);
        }
    }
    Ok(())
}

fn gzipped(bytes: &[u8]) -> std::io::Result<u64> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len() as u64)
}

fn verdict(wasm: u64, js: u64) -> Result<()> {
    if wasm == 0 || js == 0 {
        return Err("dist/ has no wasm or no JavaScript: build it with `cargo xtask build`".to_owned());
    }
    let both = wasm + js;
    let line = format!("wasm and JavaScript gzipped: {} KB of {} KB", kilobytes(both), kilobytes(BUDGET));
    println!("{line}");
    if both <= BUDGET { Ok(()) } else { Err(line) }
}

fn kilobytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_is_for_both_together() {
        assert_eq!(verdict(BUDGET - 10, 10), Ok(()));
        assert_eq!(verdict(BUDGET - 10, 11), Err("wasm and JavaScript gzipped: 840.0 KB of 840.0 KB".to_owned()));
        assert!(verdict(0, 10).is_err() && verdict(10, 0).is_err(), "an empty build is not a light one");
    }

    #[test]
    fn gzip_compresses() {
        let size = gzipped(&vec![7; 100_000]).unwrap();
        assert!((50..1000).contains(&size), "{size}");
    }
}
