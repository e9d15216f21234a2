//! The editor: what is selected, what was done, and what a hand's wish comes to as an edit of the design.
//!
//! No UI and no engine: panels and the stage send a [`Draw`], the app asks the functions here which [`Edit`] that is, and carries it
//! out like any other. So everything that is drawn can be undone, and the simulation goes on meanwhile.
//!
//! [`Edit`]: scalescope::model::Edit

pub mod arrange;
pub mod clip;
pub mod connect;
mod draw;
pub mod names;
pub mod past;
mod selection;
pub mod snap;
pub mod tiers;

pub use draw::{Draw, Side};
pub use past::Past;
pub use selection::{Ends, Selection};

use std::rc::Rc;

use scalescope::model::{Edit, Position};
use scalescope::scene::Point;

/// What the editor knows beside the design itself.
#[derive(Debug, Default)]
pub struct Editor {
    pub selection: Rc<Selection>,
    pub past: Past,
    /// What was copied last, for browsers that keep their clipboard to themselves.
    pub copied: Option<Rc<str>>,
    /// How many times that was pasted: each paste stands beside the one before.
    pub pastes: u32,
    /// The node that is being linked to another.
    pub linking: Option<Rc<str>>,
    /// The node whose name is being written.
    pub renaming: Option<Rc<str>>,
    /// Whether a drag moves the drawing, whatever is under it.
    pub is_hand: bool,
    /// Whether the palette shows its names and sentences.
    pub is_palette_open: bool,
    pub is_commands_shown: bool,
}

/// The edit that puts a node's card at `point`.
pub fn place(node: &str, point: Point) -> Edit {
    Edit::Place { node: node.to_owned(), position: Some(Position { x: point.x, y: point.y }) }
}

/// One edit, or several as one. `None` if there is nothing to do.
pub fn together(mut edits: Vec<Edit>) -> Option<Edit> {
    match edits.len() {
        0 => None,
        1 => edits.pop(),
        _ => Some(Edit::Many { edits }),
    }
}
