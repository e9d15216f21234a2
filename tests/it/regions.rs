//! Data centres in several regions: how far they are, whom users are sent to, and what becomes of it when one is lost.

use scalescope::engine::Engine;
use scalescope::model::{Command, Document, Edit, Fault};
use scalescope::observe::{Figures, Reason, Role};
use serde_json::{Value, json};

use crate::support::{assert_near, at_s, count, edit, engine, inflict, measure, node, run, scenario, set};

const AMERICA: &str = "us-east-1";

/// Readers and a server that answers at once, in the given regions.
fn pair(users: &str, server: &str, link: &Value) -> Result<Document, String> {
    let mut way = json!({ "from": "users", "to": "web" });
    for (name, value) in link.as_object().expect("fields") {
        way[name] = value.clone();
    }
    let text = json!({ "version": 1, "name": "pair", "nodes": [
        { "id": "users", "kind": "users", "region": users, "params": { "static_weight": 0, "write_weight": 0 } },
        { "id": "web", "kind": "web_server", "region": server, "params": { "read_service": "0s" } },
    ], "links": [way] });
    Document::read(&text.to_string()).map_err(|problems| problems.to_string())
}

/// The two regions of the scenario, without its schedule.
fn two_regions() -> Document {
    Document { schedule: Vec::new(), ..scenario("regions") }
}

fn outage(engine: &mut Engine, region: &str) {
    inflict(engine, json!({ "region_outage": { "region": region } }));
}

fn heal(engine: &mut Engine, region: &str) {
    inflict(engine, json!({ "region_heal": { "region": region } }));
}

fn arrivals(figures: &Figures, id: &str) -> f64 {
    node(figures, id).arrivals_per_s
}

/// What an edge asks of the site behind it.
fn misses_per_s(figures: &Figures, id: &str) -> f64 {
    node(figures, id).misses.unwrap_or(0) as f64 / figures.window_s
}

#[test]
fn a_link_is_as_long_as_the_way_between_its_regions() {
    for (users, server, link, expected_ms) in [
        ("eu-west-1", "us-east-1", json!({}), 69.6),
        ("us-east-1", "eu-west-1", json!({}), 69.6),
        ("sa-east-1", "ap-southeast-1", json!({}), 327.8),
        ("eu-west-1", "eu-west-1", json!({}), 1.0),
        ("eu-west-1", "us-east-1", json!({ "latency": "5ms" }), 10.0),
        ("here", "there", json!({ "latency": "5ms" }), 10.0),
        ("here", "here", json!({}), 1.0),
    ] {
        let figures = run(pair(users, server, &link).unwrap(), 1.0, 20.0);
        assert_near(&format!("{users} to {server}"), figures.latency.mean_s * 1e3, expected_ms, 0.001);
    }
}

#[test]
fn what_is_not_known_is_asked_for() {
    let problem = pair("eu-west-1", "the-moon", &json!({})).unwrap_err();
    assert!(problem.contains("links[0].latency") && problem.contains("ap-south-1"), "{problem}");
    let problem = pair("eu west", "eu-west-1", &json!({ "latency": "1ms" })).unwrap_err();
    assert!(problem.contains("nodes[0].region") && problem.contains("letters"), "{problem}");
    let mut engine = engine(pair("eu-west-1", "us-east-1", &json!({})).unwrap());
    let fault = Command::Fault(Fault::RegionOutage { region: "eu-west-2".into() });
    let problem = engine.command(fault).unwrap_err().to_string();
    assert!(problem.contains("valid: eu-west-1, us-east-1"), "{problem}");
    let moved = Edit::Region { node: "web".into(), region: Some("mars".into()) };
    assert!(engine.command(Command::Edit(moved)).is_err());
}

#[test]
fn who_moves_is_farther_or_nearer_at_once() {
    let mut engine = engine(pair("eu-west-1", "us-east-1", &json!({})).unwrap());
    engine.run_until(at_s(5.0));
    for (region, expected_ms) in
        [(Some("eu-central-1"), 27.5), (Some("eu-west-1"), 1.0), (None, 1.0), (Some("ap-south-1"), 125.9)]
    {
        edit(&mut engine, Edit::Region { node: "web".into(), region: region.map(str::to_owned) });
        let until = engine.now().as_secs_f64() + 1.0;
        engine.run_until(at_s(until));
        let figures = measure(&mut engine, until + 20.0);
        assert_near(&format!("{region:?}"), figures.latency.mean_s * 1e3, expected_ms, 0.001);
    }
    let text = engine.document().to_json();
    assert_eq!(Document::read(&text).unwrap(), *engine.document(), "what is written is what is read");
}

