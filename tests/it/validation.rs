//! `scalescope validate`, on cases of our own and, where they are at hand, on outside ones.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::{Value, json};

fn validate(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_scalescope")).arg("validate").args(arguments).output().expect("it runs")
}

fn own_cases() -> String {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases/closed-forms.json").display().to_string()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A file of cases of this test's own.
fn file(name: &str, cases: &Value) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, cases.to_string()).expect("a writable folder");
    path.display().to_string()
}

fn case(id: &str, changes: &[(&str, Value)]) -> Value {
    let mut case = json!({
        "id": id, "family": "queue",
        "inputs": {
            "arrivals": { "distribution": "exponential", "rate_per_s": 0.5 },
            "service": { "distribution": "exponential", "mean_s": 1 }, "servers": 1,
        },
        "expected": { "response_mean_s": 2 }, "tolerance": { "response_mean_s": { "rel": 0.1 } }, "completions": 50_000,
    });
    for (pointer, value) in changes {
        *case.pointer_mut(pointer).expect("a field of the case") = value.clone();
    }
    case
}

#[test]
fn closed_forms_come_out() {
    let output = validate(&[&own_cases()]);
    let report = text(&output.stdout);
    assert!(output.status.success(), "{report}");
    assert!(report.trim_end().ends_with("14 passed, 0 failed"), "{report}");
}

