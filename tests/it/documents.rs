//! Documents: what is read, what is refused and how that is said, and the schema that says it beforehand.

use proptest::prelude::*;
use scalescope::base::Kind;
use scalescope::model::{Document, Edit, NodeKind, json_schema, may_call};
use serde_json::{Value, json};

use crate::support::{SCENARIOS, scenario};

fn problems(document: &Value) -> String {
    Document::read(&document.to_string()).expect_err("it must be refused").to_string()
}

/// A small good document to be spoilt.
fn good() -> Value {
    json!({
        "version": 1,
        "name": "good",
        "nodes": [
            { "id": "users", "kind": "users", "params": {} },
            { "id": "web", "kind": "web_server", "params": { "cores": 2 } },
            { "id": "db", "kind": "database" },
        ],
        "links": [
            { "from": "users", "to": "web", "latency": "40ms" },
            { "from": "web", "to": "db" },
        ],
    })
}

#[test]
fn the_scenarios_are_written_as_they_are_read() {
    for name in SCENARIOS {
        let document = scenario(name);
        assert_eq!(Document::read(&document.to_json()).unwrap(), document, "{name}");
        assert!(!document.description.is_empty(), "{name}");
    }
}

#[test]
fn every_mistake_is_named_with_its_place_and_remedy() {
    Document::read(&good().to_string()).unwrap();
    let cases: [(&str, Value, &[&str]); 22] = [
        ("/version", json!(2), &["version: version 2", "valid: 1"]),
        ("/nodes/1/kind", json!("toaster"), &["nodes[1].kind", "toaster", "web_server"]),
        ("/nodes/1/params/cores", json!(0), &["nodes[1].params.cores", "0 cores is out of range", "1 to 1024"]),
        ("/nodes/1/params/cores", json!("two"), &["nodes[1].params.cores", "string \"two\""]),
        ("/nodes/1/params/cores", json!(-1), &["nodes[1].params.cores"]),
        ("/nodes/1/params", json!({ "corse": 2 }), &["nodes[1].params", "corse", "cores"]),
        ("/nodes/1/params", json!({ "read_service": "5" }), &["nodes[1].params.read_service", "250ms"]),
        ("/nodes/1/params", json!({ "read_service": 5 }), &["nodes[1].params.read_service"]),
        ("/nodes/1/params", json!({ "service_shape": "gaussian" }), &["service_shape", "gaussian", "exponential"]),
        ("/nodes/1/params", json!([]), &["nodes[1].params"]),
        ("/nodes/1/id", json!("users"), &["nodes[1].id", "twice"]),
        ("/nodes/1/id", json!("a b"), &["nodes[1].id", "not an id"]),
        ("/nodes/1", json!({ "kind": "cdn" }), &["nodes[1].id", "missing"]),
        ("/nodes/1", json!(7), &["nodes[1]", "7 is not an object"]),
        ("/nodes", json!({}), &["nodes", "not a list"]),
        ("/links/1/to", json!("nobody"), &["links[1].to", "nobody", "users, web, db"]),
        ("/links/0/latency", json!("fast"), &["links[0].latency", "fast", "250ms"]),
        ("/links/1/to", json!("web"), &["links[1]", "itself"]),
        (
            "/links/0",
            json!({ "from": "users", "to": "db" }),
            &["links[0]", "users cannot call a database", "load_balancer"],
        ),
        ("/links/0", json!({ "from": "users", "to": "web", "loss": 2 }), &["links[0].loss", "0 to 1"]),
        ("/nodes/0/params", json!({ "users": 10_000_001 }), &["nodes[0].params.users", "1 to 10000000"]),
        ("/nodes/0/params", json!({ "static_weight": 0, "read_weight": 0, "write_weight": 0 }), &["mix"]),
    ];
    for (place, value, hints) in cases {
        let mut document = good();
        *document.pointer_mut(place).expect("the place is there") = value.clone();
        let message = problems(&document);
        for hint in hints {
            assert!(message.contains(hint), "{place} = {value}: `{message}` does not say `{hint}`");
        }
    }
}

#[test]
fn unknown_fields_are_not_ignored() {
    let mut document = good();
    document["$schema"] = json!("https://example.org/scalescope.schema.json");
    Document::read(&document.to_string()).expect("editors need the schema's address");
    document["colour"] = json!("blue");
    document["nodes"][1]["size"] = json!(3);
    let message = problems(&document);
    assert!(message.contains("nodes[1].size") && message.contains("colour"), "{message}");
}

