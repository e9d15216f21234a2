//! The focus: which part of the drawing has it, and keys as they were pressed there.

use std::rc::Rc;

use web_sys::KeyboardEvent;

use crate::dom;
use crate::editor::Ends;
use crate::input::keymap::Press;

/// The chord of a key that was pressed.
pub fn chord(event: &KeyboardEvent) -> String {
    let press = Press {
        key: &event.key(),
        code: &event.code(),
        is_mod: event.ctrl_key() || event.meta_key(),
        is_shift: event.shift_key(),
        is_alt: event.alt_key(),
    };
    press.chord()
}

/// The node whose card has the focus.
pub fn focused_node() -> Option<Rc<str>> {
    dom::document().active_element()?.get_attribute("data-node").map(Into::into)
}

/// What is in the frame whose name has the focus.
pub fn focused_frame() -> Option<Vec<Rc<str>>> {
    let ids = dom::document().active_element()?.get_attribute("data-frame")?;
    Some(ids.split(' ').map(Rc::from).collect())
}

/// The link that has the focus.
pub fn focused_link() -> Option<Ends> {
    let ends = dom::document().active_element()?.get_attribute("data-link")?;
    let (from, to) = ends.split_once(' ')?;
    Some(Ends { from: from.into(), to: to.into() })
}

/// Gives the focus to a node's card. Ids are letters, digits, `-`, `_` and `.`, so they need no escaping here.
pub fn focus(id: &str) {
    let card = dom::document().query_selector(&format!("[data-node=\"{id}\"]")).ok().flatten();
    if let Some(card) = card {
        dom::focus(&card);
    }
}