#[test]
fn everybody_is_sent_to_the_near_data_centre() {
    let figures = run(two_regions(), 20.0, 60.0);
    assert_eq!(figures.errors, []);
    // Half of the requests are for assets: the edge of the region serves them, and asks the site only seldom.
    let dynamic = |lb: &str, cdn: &str| arrivals(&figures, lb) - misses_per_s(&figures, cdn);
    assert_near("America", dynamic("lb-us", "cdn-us"), 150.0, 0.05);
    assert_near("Europe", dynamic("lb-eu", "cdn-eu"), 100.0, 0.05);
    assert_near("assets in America", arrivals(&figures, "cdn-us"), 150.0, 0.1);
    // Nobody reads in another region; all writes go to the one primary.
    assert_near("reads in Europe", arrivals(&figures, "db-eu"), 80.0, 0.1);
    assert_near("reads in America", arrivals(&figures, "db-us-2"), 120.0, 0.1);
    assert_near("writes", arrivals(&figures, "db-us"), 50.0, 0.1);
}

#[test]
fn a_region_is_lost_and_its_users_and_data_go_elsewhere() {
    let mut engine = engine(two_regions());
    engine.run_until(at_s(60.0));
    outage(&mut engine, AMERICA);
    assert_eq!(engine.violations(), Vec::<String>::new());
    let at_once = measure(&mut engine, 69.0);
    for id in ["cdn-us", "lb-us", "web-us-1", "db-us", "db-us-2"] {
        assert!(!node(&at_once, id).is_up, "{id}");
    }
    let cut = at_once.links.iter().filter(|link| link.forward.is_cut).count();
    assert!(cut > 15, "{cut} links are seen to be cut");
    assert_eq!(count(&at_once, Reason::ConnectionRefused), 0, "there is nobody who could refuse");
    assert!(at_once.goodput_per_s < 0.75 * at_once.offered_per_s, "America waits");
    let waited = measure(&mut engine, 75.0);
    assert!(count(&waited, Reason::Timeout) > 500, "{:?}", waited.errors);
    // Two checks of five seconds each have to fail, and names live for twenty.
    engine.run_until(at_s(105.0));
    let elsewhere = measure(&mut engine, 140.0);
    let dynamic = arrivals(&elsewhere, "lb-eu") - misses_per_s(&elsewhere, "cdn-eu");
    assert_near("all of them", dynamic, 250.0, 0.05);
    assert!(elsewhere.errors_per_s < 0.01 * elsewhere.offered_per_s, "{:?}", elsewhere.errors);
    let cluster = &elsewhere.clusters[0];
    assert_eq!((cluster.primary.as_deref(), cluster.promotions), (Some("db-eu"), 1));
    // Fifty writes a second, of which America had not sent those of the last tenth.
    assert!((1..20).contains(&cluster.lost_count), "{}", cluster.lost_count);
    assert_eq!(cluster.lost.len() as u64, cluster.lost_count);
    assert!(cluster.lost.iter().all(|lost| lost.at_ns.is_some_and(|at| (59.5e9..60e9).contains(&(at as f64)))));

    heal(&mut engine, AMERICA);
    engine.run_until(at_s(180.0));
    let back = measure(&mut engine, 220.0);
    let dynamic = arrivals(&back, "lb-us") - misses_per_s(&back, "cdn-us");
    assert_near("they have returned", dynamic, 150.0, 0.1);
    assert!(back.errors_per_s < 0.01 * back.offered_per_s, "{:?}", back.errors);
    assert!(back.links.iter().all(|link| !link.forward.is_cut && !link.backward.is_cut));
    for id in ["db-us", "db-us-2"] {
        assert_eq!(node(&back, id).role, Some(Role::Replica));
        assert!(node(&back, id).lag_s.unwrap() < 1.0, "it has caught up");
    }
    // Its primary does not come home by itself: that is done by hand, while both live, and costs no write.
    let lost = back.clusters[0].lost_count;
    inflict(&mut engine, json!({ "promote": { "node": "db-us" } }));
    engine.run_until(at_s(230.0));
    let home = measure(&mut engine, 250.0);
    let cluster = &home.clusters[0];
    assert_eq!((cluster.primary.as_deref(), cluster.promotions, cluster.lost_count), (Some("db-us"), 2, lost));
    assert_eq!(node(&home, "db-eu").role, Some(Role::Replica));
    assert_near("writes", arrivals(&home, "db-us"), 50.0, 0.1);
    assert!(home.errors_per_s < 0.01 * home.offered_per_s, "{:?}", home.errors);
    assert_eq!(engine.violations(), Vec::<String>::new());
    let replayed = Engine::replay(two_regions(), engine.journal(), engine.now()).unwrap();
    assert_eq!(engine.state_hash(), replayed.state_hash());
}

