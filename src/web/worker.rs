//! The engine's host: the role of the wasm in the worker.
//!
//! It does what it is told and answers; it has no clock of its own. A command that does not fit is a message, never a
//! trap. A trap is told to the page by the panic hook before the worker dies.

use std::cell::RefCell;

use js_sys::{Array, Object, Reflect, Uint8Array, Uint32Array};
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, Worker, WorkerOptions, WorkerType};

use scalescope::base::order::sort_by_key;
use scalescope::base::tape::record;
use scalescope::base::{SimDuration, SimTime};
use scalescope::engine::Engine;
use scalescope::engine::chooser::{self, MODELS};
use scalescope::model::{Command, Document, Problems};
use scalescope::observe::Hop;
use scalescope::observe::trace::Ended;

use super::dom;
use super::parade::Parade;
use super::protocol::{self, Design, Frame, FromEngine, ToEngine, Watch, Watched};

/// Events between two looks at the clock: well below a millisecond of work.
const CHUNK: u64 = 500;
/// How far a step of one event goes where there is no event.
const LONGEST_STEP: SimDuration = SimDuration::from_secs(1);

/// Steps of traced requests that are kept: some seconds of all that is drawn.
const STEPS: usize = 100_000;
/// Requests that a list tells.
const LISTED: usize = 60;
/// Wall time between two lists: faster nobody reads.
const LIST_EVERY_MS: f64 = 400.0;

/// The file that starts the wasm in its worker role; relative, so that it is found under any path.
const WORKER: &str = "./worker.js";

/// Starts the wasm in its worker role, from the page.
pub fn spawn() -> Result<Worker, JsValue> {
    let link = dom::document().query_selector(r#"link[rel="modulepreload"]"#)?;
    let link = link.ok_or("the page names no glue")?;
    let glue = Reflect::get(&link.into(), &"href".into())?;
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    let worker = Worker::new_with_options(WORKER, &options)?;
    let hello = Object::new();
    Reflect::set(&hello, &"glue".into(), &glue)?;
    Reflect::set(&hello, &"module".into(), &wasm_bindgen::module())?;
    worker.post_message(&hello)?;
    Ok(worker)
}

/// Listens for the page's messages for as long as the worker lives.
pub fn serve(scope: &DedicatedWorkerGlobalScope) {
    tell_of_panics(scope.clone());
    let host = RefCell::new(Host::new(scope.clone()));
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let text = event.data().as_string().unwrap_or_default();
        let mut host = host.borrow_mut();
        match protocol::read(&text) {
            Ok(message) => host.handle(message),
            Err(problems) => host.refuse(problems),
        }
    });
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    post(scope, FromEngine::Ready);
}

struct Host {
    scope: DedicatedWorkerGlobalScope,
    engine: Option<Engine>,
    /// What it began with.
    begun: Option<Document>,
    /// The design that the page has.
    shown: Option<Document>,
    hop_budget: usize,
    window: SimDuration,
    /// How many of the engine's complaints have been told.
    told: usize,
    watch: Watch,
    listed_ms: f64,
    parade: Parade,
    /// Kept between frames for their memory.
    hops: Vec<Hop>,
    words: Vec<u32>,
}

impl Host {
    fn new(scope: DedicatedWorkerGlobalScope) -> Self {
        let window = SimDuration::from_secs(1);
        Self {
            scope,
            engine: None,
            begun: None,
            shown: None,
            hop_budget: 0,
            window,
            told: 0,
            watch: Watch::default(),
            listed_ms: 0.0,
            parade: Parade::default(),
            hops: Vec::new(),
            words: Vec::new(),
        }
    }

