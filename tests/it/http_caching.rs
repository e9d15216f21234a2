//! The edge's rules against behaviours of HTTP caches that others have written down.
//!
//! The behaviours are data in the format of http-tests/cache-tests, kept outside this repository: in the folder that
//! `SCALESCOPE_TRUTH` names, or in `../shared/truth`. Each must pass, or stand in `docs/http-caching.md` as out of scope.
//! What is tested are the edge's own decisions (`components::cdn::http` and `freshness`), on a simulated clock; around them
//! stand a client and an origin that do as the case says.

use std::collections::BTreeMap;
use std::path::PathBuf;

use scalescope::base::{SimDuration, SimTime};
use scalescope::components::cdn::freshness::Use;
use scalescope::components::cdn::http::{Exchange, Response, Stored, date, fields::Fields, invalidates, is_error};
use serde_json::Value;

/// How long this edge uses stale content of itself when the origin fails: a week, as Squid and Traffic Server do.
const GRACE: SimDuration = SimDuration::from_secs(7 * 86_400);
const START: SimTime = SimTime::from_nanos(1_700_000_000_000_000_000);
const PAUSE: SimDuration = SimDuration::from_secs(3);
const TRANSIT: SimDuration = SimDuration::from_millis(1);
/// The proxies among the caches that were observed.
const PROXIES: [&str; 8] = ["apache", "caddy", "fastly", "haproxy", "nginx", "squid", "trafficserver", "varnish"];

/// What the client gets, and how the edge came by it.
#[derive(Debug)]
struct Answer {
    status: u16,
    fields: Fields,
    /// What the origin was asked while the client waited.
    asked: Option<Fields>,
    was_confirmed: bool,
}

/// A client, an edge with one URL, and an origin.
struct Bench<'a> {
    requests: &'a [Value],
    now: SimTime,
    stored: Vec<Stored>,
    /// Requests that the origin has had, and when it last answered one with a page.
    origin_count: u32,
    origin_answered: SimTime,
    /// Validators of the origin's last full answer.
    current: Fields,
}

impl<'a> Bench<'a> {
    fn new(requests: &'a [Value]) -> Self {
        let current = Fields::default();
        Self { requests, now: START, stored: Vec::new(), origin_count: 0, origin_answered: START, current }
    }

    /// Plays the case; the error says what was not as expected.
    fn run(&mut self) -> Result<(), String> {
        for number in 0..self.requests.len() {
            let answer = self.client(number);
            check(&self.requests[number], &answer).map_err(|what| format!("request {}: {what}", number + 1))?;
            self.now += if self.requests[number]["pause_after"] == true { PAUSE } else { TRANSIT };
        }
        Ok(())
    }

    fn client(&mut self, number: usize) -> Answer {
        let config = &self.requests[number];
        let method = config["request_method"].as_str().unwrap_or("GET");
        let base = if config["magic_ims"] == true { self.origin_answered } else { self.now };
        let request = fields(&config["request_headers"], base);
        if method != "GET" {
            let response = self.origin(number, &request).expect("the origin takes writes");
            if invalidates(method, response.status) {
                self.stored.clear();
            }
            let Response { status, fields } = response;
            return Answer { status, fields, asked: Some(request), was_confirmed: false };
        }
        let Some(at) = self.stored.iter().position(|stored| stored.is_for(&request)) else {
            return self.fetch(number, &request);
        };
        match self.stored[at].judge(self.now) {
            Use::Fresh => self.stored_answer(at, &request, None, false),
            Use::Stale => {
                let answer = self.stored_answer(at, &request, None, false);
                self.validate(number, at, &request);
                answer
            }
            Use::Validated => self.validate(number, at, &request),
        }
    }

    fn stored_answer(&self, at: usize, request: &Fields, asked: Option<Fields>, was_confirmed: bool) -> Answer {
        let stored = &self.stored[at];
        let status = if stored.is_known_to(request) { 304 } else { 200 };
        Answer { status, fields: stored.fields().clone(), asked, was_confirmed }
    }

    /// Asks the origin whether what is stored is still good.
    fn validate(&mut self, number: usize, at: usize, request: &Fields) -> Answer {
        let mut asked = request.clone();
        asked.update(&self.stored[at].conditions());
        let sent = self.now;
        let response = self.origin(number, &asked);
        let is_failure = response.as_ref().is_none_or(|response| is_error(response.status));
        if is_failure && self.stored[at].survives_error(self.now) {
            return self.stored_answer(at, request, None, false);
        }
        match response {
            Some(response) if response.status == 304 => {
                self.stored[at].refresh(&response, Exchange { asked: sent, came: self.now }, GRACE);
                self.stored_answer(at, request, Some(asked), true)
            }
            response => self.take(response, request, asked, sent),
        }
    }

    fn fetch(&mut self, number: usize, request: &Fields) -> Answer {
        let sent = self.now;
        let response = self.origin(number, request);
        self.take(response, request, request.clone(), sent)
    }

    /// Keeps a full answer if that is allowed, and passes it on.
    fn take(&mut self, response: Option<Response>, request: &Fields, asked: Fields, sent: SimTime) -> Answer {
        let Some(response) = response else {
            return Answer { status: 502, fields: Fields::default(), asked: Some(asked), was_confirmed: false };
        };
        let exchange = Exchange { asked: sent, came: self.now };
        if !is_error(response.status) {
            self.stored.retain(|stored| !stored.is_for(request));
        }
        self.stored.extend(Stored::new(request, &response, exchange, GRACE));
        Answer { status: response.status, fields: response.fields, asked: Some(asked), was_confirmed: false }
    }

