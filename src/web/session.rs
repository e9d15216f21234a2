//! A session: the engine's worker, the view's clock, and the conversation between them. No UI.
//!
//! One [`ToEngine::Advance`] is outstanding at a time. Animation frames say how far the engine shall go; where it has not come that
//! far, the next is posted with its answer. So a slow engine is seldom idle and never flooded, and a hidden tab, which gets no
//! animation frames, simulates nothing.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use js_sys::{Array, Reflect, Uint8Array, Uint32Array};
use wasm_bindgen::prelude::*;
use web_sys::{ErrorEvent, MessageEvent, Worker};

use scalescope::base::tape::play;
use scalescope::engine::Entry;
use scalescope::model::{Command, Problems};
use scalescope::scene::Picked;

use super::clock::Clock;
use super::dom::{self, Listener};
use super::keeping::state::Run;
use super::protocol::{self, Design, Frame, FromEngine, ToEngine, Watch, Watched};
use super::traffic::{Budget, Course, Quiet, window};
use super::worker::spawn;

/// CPU time that the engine may take for one frame.
const CPU_BUDGET_MS: f64 = 12.0;
/// The same while a run is taken up again: nobody follows a dot then.
const REPLAY_BUDGET_MS: f64 = 40.0;
/// Time between figures of up to [`MANY_NODES`]. Of more it is longer, as many times as they are more, up to [`SELDOM`]: nobody reads
/// the figures of a hundred nodes as often as those of some.
const FIGURES_EVERY_MS: f64 = 100.0;
const MANY_NODES: f64 = 40.0;
const SELDOM: f64 = 3.0;
/// Time between commands of a control that is being moved.
const SOON_MS: f64 = 80.0;
/// Length of a step with the clock standing, in wall time at the chosen speed.
const STEP_MS: f64 = 100.0;

/// What a session tells its owner.
pub enum Event {
    Loaded(Design),
    Frame(Frame, Hops),
    Done { command: Command, now_ns: u64 },
    Redesigned(Design),
    Refused(Problems),
    Complained(Problems),
    Watched(Watched),
    Picked(Option<u32>),
    Fatal(String),
}

/// The hops of one frame, as encoded.
pub struct Hops {
    pub words: Vec<u32>,
    pub base_ns: u64,
}

/// A run that is taken up again: what was done in it happens at the same times, as fast as it goes.
struct Replay {
    entries: VecDeque<Entry>,
    until_ns: u64,
    /// What a person wants meanwhile: it happens after all that.
    held: Vec<Command>,
}

/// What the engine was asked for last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// It has answered.
    Nothing,
    Frame,
    FrameWithFigures,
}

impl Asked {
    fn frame(with_figures: bool) -> Self {
        if with_figures { Self::FrameWithFigures } else { Self::Frame }
    }
}

/// The conversation with one worker.
pub struct Session {
    worker: Worker,
    clock: Clock,
    is_loaded: bool,
    /// What the engine has not answered yet.
    asked: Asked,
    wants_figures: bool,
    figures_ms: f64,
    figures_every_ms: f64,
    /// One event more, as soon as the engine has answered.
    wants_event: bool,
    /// Answers since the last frame, and how many come in a frame, smoothed.
    answered: u32,
    answers: f64,
    soon: Option<Command>,
    soon_ms: f64,
    budget: Budget,
    /// So many made-up hops in place of the engine's.
    parade: usize,
    quiet: Quiet,
    replay: Option<Replay>,
    _listeners: [Listener; 2],
}

impl Session {
    /// Starts a worker. `heard` is called with what it says, never while the session is borrowed. A `parade` other than none is so
    /// many made-up hops in place of the engine's own.
    pub fn start(clock: Clock, parade: usize, heard: impl Fn(Event) + 'static) -> Result<Rc<RefCell<Self>>, String> {
        let worker = spawn().map_err(|error| dom::describe(&error))?;
        let heard = Rc::new(heard);
        Ok(Rc::new_cyclic(|own: &std::rc::Weak<RefCell<Self>>| {
            let (own, heard_error) = (own.clone(), heard.clone());
            let on_message = Listener::new(&worker, "message", move |event: MessageEvent| {
                if let Some(own) = own.upgrade()
                    && let Some(event) = own.borrow_mut().receive(&event.data())
                {
                    heard(event);
                }
            });
            let on_error = Listener::new(&worker, "error", move |event: ErrorEvent| {
                event.prevent_default();
                let message = event.message();
                let message = if message.is_empty() { "The worker could not be started.".to_owned() } else { message };
                heard_error(Event::Fatal(message));
            });
            RefCell::new(Self {
                worker,
                clock,
                is_loaded: false,
                asked: Asked::Nothing,
                wants_figures: false,
                figures_ms: f64::NEG_INFINITY,
                figures_every_ms: FIGURES_EVERY_MS,
                wants_event: false,
                answered: 0,
                answers: 1.0,
                soon: None,
                soon_ms: f64::NEG_INFINITY,
                budget: Budget::default(),
                parade,
                quiet: Quiet::default(),
                replay: None,
                _listeners: [on_message, on_error],
            })
        }))
    }

