//! What users can do beside fetching, reading and writing: queries, logins, ranges, aggregates, traversals, transactions.

use scalescope::base::{Kind, SimDuration};
use scalescope::model::Document;
use scalescope::observe::{Figures, Operation, OperationFigures, Reason};
use serde_json::{Value, json};

use crate::support::{at_s, count, crash, engine, measure, node, run, scenario, set, with};

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
        assert!(latency(many) > latency(few) + 0.002, "{records}: {} and {}", latency(few), latency(many));
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

/// What users, web servers and databases of a scenario do under another kind of database.
fn on(document: Document, model: &str) -> Document {
    let databases: Vec<String> =
        document.nodes.iter().filter(|node| node.kind() == Kind::Database).map(|node| node.id.clone()).collect();
    databases.iter().fold(document, |document, id| with(document, id, &[("data_model", json!(model))]))
}

const MODELS: [&str; 5] = ["relational", "key_value", "document", "wide_column", "graph"];

#[test]
fn every_kind_of_database_serves_every_operation_one_way_or_the_other() {
    for model in MODELS {
        for gathering in ["one_by_one", "batch"] {
            let few = [("users", json!(50)), ("aggregate_records", json!(50)), ("relations", json!(3))];
            let document =
                with(on(rich("separate-database", &few), model), "web-1", &[("gathering", json!(gathering))]);
            let figures = run(document, 5.0, 60.0);
            assert_eq!(figures.totals.failed, 0, "{model}: {:?}", figures.errors);
            for operation in Operation::ALL {
                assert!(of(&figures, operation).goodput_per_s > 0.0, "{model}: {}", operation.name());
            }
            let extra = node(&figures, "web-1").extra_calls.unwrap_or(0);
            assert_eq!(extra > 0, !matches!(model, "relational" | "graph"), "{model}: {extra} extra calls");
        }
    }
}

#[test]
fn a_join_on_a_store_without_joins_is_as_many_reads_and_one_more() {
    let query = |model: &str, gathering: &str| {
        let params = [("users", json!(20)), ("query_records", json!(20))];
        let document = on(only("separate-database", "query_weight", &params), model);
        let figures = run(with(document, "web-1", &[("gathering", json!(gathering))]), 1.0, 101.0);
        let queries = of(&figures, Operation::Query).latency;
        let calls = node(&figures, "db-1").arrivals_per_s * 100.0 / queries.count as f64;
        (queries.mean_s, calls)
    };
    let (relational, one) = query("relational", "one_by_one");
    let (key_value, n_plus_one) = query("key_value", "one_by_one");
    let (batched, two) = query("key_value", "batch");
    assert!((one - 1.0).abs() < 0.05, "{one}");
    assert!((n_plus_one - 21.0).abs() < 0.5, "{n_plus_one}");
    assert!((two - 2.0).abs() < 0.1, "{two}");
    assert!(relational < key_value && batched < relational, "{relational} {key_value} {batched}");
}

#[test]
fn behind_a_router_a_store_without_joins_is_still_one() {
    let query = |model: &str| {
        let document =
            on(only("sharded", "query_weight", &[("users", json!(50)), ("query_records", json!(10))]), model);
        let figures = run(document, 1.0, 30.0);
        assert_eq!(figures.totals.failed, 0, "{model}: {:?}", figures.errors);
        ["web-1", "web-2"].iter().filter_map(|web| node(&figures, web).extra_calls).sum::<u64>()
    };
    assert_eq!(query("relational"), 0);
    assert!(query("key_value") > 500);
}

#[test]
fn single_reads_are_fastest_where_nothing_else_can_be_done() {
    let read = |model: &str| {
        let figures = run(on(only("separate-database", "read_weight", &[("users", json!(100))]), model), 1.0, 60.0);
        of(&figures, Operation::Read).latency.mean_s
    };
    let times = MODELS.map(read);
    assert!(times.iter().all(|time| times[1] <= *time), "{times:?}");
}

#[test]
fn what_a_store_cannot_do_it_refuses_to_who_asks_nevertheless() {
    // The kind changes while requests are under way: some reach a store that cannot do them any more.
    let document = only("separate-database", "query_weight", &[("users", json!(2_000))]);
    let mut engine =
        engine(with(document, "db-1", &[("read_service", json!("15ms")), ("queue_limit", json!(100_000))]));
    engine.run_until(at_s(2.0));
    set(&mut engine, "db-1", "data_model", json!("key_value"));
    let figures = measure(&mut engine, 20.0);
    assert_eq!(engine.violations(), Vec::<String>::new());
    assert!(count(&figures, Reason::NotSupported) + figures.totals.answered > 0);
}

