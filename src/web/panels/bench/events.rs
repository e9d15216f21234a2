//! What was done to the run, and when: the marks in charts and on the timeline.

use scalescope::model::{Command, Document};

/// Marks that are kept.
const MOST: usize = 400;

/// What kind of mark it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Broken,
    Mended,
    Edited,
}

impl Kind {
    /// For class names.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Mended => "mended",
            Self::Edited => "edited",
        }
    }

    pub fn of(command: &Command) -> Self {
        match command {
            Command::Fault(fault) if fault.is_remedy() => Self::Mended,
            Command::Fault(_) => Self::Broken,
            Command::Edit(_) => Self::Edited,
        }
    }
}

/// Something that was done.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub at_s: f64,
    pub kind: Kind,
    /// In a sentence without its time.
    pub text: String,
}

/// In the order of their times.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Events {
    all: Vec<Event>,
    /// How far the document's schedule has been noted.
    noted_s: f64,
}

impl Events {
    pub fn all(&self) -> &[Event] {
        &self.all
    }

    pub fn push(&mut self, event: Event) {
        let at = self.all.partition_point(|other| other.at_s <= event.at_s);
        self.all.insert(at, event);
        if self.all.len() > MOST {
            self.all.remove(0);
        }
    }

    /// Notes what the document had scheduled up to `now_s` and after the last call. Returns whether there was anything.
    pub fn note_scheduled(&mut self, document: &Document, now_s: f64, text: impl Fn(&Command) -> String) -> bool {
        let since = std::mem::replace(&mut self.noted_s, now_s);
        let due = document.schedule.iter().filter(|scheduled| {
            let at = scheduled.at.as_secs_f64();
            (at > since || at == 0.0 && since == 0.0) && at <= now_s
        });
        let events: Vec<_> = due
            .map(|scheduled| Event {
                at_s: scheduled.at.as_secs_f64(),
                kind: Kind::of(&scheduled.command),
                text: text(&scheduled.command),
            })
            .collect();
        let is_any = !events.is_empty();
        for event in events {
            self.push(event);
        }
        is_any
    }
}
