//! The bench in the app: which panel is shown, and what its wishes do.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use yew::prelude::*;

use scalescope::base::Kind;
use scalescope::insight::broken;
use scalescope::model::{Command, Document, Edit};

use super::{App, Msg, Shown, sentence};
use crate::chooser::{Heard, Trying};
use crate::editor::together;
use crate::input::Intent;
use crate::panels::bench::{Bench, Panel, Wish, rail, reschedule};
use crate::panels::charts::Charts;
use crate::panels::faults::{FaultMenu, Target, Timeline};
use crate::panels::inspector::Inspector;
use crate::panels::twin::Twin;
use crate::panels::{data, faults, health, knobs, requests};
use crate::protocol::Watched;

impl App {
    /// Takes what concerns the bench out of `intent`. Returns what is left for the rest of the app.
    pub(super) fn at_bench(&mut self, ctx: &Context<Self>, intent: Intent) -> Option<Intent> {
        match intent {
            Intent::Bench(wish) => {
                let is_kept = matches!(wish, Wish::Promise(_) | Wish::Knob(_) | Wish::Pin(_) | Wish::Chart(_));
                if let Some(wish) = self.bench.settle(wish) {
                    self.wish(ctx, wish);
                }
                self.watch();
                if is_kept {
                    self.free_address();
                    self.save_soon();
                }
                None
            }
            Intent::Select(_) => {
                self.bench.panel = Some(Panel::Part);
                Some(intent)
            }
            // What lies on top is closed first.
            Intent::Unselect if self.bench.is_menu_open() => self.at_bench(ctx, Intent::Bench(Wish::CloseMenu)),
            Intent::Unselect if self.bench.panel.is_some_and(|panel| panel != Panel::Part) => {
                self.at_bench(ctx, Intent::Bench(Wish::Close))
            }
            intent => Some(intent),
        }
    }

    fn wish(&mut self, ctx: &Context<Self>, wish: Wish) {
        match wish {
            Wish::Break(fault) => self.command(Command::Fault(fault)),
            Wish::BreakAll(faults) => faults.into_iter().for_each(|fault| self.command(Command::Fault(fault))),
            Wish::Schedule(schedule) => {
                self.edit(ctx, reschedule(schedule));
            }
            Wish::Turn { node, param, value } => {
                self.edit_soon(Edit::Set { node: node.to_string(), param, value });
            }
            Wish::Edit(edits) => {
                if let Some(edit) = together(edits) {
                    self.edit(ctx, edit);
                }
            }
            Wish::TakeModel(model) => {
                self.trying = None;
                let Some(shown) = self.shown.clone() else { return };
                let databases = shown.document.nodes.iter().filter(|node| node.kind() == Kind::Database);
                let set = |id: &String| Edit::Set {
                    node: id.clone(),
                    param: "data_model".to_owned(),
                    value: model.as_str().into(),
                };
                if let Some(edit) = together(databases.map(|node| set(&node.id)).collect()) {
                    self.edit(ctx, edit);
                }
            }
            Wish::Pick(picked) => {
                self.with_session(|session| session.pick(picked));
            }
            _ => {}
        }
    }

    /// Compares the kinds of database in a worker of its own, or stops that.
    pub(super) fn compare(&mut self, ctx: &Context<Self>, is_wanted: bool) {
        self.trying = None;
        let Some(shown) = self.shown.as_ref().filter(|_| is_wanted) else { return };
        let document = Document { seed: self.seed, ..shown.document.clone() };
        let rate = shown.users().map_or(0.0, |(users, rate)| f64::from(users) * rate);
        let link = ctx.link().clone();
        match Trying::start(&document, rate, move |heard| link.send_message(Msg::Tried(heard))) {
            Ok(trying) => self.trying = Some(trying),
            Err(message) => self.toast(ctx, &message, true),
        }
    }

    pub(super) fn tried(&mut self, ctx: &Context<Self>, heard: Heard) {
        if let Heard::Failed(why) = &heard {
            self.trying = None;
            return self.toast(ctx, &format!("The databases cannot be compared: {why}"), true);
        }
        if let Some(trying) = &mut self.trying {
            trying.hear(heard);
        }
    }

    /// Asks the engine for what the bench shows, if that is something else than before.
    pub(super) fn watch(&mut self) {
        let watch = self.bench.watch();
        if watch != self.bench.told {
            self.bench.told = watch.clone();
            self.with_session(|session| session.watch(watch));
        }
        self.follow();
    }

    /// The engine has told of what is watched.
    pub(super) fn watched(&mut self, watched: Watched) {
        self.bench.hear(watched);
        self.follow();
    }

    /// The engine has found the request of a dot, or has not.
    pub(super) fn picked(&mut self, ctx: &Context<Self>, serial: Option<u32>) {
        if serial.is_some() {
            self.bench.look_at(serial, true);
            self.watch();
        } else {
            self.toast(ctx, "That dot belongs to no request that is traced.", false);
        }
    }

