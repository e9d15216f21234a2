//! How the app comes to life: the address, what the browser remembers, the pulse, the listeners, the first engine.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{ClipboardEvent, CustomEvent, CustomEventInit, HtmlElement, KeyboardEvent, MediaQueryList};
use yew::prelude::*;

use scalescope::model::Document;

use super::{App, Clipboard, Msg, Slot, deeds, focus, news::News};
use crate::dom::{self, Listener};
use crate::editor::{Draw, Editor, Past};
use crate::input::{Intent, keymap};
use crate::keeping::state::State;
use crate::keeping::{Keep, link, store};
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
    spawn_local(async {
        // A link's design must be unfolded before anything is shown: otherwise another one would be, for a moment.
        let hash = dom::window().location().hash().unwrap_or_default();
        let linked = if link::holds_design(&hash) { Some(link::text_in(&hash).await) } else { None };
        let root = dom::document().get_element_by_id("app").expect("the page has a place for the app");
        root.set_inner_html("");
        yew::Renderer::<App>::with_root_and_props(root, Start { linked }).render();
    });
}

/// What the app starts with.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct Start {
    /// The text that the address holds, or why it cannot be read.
    linked: Option<Result<String, String>>,
}

/// The design to begin with: that of a link, one that was kept through a restart, what the address asks for, or what was there
/// last. The words say what could not be read.
fn first(ctx: &Context<App>, settings: &Settings) -> (State, Option<usize>, Vec<String>) {
    let mut complaints = Vec::new();
    let fresh = |place: usize| (State::fresh(scenarios::ALL[place].document(), settings.speed), Some(place));
    match ctx.props().linked.clone().map(|text| text.and_then(|text| State::read(&text))) {
        Some(Ok(state)) => return (state, None, complaints),
        Some(Err(why)) => complaints.push(format!("The link holds no design that can be opened: {why}.")),
        None => {}
    }
    if let Some(document) = kept() {
        return (State::fresh(document, settings.speed), None, complaints);
    }
    if let Some(place) = settings.scenario {
        let (state, scenario) = fresh(place);
        return (state, scenario, complaints);
    }
    let (last, complaint) = store::last();
    complaints.extend(complaint);
    let (state, scenario) = match last {
        // What was only looked at is still the scenario that it was.
        Some(state) => {
            let scenario = scenarios::ALL.iter().position(|scenario| {
                let document = scenario.document();
                Document { seed: state.document.seed, ..document } == state.document
            });
            (state, scenario)
        }
        None => fresh(scenarios::FIRST),
    };
    (state, scenario, complaints)
}

