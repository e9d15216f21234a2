//! The bench: the panels beside the stage, one at a time, and what they need to remember.
//!
//! Panels send [`Wish`]es; the app carries out those that reach the engine and hands the rest to [`Bench::settle`].

mod events;
pub mod rail;

use std::rc::Rc;

use serde_json::Value;

use scalescope::insight::Objectives;
use scalescope::model::{Command, Document, Edit, Fault, Scheduled};

pub use events::{Event, Events, Kind};

use scalescope::observe::trace::{Ended, Trace};
use scalescope::observe::{Figures, KeyFigures};
use scalescope::scene::Picked;

use super::charts::{Pin, SharedLog};
use super::faults::Target;
use super::knobs::Knob;
use crate::protocol::{Filter, Watch, Watched};

/// Wall time between two redraws of the charts.
const CHARTS_EVERY_MS: f64 = 190.0;
const STAMPS_A_SECOND: u32 = 5;

/// The panels, in the order of the rail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Panel {
    /// The inspector of the selected node.
    Part,
    Faults,
    /// What became of single requests.
    Requests,
    /// The recent past of the figures.
    Charts,
    /// Objectives and warnings.
    Health,
    /// What each store has.
    Data,
    /// What the picture tells, in words.
    Twin,
}

impl Panel {
    pub const ALL: [Self; 7] =
        [Self::Part, Self::Faults, Self::Requests, Self::Charts, Self::Health, Self::Data, Self::Twin];

    /// For tests and ids; also the name of its icon.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Part => "part",
            Self::Faults => "faults",
            Self::Requests => "requests",
            Self::Charts => "charts",
            Self::Health => "health",
            Self::Data => "data",
            Self::Twin => "twin",
        }
    }

    /// For people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Part => "Node",
            Self::Faults => "Faults",
            Self::Requests => "Requests",
            Self::Charts => "Charts",
            Self::Health => "Health",
            Self::Data => "Data",
            Self::Twin => "In words",
        }
    }

    /// The key that opens it, as the help sheet has it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Part => "Enter",
            Self::Faults => "X",
            Self::Requests => "T",
            Self::Charts => "G",
            Self::Health => "O",
            Self::Data => "D",
            Self::Twin => "W",
        }
    }
}

/// What a panel wants.
#[derive(Clone, Debug)]
pub enum Wish {
    /// Opens a panel, or closes it if it is open.
    Toggle(Panel),
    Open(Panel),
    Close,
    /// The menu of all that can break at a place; `at` is where the pointer is, none means beside the place's card.
    Menu {
        target: Target,
        at: Option<(f64, f64)>,
    },
    CloseMenu,
    /// Shows the faults of a place in the panel.
    Aim(Target),
    Break(Fault),
    /// All faults of the list at once, as when everything is healed.
    BreakAll(Vec<Fault>),
    Schedule(Vec<Scheduled>),
    /// Which requests to list.
    Filter(Filter),
    /// Looks at one request, or at all again.
    Trace(Option<u32>),
    /// Keeps the request that is looked at in view.
    Follow(bool),
    /// Looks at the request that a dot stands for.
    Pick(Picked),
    /// Pins the chart of a node's figure, or takes it off.
    Pin(Pin),
    /// Shows the charts, that of a node's figure first.
    Chart(Pin),
    /// Puts a slider for a parameter on the page, or takes it off.
    Knob(Knob),
    /// A slider is being moved.
    Turn {
        node: Rc<str>,
        param: String,
        value: Value,
    },
    /// Changes of the design.
    Edit(Vec<Edit>),
    /// Other objectives.
    Promise(Objectives),
    /// Gives every database of the design this kind.
    TakeModel(String),
    /// Watches a record on every store.
    WatchKey(u32),
}

/// The menu that is open at a place.
#[derive(Clone, Debug, PartialEq)]
pub struct Menu {
    pub target: Target,
    pub at: Option<(f64, f64)>,
}

/// What the bench shows.
#[derive(Clone, Debug, Default)]
pub struct Bench {
    pub panel: Option<Panel>,
    pub menu: Option<Menu>,
    /// The place that the panel of faults is about.
    pub aim: Option<Target>,
    /// What was done to the run so far.
    pub events: Rc<Events>,
    pub filter: Filter,
    pub ended: Rc<Vec<Ended>>,
    /// The request that is looked at.
    pub serial: Option<u32>,
    pub trace: Option<Rc<Trace>>,
    pub is_following: bool,
    /// What the engine was last asked to tell.
    pub told: Watch,
    pub log: SharedLog,
    /// Counts what the charts are to show anew.
    pub stamp: u32,
    drawn_ms: f64,
    pub pins: Vec<Pin>,
    pub objectives: Objectives,
    pub knobs: Vec<Knob>,
    /// The record that is watched, and what the engine has told of it.
    pub key: u32,
    pub watched: Option<Rc<KeyFigures>>,
}