    fn follow(&mut self) {
        let trace = self.bench.trace.clone().filter(|_| self.bench.is_following);
        self.view.borrow_mut().follow(trace);
    }

    /// Marks what the document had scheduled, as it comes to pass.
    pub(super) fn note_scheduled(&mut self) {
        let Some(shown) = &self.shown else { return };
        if shown.document.schedule.is_empty() {
            return;
        }
        let events = Rc::make_mut(&mut self.bench.events);
        events.note_scheduled(&shown.document, self.figures.now_s, |command| sentence(command, &shown.document));
    }

    /// The panel that is open: that of the node only while one is selected.
    fn open_panel(&self) -> Option<Panel> {
        let shown = self.shown.as_ref()?;
        let has_part = self.selected.as_ref().is_some_and(|id| shown.document.node(id).is_some());
        self.bench.panel.filter(|panel| *panel != Panel::Part || has_part)
    }

    pub(super) fn is_bench_open(&self) -> bool {
        self.open_panel().is_some()
    }

    pub(super) fn panel(&self, shown: &Rc<Shown>, on_intent: &Callback<Intent>) -> Html {
        let (shown, figures, on_intent) = (shown.clone(), self.figures.clone(), on_intent.clone());
        match (self.open_panel(), self.selected.clone()) {
            (Some(Panel::Part), Some(id)) => {
                html! { <Inspector key={id.to_string()} id={id.clone()} pins={self.bench.pins.clone()} knobs={self.bench.knobs.clone()} {shown} {figures} {on_intent} /> }
            }
            (Some(Panel::Requests), _) => {
                let Bench { filter, ended, serial, trace, is_following, .. } = self.bench.clone();
                requests::requests(&requests::Props { shown, filter, ended, serial, trace, is_following, on_intent })
            }
            (Some(Panel::Charts), _) => {
                let Bench { log, stamp, events, pins, .. } = self.bench.clone();
                html! { <Charts {log} {stamp} {shown} {events} {pins} is_dark={self.theme.is_dark()} {on_intent} /> }
            }
            (Some(Panel::Health), _) => {
                let (objectives, growth_per_s) = (self.bench.objectives, self.bench.log.borrow().growth_per_s());
                health::health(&health::Props { shown, figures, objectives, growth_per_s, on_intent })
            }
            (Some(Panel::Data), _) => {
                let Bench { key, watched, .. } = self.bench.clone();
                data::data(&data::Props { shown, figures, key, watched, on_intent })
            }
            (Some(Panel::Twin), _) => {
                let (events, second) = (self.bench.events.clone(), self.bench.second());
                html! { <Twin {shown} {figures} {events} {second} {on_intent} /> }
            }
            (Some(Panel::Faults), _) => {
                // Whoever has selected a node means that one.
                let aim = self.bench.aim.clone().or_else(|| self.selected.clone().map(Target::Node));
                faults::faults(&faults::Props { shown, figures, aim, on_intent })
            }
            _ => Html::default(),
        }
    }

    pub(super) fn rail(&self, on_intent: &Callback<Intent>) -> Html {
        let counts = vec![(Panel::Faults, broken(&self.figures).len())];
        let has_part = self.selected.is_some();
        rail::rail(&rail::Props { open: self.open_panel(), has_part, counts, on_intent: on_intent.clone() })
    }

    /// What lies between the stage and the dock: the timeline, and the sliders that were put on the page.
    pub(super) fn strip(&self, on_intent: &Callback<Intent>) -> Html {
        let Some(shown) = &self.shown else { return Html::default() };
        let has_timeline = self.open_panel() == Some(Panel::Faults);
        html! {
            <div class="strip">
                if has_timeline {
                    <Timeline shown={shown.clone()} events={self.bench.events.clone()} now_s={self.figures.now_s} on_intent={on_intent.clone()} />
                }
                if !self.bench.knobs.is_empty() {
                    { knobs::knobs(&knobs::Props { knobs: self.bench.knobs.clone(), shown: shown.clone(), on_intent: on_intent.clone() }) }
                }
            </div>
        }
    }

    pub(super) fn menu(&self, on_intent: &Callback<Intent>) -> Html {
        let (Some(shown), Some(menu)) = (&self.shown, &self.bench.menu) else { return Html::default() };
        let remedy = menu.target.remedy(&broken(&self.figures));
        html! { <FaultMenu menu={menu.clone()} {remedy} shown={shown.clone()} on_intent={on_intent.clone()} /> }
    }
}

/// The menu of what is under the pointer, if that is the drawing or something on it.
#[allow(clippy::needless_pass_by_value, reason = "callbacks give their events away")]
pub fn menu_under(event: MouseEvent) -> Option<Msg> {
    let target = Target::under(&event.target()?.dyn_into().ok()?)?;
    event.prevent_default();
    let at = Some((f64::from(event.client_x()), f64::from(event.client_y())));
    Some(Msg::Do(Intent::Bench(Wish::Menu { target, at })))
}
