//! Keeping: what the app does so that nothing is lost, and to give designs away.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::HtmlElement;
use yew::prelude::*;

use scalescope::model::{Document, Edit};

use super::{App, Msg, Shown};
use crate::dom;
use crate::editor::past::Whole;
use crate::input::Intent;
use crate::keeping::state::{Run, State};
use crate::keeping::{Keep, file, link, store};
use crate::panels::charts::{NodeFigure, Pin};
use crate::panels::knobs::Knob;
use crate::protocol::Design;

/// Time after a change until it is written down: a moment of rest.
const REST_MS: u32 = 250;
/// What an address says of a design; once that has changed, the address must not say it any more.
const ABOUT_DESIGN: [&str; 3] = ["scenario", "seed", "users"];
/// A run of more events than this is not taken up again after a reload: that would take longer than a person waits. A link has no
/// such limit.
const MOST_EVENTS: u64 = 4_000_000;
/// Commands of a run that are kept from load to load.
const MOST_COMMANDS: usize = 2_000;
/// Letters of an address that browsers and most other programs let pass.
const LONGEST_LINK: usize = 60_000;

impl App {
    pub(super) fn keep(&mut self, ctx: &Context<Self>, keep: Keep) {
        match keep {
            Keep::ShowSheet(is_shown) => {
                self.is_sheet_shown = is_shown;
                self.kept = Rc::new(store::kept());
            }
            Keep::New => {
                self.users = None;
                let document = Document::empty().to_json().into();
                self.open_whole(Whole { document, seed: 1, scenario: None, run: None });
                self.is_sheet_shown = false;
                self.editor.is_palette_open = true;
            }
            Keep::Name(name) => {
                let name = name.trim().to_owned();
                if !name.is_empty() {
                    self.edit(ctx, Edit::Name { name });
                }
            }
            Keep::SaveFile => self.save_file(ctx),
            Keep::ChooseFile => choose_file(),
            Keep::CopyLink => self.make_link(ctx),
            Keep::LinkMade(made) => self.link_made(ctx, made),
            Keep::Arrived(Ok(text)) => self.arrived(ctx, &text),
            Keep::Arrived(Err(why)) => {
                self.toast(ctx, &format!("The link holds no design: {why}. What was here is still here."), true);
            }
            Keep::Store => self.store(ctx),
            Keep::OpenStored(place) => self.open_stored(ctx, place),
            Keep::Forget(place) => {
                if let Err(why) = store::forget(place) {
                    self.toast(ctx, &why, true);
                }
                self.kept = Rc::new(store::kept());
            }
            Keep::Flush => self.flush(ctx),
        }
    }

    /// What is to be kept from load to load.
    fn state(&self) -> Option<State> {
        let shown = self.shown.as_ref()?;
        let document = Document { seed: self.seed, ..shown.document.clone() };
        let (past, objectives) = (State::past(&self.editor.past), self.bench.objectives);
        let knobs = self.bench.knobs.iter().map(|knob| (knob.node.to_string(), knob.path.clone())).collect();
        let pins = self.bench.pins.iter().map(|pin| (pin.node.clone(), pin.figure.name().to_owned())).collect();
        let run = self.kept_run();
        Some(State { document, seed: self.seed, speed: self.speed, past, run, objectives, knobs, pins })
    }

    /// The present run as far as it has come.
    fn run(&self) -> Option<Run> {
        if let Some(run) = &self.replay {
            return Some((**run).clone());
        }
        let now_ns = self.with_session(|session| session.clock().reached_ns())?;
        Some(Run { begun: Document::read_draft(&self.begun).ok()?, journal: self.journal.clone(), now_ns })
    }

    /// The present run, if it can be taken up again soon enough.
    pub(super) fn kept_run(&self) -> Option<Run> {
        let is_short = self.figures.totals.events <= MOST_EVENTS && self.journal.len() <= MOST_COMMANDS;
        if is_short { self.run() } else { None }
    }

    /// Another run has begun; if it is to be taken up again, the design in which that ends is shown from its beginning.
    pub(super) fn begin_replay(&mut self, design: &Design) {
        let Some(run) = &self.replay else { return };
        self.pending = run.journal.iter().filter(|entry| entry.at_ns <= run.now_ns).count() as u32;
        let first = Shown::new(self.runs, Design { document: self.document.to_string(), links: design.links.clone() });
        self.shown = first.ok().map(Rc::new);
    }

    /// The run has been taken up again: from here on the engine has the word.
    pub(super) fn end_replay(&mut self) {
        if self.replay.is_some() && self.with_session(|session| session.is_replaying()) == Some(false) {
            self.replay = None;
            if self.pending == 0 {
                self.shown.clone_from(&self.confirmed);
            }
            self.save_soon();
        }
    }

    /// What was kept beside the design.
    pub(super) fn take_up(&mut self, state: &State) {
        let knob = |(node, path): &(String, String)| Knob { node: node.as_str().into(), path: path.clone() };
        self.bench.knobs = state.knobs.iter().map(knob).collect();
        let pin =
            |(node, name): &(String, String)| Some(Pin { node: node.clone(), figure: NodeFigure::by_name(name)? });
        self.bench.pins = state.pins.iter().filter_map(pin).collect();
        self.bench.objectives = state.objectives;
    }