#[test]
fn several_mistakes_are_told_at_once() {
    let mut document = good();
    document["nodes"][1]["params"]["cores"] = json!(0);
    document["links"][1]["to"] = json!("nobody");
    let message = problems(&document);
    assert!(message.contains("cores") && message.contains("nobody"), "{message}");
}

#[test]
fn designs_that_cannot_work_are_refused() {
    let replica = json!({ "id": "r", "kind": "database", "params": { "role": "replica" } });
    let mut orphan = good();
    orphan["nodes"].as_array_mut().unwrap().push(replica);
    assert!(problems(&orphan).contains("exactly one primary"));
    let mut alone = good();
    alone["links"] = json!([]);
    assert!(problems(&alone).contains("reach no site"));
    let mut nobody = good();
    nobody["nodes"].as_array_mut().unwrap().remove(0);
    nobody["links"] = json!([]);
    assert!(problems(&nobody).contains("nobody uses"));
    let mut name = good();
    name["nodes"].as_array_mut().unwrap().push(json!({ "id": "dns", "kind": "dns", "params": { "records": ["db"] } }));
    assert!(problems(&name).contains("nodes[3].params.records[0]"));
    let mut homes = good();
    homes["nodes"].as_array_mut().unwrap().push(json!({ "id": "db-2", "kind": "database" }));
    homes["links"].as_array_mut().unwrap().push(json!({ "from": "web", "to": "db-2" }));
    assert!(problems(&homes).contains("two places"));
    let mut idle = good();
    idle["nodes"].as_array_mut().unwrap().push(json!({ "id": "lb", "kind": "load_balancer" }));
    assert!(problems(&idle).contains("without servers"));
    let mut mute = good();
    mute["nodes"].as_array_mut().unwrap().push(json!({ "id": "dns", "kind": "dns" }));
    assert!(problems(&mute).contains("nodes[3].params.records"));
    for (command, hint) in [
        (json!({ "fault": { "crash": { "node": "nobody" } } }), "nobody"),
        (json!({ "fault": { "crash": { "node": "users" } } }), "users do not crash"),
        (json!({ "fault": { "crash": { "node": "web", "hard": true } } }), "hard"),
        (json!({ "edit": { "set": { "node": "web", "param": "coress", "value": 1 } } }), "coress"),
        (json!({ "edit": { "set": { "node": "web", "param": "cores", "value": 0 } } }), "out of range"),
        (json!({ "explode": {} }), "explode"),
    ] {
        let mut scheduled = good();
        scheduled["schedule"] = json!([{ "at": "1s", "command": command }]);
        let message = problems(&scheduled);
        assert!(message.contains("schedule[0]") && message.contains(hint), "{message}");
    }
    let mut cache = good();
    cache["nodes"].as_array_mut().unwrap().push(json!({ "id": "cache", "kind": "cache" }));
    assert!(problems(&cache).contains("cache_aside"));
}

#[test]
fn what_is_no_json_is_told_with_its_line() {
    let message = Document::read("{\n  \"version\": 1,\n  oops\n}").unwrap_err().to_string();
    assert!(message.contains("line 3"), "{message}");
    assert!(Document::read("").is_err());
    assert!(Document::read(&" ".repeat((16 << 20) + 1)).unwrap_err().to_string().contains("too large"));
    assert!(Document::read(&"[".repeat(100_000)).is_err(), "deep nesting is no way to break in");
}

#[test]
fn the_schema_carries_every_parameter() {
    let schema = json_schema();
    let text = schema.to_string();
    for name in Kind::ALL.map(Kind::name) {
        let kind = NodeKind::by_name(name).unwrap();
        assert_eq!(kind.name(), name);
        let mut problems = scalescope::model::Problems::default();
        kind.check("", &mut problems);
        assert!(!kind.help().is_empty() && problems.0.is_empty(), "{name}: {problems}");
        for spec in kind.specs() {
            assert!(text.contains(&format!("\"{}\"", spec.name)), "{name}.{}", spec.name);
            assert!(spec.help.len() > 10 && spec.min <= spec.max, "{name}.{}", spec.name);
            assert_eq!(spec.value_in(&kind.params()), Some(&spec.default));
        }
    }
    insta::assert_json_snapshot!(schema["$defs"]["Cache"]);
}

