//! What a person wants. Panels and keys send intents; only the app carries them out.

use std::rc::Rc;

use serde_json::Value;
use web_sys::File;
use yew::Callback;

use crate::editor::Draw;
use crate::keeping::Keep;
use crate::panels::bench::Wish;
use crate::theme::Theme;

/// A callback that sends an intent where `intent_of` finds one in the event.
pub fn intent_callback<E: 'static>(
    on_intent: &Callback<Intent>,
    intent_of: impl Fn(E) -> Option<Intent> + 'static,
) -> Callback<E> {
    let on_intent = on_intent.clone();
    Callback::from(move |event| {
        if let Some(intent) = intent_of(event) {
            on_intent.emit(intent);
        }
    })
}

/// A direction on the drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Left,
    Right,
    Up,
    Down,
}

#[derive(Clone, Debug)]
pub enum Intent {
    /// Play or pause.
    TogglePlay,
    /// A little further, with the clock standing.
    Step,
    /// The next event of the simulation, with the clock standing.
    OneEvent,
    SetSpeed(f64),
    Faster,
    Slower,
    SetUsers(u32),
    /// One of the scenarios, by its place in the menu.
    Choose(usize),
    SetSeed(u64),
    /// The same design and seed from time zero.
    StartAgain,
    Select(Rc<str>),
    Unselect,
    Walk(Way),
    Crash(Rc<str>),
    Restart(Rc<str>),
    AddLike(Rc<str>),
    Remove(Rc<str>),
    Set {
        node: Rc<str>,
        param: String,
        value: Value,
    },
    /// What a panel of the bench wants.
    Bench(Wish),
    SetTheme(Theme),
    ShowHelp(bool),
    /// Compares the kinds of database under the present workload, or stops that.
    Compare(bool),
    Fit,
    /// Zooms by a factor about the middle.
    Zoom(f32),
    /// A file that was chosen or dropped.
    Open(File),
    /// Its text.
    OpenText {
        name: String,
        text: String,
    },
    /// Something to say that is nobody's fault but the user's: a bad file, a bad address.
    Complain(String),
    Dismiss(u32),
    /// After the engine has died: a new one, with the present design.
    Recover,
    /// About the drawing.
    Draw(Draw),
    /// About designs that are kept, in files, links and this browser.
    Keep(Keep),
}
