//! What a person wants of the drawing.

use std::rc::Rc;

use scalescope::base::Kind;
use scalescope::scene::Point;

use super::Ends;

/// An intent about the drawing. Without a node of its own it is about what is selected.
#[derive(Clone, Debug, PartialEq)]
pub enum Draw {
    /// Adds a node of a kind, with its card's middle at a point of the window, or where there is room.
    Add {
        kind: Kind,
        at: Option<Point>,
    },
    /// Adds to the node at hand what it most often calls, and the link between them.
    Grow(Rc<str>),
    Link {
        from: Rc<str>,
        to: Rc<str>,
    },
    /// The next node that is chosen is what this one calls.
    BeginLink(Rc<str>),
    EndLink,
    /// Moves cards to these corners.
    Move(Vec<(Rc<str>, Point)>),
    Nudge {
        x: f32,
        y: f32,
    },
    Select(Vec<Rc<str>>),
    /// Selects a node beside the others, or not any more.
    Toggle(Rc<str>),
    SelectAll,
    SelectLink(Ends),
    Align(Side),
    /// Makes gaps between cards alike, from left to right or from top to bottom.
    Spread {
        is_across: bool,
    },
    Delete,
    Copy,
    Cut,
    /// What was copied; or this text, from another window.
    Paste(Option<Rc<str>>),
    Duplicate,
    BeginRename(Rc<str>),
    Rename {
        node: Rc<str>,
        label: String,
    },
    EndRename,
    Group,
    Ungroup,
    /// Calls the frame around what is selected otherwise.
    NameTier(String),
    /// Puts nodes into a region; into none, if it has no name.
    PutInto {
        nodes: Vec<Rc<str>>,
        region: String,
    },
    Undo,
    Redo,
    /// Gives all cards to the layout.
    Tidy,
    FitSelection,
    ActualSize,
    Hand(bool),
    ShowPalette(bool),
    ShowCommands(bool),
}

/// What cards are aligned by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Left,
    Centre,
    Right,
    Top,
    Middle,
    Bottom,
}