#[test]
fn data_that_do_not_fit_into_memory_slow_a_store_down() {
    let run = |pool: &str, keys: u32| {
        let params =
            [("users", json!(300)), ("keys", json!(keys)), ("value_size", json!("4KB")), ("zipf_exponent", json!(0))];
        let disk = [("buffer_pool", json!(pool)), ("disk_iops", json!(200)), ("read_service", json!("1ms"))];
        let document = with(only("separate-database", "read_weight", &params), "db-1", &disk);
        run(document, 60.0, 160.0)
    };
    // 2,000 records of 4 kB lie in 489 pages, 8.0 MB; 20,000 in ten times as many.
    let fits = run("10MB", 2_000);
    assert!(node(&fits, "db-1").page_misses < Some(100), "most has been read once");
    let massive = run("10MB", 20_000);
    let db = node(&massive, "db-1");
    let hits = db.page_hit_ratio.unwrap();
    // A record lies in 1.25 pages on average, and every page is asked for as often as any other.
    assert!((hits - 610.0 / 4_883.0).abs() < 0.02, "{hits}");
    assert!(db.disk_utilisation.unwrap() > 0.1);
    assert!(massive.latency.mean_s > fits.latency.mean_s + 0.003, "{} {}", massive.latency.mean_s, fits.latency.mean_s);
    assert_eq!(node(&run("0B", 20_000), "db-1").page_misses, None, "without a pool all fits");
}

#[test]
fn a_full_disk_refuses_writes_and_a_store_without_free_connections_everything() {
    let params = [("users", json!(2_000)), ("read_weight", json!(1))];
    let full = with(only("separate-database", "write_weight", &params), "db-1", &[("storage", json!("1MB"))]);
    let figures = run(full, 1.0, 10.0);
    assert_eq!(of(&figures, Operation::Write).goodput_per_s, 0.0);
    assert_eq!(of(&figures, Operation::Read).errors_per_s, 0.0);
    assert!(count(&figures, Reason::StorageFull) > 100);
    let few = with(only("separate-database", "read_weight", &params), "db-1", &[("connections", json!(1))]);
    let figures = run(few, 1.0, 10.0);
    assert!(count(&figures, Reason::TooManyConnections) > 100, "{:?}", figures.errors);
    assert!(node(&figures, "db-1").in_flight_mean <= 1.0);
}

#[test]
fn copies_make_queries_cheap_and_writes_dear() {
    let run = |layout: &str| {
        let params =
            [("users", json!(50)), ("write_weight", json!(1)), ("query_records", json!(10)), ("keys", json!(1_000))];
        let document = on(only("separate-database", "query_weight", &params), "document");
        run(with(document, "db-1", &[("layout", json!(layout))]), 5.0, 105.0)
    };
    let (apart, together) = (run("normalised"), run("denormalised"));
    let mean = |figures: &Figures, operation| of(figures, operation).latency.mean_s;
    assert!(mean(&together, Operation::Query) < mean(&apart, Operation::Query) - 0.02);
    assert!(mean(&together, Operation::Write) > mean(&apart, Operation::Write) + 0.03);
    assert_eq!(apart.stale_reads, 0);
    assert!(together.stale_reads > 0, "a query may see a copy that is not written yet");
}

#[test]
fn a_transaction_on_a_store_without_any_can_be_torn() {
    let params = [("users", json!(500)), ("transaction_writes", json!(20))];
    let document = on(only("separate-database", "transaction_weight", &params), "wide_column");
    let mut engine = engine(document);
    engine.run_until(at_s(10.0));
    crash(&mut engine, "db-1");
    let figures = measure(&mut engine, 12.0);
    assert!(node(&figures, "web-1").torn_writes > Some(0));
    assert_eq!(engine.violations(), Vec::<String>::new());
}

/// Two servers behind a balancer, with a cache, and sessions kept as said.
fn with_sessions(kept: &str, params: &[(&str, Value)]) -> Document {
    let mix = [("users", json!(200)), ("rate_per_user_per_s", json!(0.5)), ("login_weight", json!(1))];
    let document = with(only("cached", "read_weight", &mix), "cache-1", &[("ttl", json!("1h"))]);
    let mut all = vec![("sessions", json!(kept))];
    all.extend_from_slice(params);
    let document = with(document, "web-1", &all);
    with(document, "web-2", &all)
}

fn sessions_lost(figures: &Figures) -> u64 {
    figures.nodes.iter().filter_map(|node| node.sessions_lost).sum()
}

