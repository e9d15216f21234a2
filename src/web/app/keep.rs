//! Keeping: what the app does so that nothing is lost, and to give designs away.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::HtmlElement;
use yew::prelude::*;

use scalescope::model::{Document, Edit};

use super::{App, Msg};
use crate::dom;
use crate::editor::past::Whole;
use crate::input::Intent;
use crate::keeping::state::State;
use crate::keeping::{Keep, file, link, store};

/// Time after a change until it is written down: a moment of rest.
const REST_MS: u32 = 250;
/// What an address says of a design; once that has changed, the address must not say it any more.
const ABOUT_DESIGN: [&str; 3] = ["scenario", "seed", "users"];

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
                self.open_whole(Whole { document, seed: 1, scenario: None });
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

    /// What is to be kept.
    fn state(&self) -> Option<State> {
        let shown = self.shown.as_ref()?;
        let document = Document { seed: self.seed, ..shown.document.clone() };
        Some(State { document, seed: self.seed, speed: self.speed, past: State::past(&self.editor.past) })
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
        let link = ctx.link().clone();
        spawn_local(async move {
            let text = State { past: serde_json::Value::Null, ..state }.write();
            let made = link::link_to(&text).await.map(Rc::from).map_err(Rc::from);
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
                Ok(_) => "The link is copied. It holds the whole design.",
                Err(_) => "The link is in the address bar. It holds the whole design.",
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
        let Some(state) = self.state() else { return };
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
        let document = state.document.to_json().into();
        self.open_whole(Whole { document, seed: state.seed, scenario: None });
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
