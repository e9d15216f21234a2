//! Deeds: what the app does when somebody wants something.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{File, KeyboardEvent};
use yew::prelude::*;

use scalescope::model::{Command, Document, Edit, Fault};

use super::focus::{chord, focus, focused_frame, focused_link, focused_node};
use super::{App, Msg};
use crate::clock::SPEEDS;
use crate::dom;
use crate::editor::past::Whole;
use crate::editor::{Draw, Selection};
use crate::input::keymap::{self, Deed, Hand};
use crate::input::{Intent, Way};
use crate::panels::bench::Wish;
use crate::panels::faults::Target;
use crate::panels::toasts::Toast;
use crate::scenarios;
use crate::session::Session;

/// Largest file that is read.
const LARGEST_FILE: f64 = 16e6;
const NOTICE_MS: u32 = 7_000;
const PROBLEM_MS: u32 = 20_000;
/// A key that is held longer than this was not tapped.
const TAP_MS: f64 = 500.0;
/// Speeds that keys step through.
const STEPS: [f64; 16] = [1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];

impl App {
    pub(super) fn carry_out(&mut self, ctx: &Context<Self>, intent: Intent) {
        match intent {
            Intent::TogglePlay => self.play(!self.is_playing),
            Intent::Step => {
                self.play(false);
                self.with_session(Session::step);
            }
            Intent::OneEvent => {
                self.play(false);
                self.with_session(Session::step_event);
            }
            Intent::SetSpeed(speed) => self.set_speed(speed),
            Intent::Faster => {
                self.set_speed(STEPS.into_iter().find(|s| *s > self.speed * 1.01).unwrap_or(*SPEEDS.end()));
            }
            Intent::Slower => {
                let slower = STEPS.into_iter().rev().find(|s| *s < self.speed * 0.99);
                self.set_speed(slower.unwrap_or(*SPEEDS.start()));
            }
            Intent::SetUsers(users) => self.set_users(users),
            Intent::Choose(place) => self.choose(place),
            Intent::SetSeed(seed) => self.open_whole(Whole { seed, run: None, ..self.whole() }),
            Intent::StartAgain => {
                self.replay = None;
                self.load();
            }
            Intent::Select(id) => self.inspect(id),
            Intent::Unselect => self.close(),
            Intent::Walk(way) => self.walk(way),
            Intent::Crash(node) => self.command(Command::Fault(Fault::Crash { node: node.to_string() })),
            Intent::Restart(node) => self.command(Command::Fault(Fault::Restart { node: node.to_string() })),
            // The bench has taken it already.
            Intent::Bench(_) => {}
            Intent::AddLike(node) => self.add_like(ctx, &node),
            Intent::Remove(node) => {
                self.edit(ctx, Edit::RemoveNode { node: node.to_string() });
            }
            Intent::Set { node, param, value } => {
                self.edit(ctx, Edit::Set { node: node.to_string(), param, value });
            }
            Intent::SetTheme(theme) => {
                self.theme = theme;
                theme.remember();
                self.show_theme();
            }
            Intent::ShowHelp(is_shown) => self.is_help_shown = is_shown,
            Intent::Compare(is_wanted) => self.compare(ctx, is_wanted),
            Intent::Fit => self.view.borrow_mut().fit(true),
            Intent::Zoom(factor) => self.view.borrow_mut().zoom(factor),
            Intent::Open(file) => open(ctx, file),
            Intent::OpenText { name, text } => self.open_text(ctx, &name, &text),
            Intent::Complain(text) => self.toast(ctx, &text, true),
            Intent::Dismiss(id) => self.toasts.retain(|toast| toast.id != id),
            Intent::Recover => {
                (self.fatal, self.replay) = (None, None);
                self.start_engine(ctx);
            }
            Intent::Draw(draw) => self.draw(ctx, draw),
            Intent::Keep(keep) => self.keep(ctx, keep),
        }
        self.editor.selection = self.still_selected();
    }

