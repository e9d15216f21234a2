//! Deeds: what the app does when somebody wants something.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{File, HtmlElement, KeyboardEvent, SvgElement};
use yew::prelude::*;

use scalescope::model::{Command, Document, Edit, Fault};

use super::{App, Msg};
use crate::clock::SPEEDS;
use crate::dom;
use crate::input::keymap::{self, Deed};
use crate::input::{Intent, Way};
use crate::panels::toasts::Toast;
use crate::scenarios;
use crate::session::Session;

/// Largest file that is read.
const LARGEST_FILE: f64 = 16e6;
const NOTICE_MS: u32 = 7_000;
const PROBLEM_MS: u32 = 20_000;
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
            Intent::SetSeed(seed) => {
                self.seed = seed;
                self.load();
            }
            Intent::StartAgain => self.load(),
            Intent::Select(id) => {
                self.view.borrow_mut().reveal(&id);
                self.selected = Some(id);
            }
            Intent::Unselect => self.close(),
            Intent::Walk(way) => self.walk(way),
            Intent::Crash(node) => self.command(Command::Fault(Fault::Crash { node: node.to_string() })),
            Intent::Restart(node) => self.command(Command::Fault(Fault::Restart { node: node.to_string() })),
            // The bench has taken it already.
            Intent::Bench(_) => {}
            Intent::AddLike(node) => self.add_like(ctx, &node),
            Intent::Remove(node) => self.edit(ctx, Edit::RemoveNode { node: node.to_string() }),
            Intent::Set { node, param, value } => {
                self.edit(ctx, Edit::Set { node: node.to_string(), param, value });
            }
            Intent::SetTheme(theme) => {
                self.theme = theme;
                theme.remember();
                self.show_theme();
            }
            Intent::ShowHelp(is_shown) => self.is_help_shown = is_shown,
            Intent::Fit => self.view.borrow_mut().fit(true),
            Intent::Zoom(factor) => self.view.borrow_mut().zoom(factor),
            Intent::Open(file) => open(ctx, file),
            Intent::OpenText { name, text } => self.open_text(ctx, &name, &text),
            Intent::Complain(text) => self.toast(ctx, &text, true),
            Intent::Dismiss(id) => self.toasts.retain(|toast| toast.id != id),
            Intent::Recover => {
                self.fatal = None;
                self.start_engine(ctx);
            }
        }
    }

    pub(super) fn key(&mut self, ctx: &Context<Self>, event: &KeyboardEvent) {
        let key = event.key();
        let Some(deed) = keymap::deed_of(&key).filter(|_| self.fatal.is_none()) else { return };
        let at_hand = focused_node();
        // On a card, Enter opens; elsewhere it belongs to what has the focus.
        let node = if deed == Deed::Open { at_hand } else { at_hand.or_else(|| self.selected.clone()) };
        if let Some(intent) = keymap::intent_of(deed, &key, node) {
            event.prevent_default();
            if let Some(intent) = self.at_bench(ctx, intent) {
                self.carry_out(ctx, intent);
            }
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
        let Some((id, ..)) = self.shown.as_ref().and_then(|shown| shown.users()) else { return };
        let edit = Edit::Set { node: id.to_owned(), param: "users".to_owned(), value: users.into() };
        self.with_session(|session| session.command_soon(Command::Edit(edit)));
    }

    fn choose(&mut self, place: usize) {
        let document = scenarios::ALL[place].document();
        // Whoever has chosen a number of users wants to see what they do to the next design.
        let document = self.users.map_or(document.clone(), |users| with_users(&document, users));
        self.scenario = Some(place);
        self.document = document.to_json().into();
        self.selected = None;
        self.load();
    }

    /// The present design from time zero.
    fn load(&mut self) {
        self.with_session(|session| session.load(self.document.to_string(), self.seed));
    }

    pub(super) fn command(&mut self, command: Command) {
        self.with_session(|session| session.command(command));
    }

    /// Carries an edit out if it fits; the engine checks again, on the design as it is by then.
    pub(super) fn edit(&mut self, ctx: &Context<Self>, edit: Edit) {
        let Some(shown) = &self.shown else { return };
        match shown.document.edited(&edit) {
            Ok(_) => self.command(Command::Edit(edit)),
            Err(problems) => {
                for problem in problems.0 {
                    self.toast(ctx, &problem.to_string(), true);
                }
            }
        }
    }

    fn add_like(&mut self, ctx: &Context<Self>, node: &str) {
        let edit = self.shown.as_ref().and_then(|shown| Edit::one_more_like(&shown.document, node));
        if let Some(edit) = edit {
            self.edit(ctx, edit);
        }
    }

    fn close(&mut self) {
        if let Some(id) = self.selected.take() {
            focus(&id);
        }
    }

    fn walk(&mut self, way: Way) {
        let at = focused_node().or_else(|| self.selected.clone());
        let next = {
            let view = self.view.borrow();
            let map = view.map();
            at.map_or_else(|| map.first(), |at| map.neighbour(&at, way)).map(Rc::<str>::from)
        };
        if let Some(next) = next {
            self.view.borrow_mut().reveal(&next);
            focus(&next);
            if self.selected.is_some() {
                self.selected = Some(next);
            }
        }
    }

    fn open_text(&mut self, ctx: &Context<Self>, name: &str, text: &str) {
        match Document::read(text) {
            Ok(document) => {
                self.seed = document.seed;
                self.scenario = None;
                self.users = None;
                self.selected = None;
                self.document = document.to_json().into();
                self.load();
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

/// The node whose card has the focus.
fn focused_node() -> Option<Rc<str>> {
    dom::document().active_element()?.get_attribute("data-node").map(Into::into)
}

/// Gives the focus to a node's card. Ids are letters, digits, `-`, `_` and `.`, so they need no escaping here.
fn focus(id: &str) {
    let card = dom::document().query_selector(&format!("[data-node=\"{id}\"]")).ok().flatten();
    if let Some(card) = card {
        // Cards are SVG; what has no focus method needs none.
        let _ = match card.dyn_into::<SvgElement>() {
            Ok(card) => card.focus(),
            Err(card) => card.dyn_into::<HtmlElement>().map_or(Ok(()), |card| card.focus()),
        };
    }
}
