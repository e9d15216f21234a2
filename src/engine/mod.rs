//! The engine: the only thing that changes the world.

use crate::base::{SimDuration, SimTime};
use crate::model::{Command, Document, Problems};
use crate::observe::{Figures, Hop};

/// A running simulation.
#[derive(Clone, Debug)]
pub struct Engine {
    document: Document,
    now: SimTime,
}

/// The two ends of a link, by its index in [`Hop::link`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkEnds {
    pub index: u16,
    pub from: String,
    pub to: String,
}

impl Engine {
    /// Builds the world of `document`, at time zero.
    pub fn new(document: Document) -> Result<Self, Problems> {
        document.check()?;
        Ok(Self { document, now: SimTime::ZERO })
    }

    /// The document as it is now, after all edits.
    pub fn document(&self) -> &Document {
        &self.document
    }

    pub fn now(&self) -> SimTime {
        self.now
    }

    /// The links that exist now. An index stays with its link for the whole run.
    pub fn links(&self) -> Vec<LinkEnds> {
        Vec::new()
    }

    /// Simulates up to and including `until`, or until `max_events` more events have happened; the time then reached.
    pub fn advance(&mut self, until: SimTime, _max_events: u64) -> SimTime {
        self.now = until;
        self.now
    }

    /// Carries out `command` now, and records it in the journal.
    pub fn command(&mut self, _command: Command) -> Result<(), Problems> {
        Ok(())
    }

    /// How many hops may be kept for drawing between two calls of [`Self::take_hops`]; above it only every n-th request is drawn.
    pub fn set_hop_budget(&mut self, _hops: usize) {}

    /// Length of the window of [`Self::figures`].
    pub fn set_window(&mut self, _window: SimDuration) {}

    /// Moves the hops departed since the last call to the end of `hops`. Returns n where one dot stands for n requests.
    pub fn take_hops(&mut self, _hops: &mut Vec<Hop>) -> u32 {
        1
    }

    pub fn figures(&mut self) -> Figures {
        Figures::default()
    }
}
