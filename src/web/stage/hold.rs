//! A long press: what the right button of a mouse is to a finger. Some browsers tell of it as a wish for the menu, others, such as
//! those of iPhones, say nothing. So the stage waits by itself, and whoever is first opens the menu.

use gloo_timers::callback::Timeout;
use web_sys::{Element, Event, HtmlElement, MouseEvent};
use yew::html::Scope;
use yew::prelude::*;

use scalescope::scene::Point;

use super::{Msg, Stage};
use crate::dom::Listener;
use crate::panels::faults::Target;

/// A finger that rests for so long wants the menu.
const HELD_MS: u32 = 500;

/// A finger that rests.
#[derive(Default)]
pub struct Hold {
    due: Option<Timeout>,
}

impl Hold {
    /// A finger has come down on `element`, at a point of the window.
    pub fn begin(&mut self, link: &Scope<Stage>, element: &Element, at: Point) {
        let (link, target) = (link.clone(), Target::under(element));
        self.due = target.map(|target| Timeout::new(HELD_MS, move || link.send_message(Msg::Held(target, at))));
    }

    /// It has moved or gone, or another one has come.
    pub fn end(&mut self) {
        self.due = None;
    }
}

impl Stage {
    /// A browser that tells of a long press by itself is believed. After either, lifting the finger is no click: neither on
    /// the card, nor on the menu that has opened under it.
    pub(super) fn watch_hold(&self, ctx: &Context<Self>, root: &HtmlElement) -> [Listener; 2] {
        let (hands, hold, link) = (self.hands.clone(), self.hold.clone(), ctx.link().clone());
        let told = Listener::new(root, "contextmenu", move |_: MouseEvent| {
            hold.borrow_mut().end();
            hands.borrow_mut().let_go();
            link.send_message(Msg::Cancel);
        });
        let hands = self.hands.clone();
        let lifted = Listener::active(root, "touchend", move |event: Event| {
            if hands.borrow().is_let_go() && event.cancelable() {
                event.prevent_default();
            }
        });
        [told, lifted]
    }
}
