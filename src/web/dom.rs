//! The few things that every module wants from the browser.

use wasm_bindgen::prelude::*;
use web_sys::{Document, EventTarget, Storage, Window};

pub fn window() -> Window {
    web_sys::window().expect("the app runs in a window")
}

pub fn document() -> Document {
    window().document().expect("a window has a document")
}

/// Milliseconds since the page was opened.
pub fn now_ms() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}

/// What this browser remembers from visit to visit, if it is allowed to.
pub fn local_storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// What this tab remembers from load to load, if it is allowed to.
pub fn session_storage() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

/// Gives the focus to an element, be it of HTML or of SVG; what can have none needs none.
pub fn focus(element: &web_sys::Element) {
    let _ = match element.dyn_ref::<web_sys::SvgElement>() {
        Some(drawn) => drawn.focus(),
        None => element.dyn_ref::<web_sys::HtmlElement>().map_or(Ok(()), web_sys::HtmlElement::focus),
    };
}

/// Whether the media query holds.
pub fn matches_media(query: &str) -> bool {
    window().match_media(query).ok().flatten().is_some_and(|list| list.matches())
}

/// A listener that is taken off when dropped.
pub struct Listener {
    target: EventTarget,
    kind: &'static str,
    closure: Closure<dyn FnMut(JsValue)>,
}

impl Listener {
    /// Listens on `target` for events of `kind`, whose class is `E`.
    pub fn new<E: JsCast>(target: &EventTarget, kind: &'static str, mut heard: impl FnMut(E) + 'static) -> Self {
        let closure = Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| heard(event.unchecked_into()));
        // Adding fails only for an invalid listener.
        let _ = target.add_event_listener_with_callback(kind, closure.as_ref().unchecked_ref());
        Self { target: target.clone(), kind, closure }
    }

    /// As [`Self::new`], for events whose default action will be prevented.
    pub fn active<E: JsCast>(target: &EventTarget, kind: &'static str, mut heard: impl FnMut(E) + 'static) -> Self {
        let closure = Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| heard(event.unchecked_into()));
        let options = web_sys::AddEventListenerOptions::new();
        options.set_passive(false);
        let _ = target.add_event_listener_with_callback_and_add_event_listener_options(
            kind,
            closure.as_ref().unchecked_ref(),
            &options,
        );
        Self { target: target.clone(), kind, closure }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.target.remove_event_listener_with_callback(self.kind, self.closure.as_ref().unchecked_ref());
    }
}

/// What JavaScript threw, in words.
pub fn describe(error: &JsValue) -> String {
    let message = js_sys::Reflect::get(error, &"message".into()).ok().and_then(|message| message.as_string());
    message.or_else(|| error.as_string()).unwrap_or_else(|| format!("{error:?}"))
}
