//! The command line, as a user meets it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::SCENARIOS;

fn scalescope(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_scalescope")).args(arguments).output().expect("it runs")
}

fn scenario(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("static/scenarios").join(format!("{name}.json"));
    path.to_str().expect("a plain path").to_owned()
}

/// A file in a folder of this test's own.
fn file(name: &str, content: impl AsRef<[u8]>) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join(name);
    std::fs::write(&path, content).expect("a writable folder");
    path.to_str().expect("a plain path").to_owned()
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// One message on standard error, exit code 2, nothing on standard output.
fn refusal(arguments: &[&str]) -> String {
    let output = scalescope(arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).expect("text")
}

#[test]
fn run_reports_all_that_is_promised() {
    for name in SCENARIOS {
        let report = json(&scalescope(&["run", &scenario(name), "--for", "10s", "--warmup", "5s", "--json"]));
        for field in ["offered_per_s", "throughput_per_s", "goodput_per_s", "events", "events_per_s"] {
            assert!(report[field].as_f64().is_some_and(|value| value > 0.0), "{name}: {field} is {}", report[field]);
        }
        for field in ["mean_s", "p50_s", "p90_s", "p99_s", "p999_s"] {
            assert!(report["latency"][field].as_f64().is_some_and(|value| value > 0.001), "{name}: {field}");
            for operation in ["static", "read", "write"] {
                assert!(report["operations"][operation]["latency"][field].is_number(), "{name}: {operation} {field}");
            }
        }
        assert!(report["errors"].is_object() && report["stale_reads"].is_u64() && report["lost_writes"].is_u64());
        let web = &report["nodes"]["web-1"];
        assert!(web["utilisation"].is_number() && web["queue"].is_number(), "{name}: {web}");
        assert_eq!(report["simulated_s"], 10.0);
        assert_eq!(report["state_hash"].as_str().map(str::len), Some(16));
        let totals = &report["totals"];
        let count = |field: &str| totals[field].as_u64().expect("a count");
        assert_eq!(count("offered"), count("answered") + count("failed") + count("in_flight"));
    }
    let report = json(&scalescope(&["run", &scenario("cdn"), "--for", "10s", "--json"]));
    assert!(report["nodes"]["cache-1"]["hit_ratio"].as_f64().is_some_and(|ratio| ratio > 0.1));
    assert!(report["nodes"]["cdn-1"]["hit_ratio"].as_f64().is_some_and(|ratio| ratio > 0.3));
    assert!(report["nodes"]["db-2"]["replica_lag_s"].is_number());
}

#[test]
fn users_and_seed_can_be_given() {
    let run = |more: &[&str]| {
        let path = scenario("load-balanced");
        let arguments = [&["run", &path, "--for", "10s", "--json"], more].concat();
        json(&scalescope(&arguments))
    };
    let (few, many) = (run(&["--users", "100"]), run(&["--users", "10000"]));
    let ratio = many["offered_per_s"].as_f64().unwrap() / few["offered_per_s"].as_f64().unwrap();
    assert!((ratio - 100.0).abs() < 25.0, "{ratio}");
    assert_eq!(run(&["--seed", "5"])["state_hash"], run(&["--seed", "5"])["state_hash"]);
    assert_ne!(run(&["--seed", "5"])["state_hash"], run(&["--seed", "6"])["state_hash"]);
}

#[test]
fn the_state_hash_alone() {
    let print = || scalescope(&["run", &scenario("cdn"), "--for", "5s", "--state-hash"]).stdout;
    let hash = String::from_utf8(print()).unwrap();
    assert!(hash.trim().len() == 16 && hash.trim().chars().all(|c| c.is_ascii_hexdigit()), "{hash}");
    assert_eq!(print(), hash.as_bytes());
}

#[test]
fn text_is_for_people() {
    let output = scalescope(&["run", &scenario("replicated"), "--for", "5s"]);
    let text = String::from_utf8(output.stdout).unwrap();
    for word in ["Replicated database", "throughput", "p99.9", "db-2", "lost writes", "state hash"] {
        assert!(text.contains(word), "{word} is missing in:\n{text}");
    }
}

#[test]
fn a_scheduled_crash_lists_what_was_lost() {
    let mut document: Value = serde_json::from_str(&std::fs::read_to_string(scenario("replicated")).unwrap()).unwrap();
    let primary = document["nodes"].as_array_mut().unwrap().iter_mut().find(|node| node["id"] == "db-1").unwrap();
    primary["params"] = serde_json::json!({ "ship_delay": "1s" });
    document["schedule"] =
        serde_json::json!([{ "at": "20s", "command": { "fault": { "crash": { "node": "db-1" } } } }]);
    let path = file("crash.json", document.to_string());
    let report = json(&scalescope(&["run", &path, "--for", "30s", "--json"]));
    let lost = report["clusters"][0]["lost"].as_array().unwrap();
    assert_eq!(report["lost_writes"].as_u64(), Some(lost.len() as u64));
    assert!(
        lost.len() > 3
            && lost.iter().all(|write| write["key"].is_u64() && write["at_ns"].as_u64() > Some(19_000_000_000))
    );
    assert_eq!(report["clusters"][0]["primary"], "db-2");
}

#[test]
fn a_trace_drives_it() {
    let keys: String = (0..300).map(|n| (n % 100).to_string() + "\n").collect();
    let path = file("keys.trace", keys);
    let report = json(&scalescope(&["run", &scenario("cached"), "--trace", &path, "--json"]));
    assert_eq!(report["totals"]["answered"], 300);
    let ratio = report["nodes"]["cache-1"]["hit_ratio"].as_f64().unwrap();
    assert!((ratio - 2.0 / 3.0).abs() < 0.05, "{ratio}");
}

