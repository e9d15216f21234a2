//! Keeping designs: in this browser from load to load, in files, and in links that hold all of a design.
//!
//! What is kept is text with a version ([`state`]); what cannot be read is said, and what was good before stays.

pub mod file;
pub mod link;
pub mod sheet;
pub mod state;
pub mod store;

use std::rc::Rc;

/// An intent about designs as wholes.
#[derive(Clone, Debug, PartialEq)]
pub enum Keep {
    ShowSheet(bool),
    /// Nothing at all, to begin with.
    New,
    /// Calls the design otherwise.
    Name(String),
    SaveFile,
    ChooseFile,
    CopyLink,
    /// The link is made: the text, or why not.
    LinkMade(Result<Rc<str>, Rc<str>>),
    /// A link has brought a design: its text, or what is wrong.
    Arrived(Result<Rc<str>, Rc<str>>),
    /// Keeps the design in this browser under its name.
    Store,
    /// Opens, or forgets, a design that was kept, by its place in the list.
    OpenStored(usize),
    Forget(usize),
    /// Writes down what is there now.
    Flush,
}