    fn handle(&mut self, message: ToEngine) {
        match message {
            ToEngine::Load { document, seed } => self.load(&document, seed),
            ToEngine::Advance { until_ns, cpu_budget_ms, want_figures } => {
                let until = SimTime::from_nanos(until_ns);
                self.go(want_figures, |engine, spent_ms| {
                    while engine.now() < until && engine.advance(until, CHUNK) < until && spent_ms() < cpu_budget_ms {}
                });
            }
            ToEngine::Step => self.go(true, |engine, _| {
                let until = engine.now() + LONGEST_STEP;
                engine.advance(until, 1);
            }),
            ToEngine::Command { command } => self.command(command),
            ToEngine::SetView { hop_budget, window, parade } => {
                self.parade.set_count(parade);
                self.set_view(hop_budget, window);
            }
            ToEngine::Watch(watch) => {
                self.watch = watch;
                self.listed_ms = f64::NEG_INFINITY;
                self.tell_watched();
            }
            ToEngine::Pick { link, depart_ns, is_backward } => {
                let find = |engine: &Engine| engine.find_traced(link, SimTime::from_nanos(depart_ns), is_backward);
                post(&self.scope, FromEngine::Picked { serial: self.engine.as_ref().and_then(find) });
            }
            ToEngine::Hash { document, r#for } => self.hash(&document, r#for),
            ToEngine::Choose { document, warmup, r#for } => self.choose(&document, warmup, r#for),
        }
    }

    fn load(&mut self, text: &str, seed: u64) {
        let built = Document::read_draft(text).and_then(|document| Engine::new(Document { seed, ..document }));
        match built {
            Ok(mut engine) => {
                engine.set_tracing(1, STEPS);
                self.shown = Some(engine.document().clone());
                self.begun.clone_from(&self.shown);
                self.told = 0;
                post(&self.scope, FromEngine::Loaded(design(&engine)));
                self.engine = Some(engine);
                self.parade.restart();
                self.set_view(self.hop_budget, self.window);
            }
            Err(problems) => self.refuse(problems),
        }
    }

    fn set_view(&mut self, hop_budget: usize, window: SimDuration) {
        (self.hop_budget, self.window) = (hop_budget, window);
        if let Some(engine) = &mut self.engine {
            engine.set_hop_budget(hop_budget);
            engine.set_window(window);
        }
    }

    /// Lets the engine go on, by a function that can ask how long it has taken, and tells what has come of it.
    fn go(&mut self, want_figures: bool, go: impl FnOnce(&mut Engine, &dyn Fn() -> f64)) {
        let Some(engine) = &mut self.engine else { return };
        let clock = self.scope.performance();
        let wall_ms = || clock.as_ref().map_or(0.0, web_sys::Performance::now);
        let (started, base) = (wall_ms(), engine.now());
        go(engine, &|| wall_ms() - started);
        self.hops.clear();
        let mut stride = engine.take_hops(&mut self.hops);
        if self.parade.is_on() {
            self.hops.clear();
            self.parade.advance(engine.now(), &engine.links(), &mut self.hops);
            stride = 1;
        }
        self.words.clear();
        self.words.extend(self.hops.iter().flat_map(|hop| hop.encode(base)));
        let figures = want_figures.then(|| record(&mut engine.figures()));
        let (now_ns, base_ns) = (engine.now().as_nanos(), base.as_nanos());
        let frame = Frame { now_ns, base_ns, stride, cpu_ms: wall_ms() - started, figures: None };
        self.post_frame(frame, figures);
        if want_figures {
            self.tell_of_complaints();
            self.tell_of_redesign();
            self.tell_watched();
        }
    }

    fn post_frame(&self, frame: Frame, figures: Option<Vec<u8>>) {
        let words = Uint32Array::from(self.words.as_slice());
        let message = Array::of2(&protocol::write(FromEngine::Frame(frame)).into(), &words);
        let transfer = Array::of1(&words.buffer());
        if let Some(figures) = figures {
            let figures = Uint8Array::from(figures.as_slice());
            message.push(&figures);
            transfer.push(&figures.buffer());
        }
        if let Err(error) = self.scope.post_message_with_transfer(&message, &transfer) {
            wasm_bindgen::throw_val(error);
        }
    }

    fn command(&mut self, command: Command) {
        let Some(engine) = &mut self.engine else { return };
        match engine.command(command.clone()) {
            Ok(()) => {
                let now_ns = engine.now().as_nanos();
                post(&self.scope, FromEngine::Done { command, now_ns });
                self.tell_of_redesign();
            }
            Err(problems) => self.refuse(problems),
        }
    }

    /// Tells what is watched, lists not more often than they can be read.
    fn tell_watched(&mut self) {
        let Some(engine) = &self.engine else { return };
        let now_ms = self.scope.performance().map_or(0.0, |clock| clock.now());
        let filter = self.watch.requests.as_ref().filter(|_| now_ms - self.listed_ms >= LIST_EVERY_MS);
        if filter.is_none() && self.watch.serial.is_none() && self.watch.key.is_none() {
            return;
        }
        let ended = filter.map(|filter| {
            let mut ended = engine.ended();
            ended.retain(|one| filter.takes(one));
            if filter.is_by_latency {
                sort_by_key(&mut ended, |one| u64::MAX - (one.ended_ns - one.began_ns));
            }
            let is_taken = |one: &Ended| {
                filter.through.is_empty() || engine.trace(one.serial).is_some_and(|trace| filter.takes_way(&trace))
            };
            ended.into_iter().filter(is_taken).take(LISTED).collect()
        });
        if ended.is_some() {
            self.listed_ms = now_ms;
        }
        let trace = self.watch.serial.and_then(|serial| engine.trace(serial));
        let key = self.watch.key.map(|key| engine.key_versions(key));
        post(&self.scope, FromEngine::Watched(Watched { ended, trace, key }));
    }

    fn tell_of_complaints(&mut self) {
        let Some(engine) = &self.engine else { return };
        let new = engine.complaints().get(self.told..).unwrap_or_default();
        if !new.is_empty() {
            post(&self.scope, FromEngine::Complained { problems: Problems(new.to_vec()) });
            self.told = engine.complaints().len();
        }
    }

    fn tell_of_redesign(&mut self) {
        if let Some(engine) = &self.engine
            && self.shown.as_ref() != Some(engine.document())
        {
            self.shown = Some(engine.document().clone());
            post(&self.scope, FromEngine::Redesigned(design(engine)));
        }
    }

    fn refuse(&self, problems: Problems) {
        post(&self.scope, FromEngine::Refused { problems });
    }

    fn choose(&self, text: &str, warmup: SimDuration, length: SimDuration) {
        let told = Document::read_draft(text).and_then(|document| {
            let mut trials = Vec::new();
            for (_, model) in MODELS {
                trials.push(chooser::trial(&document, model, warmup, length)?);
                post(&self.scope, FromEngine::Tried { done: trials.len() as u32 });
            }
            Ok(chooser::weigh(&document, trials))
        });
        match told {
            Ok(choice) => {
                let choice = serde_json::to_value(&choice).unwrap_or_default();
                post(&self.scope, FromEngine::Chosen { choice });
            }
            Err(problems) => self.refuse(problems),
        }
    }

    /// The present run once more, from its beginning: a copy of the engine would take more room on the page than this takes time.
    fn again(&self) -> Option<Result<Engine, Problems>> {
        let engine = self.engine.as_ref()?;
        Some(Engine::replay(self.begun.clone()?, engine.journal(), engine.now()))
    }

    fn hash(&self, text: &str, length: SimDuration) {
        let own = if text.is_empty() { self.again() } else { None };
        match own.unwrap_or_else(|| Document::read_draft(text).and_then(Engine::new)) {
            Ok(mut engine) => {
                engine.run_until(engine.now() + length);
                let state_hash = format!("{:016x}", engine.state_hash());
                post(&self.scope, FromEngine::Hash { state_hash });
            }
            Err(problems) => self.refuse(problems),
        }
    }
}

fn design(engine: &Engine) -> Design {
    Design { document: engine.document().to_json(), links: engine.links() }
}

fn post(scope: &DedicatedWorkerGlobalScope, message: FromEngine) {
    if let Err(error) = scope.post_message(&protocol::write(message).into()) {
        wasm_bindgen::throw_val(error);
    }
}

/// Sends what a panic says to the page, while the worker still can.
fn tell_of_panics(scope: DedicatedWorkerGlobalScope) {
    // A hook may not hold what belongs to one thread.
    thread_local! { static SCOPE: RefCell<Option<DedicatedWorkerGlobalScope>> = const { RefCell::new(None) }; }
    SCOPE.set(Some(scope));
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.to_string();
        if let Some(scope) = SCOPE.take() {
            post(&scope, FromEngine::Fatal { message });
        }
    }));
}