    fn is_busy(&self) -> bool {
        self.asked != Asked::Nothing
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Begins a new run; where one is taken up again, with the design that it began with.
    pub fn load(&mut self, document: String, seed: u64, run: Option<&Run>) {
        self.replay = run.map(|run| Replay {
            entries: run.journal.iter().filter(|entry| entry.at_ns <= run.now_ns).cloned().collect(),
            until_ns: run.now_ns,
            held: Vec::new(),
        });
        self.clock.reset();
        self.is_loaded = false;
        // What was wanted of the run before is not of this one.
        self.wants_event = false;
        self.soon = None;
        self.quiet = Quiet::default();
        self.send_view();
        self.send(ToEngine::Load { document, seed });
    }

    /// Carries out `command` as soon as the engine has finished its present frame.
    pub fn command(&mut self, command: Command) {
        if let Some(replay) = &mut self.replay {
            return replay.held.push(command);
        }
        self.send(ToEngine::Command { command });
        self.wants_figures = true;
    }

    /// Whether a run is being taken up again.
    pub fn is_replaying(&self) -> bool {
        self.replay.is_some()
    }

    /// As [`Self::command`], for what changes faster than it can matter: replaces what was not yet sent. Whether there was nothing.
    pub fn command_soon(&mut self, command: Command) -> bool {
        self.soon.replace(command).is_none()
    }

    /// Lets the engine tell of what a person looks at, now and with the figures.
    pub fn watch(&self, watch: Watch) {
        self.send(ToEngine::Watch(watch));
    }

    /// Asks which request a dot stands for.
    pub fn pick(&self, picked: Picked) {
        let Picked { link, is_backward, depart } = picked;
        self.send(ToEngine::Pick { link, depart_ns: depart.as_nanos(), is_backward });
    }

    pub fn set_playing(&mut self, is_playing: bool) {
        self.wants_event = false;
        self.clock.set_playing(is_playing);
    }

    pub fn set_speed(&mut self, speed: f64) {
        self.clock.set_speed(speed);
        self.send_view();
    }

    /// Goes on a little while the clock stands, unless it does already.
    pub fn step(&mut self) {
        if self.is_loaded && self.replay.is_none() && !self.clock.is_stepping() {
            self.clock.step(STEP_MS);
            self.wants_figures = true;
        }
    }

    /// Goes on by one event while the clock stands; after what is being done, if that is something.
    pub fn step_event(&mut self) {
        if self.is_loaded && self.replay.is_none() && !self.clock.is_stepping() {
            self.wants_event = self.is_busy();
            if !self.wants_event {
                (self.asked, self.wants_figures) = (Asked::FrameWithFigures, false);
                self.send(ToEngine::Step);
            }
        }
    }

    /// The next animation frame: posts work if the engine is free. Returns the simulated time to show.
    pub fn tick(&mut self, wall_ms: f64) -> u64 {
        let tick = self.clock.tick(wall_ms, self.quiet.race(self.clock.view_ns()));
        self.answers = self.answers * 0.9 + f64::from(std::mem::take(&mut self.answered).max(1)) * 0.1;
        if let Some(replay) = self.replay.take_if(|_| self.is_loaded && self.asked == Asked::Nothing) {
            self.replay = self.replayed(replay, wall_ms);
        }
        if self.replay.is_some() {
            return self.clock.view_ns();
        }
        if self.is_loaded
            && wall_ms - self.soon_ms > SOON_MS
            && let Some(command) = self.soon.take()
        {
            self.soon_ms = wall_ms;
            self.command(command);
        }
        if self.is_loaded {
            self.go_on(wall_ms);
            if self.budget.is_due(wall_ms, self.course()) {
                self.send_view();
            }
        }
        tick.view_ns
    }

    /// Lets an engine that is free go on to what the last tick asked for, and tell figures if it is time for them.
    fn go_on(&mut self, wall_ms: f64) {
        let goes_on = self.clock.is_playing() || self.clock.is_stepping();
        let is_due = goes_on && wall_ms - self.figures_ms >= self.figures_every_ms;
        let with_figures = is_due || self.wants_figures;
        let target_ns = self.clock.target_ns();
        if !self.is_busy() && (target_ns > self.clock.reached_ns() || self.wants_figures) {
            if with_figures {
                self.figures_ms = wall_ms;
            }
            self.advance(target_ns, with_figures);
        }
    }

    /// Takes what it cost to draw a frame: there are as many dots as this machine draws with ease.
    pub fn drawn(&mut self, milliseconds: f64) {
        self.budget.drawn(milliseconds);
    }

    /// Does what is due in `replay` and goes on to what comes next. Returns what is left of it.
    fn replayed(&mut self, mut replay: Replay, wall_ms: f64) -> Option<Replay> {
        let reached = self.clock.reached_ns();
        while let Some(entry) = replay.entries.pop_front_if(|entry| entry.at_ns <= reached) {
            self.send(ToEngine::Command { command: entry.command });
        }
        let next = replay.entries.front().map_or(replay.until_ns, |entry| entry.at_ns);
        if next <= reached {
            for command in replay.held {
                self.command(command);
            }
            self.wants_figures = true;
            return None;
        }
        let want_figures = wall_ms - self.figures_ms >= self.figures_every_ms;
        if want_figures {
            self.figures_ms = wall_ms;
        }
        self.asked = Asked::frame(want_figures);
        self.send(ToEngine::Advance { until_ns: next, cpu_budget_ms: REPLAY_BUDGET_MS, want_figures });
        Some(replay)
    }

    fn advance(&mut self, until_ns: u64, want_figures: bool) {
        self.asked = Asked::frame(want_figures);
        self.wants_figures = false;
        self.clock.ask(dom::now_ms());
        self.send(ToEngine::Advance { until_ns, cpu_budget_ms: CPU_BUDGET_MS, want_figures });
    }

    fn send_view(&self) {
        let hop_budget = self.budget.hops(self.course());
        self.send(ToEngine::SetView { hop_budget, window: window(self.clock.speed()), parade: self.parade });
    }

    fn course(&self) -> Course {
        let (frame_ms, lateness) = (self.clock.frame_ms(), self.clock.lateness());
        // At the pace that the engine keeps.
        let simulated = self.clock.speed() * self.clock.pace();
        Course { frame_ms, frame_s: frame_ms / 1e3 * simulated, answers: self.answers, lateness }
    }

    fn send(&self, message: ToEngine) {
        let text = protocol::write(message);
        // Text can always be cloned to a worker.
        let _ = self.worker.post_message(&text.into());
    }

    fn receive(&mut self, data: &JsValue) -> Option<Event> {
        let parts: Option<&Array> = data.dyn_ref();
        let text = parts.map_or_else(|| data.as_string(), |parts| parts.get(0).as_string());
        let Some(text) = text else {
            // The loader's own words, when the wasm did not start.
            let fatal = Reflect::get(data, &"fatal".into()).ok().and_then(|fatal| fatal.as_string());
            return fatal.map(Event::Fatal);
        };
        let message = match protocol::read(&text) {
            Ok(message) => message,
            Err(problems) => {
                return Some(Event::Fatal(format!("The engine sent what the page cannot read: {problems}")));
            }
        };
        match message {
            FromEngine::Frame(mut frame) => {
                let words = parts.and_then(|parts| parts.get(1).dyn_into::<Uint32Array>().ok());
                if let Some(tape) = parts.and_then(|parts| parts.get(2).dyn_into::<Uint8Array>().ok()) {
                    let Some(figures) = play(tape.to_vec()) else {
                        return Some(Event::Fatal("The engine sent figures that the page cannot read.".to_owned()));
                    };
                    frame.figures = Some(figures);
                }
                self.frame(frame, words.map(|words| words.to_vec()).unwrap_or_default())
            }
            FromEngine::Loaded(design) => {
                (self.is_loaded, self.asked, self.wants_figures) = (true, Asked::Nothing, true);
                self.clock.reset();
                Some(Event::Loaded(design))
            }
            FromEngine::Done { command, now_ns } => {
                // What it does now, it was asked for after the command.
                self.wants_figures |= self.asked != Asked::FrameWithFigures;
                Some(Event::Done { command, now_ns })
            }
            FromEngine::Redesigned(design) => self.is_loaded.then_some(Event::Redesigned(design)),
            FromEngine::Refused { problems } => Some(Event::Refused(problems)),
            FromEngine::Complained { problems } => Some(Event::Complained(problems)),
            FromEngine::Watched(watched) => self.is_loaded.then_some(Event::Watched(watched)),
            FromEngine::Picked { serial } => Some(Event::Picked(serial)),
            FromEngine::Fatal { message } => Some(Event::Fatal(message)),
            FromEngine::Ready | FromEngine::Hash { .. } | FromEngine::Tried { .. } | FromEngine::Chosen { .. } => None,
        }
    }

    fn frame(&mut self, frame: Frame, words: Vec<u32>) -> Option<Event> {
        // A frame of the run before the one that is being loaded is of no use.
        if !self.is_loaded {
            return None;
        }
        let wall_ms = dom::now_ms();
        self.asked = Asked::Nothing;
        self.answered += 1;
        let was_stepping = self.clock.is_stepping();
        self.clock.reach(frame.now_ns, wall_ms);
        // Whoever looks at the end of a step looks at its figures.
        self.wants_figures |= was_stepping && !self.clock.is_stepping() && frame.figures.is_none();
        if !self.clock.is_playing() || self.replay.is_some() {
            self.clock.show_reached();
        }
        if std::mem::take(&mut self.wants_event) {
            self.step_event();
        }
        if self.replay.is_none() && self.clock.is_behind(wall_ms) {
            self.go_on(wall_ms);
        }
        if let Some(figures) = &frame.figures {
            let times = (figures.nodes.len() as f64 / MANY_NODES).clamp(1.0, SELDOM);
            self.figures_every_ms = FIGURES_EVERY_MS * times;
        }
        self.budget.see(&words, frame.stride);
        self.quiet.see(&words, &frame, self.clock.view_ns());
        let hops = Hops { words, base_ns: frame.base_ns };
        Some(Event::Frame(frame, hops))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}