    /// The origin's answer to the client's request of this number; `None` if it closes the connection.
    fn origin(&mut self, number: usize, asked: &Fields) -> Option<Response> {
        let config = &self.requests[number];
        self.now += TRANSIT;
        self.origin_count += 1;
        if config["disconnect"] == true {
            return None;
        }
        let mut answer = fields(&config["response_headers"], self.now);
        answer.push("server-request-count", &self.origin_count.to_string());
        answer.push("client-request-count", &(number + 1).to_string());
        let expects_validation = config["expected_type"].as_str().is_some_and(|ty| ty.ends_with("validated"));
        let is_same = [("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since")]
            .iter()
            .any(|(own, sent)| self.current.first(own).is_some() && self.current.first(own) == asked.first(sent));
        if expects_validation && is_same {
            return Some(Response { status: 304, fields: Fields::default() });
        }
        self.origin_answered = self.now;
        self.current = answer.clone();
        let status = config["response_status"][0].as_u64().unwrap_or(200) as u16;
        Some(Response { status, fields: answer })
    }
}

/// Header fields as the data writes them: a number is a date, in seconds from `base`.
fn fields(list: &Value, base: SimTime) -> Fields {
    let mut fields = Fields::default();
    for field in list.as_array().into_iter().flatten() {
        let name = field[0].as_str().expect("a name");
        match &field[1] {
            Value::Number(offset) => {
                let seconds = (base.as_nanos() / 1_000_000_000).cast_signed() + offset.as_i64().expect("whole seconds");
                fields.push(name, &date::write(seconds.cast_unsigned()));
            }
            value => fields.push(name, value.as_str().expect("a value")),
        }
    }
    fields
}

fn check(config: &Value, answer: &Answer) -> Result<(), String> {
    let is_as_expected = match config["expected_type"].as_str() {
        None => true,
        Some("cached") => answer.asked.is_none(),
        Some("not_cached") => answer.asked.is_some() && !answer.was_confirmed,
        Some("etag_validated") => answer.was_confirmed && has(answer.asked.as_ref(), "If-None-Match"),
        Some("lm_validated") => answer.was_confirmed && has(answer.asked.as_ref(), "If-Modified-Since"),
        Some(other) => return Err(format!("`{other}` is not known to this test")),
    };
    if !is_as_expected {
        return Err(format!("{} expected, {answer:?}", config["expected_type"]));
    }
    if let Some(expected) = config["expected_status"].as_u64()
        && u64::from(answer.status) != expected
    {
        return Err(format!("status {expected} expected, {answer:?}"));
    }
    let no_fields = Fields::default();
    let asked = answer.asked.as_ref().unwrap_or(&no_fields);
    for (list, fields) in [("expected_response_headers", &answer.fields), ("expected_request_headers", asked)] {
        for field in config[list].as_array().into_iter().flatten() {
            let (name, value) = (field[0].as_str().expect("a name"), field[1].as_str());
            if fields.first(name) != value {
                return Err(format!("{name}: {value:?} expected, {fields:?}"));
            }
        }
    }
    for name in config["expected_response_headers_missing"].as_array().into_iter().flatten() {
        if answer.fields.first(name.as_str().expect("a name")).is_some() {
            return Err(format!("{name} should be missing, {answer:?}"));
        }
    }
    Ok(())
}

fn has(fields: Option<&Fields>, name: &str) -> bool {
    fields.is_some_and(|fields| fields.first(name).is_some())
}

/// The ids in the table of the documentation, each with its reason.
fn out_of_scope() -> BTreeMap<String, String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/http-caching.md");
    let text = std::fs::read_to_string(path).expect("the documentation is there");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    rows.map(|(id, reason)| (id.to_owned(), reason.trim_end_matches(" |").to_owned())).collect()
}

#[test]
fn an_edge_behaves_as_a_cache_should() {
    let folder = std::env::var_os("SCALESCOPE_TRUTH")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/truth"), PathBuf::from);
    let path = folder.join("http_cache_tests.json");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            println!("skipped: {}: {error}", path.display());
            return;
        }
    };
    let cases: Vec<Value> = serde_json::from_str(&text).expect("a list of cases");
    let excused = out_of_scope();
    let mut observed: BTreeMap<&str, usize> = PROXIES.iter().map(|proxy| (*proxy, 0)).collect();
    let (mut passed, mut wrong) = (0, Vec::new());
    for case in &cases {
        let id = case["id"].as_str().expect("an id");
        let requests = case["requests"].as_array().expect("requests");
        match Bench::new(requests).run() {
            Ok(()) => passed += 1,
            Err(_) if excused.contains_key(id) => {}
            Err(what) => wrong.push(format!("{id}: {what}")),
        }
        for (proxy, count) in &mut observed {
            *count += usize::from(case["_observed"][proxy] == "pass");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let mut scores: Vec<usize> = observed.values().copied().collect();
    scores.sort_unstable();
    println!("{passed} of {} pass; real caches: {observed:?}", cases.len());
    assert!(2 * passed > scores[3] + scores[4], "{passed} of {} pass, the median real cache: {scores:?}", cases.len());
}

#[test]
fn the_bench_can_fail() {
    let case = |expected: &str, control: &str| {
        let requests = serde_json::json!([
            { "response_headers": [["Cache-Control", control], ["ETag", "\"1\""]], "pause_after": true },
            { "expected_type": expected },
        ]);
        Bench::new(requests.as_array().expect("a list")).run()
    };
    assert_eq!(case("cached", "max-age=60"), Ok(()));
    assert!(case("not_cached", "max-age=60").is_err());
    assert_eq!(case("etag_validated", "max-age=1"), Ok(()));
    assert!(case("cached", "max-age=1").is_err() && case("lm_validated", "max-age=1").is_err());
    assert!(case("cached", "no-store").is_err());
}