pub fn create(ctx: &Context<App>) -> App {
    let query = dom::window().location().search().unwrap_or_default();
    let (settings, mut complaints) = Settings::read(&query);
    let (state, scenario, more) = first(ctx, &settings);
    complaints.extend(more);
    for complaint in complaints {
        ctx.link().send_message(Msg::Do(Intent::Complain(complaint)));
    }
    let document = match settings.users {
        Some(users) => deeds::with_users(&state.document, users),
        None => state.document.clone(),
    };
    // Another seed, or other users, is another run.
    let is_same = settings.users.is_none() && settings.seed.is_none();
    let replay = state.run.clone().filter(|_| is_same).map(Rc::new);
    let theme = Theme::remembered();
    let clipboard = Clipboard::default();
    let (slot, view): (Slot, SharedView) = (Rc::default(), Rc::new(RefCell::new(View::default())));
    let mut app = App {
        pulse: pulse(&slot, &view),
        slot,
        view,
        shown: None,
        confirmed: None,
        pending: 0,
        editor: Editor { past: Past::from_value(&state.past), ..Editor::default() },
        space_ms: None,
        is_sheet_shown: false,
        kept: Rc::default(),
        saver: None,
        trying: None,
        is_address_free: false,
        link: ctx.link().clone(),
        document: document.to_json().into(),
        begun: Rc::default(),
        journal: Vec::new(),
        replay,
        figures: Rc::default(),
        history: Rc::default(),
        stride: 1,
        scenario,
        seed: settings.seed.unwrap_or(state.seed),
        users: settings.users,
        speed: if query.contains("speed=") { settings.speed } else { state.speed },
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
        parade: settings.dots,
        listeners: listeners(ctx, &clipboard),
        clipboard,
    };
    if app.parade > 0 {
        ctx.link().send_message(Msg::Say("The dots are made up, to measure the painter: no requests"));
    }
    app.take_up(&state);
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
pub fn remember(document: &str) {
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
    Document::read_draft(&storage.get_item(DESIGN).ok().flatten()?).ok()
}

fn pulse(slot: &Slot, view: &SharedView) -> Pulse {
    let (slot, view) = (slot.clone(), view.clone());
    Pulse::start(move |wall_ms| {
        let session = slot.borrow().clone();
        if let Some(session) = session {
            let now_ns = session.borrow_mut().tick(wall_ms);
            let drawing_ms = view.borrow_mut().draw(now_ns, wall_ms);
            if let Some(drawing_ms) = drawing_ms {
                session.borrow_mut().drawn(drawing_ms);
            }
        }
    })
}

fn listeners(ctx: &Context<App>, clipboard: &Clipboard) -> Vec<Listener> {
    let system = dom::window().match_media(theme::IS_DARK).ok().flatten();
    let link = ctx.link().clone();
    let system = system.map(|list: MediaQueryList| {
        Listener::new(&list, "change", move |_: web_sys::Event| link.send_message(Msg::SystemTheme))
    });
    let copies = ["copy", "cut"].map(|kind| copies(kind, clipboard));
    let leaves = ["pagehide", "visibilitychange"].map(|kind| leaves(ctx, kind));
    let all = [keys(ctx), space(ctx), pastes(ctx), links(ctx)];
    all.into_iter().chain(copies).chain(leaves).chain(system).collect()
}

fn keys(ctx: &Context<App>) -> Listener {
    let link = ctx.link().clone();
    Listener::active(&dom::document(), "keydown", move |event: KeyboardEvent| {
        let chord = focus::chord(&event);
        // Dialogs have the keys for themselves. The browser must be told at once, before it closes the dialog by itself: its word
        // of that comes late, and could close one that has been opened again.
        if let Some(dialog) = dom::document().query_selector("dialog[open]").ok().flatten() {
            let is_help = dialog.get_attribute("data-testid").as_deref() == Some("help-sheet");
            let is_commands = dialog.class_list().contains("commands");
            let is_closing = chord == "Escape" || is_help && chord == "?" || is_commands && chord == "Mod+K";
            if is_closing {
                event.prevent_default();
                link.send_message_batch(vec![
                    Msg::Do(Intent::ShowHelp(false)),
                    Msg::Do(Intent::Draw(Draw::ShowCommands(false))),
                    Msg::Do(Intent::Keep(Keep::ShowSheet(false))),
                    Msg::Do(Intent::Compare(false)),
                ]);
            }
        } else if !is_typing(&event, &chord) {
            if chord == "Space" {
                event.prevent_default();
                if !event.repeat() {
                    link.send_message(Msg::Space(true));
                }
            } else {
                if keymap::deed_of(&chord).is_some() && takes_from_browser(&chord) {
                    event.prevent_default();
                }
                link.send_message(Msg::Key(event));
            }
        }
    })
}

/// Chords that mean something to the browser unless it is told at once.
fn takes_from_browser(chord: &str) -> bool {
    chord.starts_with("Alt+") || chord.starts_with("Mod+") && !["Mod+C", "Mod+X", "Mod+V"].contains(&chord)
}

fn space(ctx: &Context<App>) -> Listener {
    let link = ctx.link().clone();
    Listener::new(&dom::document(), "keyup", move |event: KeyboardEvent| {
        if event.key() == " " {
            link.send_message(Msg::Space(false));
        }
    })
}

/// What was copied here goes into the browser's clipboard, where other windows find it.
fn copies(kind: &'static str, clipboard: &Clipboard) -> Listener {
    let clipboard = clipboard.clone();
    Listener::active(&dom::document(), kind, move |event: ClipboardEvent| {
        let copied = clipboard.borrow_mut().take();
        if let (Some(text), Some(data)) = (copied, event.clipboard_data()) {
            event.prevent_default();
            // What cannot go there is still known here.
            let _ = data.set_data("text/plain", &text);
        }
    })
}

fn pastes(ctx: &Context<App>) -> Listener {
    let link = ctx.link().clone();
    Listener::active(&dom::document(), "paste", move |event: ClipboardEvent| {
        let is_field = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok());
        let is_field = is_field.is_some_and(|field| ["INPUT", "TEXTAREA"].contains(&field.tag_name().as_str()));
        if !is_field {
            let text = event.clipboard_data().and_then(|data| data.get_data("text/plain").ok());
            link.send_message(Msg::Do(Intent::Draw(Draw::Paste(text.map(Rc::from)))));
        }
    })
}

/// A link that is opened in a page that is here already.
fn links(ctx: &Context<App>) -> Listener {
    let link = ctx.link().clone();
    Listener::new(&dom::window(), "hashchange", move |_: web_sys::Event| {
        let hash = dom::window().location().hash().unwrap_or_default();
        let link = link.clone();
        if link::holds_design(&hash) {
            spawn_local(async move {
                let arrived = link::text_in(&hash).await.map(Rc::from).map_err(Rc::from);
                link.send_message(Msg::Do(Intent::Keep(Keep::Arrived(arrived))));
            });
        }
    })
}

/// Before the page goes, everything is written down.
fn leaves(ctx: &Context<App>, kind: &'static str) -> Listener {
    let link = ctx.link().clone();
    let target: web_sys::EventTarget = if kind == "pagehide" { dom::window().into() } else { dom::document().into() };
    Listener::new(&target, kind, move |_: web_sys::Event| {
        link.send_message_batch(vec![Msg::Do(Intent::Keep(Keep::Flush)), Msg::Space(false)]);
    })
}

/// What a field does with a text by itself.
const TEXT_CHORDS: [&str; 8] = ["Mod+A", "Mod+C", "Mod+X", "Mod+V", "Mod+Z", "Mod+Shift+Z", "Mod+Y", "Mod+Enter"];

/// Whether a key belongs to a control that has the focus, or to the browser.
fn is_typing(event: &KeyboardEvent, chord: &str) -> bool {
    let Some(element) = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok()) else { return false };
    let is_mod = chord.starts_with("Mod+");
    let is_of_text = !is_mod || TEXT_CHORDS.contains(&chord) || chord.contains("Arrow");
    let is_field_key = chord != "Escape" && is_of_text;
    match element.tag_name().as_str() {
        "TEXTAREA" | "SELECT" => is_field_key,
        "INPUT" => {
            let is_slider = element.get_attribute("type").as_deref() == Some("range");
            let moves = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"];
            is_field_key && (!is_slider || moves.contains(&event.key().as_str()) && !is_mod)
        }
        "BUTTON" | "A" | "SUMMARY" => [" ", "Enter"].contains(&event.key().as_str()) && !is_mod,
        _ => false,
    }
}
