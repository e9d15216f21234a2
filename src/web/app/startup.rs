//! How the app comes to life: the address, what the browser remembers, the pulse, the listeners, the first engine.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{CustomEvent, CustomEventInit, HtmlElement, KeyboardEvent, MediaQueryList};
use yew::prelude::*;

use scalescope::model::Document;

use super::{App, Msg, Slot, deeds, news::News};
use crate::dom::{self, Listener};
use crate::input::Intent;
use crate::panels::bench::Bench;
use crate::pulse::Pulse;
use crate::scenarios;
use crate::session::Event;
use crate::settings::Settings;
use crate::stage::{SharedView, View};
use crate::theme::{self, Theme};

/// The present design, kept for this tab, in case that the page must be loaded anew.
const DESIGN: &str = "scalescope-design";
/// Set by the page's last words when a person wants to go on with the design that was kept.
const RESTART: &str = "scalescope-restart";

/// Mounts the app in the page, in place of the words that it is loading.
pub fn mount() {
    std::panic::set_hook(Box::new(|panic| {
        let init = CustomEventInit::new();
        init.set_detail(&panic.to_string().into());
        // The loader shows it: after a panic this code is not to be relied on.
        if let Ok(event) = CustomEvent::new_with_event_init_dict("scalescope-fatal", &init) {
            let _ = dom::window().dispatch_event(&event);
        }
    }));
    let root = dom::document().get_element_by_id("app").expect("the page has a place for the app");
    root.set_inner_html("");
    yew::Renderer::<App>::with_root(root).render();
}

pub fn create(ctx: &Context<App>) -> App {
    let query = dom::window().location().search().unwrap_or_default();
    let (settings, complaints) = Settings::read(&query);
    for complaint in complaints {
        ctx.link().send_message(Msg::Do(Intent::Complain(complaint)));
    }
    let kept = kept();
    let scenario = kept.is_none().then_some(settings.scenario);
    let document = kept.unwrap_or_else(|| scenarios::ALL[settings.scenario].document());
    let document = match settings.users {
        Some(users) => deeds::with_users(&document, users),
        None => document,
    };
    let theme = Theme::remembered();
    let (slot, view): (Slot, SharedView) = (Rc::default(), Rc::new(RefCell::new(View::default())));
    let mut app = App {
        pulse: pulse(&slot, &view),
        slot,
        view,
        shown: None,
        document: document.to_json().into(),
        figures: Rc::default(),
        history: Rc::default(),
        stride: 1,
        scenario,
        seed: settings.seed.unwrap_or(document.seed),
        users: settings.users,
        speed: settings.speed,
        is_playing: !settings.is_paused,
        pace: 1.0,
        is_racing: false,
        selected: None,
        bench: Bench::default(),
        theme,
        is_help_shown: false,
        toasts: Vec::new(),
        next_toast: 0,
        news: News::default(),
        runs: 0,
        fatal: None,
        painter: settings.painter,
        listeners: listeners(ctx),
    };
    app.show_theme();
    app.start_engine(ctx);
    app
}

/// What the session calls: frames go to the view at once, the rest to the app.
pub fn listener(ctx: &Context<App>, view: &SharedView) -> impl Fn(Event) + 'static {
    let (link, view) = (ctx.link().clone(), view.clone());
    let stride = std::cell::Cell::new(1);
    move |event| match event {
        Event::Frame(frame, hops) => {
            view.borrow_mut().take(&hops);
            if stride.replace(frame.stride) != frame.stride || frame.figures.is_some() {
                link.send_message(Msg::Frame(frame));
            }
        }
        event => link.send_message(Msg::Engine(event)),
    }
}

/// Remembers `document` for this tab.
pub fn keep(document: &str) {
    if let Some(storage) = dom::session_storage() {
        // Without room for it, there is only no restart with the design.
        let _ = storage.set_item(DESIGN, document);
    }
}

/// The design that was kept, if this start shall go on with it.
fn kept() -> Option<Document> {
    let storage = dom::session_storage()?;
    storage.get_item(RESTART).ok().flatten()?;
    let _ = storage.remove_item(RESTART);
    Document::read(&storage.get_item(DESIGN).ok().flatten()?).ok()
}

fn pulse(slot: &Slot, view: &SharedView) -> Pulse {
    let (slot, view) = (slot.clone(), view.clone());
    Pulse::start(move |wall_ms| {
        let session = slot.borrow().clone();
        if let Some(session) = session {
            let now_ns = session.borrow_mut().tick(wall_ms);
            view.borrow_mut().draw(now_ns, wall_ms);
        }
    })
}

fn listeners(ctx: &Context<App>) -> Vec<Listener> {
    let link = ctx.link().clone();
    let keys = Listener::active(&dom::document(), "keydown", move |event: KeyboardEvent| {
        // The help sheet is a dialog: it has the keys for itself. The browser must be told at once, before it closes the dialog
        // by itself: its word of that comes late, and could close a sheet that has been opened again.
        let is_sheet_open = dom::document().query_selector("dialog[open]").ok().flatten().is_some();
        if is_sheet_open && ["Escape", "?", "h", "H"].contains(&event.key().as_str()) {
            event.prevent_default();
            link.send_message(Msg::Do(Intent::ShowHelp(false)));
        } else if !is_sheet_open && !is_typing(&event) {
            link.send_message(Msg::Key(event));
        }
    });
    let link = ctx.link().clone();
    let system = dom::window().match_media(theme::IS_DARK).ok().flatten();
    let system = system.map(|list: MediaQueryList| {
        Listener::new(&list, "change", move |_: web_sys::Event| link.send_message(Msg::SystemTheme))
    });
    std::iter::once(keys).chain(system).collect()
}

/// Whether a key belongs to a control that has the focus, or to the browser.
fn is_typing(event: &KeyboardEvent) -> bool {
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return true;
    }
    let Some(element) = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok()) else { return false };
    let is_escape = event.key() == "Escape";
    match element.tag_name().as_str() {
        "TEXTAREA" | "SELECT" => !is_escape,
        "INPUT" => {
            let is_slider = element.get_attribute("type").as_deref() == Some("range");
            let moves = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"];
            !is_escape && (!is_slider || moves.contains(&event.key().as_str()))
        }
        "BUTTON" | "A" | "SUMMARY" => [" ", "Enter"].contains(&event.key().as_str()),
        _ => false,
    }
}