#[test]
fn a_wrong_number_fails() {
    let cases = json!([case("right", &[]), case("wrong", &[("/expected/response_mean_s", json!(3))])]);
    let output = validate(&[&file("wrong-number.json", &cases), "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let lines: Vec<Value> = text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let verdicts: Vec<_> =
        lines.iter().map(|line| (line["id"].as_str().unwrap(), line["verdict"].as_str().unwrap())).collect();
    assert_eq!(verdicts, [("right", "pass"), ("wrong", "FAIL")]);
    assert!(lines[1]["checks"][0]["measured"].as_f64().is_some_and(|mean| (mean - 2.0).abs() < 0.2));
}

#[test]
fn what_is_not_understood_fails_with_a_reason() {
    let cases = json!([
        case("family", &[("/family", json!("astrology"))]),
        case("distribution", &[("/inputs/service", json!({ "distribution": "gaussian", "mean_s": 1 }))]),
        case(
            "input",
            &[(
                "/inputs",
                json!({ "arrivals": { "distribution": "exponential", "rate_per_s": 1, "colour": 3 },
            "service": { "distribution": "exponential", "mean_s": 0.5 }, "servers": 1 })
            )]
        ),
        case("metric", &[("/expected", json!({ "mood": 1 })), ("/tolerance", json!({ "mood": null }))]),
        case("tolerance", &[("/tolerance/response_mean_s", json!({ "about": 1 }))]),
        case("type", &[("/inputs/servers", json!("many"))]),
        case("range", &[("/inputs/servers", json!(1_000_000))]),
    ]);
    let output = validate(&[&file("not-understood.json", &cases)]);
    assert_eq!(output.status.code(), Some(1));
    let report = text(&output.stdout);
    for reason in [
        "`astrology` is not known",
        "`gaussian` is not known",
        "colour is not understood",
        "mood",
        "about",
        "servers: \"many\" is not a number",
        "cores",
    ] {
        assert!(report.contains(reason), "{reason}: {report}");
    }
    assert!(report.trim_end().ends_with("0 passed, 7 failed"), "{report}");
}

#[test]
fn a_malformed_case_fails_by_itself() {
    let without = |field: &str| {
        let mut case = case(field, &[]);
        case.as_object_mut().unwrap().remove(field);
        case
    };
    let more = |id: &str, field: &str, value: Value| {
        let mut case = case(id, &[]);
        case[field] = value;
        case
    };
    let cases = json!([
        case("good", &[]),
        more("remark", "note", json!("text may stand anywhere")),
        7,
        { "id": "bare" },
        without("tolerance"),
        more("misspelt", "tolerence", json!({})),
        more("parts", "completions", json!(1_000.5)),
        more("huge", "completions", json!(1e13)),
        more("word", "completions", json!("many")),
        more("foreign", "tolerance", json!({ "respnse_mean_s": { "rel": 0.1 } })),
        case("null", &[("/expected/response_mean_s", Value::Null)]),
        case("nothing", &[("/expected", json!({})), ("/tolerance", json!({}))]),
        case("negative", &[("/inputs/arrivals/rate_per_s", json!(-1))]),
        case("list", &[("/inputs", json!([1]))]),
        case("no room", &[("/inputs/servers", json!(0))]),
    ]);
    let output = validate(&[&file("malformed.json", &cases)]);
    assert_eq!(output.status.code(), Some(1));
    let report = text(&output.stdout);
    for reason in [
        "a case is an object",
        "`family` has to be text",
        "`tolerance` has to be an object",
        "`tolerence` is not understood",
        "1000.5: valid",
        "10000000000000.0: valid",
        "\"many\": valid",
        "tolerance.respnse_mean_s",
        "expected.response_mean_s is null",
        "expects nothing",
        "rate_per_user_per_s",
        "`inputs` has to be an object",
        "cores",
    ] {
        assert!(report.contains(reason), "{reason}: {report}");
    }
    assert!(report.trim_end().ends_with("2 passed, 13 failed"), "{report}");
}

#[test]
fn files_that_are_no_cases_are_refused() {
    for (name, content, words) in
        [("no-list.json", json!({ "id": "x" }), "list of cases"), ("empty-list.json", json!([]), "no case to run")]
    {
        let output = validate(&[&file(name, &content)]);
        assert_eq!(output.status.code(), Some(2), "{name}");
        let message = text(&output.stderr);
        assert!(message.contains(words), "{message}");
    }
    for (name, content) in [("empty.json", ""), ("not-a-number.json", "[NaN]"), ("cut-off.json", "[{\"id\": ")] {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&path, content).unwrap();
        let output = validate(&[path.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(text(&output.stderr).contains(name), "{}", text(&output.stderr));
    }
    assert_eq!(validate(&["nowhere.json"]).status.code(), Some(2));
    assert_eq!(validate(&[&own_cases(), "--family", "nothing"]).status.code(), Some(2));
    assert_eq!(validate(&[&own_cases(), "--emit", "nothing"]).status.code(), Some(2));
    assert_eq!(validate(&[&own_cases(), "--effort", "0"]).status.code(), Some(2));
}

#[test]
fn an_emitted_document_runs() {
    let output = validate(&[&own_cases(), "--emit", "M/M/2/4"]);
    assert!(output.status.success());
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("emitted.json");
    std::fs::write(&path, &output.stdout).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_scalescope"))
        .args(["run", path.to_str().unwrap(), "--for", "2000s", "--json"])
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&run.stdout).unwrap_or_else(|_| panic!("{}", text(&run.stderr)));
    assert!(report["errors"]["queue_full"].as_u64().is_some_and(|count| count > 500), "{report}");
}

/// A small part of the outside cases, quickly: families whose numbers are exact, or nearly so after few requests.
#[test]
fn outside_cases_come_out() {
    let folder = std::env::var_os("SCALESCOPE_TRUTH")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/truth"), PathBuf::from);
    let cases = folder.join("cases.json");
    if !cases.exists() {
        println!("skipped: there is no {} (set SCALESCOPE_TRUTH to the folder of cases.json)", cases.display());
        return;
    }
    let cases = cases.display().to_string();
    let families = [
        "weighted_round_robin",
        "hash_ring",
        "adaptive_throttle",
        "async_loss",
        "apply_lag",
        "retry_storm",
        "dns_ttl",
        "cdn_stale_if_error",
        "async_loss",
        "apply_lag",
    ];
    let mut arguments = vec![cases.as_str(), "--effort", "0.02"];
    for family in families {
        arguments.extend(["--family", family]);
    }
    let output = validate(&arguments);
    assert!(output.status.success(), "{}", text(&output.stdout));
    // Of the traces a few, for each is replayed in full.
    let ids =
        ["C-TR-LRU-128", "C-TR-LFU-640", "C-LIRS-multi1/130-lfu", "C-LIRS-cpp/611-sieve", "C-LIRS-2_pools/496-clock"];
    let mut arguments = vec![cases.as_str()];
    for id in ids {
        arguments.extend(["--id", id]);
    }
    let output = validate(&arguments);
    assert!(output.status.success(), "{}", text(&output.stdout));
}
