//! The design that grows with its users: at every size nothing fails, and nothing is idle or overloaded.

use scalescope::model::million;

use crate::support::{assert_near, run};

#[test]
fn from_a_thousand_users_to_a_hundred_thousand_nothing_saturates() {
    for (users, until_s) in [(1_000, 60.0), (10_000, 30.0), (100_000, 14.0)] {
        let figures = run(million(users), until_s / 2.0, until_s);
        assert_eq!((figures.errors, figures.totals.failed, figures.totals.lost_writes), (vec![], 0, 0), "{users}");
        assert_near("goodput", figures.goodput_per_s, users as f64 * 0.1, 0.05);
        assert!(figures.latency.p99_s < 0.6, "{users}: {:?}", figures.latency);
        for tier in ["front", "app", "service", "db", "replica"] {
            let own = figures.nodes.iter().filter(|node| node.id.starts_with(&format!("{tier}-")));
            let busy: Vec<f64> = own.map(|node| node.utilisation).collect();
            let mean = busy.iter().sum::<f64>() / busy.len() as f64;
            assert!((0.25..0.65).contains(&mean), "{users}: {tier} {mean}");
            assert!(busy.iter().all(|own| *own < 0.8), "{users}: {tier} {busy:?}");
        }
        assert!(figures.nodes.iter().all(|node| node.utilisation < 0.8), "{users}");
    }
}