impl Bench {
    /// Another run has begun.
    pub fn restart(&mut self) {
        let Self { panel, aim, filter, pins, objectives, knobs, key, .. } = std::mem::take(self);
        *self = Self { panel, aim, filter, pins, objectives, knobs, key, ..Self::default() };
    }

    /// A command was carried out at `at_s`.
    pub fn note(&mut self, command: &Command, document: &Document, at_s: f64) {
        // Moving the users' slider is one deed, not hundreds; the timeline shows itself.
        let is_marked = !matches!(command, Command::Edit(Edit::SetSchedule { .. }));
        let text = crate::app::sentence(command, document);
        if is_marked {
            Rc::make_mut(&mut self.events).push(Event { at_s, kind: Kind::of(command), text });
        }
    }

    /// Carries out what concerns nobody but the bench. Returns what is left to be done by the app.
    pub fn settle(&mut self, wish: Wish) -> Option<Wish> {
        match wish {
            Wish::Toggle(panel) if self.panel == Some(panel) => self.panel = None,
            Wish::Toggle(panel) | Wish::Open(panel) => self.panel = Some(panel),
            Wish::Close => self.panel = None,
            Wish::Menu { target, at } => self.menu = Some(Menu { target, at }),
            Wish::CloseMenu => self.menu = None,
            Wish::Aim(target) => {
                self.aim = Some(target);
                self.menu = None;
                self.panel = Some(Panel::Faults);
            }
            Wish::Filter(filter) => self.filter = filter,
            Wish::Trace(serial) => self.look_at(serial, false),
            Wish::Follow(is_following) => self.is_following = is_following,
            Wish::Pin(pin) => toggle(&mut self.pins, pin),
            Wish::Chart(pin) => {
                self.panel = Some(Panel::Charts);
                if !self.pins.contains(&pin) {
                    self.pins.insert(0, pin);
                }
            }
            Wish::Knob(knob) => toggle(&mut self.knobs, knob),
            Wish::Promise(objectives) => self.objectives = objectives,
            Wish::WatchKey(key) => (self.key, self.panel) = (key, Some(Panel::Data)),
            other => return Some(other),
        }
        None
    }

    /// Figures of a later moment have come.
    pub fn log(&mut self, figures: &Figures, wall_ms: f64) {
        self.log.borrow_mut().push(figures);
        if wall_ms - self.drawn_ms >= CHARTS_EVERY_MS {
            (self.stamp, self.drawn_ms) = (self.stamp.wrapping_add(1), wall_ms);
        }
    }

    /// Counts seconds of wall time in which figures came.
    pub fn second(&self) -> u32 {
        self.stamp / STAMPS_A_SECOND
    }

    /// Looks at a request, and follows it if that is wanted.
    pub fn look_at(&mut self, serial: Option<u32>, is_following: bool) {
        (self.serial, self.trace, self.is_following) = (serial, None, is_following);
        if serial.is_some() {
            self.panel = Some(Panel::Requests);
        }
    }

    /// What the engine shall tell for what is shown.
    pub fn watch(&self) -> Watch {
        let is_open = self.panel == Some(Panel::Requests);
        Watch {
            requests: (is_open && self.serial.is_none()).then(|| self.filter.clone()),
            serial: self.serial.filter(|_| is_open || self.is_following),
            key: Some(self.key).filter(|_| self.panel == Some(Panel::Data)),
        }
    }

    /// The engine has told.
    pub fn hear(&mut self, watched: Watched) {
        if let Some(ended) = watched.ended {
            self.ended = Rc::new(ended);
        }
        if let Some(key) = watched.key {
            self.watched = Some(Rc::new(key));
        }
        if let Some(trace) = watched.trace.filter(|trace| Some(trace.serial) == self.serial) {
            self.trace = Some(Rc::new(trace));
        }
    }

    /// Whether something lies over the stage that Escape closes first.
    pub fn is_menu_open(&self) -> bool {
        self.menu.is_some()
    }
}

/// Puts `item` into the list, or takes it out.
fn toggle<T: PartialEq>(list: &mut Vec<T>, item: T) {
    match list.iter().position(|other| *other == item) {
        Some(place) => drop(list.remove(place)),
        None => list.push(item),
    }
}

/// The edit that puts `schedule` into the design.
pub fn reschedule(schedule: Vec<Scheduled>) -> Edit {
    Edit::SetSchedule { schedule }
}