#[test]
fn schema_is_json() {
    let schema = json(&scalescope(&["schema"]));
    assert_eq!(schema["title"], "Scalescope document");
    assert_eq!(schema["$defs"]["WebServer"]["properties"]["cores"]["maximum"], 1024.0);
}

#[test]
fn bad_input_is_one_clear_message_and_exit_code_2() {
    let cases: [(&str, String, &[&str]); 5] = [
        ("missing", "/nowhere/design.json".to_owned(), &["/nowhere/design.json", "No such file"]),
        ("no json", file("no.json", "{ \"version\": 1,"), &["no.json", "not valid JSON", "line 1"]),
        ("no text", file("binary.json", [0_u8, 159, 146, 150]), &["binary.json", "not text"]),
        ("a folder", env!("CARGO_TARGET_TMPDIR").to_owned(), &["directory"]),
        (
            "a wrong value",
            file(
                "wrong.json",
                r#"{ "version": 1, "nodes": [ { "id": "u", "kind": "users", "params": { "users": 0 } } ] }"#,
            ),
            &["wrong.json", "nodes[0].params.users", "1 to 10000000"],
        ),
    ];
    for (name, path, hints) in cases {
        let message = refusal(&["run", &path]);
        for hint in hints {
            assert!(message.contains(hint), "{name}: `{message}` does not say `{hint}`");
        }
        assert_eq!(message.trim().lines().count(), 1, "{name}: {message}");
    }
    let good = scenario("cached");
    assert!(refusal(&["run", &good, "--for", "soon"]).contains("250ms"));
    assert!(refusal(&["run", &good, "--for", "0s"]).contains("--for"));
    assert!(refusal(&["run", &good, "--users", "0"]).contains("10000000"));
    assert!(refusal(&["run", &good, "--trace", "/nowhere.trace"]).contains("/nowhere.trace"));
    assert!(refusal(&["run", &good, "--trace", &file("odd.oracleGeneral.bin", "odd")]).contains("24-byte"));
    assert!(refusal(&["fly"]).contains("fly"));
}

#[test]
fn traces_are_written_as_chrome_traces() {
    let path = file("traces.json", "");
    let arguments =
        ["run", &scenario("cached"), "--for", "2s", "--warmup", "0s", "--trace-out", &path, "--trace-every", "3"];
    let output = scalescope(&arguments);
    assert!(output.status.success() && String::from_utf8_lossy(&output.stderr).contains("requests traced"));
    let written: Value = serde_json::from_str(&std::fs::read_to_string(&path).expect("it was written")).expect("JSON");
    let events = written["traceEvents"].as_array().expect("a list of events");
    let slices: Vec<_> = events.iter().filter(|event| event["ph"] == "X").collect();
    assert!(
        slices.len() > 100 && slices.iter().all(|slice| slice["pid"].as_u64().is_some_and(|serial| serial % 3 == 0))
    );
    assert!(slices.iter().any(|slice| slice["name"].as_str().is_some_and(|name| name.starts_with("get @ cache"))));
    assert!(
        refusal(&["run", &scenario("cached"), "--for", "1s", "--trace-out", "/nowhere/x.json"])
            .contains("/nowhere/x.json")
    );
}

/// Every store has its line: role, positions, lag, stale reads; and what has become of its writes, with lists.
#[test]
fn run_reports_every_store() {
    let text = |file: &str| {
        let output = scalescope(&["run", file, "--for", "20s"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    let row = |text: &str, id: &str, second: &str| {
        let mut rows = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        rows.any(|row| row.len() == 7 && row[0] == id && row[1] == second)
    };
    let alone = text(&scenario("separate-database"));
    assert!(row(&alone, "db-1", "primary") && alone.contains("writes acknowledged"), "{alone}");
    let cached = text(&scenario("cached"));
    assert!(
        row(&cached, "db-1", "primary") && row(&cached, "db-2", "replica") && row(&cached, "cache-1", "–"),
        "{cached}"
    );
    let store = |id: &str| {
        serde_json::json!({ "id": id, "kind": "quorum_store", "params": { "copies": 2, "read_quorum": 1, "write_quorum": 1,
            "read_contacts": "quorum", "write_contacts": "quorum", "read_repair": "off" } })
    };
    let document = serde_json::json!({ "version": 1, "name": "two copies", "nodes": [
        { "id": "users", "kind": "users", "params": { "users": 200, "keys": 10, "write_weight": 5 } },
        { "id": "web", "kind": "web_server" }, store("store-1"), store("store-2") ],
        "links": [{ "from": "users", "to": "web" }, { "from": "web", "to": "store-1" }, { "from": "web", "to": "store-2" },
            { "from": "store-1", "to": "store-2" }] });
    let path = file("two-copies.json", document.to_string());
    let leaderless = text(&path);
    assert!(row(&leaderless, "store-1", "–") && row(&leaderless, "store-2", "–"), "{leaderless}");
    assert!(leaderless.contains("store-1, store-2: leaderless\n  writes acknowledged "), "{leaderless}");
    assert!(leaderless.contains("  stale read: key "), "{leaderless}");
    let report = json(&scalescope(&["run", &path, "--for", "20s", "--json"]));
    let quorum = &report["quorums"][0];
    assert!(
        quorum["acknowledged"].as_u64() > Some(100) && quorum["stale"].as_array().is_some_and(|list| list.len() > 5)
    );
    assert!(quorum["stale"][0]["lag_ns"].is_u64() && quorum["stale"][0]["node"].is_string(), "{}", quorum["stale"][0]);
}