#[test]
fn sessions_in_memory_die_with_their_server_and_those_outside_do_not() {
    for (kept, are_lost) in [("memory", true), ("external", false)] {
        let sticky = with(with_sessions(kept, &[]), "lb-1", &[("policy", json!("source_hash"))]);
        let mut engine = engine(sticky);
        let figures = measure(&mut engine, 60.0);
        assert_eq!(sessions_lost(&figures), 0, "{kept}: nobody loses anything while all is well");
        crash(&mut engine, "web-1");
        let figures = measure(&mut engine, 120.0);
        let lost = sessions_lost(&figures);
        assert_eq!(lost > 30, are_lost, "{kept}: {lost} sessions lost");
        assert_eq!(engine.violations(), Vec::<String>::new());
    }
}

#[test]
fn sessions_outside_are_lost_with_the_cache_that_has_them() {
    let mut engine = engine(with_sessions("external", &[]));
    engine.run_until(at_s(60.0));
    crash(&mut engine, "cache-1");
    engine.run_until(at_s(62.0));
    let without = measure(&mut engine, 72.0);
    // Nobody can be known without the cache: everybody logs in for each request.
    let served = without.totals.answered as f64;
    assert!(sessions_lost(&without) > 200, "{} of {served}", sessions_lost(&without));
    crate::support::restart(&mut engine, "cache-1");
    engine.run_until(at_s(130.0));
    let after = measure(&mut engine, 160.0);
    assert!(sessions_lost(&after) < 20, "{}", sessions_lost(&after));
}

#[test]
fn without_a_cache_sessions_are_in_the_database_and_survive_everything_but_its_loss() {
    let mix = [("users", json!(100)), ("rate_per_user_per_s", json!(0.5)), ("login_weight", json!(1))];
    let document = with(only("separate-database", "read_weight", &mix), "web-1", &[("sessions", json!("external"))]);
    let mut engine = engine(document);
    engine.run_until(at_s(60.0));
    for node in ["web-1", "db-1"] {
        crash(&mut engine, node);
        engine.run_until(engine.now() + SimDuration::from_secs(5));
        crate::support::restart(&mut engine, node);
    }
    let figures = measure(&mut engine, 120.0);
    assert_eq!(sessions_lost(&figures), 0);
    assert_eq!(engine.violations(), Vec::<String>::new());
}

#[test]
fn a_login_takes_its_time() {
    let figures = run(only("separate-database", "login_weight", &[("users", json!(20))]), 1.0, 100.0);
    let login = of(&figures, Operation::Login).latency.mean_s;
    let figures = run(only("separate-database", "read_weight", &[("users", json!(20))]), 1.0, 100.0);
    let read = of(&figures, Operation::Read).latency.mean_s;
    assert!(login > read + 0.04, "{login} {read}");
}