    pub(super) fn key(&mut self, ctx: &Context<Self>, event: &KeyboardEvent) {
        let chord = chord(event);
        let Some(deed) = keymap::deed_of(&chord).filter(|_| self.fatal.is_none()) else { return };
        if let Some(link) = focused_link().filter(|_| matches!(deed, Deed::Open | Deed::Remove)) {
            event.prevent_default();
            self.carry_out(ctx, Intent::Draw(Draw::SelectLink(link)));
            if deed == Deed::Remove {
                self.carry_out(ctx, Intent::Draw(Draw::Delete));
            }
            return;
        }
        // What has the focus is what is meant to break: a card, a link, or the name of a region; else the link that is selected.
        if deed == Deed::Break {
            let focused = dom::document().active_element().and_then(|element| Target::under(&element));
            let selected = || self.editor.selection.link.as_ref().map(|link| Target::link(&link.from, &link.to));
            if let Some(target) = focused.filter(|target| *target != Target::Canvas).or_else(selected) {
                self.at_bench(ctx, Intent::Bench(Wish::Menu { target, at: None }));
                return;
            }
        }
        let mut hand = self.hand();
        if deed == Deed::Open {
            if let Some(nodes) = focused_frame() {
                event.prevent_default();
                return self.carry_out(ctx, Intent::Draw(Draw::Select(nodes)));
            }
            // On a card, Enter opens; elsewhere it belongs to what has the focus.
            hand.node = focused_node();
            if let (Some(from), Some(to)) = (&self.editor.linking, &hand.node) {
                event.prevent_default();
                let link = Draw::Link { from: from.clone(), to: to.clone() };
                return self.carry_out(ctx, Intent::Draw(link));
            }
        }
        // While a link is being drawn the arrows look for its other end.
        hand.is_selected &= self.editor.linking.is_none();
        if let Some(intent) = keymap::intent_of(deed, &chord, &hand) {
            // The browser does its part of copying and pasting: only it knows the clipboard.
            if matches!(deed, Deed::Copy | Deed::Cut) {
                self.carry_out(ctx, intent);
            } else if deed != Deed::Paste {
                event.prevent_default();
                if let Some(intent) = self.at_bench(ctx, intent) {
                    self.carry_out(ctx, intent);
                }
            }
        }
    }

    /// What a key would be about now.
    pub(super) fn hand(&self) -> Hand {
        let selection = &self.editor.selection;
        Hand {
            node: focused_node().or_else(|| selection.single().cloned()),
            is_selected: !selection.is_empty(),
            is_hand_tool: self.editor.is_hand,
        }
    }

    /// Space is pressed, or let go: held it moves the drawing, tapped it plays or pauses.
    pub(super) fn space(&mut self, is_down: bool) {
        let has_panned = self.view.borrow_mut().set_hand(is_down);
        if is_down {
            self.space_ms = Some(dom::now_ms());
        } else if let Some(since_ms) = self.space_ms.take()
            && !has_panned
            && dom::now_ms() - since_ms < TAP_MS
        {
            self.play(!self.is_playing);
        }
    }

    pub(super) fn toast(&mut self, ctx: &Context<Self>, text: &str, is_problem: bool) {
        if self.toasts.iter().any(|toast| &*toast.text == text) {
            return;
        }
        let id = self.next_toast;
        self.next_toast += 1;
        self.toasts.push(Toast { id, text: text.into(), is_problem });
        if self.toasts.len() > 5 {
            self.toasts.remove(0);
        }
        let link = ctx.link().clone();
        Timeout::new(if is_problem { PROBLEM_MS } else { NOTICE_MS }, move || link.send_message(Msg::Expired(id)))
            .forget();
    }

    fn play(&mut self, is_playing: bool) {
        self.is_playing = is_playing;
        self.with_session(|session| session.set_playing(is_playing));
    }

