//! The bill: what the parts that have a price have cost so far, and what that comes to in an hour.
//!
//! Prices stand at the nodes (bytes sent, requests answered); the hour is that of the mean rate since the run began. Left out: what
//! machines cost by the hour, for no node has a price of that kind.

use crate::observe::Figures;

/// What a design costs, in dollars.
#[derive(Clone, Debug, PartialEq)]
pub struct Bill {
    pub so_far: f64,
    pub per_hour: f64,
    /// Each node that has a price, and what it costs an hour.
    pub items: Vec<(String, f64)>,
}

/// The bill; none if nothing has a price, or no time has passed.
pub fn bill(figures: &Figures) -> Option<Bill> {
    let hours = figures.now_s / 3_600.0;
    let costs: Vec<(String, f64)> =
        figures.nodes.iter().filter_map(|node| Some((node.id.clone(), node.cost?))).collect();
    if costs.is_empty() || hours <= 0.0 {
        return None;
    }
    let so_far: f64 = costs.iter().map(|(_, cost)| cost).sum();
    let items = costs.into_iter().map(|(id, cost)| (id, cost / hours)).collect();
    Some(Bill { so_far, per_hour: so_far / hours, items })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SimTime;
    use crate::engine::Engine;
    use crate::model::Document;

    fn after_half_a_minute(text: &str) -> Option<Bill> {
        let mut engine = Engine::new(Document::read(text).unwrap()).unwrap();
        engine.run_until(SimTime::from_nanos(30_000_000_000));
        bill(&engine.figures())
    }

    #[test]
    fn what_is_sent_in_half_a_minute_costs_so_much_an_hour() {
        let bill = after_half_a_minute(include_str!("../../static/scenarios/cdn.json")).unwrap();
        assert!(bill.so_far > 0.0 && (bill.per_hour - bill.so_far * 120.0).abs() < 1e-9, "{bill:?}");
        assert_eq!(bill.items.len(), 1);
        assert_eq!(after_half_a_minute(include_str!("../../static/scenarios/single-server.json")), None);
    }
}