    /// Writes the present state down, after a moment without another change.
    pub(super) fn save_soon(&mut self) {
        let link = self.link.clone();
        self.saver = Some(Timeout::new(REST_MS, move || link.send_message(Msg::Do(Intent::Keep(Keep::Flush)))));
    }

    fn flush(&mut self, ctx: &Context<Self>) {
        self.saver = None;
        if let Some(Err(why)) = self.state().map(|state| store::write(&state)) {
            self.toast(ctx, &why, true);
        }
    }

    fn save_file(&mut self, ctx: &Context<Self>) {
        let Some(state) = self.state() else { return };
        if let Err(error) = file::save(&file::name_of(&state.document.name), &state.document.to_json()) {
            self.toast(ctx, &format!("The file cannot be saved: {}", dom::describe(&error)), true);
        }
    }

    fn make_link(&mut self, ctx: &Context<Self>) {
        let Some(state) = self.state() else { return };
        let state = State { past: serde_json::Value::Null, run: self.run(), ..state };
        let link = ctx.link().clone();
        spawn_local(async move {
            let mut made = link::link_to(&state.write()).await;
            let is_too_long = |made: &Result<String, String>| made.as_ref().is_ok_and(|link| link.len() > LONGEST_LINK);
            if is_too_long(&made) {
                // What was done may be long; the design itself seldom is.
                made = link::link_to(&State { run: None, ..state }.write()).await;
                if is_too_long(&made) {
                    made = Err("this design is too large for one; save it to a file".to_owned());
                } else {
                    let text =
                        "Too much was done in this run for a link: it holds the design, and begins at time zero.";
                    link.send_message(Msg::Say(text));
                }
            }
            let made = made.map(Rc::from).map_err(Rc::from);
            link.send_message(Msg::Do(Intent::Keep(Keep::LinkMade(made))));
        });
    }

    /// The link goes into the address, from where anybody can take it, and into the clipboard, if that is allowed.
    fn link_made(&mut self, ctx: &Context<Self>, made: Result<Rc<str>, Rc<str>>) {
        let address = match made {
            Ok(address) => address,
            Err(why) => return self.toast(ctx, &format!("The link cannot be made: {why}"), true),
        };
        let fresh = set_address(&address);
        self.is_address_free = fresh.is_err();
        let writing = dom::window().navigator().clipboard().write_text(&address);
        let link = ctx.link().clone();
        spawn_local(async move {
            let text = match JsFuture::from(writing).await {
                Ok(_) => "The link is copied. It holds the design, and all that was done.",
                Err(_) => "The link is in the address bar. It holds the design, and all that was done.",
            };
            link.send_message(Msg::Say(text));
        });
    }

    fn arrived(&mut self, ctx: &Context<Self>, text: &str) {
        match State::read(text) {
            Ok(state) => self.open_state(&state),
            Err(why) => {
                self.toast(
                    ctx,
                    &format!("The link holds no design that can be opened: {why}. What was here is still here."),
                    true,
                );
            }
        }
    }

    fn store(&mut self, ctx: &Context<Self>) {
        // A design that is kept by its name begins anew each time.
        let Some(state) = self.state().map(|state| State { run: None, ..state }) else { return };
        match store::keep(&state) {
            Ok(()) => {
                self.toast(ctx, &format!("{} is kept in this browser.", state.document.name), false);
            }
            Err(why) => self.toast(ctx, &why, true),
        }
        self.kept = Rc::new(store::kept());
    }

    fn open_stored(&mut self, ctx: &Context<Self>, place: usize) {
        let Some(kept) = store::kept().into_iter().nth(place) else { return };
        match kept.state() {
            Ok(state) => {
                self.open_state(&state);
                self.is_sheet_shown = false;
            }
            Err(why) => self.toast(ctx, &format!("{} cannot be opened: {why}", kept.name), true),
        }
    }

    fn open_state(&mut self, state: &State) {
        self.users = None;
        self.take_up(state);
        let document = state.document.to_json().into();
        let run = state.run.clone().map(Rc::new);
        self.open_whole(Whole { document, seed: state.seed, scenario: None, run });
    }

    /// From the first change on, the address names no design: a reload goes on with what is here.
    pub(super) fn free_address(&mut self) {
        if std::mem::replace(&mut self.is_address_free, true) {
            return;
        }
        let location = dom::window().location();
        let (path, query) = (location.pathname().unwrap_or_default(), location.search().unwrap_or_default());
        let pairs = query.trim_start_matches('?').split('&').filter(|pair| !pair.is_empty());
        let kept: Vec<&str> =
            pairs.filter(|pair| !ABOUT_DESIGN.contains(&pair.split('=').next().unwrap_or_default())).collect();
        let query = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
        // An address that cannot be changed says something old; what is here is kept all the same.
        let _ = set_address(&format!("{path}{query}"));
    }
}

fn set_address(address: &str) -> Result<(), JsValue> {
    dom::window().history()?.replace_state_with_url(&JsValue::NULL, "", Some(address))
}

/// Opens the browser's own dialog for files.
fn choose_file() {
    let field = dom::document().query_selector("input[type=file]").ok().flatten();
    if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlElement>().ok()) {
        field.click();
    }
}
