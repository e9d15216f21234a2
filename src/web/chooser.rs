//! The comparison of databases: the present workload on each kind, one after the other, in a worker beside the running simulation.

use js_sys::Reflect;
use wasm_bindgen::JsValue;
use web_sys::{ErrorEvent, MessageEvent, Worker};

use scalescope::base::SimDuration;
use scalescope::model::Document;
use serde_json::Value;

use super::dom::Listener;
use super::protocol::{self, FromEngine, ToEngine};
use super::worker;

/// About so many requests are simulated for each kind.
const REQUESTS: f64 = 60_000.0;
/// Bounds of the time that is measured, in simulated seconds; before it, half as long is simulated unmeasured.
const SPAN_S: (f64, f64) = (4.0, 30.0);

/// What the worker says.
pub enum Heard {
    /// So many kinds have been tried.
    Done(u32),
    /// As [`scalescope::engine::chooser::Choice`] is written.
    Chosen(Value),
    Failed(String),
}

/// A comparison that is under way, or done.
pub struct Trying {
    pub done: u32,
    pub choice: Option<Value>,
    /// How long is measured, in simulated seconds.
    pub span_s: f64,
    worker: Worker,
    _listeners: [Listener; 2],
}

impl Trying {
    /// Starts a worker for `document`, whose users make `rate` requests per second.
    pub fn start(document: &Document, rate: f64, heard: impl Fn(Heard) + Clone + 'static) -> Result<Self, String> {
        let say = |error: JsValue| super::dom::describe(&error);
        let worker = worker::spawn().map_err(say)?;
        let span_s = (REQUESTS / rate.max(1.0)).clamp(SPAN_S.0, SPAN_S.1).round();
        let (warmup, span) = (SimDuration::from_secs_f64(span_s / 2.0), SimDuration::from_secs_f64(span_s));
        let message = protocol::write(ToEngine::Choose { document: document.to_json(), warmup, r#for: span });
        worker.post_message(&message.into()).map_err(say)?;
        let failed = heard.clone();
        let on_message = Listener::new(&worker, "message", move |event: MessageEvent| {
            if let Some(told) = read(&event.data()) {
                heard(told);
            }
        });
        let on_error = Listener::new(&worker, "error", move |event: ErrorEvent| {
            event.prevent_default();
            failed(Heard::Failed(event.message()));
        });
        Ok(Self { done: 0, choice: None, span_s, worker, _listeners: [on_message, on_error] })
    }

    pub fn hear(&mut self, heard: Heard) {
        match heard {
            Heard::Done(done) => self.done = done,
            Heard::Chosen(choice) => self.choice = Some(choice),
            Heard::Failed(_) => {}
        }
    }
}

impl Drop for Trying {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

fn read(data: &JsValue) -> Option<Heard> {
    let Some(text) = data.as_string() else {
        // The loader's own words, when the wasm did not start.
        return Reflect::get(data, &"fatal".into()).ok()?.as_string().map(Heard::Failed);
    };
    match protocol::read(&text) {
        Ok(FromEngine::Tried { done }) => Some(Heard::Done(done)),
        Ok(FromEngine::Chosen { choice }) => Some(Heard::Chosen(choice)),
        Ok(FromEngine::Refused { problems }) => Some(Heard::Failed(problems.to_string())),
        Ok(FromEngine::Fatal { message }) => Some(Heard::Failed(message)),
        _ => None,
    }
}