#[test]
fn the_scenario_does_by_itself_what_it_tells() {
    let mut engine = engine(scenario("regions"));
    engine.run_until(at_s(240.0));
    assert_eq!(engine.complaints(), []);
    let figures = measure(&mut engine, 260.0);
    assert!(figures.errors_per_s < 0.01 * figures.offered_per_s, "{:?}", figures.errors);
    assert_eq!(figures.clusters[0].primary.as_deref(), Some("db-eu"));
}

#[test]
fn what_is_done_to_a_lost_region_makes_sense() {
    let mut engine = engine(two_regions());
    engine.run_until(at_s(5.0));
    outage(&mut engine, AMERICA);
    let restart = Command::Fault(Fault::Restart { node: "web-us-1".into() });
    assert!(engine.command(restart).unwrap_err().to_string().contains("region_heal"));
    let one_more = Edit::one_more_like(engine.document(), "web-us-2").unwrap();
    edit(&mut engine, one_more);
    let is_up = |engine: &mut Engine, id: &str| node(&engine.report(), id).is_up;
    assert!(!is_up(&mut engine, "web-us-3"), "what is built there is dead");
    // Both are out; what joins them stays cut until both are back.
    outage(&mut engine, "eu-west-1");
    outage(&mut engine, "eu-west-1");
    engine.run_until(at_s(20.0));
    assert_eq!(measure(&mut engine, 40.0).goodput_per_s, 0.0);
    heal(&mut engine, "eu-west-1");
    engine.run_until(at_s(41.0));
    let is_cut = |engine: &mut Engine, from: &str, to: &str| {
        let figures = engine.report();
        figures.links.iter().find(|link| link.from == from && link.to == to).is_some_and(|link| link.forward.is_cut)
    };
    assert!(is_cut(&mut engine, "web-eu-1", "db-us") && is_cut(&mut engine, "users-us", "lb-us"));
    assert!(!is_cut(&mut engine, "users-us", "lb-eu") && !is_cut(&mut engine, "web-eu-1", "db-eu"));
    heal(&mut engine, AMERICA);
    assert!(is_up(&mut engine, "web-us-3") && !is_cut(&mut engine, "web-eu-1", "db-us"));
    // A partition is another matter: the region's return does not mend it.
    inflict(&mut engine, json!({ "partition": { "from": "web-eu-1", "to": "db-us" } }));
    outage(&mut engine, AMERICA);
    heal(&mut engine, AMERICA);
    assert!(is_cut(&mut engine, "web-eu-1", "db-us"));
    engine.run_until(at_s(60.0));
    assert_eq!(engine.violations(), Vec::<String>::new());
}

#[test]
fn all_populations_grow_in_their_proportions() {
    let mut document = two_regions();
    document.share_users(1_000);
    let users = |document: &Document, id: &str| document.node(id).unwrap().kind.params()["users"].clone();
    assert_eq!((users(&document, "users-us"), users(&document, "users-eu")), (json!(600), json!(400)));
    document.share_users(1);
    assert_eq!((users(&document, "users-us"), users(&document, "users-eu")), (json!(1), json!(1)));
    document.share_users(10_000_000);
    assert_eq!(users(&document, "users-us"), json!(6_000_000), "their shares have not been forgotten");
    // While it runs, and without shares: in the proportions that there are.
    let mut engine = engine(document);
    for id in ["users-us", "users-eu"] {
        set(&mut engine, id, "share", json!(0));
    }
    edit(&mut engine, Edit::Users { total: 501 });
    assert_eq!((users(engine.document(), "users-us"), users(engine.document(), "users-eu")), (json!(300), json!(201)));
    let problem = engine.command(Command::Edit(Edit::Users { total: u32::MAX })).unwrap_err().to_string();
    assert!(problem.contains("users"), "{problem}");
}