    fn set_speed(&mut self, speed: f64) {
        self.speed = speed.clamp(*SPEEDS.start(), *SPEEDS.end());
        self.with_session(|session| session.set_speed(self.speed));
    }

    fn set_users(&mut self, users: u32) {
        self.users = Some(users);
        self.edit_soon(Edit::Users { total: users });
    }

    /// An edit of a control that is being moved: only what it comes to has to reach the engine.
    pub(super) fn edit_soon(&mut self, edit: Edit) {
        let Some(shown) = self.shown.clone() else { return };
        if let Ok(document) = shown.document.edited(&edit) {
            self.editor.past.note(&shown.document, &document, edit.clone(), dom::now_ms());
            self.show(document);
        }
        let is_one_more = self.with_session(|session| session.command_soon(Command::Edit(edit)));
        self.pending += u32::from(is_one_more == Some(true));
    }

    fn choose(&mut self, place: usize) {
        let document = scenarios::ALL[place].document();
        // Whoever has chosen a number of users wants to see what they do to the next design.
        let document = self.users.map_or(document.clone(), |users| with_users(&document, users));
        let document = document.to_json().into();
        self.open_whole(Whole { document, seed: self.seed, scenario: Some(place), run: None });
    }

    /// The present design, whole.
    pub(super) fn whole(&self) -> Whole {
        let run = self.kept_run().map(Rc::new);
        Whole { document: self.document.clone(), seed: self.seed, scenario: self.scenario, run }
    }

    /// Begins with another design; what was there before is one step back.
    pub(super) fn open_whole(&mut self, whole: Whole) {
        self.editor.past.note_whole(self.whole(), whole.clone(), dom::now_ms());
        self.load_whole(whole);
    }

    /// Begins with a design from time zero.
    pub(super) fn load_whole(&mut self, whole: Whole) {
        (self.document, self.seed, self.scenario) = (whole.document, whole.seed, whole.scenario);
        self.replay = whole.run;
        self.selected = None;
        self.editor.linking = None;
        self.editor.renaming = None;
        self.free_address();
        self.load();
    }

    /// The present design from time zero; or the run that is to be taken up again.
    fn load(&mut self) {
        self.pending = 0;
        self.with_session(|session| self.load_into(session));
    }

    pub(super) fn load_into(&self, session: &mut Session) {
        let run = self.replay.as_deref();
        let document = run.map_or_else(|| self.document.to_string(), |run| run.begun.to_json());
        session.load(document, self.seed, run);
    }

    pub(super) fn command(&mut self, command: Command) {
        self.pending += 1;
        self.with_session(|session| session.command(command));
    }

    /// Carries an edit out if it fits, and notes it; the engine checks again, on the design as it is by then.
    pub(super) fn edit(&mut self, ctx: &Context<Self>, edit: Edit) -> bool {
        let Some(shown) = self.shown.clone() else { return false };
        match shown.document.edited(&edit) {
            Ok(document) => {
                self.editor.past.note(&shown.document, &document, edit.clone(), dom::now_ms());
                self.apply(edit, document);
                true
            }
            Err(problems) => {
                for problem in problems.0 {
                    self.toast(ctx, &problem.to_string(), true);
                }
                false
            }
        }
    }

    /// Carries out an edit that makes the design into `document`. It is shown at once: the engine is quick, but not instant.
    pub(super) fn apply(&mut self, edit: Edit, document: Document) {
        self.show(document);
        self.command(Command::Edit(edit));
    }

    fn show(&mut self, document: Document) {
        if let Some(shown) = &self.shown {
            self.shown = Some(Rc::new(shown.with_document(document)));
        }
        self.free_address();
        self.save_soon();
    }