#[test]
fn one_more_is_wired_like_its_model() {
    let document = scenario("cdn");
    for (model, id, links) in [("web-1", "web-3", 4), ("db-2", "db-3", 4), ("db-1", "db-3", 4), ("lb-1", "lb-2", 4)] {
        let edit = Edit::one_more_like(&document, model).unwrap();
        let edited = document.edited(&edit).unwrap_or_else(|problems| panic!("{model}: {problems}"));
        let Edit::AddNode { node, links: added, .. } = &edit else { panic!("{edit:?}") };
        assert_eq!((node.id.as_str(), added.len()), (id, links), "{model}");
        assert_eq!(edited.nodes.len(), document.nodes.len() + 1);
        let removed = edited.edited(&Edit::RemoveNode { node: id.to_owned() }).unwrap();
        assert_eq!(removed, document);
    }
    let edited = document.edited(&Edit::one_more_like(&document, "lb-1").unwrap()).unwrap();
    let NodeKind::Dns(dns) = &edited.node("dns").unwrap().kind else { panic!("it is a DNS") };
    assert_eq!(dns.records, ["lb-1", "lb-2"], "the name service answers with the new one as well");
    assert!(Edit::one_more_like(&document, "nobody").is_none());
}

#[test]
fn who_may_call_whom() {
    assert!(
        may_call(Kind::Users, Kind::Cdn)
            && may_call(Kind::WebServer, Kind::Database)
            && may_call(Kind::Database, Kind::Database)
    );
    assert!(
        !may_call(Kind::Users, Kind::Database)
            && !may_call(Kind::Dns, Kind::Users)
            && !may_call(Kind::Cache, Kind::Cache)
    );
}

proptest! {
    /// Whatever is thrown at the reader, it answers, and never panics.
    #[test]
    fn garbage_is_refused_politely(text in ".{0,200}") {
        let _ = Document::read(&text);
    }

    /// A good document with one value replaced by any other is read or refused with a place.
    #[test]
    fn a_spoilt_document_never_panics(
        path in prop::sample::select(vec![
            "/version", "/nodes", "/nodes/0", "/nodes/1/params", "/nodes/1/params/cores", "/nodes/1/id", "/nodes/1/kind",
            "/links", "/links/0", "/links/0/latency", "/links/1/from",
        ]),
        value in prop_oneof![
            Just(json!(null)), Just(json!(-1)), Just(json!(1e300)), Just(json!("")), Just(json!([])), Just(json!({})),
            any::<u64>().prop_map(|n| json!(n)), any::<f64>().prop_map(|n| json!(n)), ".{0,20}".prop_map(|s| json!(s)),
            ".{0,20}".prop_map(|s| json!({ "id": s, "kind": "cache" })),
        ],
    ) {
        let mut document = good();
        *document.pointer_mut(path).unwrap() = value;
        if let Err(problems) = Document::read(&document.to_string()) {
            prop_assert!(!problems.0.is_empty());
        }
    }
}

proptest::proptest! {
    /// Damaged files are refused or read, but never break the reader, nor what is read the engine.
    #[test]
    fn damaged_documents_do_no_harm(
        name in proptest::sample::select(&crate::support::SCENARIOS[..]),
        damage in proptest::collection::vec((proptest::prelude::any::<u32>(), 0_u8..6, proptest::prelude::any::<u8>()), 1..6),
    ) {
        let mut bytes = scenario(name).to_json().into_bytes();
        for (place, kind, byte) in damage {
            let at = place as usize % bytes.len();
            match kind {
                0 => bytes[at] = byte,
                1 => _ = bytes.remove(at),
                2 => bytes.insert(at, byte),
                3 => bytes.truncate(at.max(1)),
                4 => bytes[at] = b"0123456789-.eE\"{}[],:"[byte as usize % 21],
                // A number becomes another one.
                _ => {
                    if let Some(digit) = bytes[at..].iter().position(u8::is_ascii_digit) {
                        bytes[at + digit] = b'0' + byte % 10;
                    }
                }
            }
        }
        if let Ok(document) = Document::read(&String::from_utf8_lossy(&bytes)) {
            let mut engine = crate::support::engine(document);
            engine.advance(crate::support::at_s(1.0), 20_000);
            proptest::prop_assert_eq!(engine.violations(), Vec::<String>::new());
        }
    }
}
