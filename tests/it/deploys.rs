//! Deploys give changed assets new names: what is old is in nobody's way, and nothing has to be purged.

use scalescope::model::Document;
use scalescope::model::kinds::Users;
use scalescope::observe::Figures;
use serde_json::{Value, json};

use crate::support::{at_s, engine, inflict, measure, node, run, set};

const ASSETS: u32 = 400;

/// Users who want assets, all equally often, from an edge that keeps them for ever.
fn document(users: &Value) -> Document {
    let mut params = json!({
        "users": 200, "rate_per_user_per_s": 1, "static_weight": 1, "read_weight": 0, "write_weight": 0,
        "assets": ASSETS, "assets_zipf_exponent": 0, "asset_size": "1KB", "asset_change_share": 0.25,
    });
    for (name, value) in users.as_object().expect("parameters") {
        params[name] = value.clone();
    }
    let document = json!({ "version": 1, "name": "deploys", "seed": 4, "nodes": [
        { "id": "users", "kind": "users", "params": params },
        { "id": "cdn", "kind": "cdn", "params": { "ttl": "365d", "collapse": "on", "capacity": "600KB" } },
        { "id": "web", "kind": "web_server" },
    ], "links": [
        { "from": "users", "to": "web", "latency": "10ms" }, { "from": "users", "to": "cdn", "latency": "1ms" },
        { "from": "cdn", "to": "web", "latency": "10ms" },
    ] });
    Document::read(&document.to_string()).unwrap_or_else(|problems| panic!("{problems}"))
}

fn misses(figures: &Figures) -> u64 {
    node(figures, "cdn").misses.expect("there were lookups")
}

/// How many assets have another name than before.
fn renamed(before: u32, after: u32, share: f64) -> u64 {
    let name = |asset_version, asset| {
        Users { asset_version, asset_change_share: share, assets: ASSETS, ..Users::default() }.asset_name(asset)
    };
    (0..ASSETS).filter(|asset| name(before, *asset) != name(after, *asset)).count() as u64
}

#[test]
fn only_what_has_changed_is_fetched_anew() {
    let mut engine = engine(document(&json!({})));
    engine.run_until(at_s(30.0));
    assert_eq!(misses(&measure(&mut engine, 60.0)), 0, "everything is there");
    for version in 1..=3 {
        let start = 60.0 * f64::from(version);
        set(&mut engine, "users", "asset_version", json!(version));
        // Asked for a waiting object a request counts as a miss as well: a few more than there are objects.
        let burst = misses(&measure(&mut engine, start + 30.0));
        let changed = renamed(version - 1, version, 0.25);
        assert!((70..130).contains(&changed), "{changed} of 400");
        assert!((changed..changed + 20).contains(&burst), "{burst} misses, {changed} changed");
        assert_eq!(misses(&measure(&mut engine, start + 60.0)), 0, "and that is all");
    }
    let cdn = node(&engine.report(), "cdn").stored_bytes.unwrap();
    assert!(cdn <= 600 * 1024, "old copies have made room: {cdn}");
    // A purge makes everything be fetched anew.
    inflict(&mut engine, json!({ "purge": { "node": "cdn" } }));
    assert!(misses(&measure(&mut engine, 300.0)) >= u64::from(ASSETS));
}

#[test]
fn the_share_says_how_many_change_and_names_never_come_back() {
    assert_eq!((renamed(0, 1, 0.0), renamed(0, 1, 1.0)), (0, u64::from(ASSETS)));
    assert_eq!(renamed(4, 4, 0.5), 0);
    let users = |asset_version| Users { asset_version, asset_change_share: 0.5, assets: 50, ..Users::default() };
    for asset in 0..50 {
        let names: Vec<u32> = (0..20).map(|version| users(version).asset_name(asset)).collect();
        assert!(names.is_sorted() && names.iter().all(|name| name % 50 == asset), "{names:?}");
    }
}

#[test]
fn browsers_have_what_did_not_change() {
    let hits = |version: u32| {
        let mut engine = engine(document(&json!({ "users": 2, "rate_per_user_per_s": 100, "browser_cache": "10MB" })));
        engine.run_until(at_s(60.0));
        set(&mut engine, "users", "asset_version", json!(version));
        node(&measure(&mut engine, 61.0), "users").hit_ratio.unwrap()
    };
    assert!(hits(0) > 0.99);
    assert!((0.7..0.9).contains(&hits(1)), "{}", hits(1));
}

#[test]
fn absurd_numbers_of_names_are_refused_or_survived() {
    let mut engine = engine(document(&json!({ "assets": 100_000, "asset_change_share": 0.000_001 })));
    set(&mut engine, "users", "asset_version", json!(9_999));
    engine.run_until(at_s(2.0));
    assert_eq!(engine.violations(), Vec::<String>::new());
    let too_many = json!({ "assets": 100_000_000, "asset_version": 10 });
    let params = json!({ "version": 1, "name": "", "nodes": [
        { "id": "users", "kind": "users", "params": too_many }, { "id": "web", "kind": "web_server" },
    ], "links": [{ "from": "users", "to": "web" }] });
    let problem = Document::read(&params.to_string()).unwrap_err().to_string();
    assert!(problem.contains("asset_version"), "{problem}");
    let figures = run(document(&json!({ "asset_version": 10_000, "asset_change_share": 1 })), 20.0, 30.0);
    assert_eq!(figures.totals.failed, 0);
}