/// A scenario whose assets are in an object store behind `before`.
fn with_objects(name: &str, before: &str, params: &Value, users: &[(&str, Value)]) -> Document {
    let mut all = vec![("read_weight", json!(0)), ("write_weight", json!(0)), ("asset_size", json!("900KB"))];
    all.extend_from_slice(users);
    let document = with(scenario(name), "users", &all);
    let mut value: Value = serde_json::from_str(&document.to_json()).unwrap();
    let store = json!({ "id": "objects", "kind": "object_store", "params": params });
    value["nodes"].as_array_mut().unwrap().push(store);
    let way = json!({ "from": before, "to": "objects", "latency": "1ms" });
    value["links"].as_array_mut().unwrap().push(way);
    Document::read(&value.to_string()).unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn assets_come_from_an_object_store_as_fast_as_it_gives_them() {
    let params = json!({ "first_byte": "50ms", "first_byte_shape": "constant", "throughput_per_s": "90MB" });
    let people = [("users", json!(50))];
    let figures = run(with_objects("separate-database", "web-1", &params, &people), 1.0, 101.0);
    let plain = run(
        with_objects("separate-database", "web-1", &json!({ "first_byte": "0s", "throughput_per_s": "1TB" }), &people),
        1.0,
        101.0,
    );
    let [slow, fast] = [&figures, &plain].map(|figures| of(figures, Operation::Static).latency.mean_s);
    // 900 kB at 90 MB/s are 10 ms.
    assert!((slow - fast - 0.06).abs() < 0.004, "{slow} {fast}");
    let store = node(&figures, "objects");
    let sent_gb = store.egress_bytes.unwrap() as f64 / 1e9;
    let mean_gb = sent_gb / (f64::from(u32::try_from(figures.totals.answered).unwrap()));
    assert!((mean_gb * 1e6 - 900.0).abs() < 50.0, "{mean_gb}");
    assert!((store.cost.unwrap() - sent_gb * 0.09 - figures.totals.answered as f64 * 0.4e-6).abs() < 1e-3);
}

#[test]
fn an_edge_asks_the_object_store_for_what_it_does_not_have() {
    let document = with_objects("cdn", "cdn-1", &json!({}), &[("users", json!(2_000)), ("asset_size", json!("9KB"))]);
    let mut engine = engine(document);
    engine.run_until(at_s(30.0));
    let figures = measure(&mut engine, 60.0);
    assert_eq!(figures.errors, []);
    let (edge, store) = (node(&figures, "cdn-1"), node(&figures, "objects"));
    assert!(store.arrivals_per_s > 0.0 && store.arrivals_per_s < 0.5 * edge.arrivals_per_s);
    assert_eq!(node(&figures, "web-1").arrivals_per_s, 0.0, "the site has nothing to do with it");
    // Dead: what the edge has it still serves, the rest fails.
    crash(&mut engine, "objects");
    let figures = measure(&mut engine, 70.0);
    let failed = count(&figures, Reason::ConnectionRefused);
    assert!(failed > 0 && (failed as f64) < 0.5 * figures.offered_per_s * 10.0, "{failed}");
    assert_eq!(engine.violations(), Vec::<String>::new());
}

#[test]
fn a_server_asks_the_object_store_whether_a_copy_is_still_good() {
    let mut document =
        with_objects("cdn", "web-1", &json!({}), &[("users", json!(2_000)), ("asset_size", json!("9KB"))]);
    // The other server keeps its own assets: only what goes by the first is looked at.
    document = with(document, "cdn-1", &[("ttl", json!("1s")), ("collapse", json!("on"))]);
    document = with(document, "db-1", &[("reads", json!("wait_for_position"))]);
    document = with(document, "users", &[("write_weight", json!(5)), ("assets", json!(50))]);
    let figures = run(document, 20.0, 60.0);
    assert_eq!(figures.errors, []);
    let store = node(&figures, "objects");
    let asked = store.arrivals_per_s * 40.0;
    assert!(asked > 500.0, "{asked}");
    // Each of the fifty is sent whole once; all else is not modified.
    let whole = store.egress_bytes.unwrap() as f64 / 9_000.0;
    assert!(whole < 60.0, "{whole} of {asked}");
}

#[test]
fn an_object_store_tells_who_asks_too_often_to_slow_down() {
    let params = json!({ "requests_per_s": 20 });
    let figures = run(with_objects("separate-database", "web-1", &params, &[("users", json!(1_000))]), 5.0, 25.0);
    assert_near_to(figures.goodput_per_s, 20.0, 0.05);
    assert!(count(&figures, Reason::RateLimited) > 1_000);
}

fn assert_near_to(measured: f64, expected: f64, tolerance: f64) {
    crate::support::assert_near("goodput", measured, expected, tolerance);
}

#[test]
fn the_kind_of_database_is_chosen_by_running_all_of_them() {
    use scalescope::engine::chooser::{MODELS, trial, weigh};
    let choose = |document: &Document| {
        let trials = MODELS
            .map(|(_, model)| trial(document, model, SimDuration::from_secs(5), SimDuration::from_secs(30)).unwrap());
        weigh(document, trials.into())
    };
    let holds = |choice: &scalescope::engine::chooser::Choice| [0, 1, 2, 3].map(|i| choice.grounds[i].holds);

    let plain = choose(&only("separate-database", "read_weight", &[("users", json!(300))]));
    assert_eq!((plain.best, holds(&plain)), ("key_value", [Some(true), Some(true), Some(true), None]));

    let joins = [("users", json!(300)), ("query_weight", json!(1)), ("transaction_weight", json!(1))];
    let joining = choose(&only("separate-database", "read_weight", &joins));
    assert_eq!(holds(&joining)[1..], [Some(false), Some(false), None]);
    assert!(joining.trials[1].extra_calls > 1_000 && joining.trials[0].extra_calls == 0);
    assert!(joining.trials[0].latency.mean_s < joining.trials[1].latency.mean_s);

    let deep = [("users", json!(100)), ("traversal_hops", json!(3)), ("keys", json!(100_000))];
    let social = choose(&only("separate-database", "traversal_weight", &deep));
    assert_eq!(social.best, "graph", "{social:?}");

    let much =
        [("users", json!(300)), ("keys", json!(1_000_000)), ("value_size", json!("4KB")), ("zipf_exponent", json!(0))];
    let document = only("separate-database", "write_weight", &much);
    let massive = choose(&with(document, "db-1", &[("buffer_pool", json!("64MB")), ("disk_iops", json!(200))]));
    assert_eq!(holds(&massive)[3], Some(true), "{massive:?}");
    assert!(massive.trials[3].page_misses < massive.trials[0].page_misses / 10, "it writes without reading");
}
