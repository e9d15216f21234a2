//! Golden runs: what the scenarios measure, pinned. A change here is a change of behaviour and belongs in the changelog.

use std::fmt::Write;

use crate::support::{SCENARIOS, at_s, engine, scenario};

#[test]
fn the_scenarios_run_as_they_did() {
    let mut table = String::new();
    for name in SCENARIOS {
        let mut engine = engine(scenario(name));
        engine.run_until(at_s(10.0));
        engine.mark();
        engine.run_until(at_s(30.0));
        let report = engine.report();
        writeln!(
            table,
            "{name:<18} hash {:016x} · events {} · goodput {:.2}/s · p50 {:.1} ms · p99 {:.1} ms · errors {}",
            engine.state_hash(),
            engine.events(),
            report.goodput_per_s,
            report.latency.p50_s * 1e3,
            report.latency.p99_s * 1e3,
            report.totals.failed,
        )
        .expect("a string takes it");
    }
    insta::assert_snapshot!(table);
}
