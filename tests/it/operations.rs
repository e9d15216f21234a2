//! What users can do beside fetching, reading and writing: queries, logins, ranges, aggregates, traversals, transactions.

use scalescope::model::Document;
use scalescope::observe::{Figures, Operation, OperationFigures};
use serde_json::{Value, json};

use crate::support::{at_s, crash, engine, measure, node, run, scenario, with};

const WEIGHTS: [(&str, Operation); 6] = [
    ("query_weight", Operation::Query),
    ("login_weight", Operation::Login),
    ("range_weight", Operation::Range),
    ("aggregate_weight", Operation::Aggregate),
    ("traversal_weight", Operation::Traversal),
    ("transaction_weight", Operation::Transaction),
];

/// A scenario whose users do everything equally often.
fn rich(name: &str, params: &[(&str, Value)]) -> Document {
    let mut mix: Vec<(&str, Value)> = WEIGHTS.iter().map(|(weight, _)| (*weight, json!(1))).collect();
    mix.extend(["static_weight", "read_weight", "write_weight"].map(|weight| (weight, json!(1))));
    mix.extend_from_slice(params);
    with(scenario(name), "users", &mix)
}

/// A scenario whose users do nothing but this.
fn only(name: &str, weight: &str, params: &[(&str, Value)]) -> Document {
    let mut mix = vec![("static_weight", json!(0)), ("read_weight", json!(0)), ("write_weight", json!(0))];
    mix.push((weight, json!(1)));
    mix.extend_from_slice(params);
    with(scenario(name), "users", &mix)
}

fn of(figures: &Figures, operation: Operation) -> &OperationFigures {
    figures.operations.iter().find(|own| own.operation == operation).expect("somebody asked for it")
}

#[test]
fn everything_that_users_can_do_is_done_in_every_scenario() {
    for name in ["single-server", "separate-database", "replicated", "cached", "cdn"] {
        let figures = run(rich(name, &[("users", json!(200))]), 5.0, 40.0);
        assert_eq!(figures.totals.failed, 0, "{name}: {:?}", figures.errors);
        for operation in Operation::ALL {
            assert!(of(&figures, operation).goodput_per_s > 0.0, "{name}: {}", operation.name());
        }
    }
}

#[test]
fn what_nobody_asks_for_is_not_reported() {
    let figures = run(scenario("cached"), 1.0, 3.0);
    let told: Vec<Operation> = figures.operations.iter().map(|own| own.operation).collect();
    assert_eq!(told, [Operation::Static, Operation::Read, Operation::Write]);
}

#[test]
fn the_more_records_an_operation_touches_the_longer_it_takes() {
    for (weight, operation, records) in [
        ("query_weight", Operation::Query, "query_records"),
        ("range_weight", Operation::Range, "range_records"),
        ("aggregate_weight", Operation::Aggregate, "aggregate_records"),
        ("transaction_weight", Operation::Transaction, "transaction_writes"),
        ("traversal_weight", Operation::Traversal, "traversal_hops"),
    ] {
        let latency = |count: u32| {
            let params = [("users", json!(20)), ("value_size", json!("10B")), (records, json!(count))];
            let figures = run(only("separate-database", weight, &params), 1.0, 100.0);
            assert_eq!(figures.totals.failed, 0);
            of(&figures, operation).latency.mean_s
        };
        let (few, many) = if records == "traversal_hops" { (1, 4) } else { (1, 1_000) };
        assert!(latency(many) > latency(few) + 0.005, "{records}: {} and {}", latency(few), latency(many));
    }
}

#[test]
fn a_transaction_is_written_whole_and_reaches_the_replicas() {
    let document = only("replicated", "transaction_weight", &[("transaction_writes", json!(4)), ("users", json!(500))]);
    let mut engine = engine(document);
    engine.run_until(at_s(20.0));
    let figures = engine.report();
    let position = node(&figures, "db-1").log_position.expect("it is a database");
    assert!(position > 1_000, "{position}");
    assert_eq!(position % 4, 0, "four records for each");
    assert_eq!(engine.violations(), Vec::<String>::new());
    crash(&mut engine, "db-1");
    measure(&mut engine, 60.0);
    assert_eq!(engine.violations(), Vec::<String>::new(), "what is lost is listed");
}

#[test]
fn the_same_seed_does_the_same() {
    let hash = || {
        let mut engine = engine(rich("cdn", &[]));
        engine.run_until(at_s(5.0));
        engine.state_hash()
    };
    assert_eq!(hash(), hash());
}
