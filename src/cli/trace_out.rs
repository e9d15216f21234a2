//! `--trace-out`: traces of requests as Chrome trace JSON, to be opened in Perfetto or `chrome://tracing`.
//!
//! Format: *Trace Event Format* (Google), complete events (`ph: X`) with times in microseconds. Each request is a process of its own;
//! calls that overlap without one lying within the other are on threads of their own, for slices of one thread must nest.

use std::fs;
use std::path::Path;

use scalescope::engine::Engine;
use scalescope::observe::trace::{Span, Trace};
use serde_json::{Value, json};

use crate::input::Failure;

/// Steps that are kept: the latest requests that fit.
pub const STEPS: usize = 1_000_000;

/// Writes all requests that are still known to `path`; how many they were.
pub fn write(engine: &Engine, path: &Path) -> Result<usize, Failure> {
    let traces: Vec<Trace> = engine.traced().into_iter().filter_map(|serial| engine.trace(serial)).collect();
    let events: Vec<Value> = traces.iter().flat_map(events_of).collect();
    let text = json!({ "displayTimeUnit": "ms", "traceEvents": events }).to_string();
    fs::write(path, text).map_err(|error| Failure::input(format!("{}: {error}", path.display())))?;
    Ok(traces.len())
}

fn events_of(trace: &Trace) -> Vec<Value> {
    let name = format!("request {}: {} of key {}", trace.serial, trace.operation.name(), trace.key);
    let end = trace.ended_ns.unwrap_or(trace.now_ns);
    let outcome =
        trace.failure.map_or(if trace.ended_ns.is_some() { "answered" } else { "under way" }, |reason| reason.name());
    let args = json!({ "user": trace.user, "outcome": outcome });
    let mut events = vec![
        json!({ "ph": "M", "name": "process_name", "pid": trace.serial, "args": { "name": name } }),
        slice(trace, 0, (trace.operation.name().to_owned(), trace.began_ns, end), &args),
    ];
    let mut lanes: Vec<Vec<(u64, u64)>> = vec![vec![(trace.began_ns, end)]];
    for span in &trace.spans {
        let own = (span.made_ns, span.back_ns.unwrap_or(trace.now_ns));
        let fits = |lane: &Vec<(u64, u64)>| lane.iter().all(|other| nests(own, *other));
        let lane = lanes.iter().position(fits).unwrap_or_else(|| {
            lanes.push(Vec::new());
            lanes.len() - 1
        });
        lanes[lane].push(own);
        events.push(slice(trace, lane, (format!("{} @ {}", span.verb, span.to), own.0, own.1), &args_of(span)));
        events.extend(
            span.parts
                .iter()
                .filter(|part| part.to_ns <= own.1)
                .map(|part| slice(trace, lane, (part.doing.label().to_owned(), part.from_ns, part.to_ns), &json!({}))),
        );
    }
    events
}

/// Whether two slices can be on one thread: apart, or one within the other.
fn nests(one: (u64, u64), other: (u64, u64)) -> bool {
    let is_apart = one.1 <= other.0 || other.1 <= one.0;
    let is_within = |inner: (u64, u64), outer: (u64, u64)| inner.0 >= outer.0 && inner.1 <= outer.1;
    is_apart || is_within(one, other) || is_within(other, one)
}

fn args_of(span: &Span) -> Value {
    let mut args = json!({ "from": span.from, "to": span.to });
    if let Some(reason) = span.failure {
        args["failed"] = json!(reason.name());
        args["at"] = json!(span.failed_at);
    }
    if span.tries > 0 {
        args["packets_lost"] = json!(span.tries);
    }
    args
}

fn slice(trace: &Trace, lane: usize, (name, from_ns, to_ns): (String, u64, u64), args: &Value) -> Value {
    let micros = |nanos: u64| nanos as f64 / 1e3;
    let length = to_ns.saturating_sub(from_ns);
    json!({ "ph": "X", "name": name, "cat": trace.operation.name(), "pid": trace.serial, "tid": lane, "ts": micros(from_ns), "dur": micros(length), "args": args })
}