    fn add_like(&mut self, ctx: &Context<Self>, node: &str) {
        let Some(shown) = self.shown.clone() else { return };
        let Some(mut edit) = Edit::one_more_like(&shown.document, node) else { return };
        if let Edit::AddNode { node: new, .. } = &mut edit
            && shown.document.node(node).is_some_and(|node| node.position.is_some())
        {
            new.position = self.corner_beside(node, Way::Down);
        }
        self.edit(ctx, edit);
    }

    /// Selects a node and shows its details.
    pub(super) fn inspect(&mut self, id: Rc<str>) {
        self.view.borrow_mut().reveal(&id);
        self.editor.selection = Rc::new(Selection::of(vec![id.clone()]));
        self.editor.linking = None;
        self.selected = Some(id);
    }

    /// What of the selection there is still; without a node, its details go too.
    fn still_selected(&mut self) -> Rc<Selection> {
        let Some(shown) = &self.shown else { return Rc::default() };
        let is_there = |id: &Rc<str>| shown.document.node(id).is_some();
        self.selected = self.selected.take().filter(is_there);
        self.editor.linking = self.editor.linking.take().filter(is_there);
        let still = self.editor.selection.within(&shown.document);
        if still == *self.editor.selection { self.editor.selection.clone() } else { Rc::new(still) }
    }

    /// Gives up, or closes, one thing at a time: what is under way first.
    fn close(&mut self) {
        let editor = &mut self.editor;
        if self.view.borrow().cancel() {
        } else if let Some(from) = editor.linking.take() {
            focus(&from);
        } else if editor.renaming.take().is_some() || std::mem::take(&mut editor.is_hand) {
        } else if let Some(id) = self.selected.take() {
            editor.selection = Rc::default();
            focus(&id);
        } else if editor.selection.is_empty() {
            editor.is_palette_open = false;
        } else {
            editor.selection = Rc::default();
        }
    }

    fn walk(&mut self, way: Way) {
        let at = focused_node().or_else(|| self.editor.selection.single().cloned());
        let next = {
            let view = self.view.borrow();
            let map = view.map();
            at.map_or_else(|| map.first(), |at| map.neighbour(&at, way)).map(Rc::<str>::from)
        };
        if let Some(next) = next {
            self.view.borrow_mut().reveal(&next);
            focus(&next);
            if self.selected.is_some() && self.editor.linking.is_none() {
                self.inspect(next);
            }
        }
    }

    fn open_text(&mut self, ctx: &Context<Self>, name: &str, text: &str) {
        match Document::read_draft(text) {
            Ok(document) => {
                self.users = None;
                let (seed, text) = (document.seed, document.to_json().into());
                self.open_whole(Whole { document: text, seed, scenario: None, run: None });
                self.toast(ctx, &format!("{name} is open."), false);
            }
            Err(problems) => {
                let count = problems.0.len();
                let first: Vec<_> = problems.0.iter().take(6).map(ToString::to_string).collect();
                let more = if count > 6 { format!("\n… and {} more", count - 6) } else { String::new() };
                self.toast(ctx, &format!("{name} cannot be opened.\n{}{more}", first.join("\n")), true);
            }
        }
    }
}

/// `document` with so many users, shared out among its populations as they are now.
pub fn with_users(document: &Document, users: u32) -> Document {
    let mut document = document.clone();
    document.share_users(users);
    document
}

/// Reads the file; its text comes back as an intent.
fn open(ctx: &Context<App>, file: File) {
    let link = ctx.link().clone();
    let name = file.name();
    if file.size() > LARGEST_FILE {
        let text = format!("{name} is too large for a document: at most 16 MB.");
        link.send_message(Msg::Do(Intent::Complain(text)));
        return;
    }
    spawn_local(async move {
        let intent = match JsFuture::from(file.text()).await {
            Ok(text) => Intent::OpenText { name, text: text.as_string().unwrap_or_default() },
            Err(error) => Intent::Complain(format!("{name} cannot be read: {}", dom::describe(&error))),
        };
        link.send_message(Msg::Do(intent));
    });
}
