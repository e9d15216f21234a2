//! The page and its engine: one wasm in two roles.
//!
//! In a window this mounts the app; in the worker that the app starts it hosts the engine. The two speak
//! [`protocol`]. The view only reads what the engine says and sends intents; it never simulates.

// Tests compare with numbers that they know exactly.
#![cfg_attr(test, allow(clippy::float_cmp))]

mod app;
mod chooser;
mod clock;
mod dom;
mod editor;
mod format;
mod icons;
mod input;
mod keeping;
mod painter;
mod palette;
mod panels;
mod parade;
mod protocol;
mod pulse;
mod scenarios;
mod session;
mod settings;
mod stage;
mod theme;
mod traffic;
mod worker;

use wasm_bindgen::JsCast;
use web_sys::DedicatedWorkerGlobalScope;

fn main() {
    match js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() {
        Ok(scope) => worker::serve(&scope),
        Err(_) => app::mount(),
    }
}
