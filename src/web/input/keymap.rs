//! Which key does what, once: the listener, the help sheet and the command palette all read this table.
//!
//! A chord is written as in `Mod+Shift+Z`, where `Mod` is Ctrl, or ⌘ on a Mac. Shift is named where it does not make another sign:
//! with letters, digits and named keys.

use std::rc::Rc;

use super::{Intent, Way};
use crate::editor::{Draw, Side};
use crate::keeping::Keep;
use crate::panels::bench::{Panel, Wish};
use crate::panels::faults::Target;
use crate::scenarios;

/// What a row is about; also its heading on the help sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    Run,
    Edit,
    Select,
    View,
    Keep,
}

impl Topic {
    pub const ALL: [Self; 5] = [Self::Run, Self::Edit, Self::Select, Self::View, Self::Keep];

    pub fn title(self) -> &'static str {
        match self {
            Self::Run => "Run and break",
            Self::Edit => "Edit",
            Self::Select => "Select and arrange",
            Self::View => "View",
            Self::Keep => "Designs",
        }
    }
}

/// What a key is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Deed {
    TogglePlay,
    Step,
    OneEvent,
    Faster,
    Slower,
    Fit,
    FitSelection,
    ActualSize,
    ZoomIn,
    ZoomOut,
    Help,
    Commands,
    Close,
    Again,
    Scenario,
    /// Walks over the graph, or moves what is selected.
    Walk(Way),
    /// Walks even when something is selected.
    Stride(Way),
    /// Moves what is selected, far.
    Push(Way),
    Undo,
    Redo,
    Copy,
    Cut,
    Paste,
    Duplicate,
    SelectAll,
    Group,
    Ungroup,
    Align(Side),
    Spread(bool),
    Tidy,
    Palette,
    SelectTool,
    HandTool,
    New,
    Save,
    OpenFile,
    Share,
    KeepHere,
    Panel(Panel),
    /// These are about the node at hand.
    Open,
    /// The menu of its faults; without a node the panel of all faults.
    Break,
    Crash,
    Restart,
    Add,
    Grow,
    Link,
    Rename,
    Remove,
}

/// A row of the table.
pub struct Binding {
    /// The chords.
    pub keys: &'static [&'static str],
    /// As people call them; nothing, if there is no key for it.
    pub shown: &'static str,
    pub help: &'static str,
    pub topic: Topic,
    pub deed: Deed,
}

const fn row(
    topic: Topic,
    keys: &'static [&'static str],
    shown: &'static str,
    help: &'static str,
    deed: Deed,
) -> Binding {
    Binding { keys, shown, help, topic, deed }
}

use Topic::{Edit, Keep as Designs, Run, Select, View};

pub const BINDINGS: [Binding; 68] = [
    row(Run, &["Space"], "Space", "Play or pause", Deed::TogglePlay),
    row(Run, &["."], ".", "The next event, while paused", Deed::OneEvent),
    row(Run, &[">", ","], ">", "A little further, while paused", Deed::Step),
    row(Run, &["+", "="], "+", "Faster", Deed::Faster),
    row(Run, &["-", "−", "_"], "−", "Slower", Deed::Slower),
    row(Run, &["1", "2", "3", "4", "5", "6", "7", "8", "9"], "1 … 9", "Choose a scenario", Deed::Scenario),
    row(Run, &["0"], "0", "Start again from time zero", Deed::Again),
    row(Run, &["C"], "C", "Crash the node", Deed::Crash),
    row(Run, &["R"], "R", "Restart the node", Deed::Restart),
    row(Run, &["B"], "B", "Break the node, link or region: all its faults", Deed::Break),
    row(Run, &["X"], "X", "Faults: what is broken, and the timeline", Deed::Panel(Panel::Faults)),
    row(View, &["T"], "T", "Requests: traces, hop by hop", Deed::Panel(Panel::Requests)),
    row(View, &["G"], "G", "Charts", Deed::Panel(Panel::Charts)),
    row(View, &["O"], "O", "Health: objectives and warnings", Deed::Panel(Panel::Health)),
    row(View, &["D"], "D", "Data: what each database has", Deed::Panel(Panel::Data)),
    row(View, &["W"], "W", "In words: all that the picture tells", Deed::Panel(Panel::Twin)),
    row(Edit, &["N", "/"], "N", "Palette: add a part", Deed::Palette),
    row(Edit, &["L"], "L", "Link the node to another", Deed::Link),
    row(Edit, &["A"], "A", "Add one more like the node", Deed::Add),
    row(Edit, &["Mod+Enter", "Mod+ArrowRight"], "Ctrl Enter", "Add what the node calls, linked to it", Deed::Grow),
    row(Edit, &["F2"], "F2", "Rename the node", Deed::Rename),
    row(Edit, &["Delete", "Backspace"], "Delete", "Remove what is selected", Deed::Remove),
    row(Edit, &["Mod+Z"], "Ctrl Z", "Undo", Deed::Undo),
    row(Edit, &["Mod+Shift+Z", "Mod+Y"], "Ctrl Shift Z", "Redo", Deed::Redo),
    row(Edit, &["Mod+C"], "Ctrl C", "Copy", Deed::Copy),
    row(Edit, &["Mod+X"], "Ctrl X", "Cut", Deed::Cut),
    row(Edit, &["Mod+V"], "Ctrl V", "Paste", Deed::Paste),
    row(Edit, &["Mod+D"], "Ctrl D", "Duplicate", Deed::Duplicate),
    row(Select, &["ArrowLeft"], "←", "Walk to the left, or move what is selected", Deed::Walk(Way::Left)),
    row(Select, &["ArrowRight"], "→", "Walk to the right, or move what is selected", Deed::Walk(Way::Right)),
    row(Select, &["ArrowUp"], "↑", "Walk upwards, or move what is selected", Deed::Walk(Way::Up)),
    row(Select, &["ArrowDown"], "↓", "Walk downwards, or move what is selected", Deed::Walk(Way::Down)),
    row(Select, &["Shift+ArrowLeft"], "Shift ←", "Move it far to the left", Deed::Push(Way::Left)),
    row(Select, &["Shift+ArrowRight"], "Shift →", "Move it far to the right", Deed::Push(Way::Right)),
    row(Select, &["Shift+ArrowUp"], "Shift ↑", "Move it far upwards", Deed::Push(Way::Up)),
    row(Select, &["Shift+ArrowDown"], "Shift ↓", "Move it far downwards", Deed::Push(Way::Down)),
    row(Select, &["Alt+ArrowLeft"], "Alt ←", "Walk to the left with the details open", Deed::Stride(Way::Left)),
    row(Select, &["Alt+ArrowRight"], "Alt →", "Walk to the right with the details open", Deed::Stride(Way::Right)),
    row(Select, &["Alt+ArrowUp"], "Alt ↑", "Walk upwards with the details open", Deed::Stride(Way::Up)),
    row(Select, &["Alt+ArrowDown"], "Alt ↓", "Walk downwards with the details open", Deed::Stride(Way::Down)),
    row(Select, &["Enter"], "Enter", "Select the node and open its details", Deed::Open),
    row(Select, &["Mod+A"], "Ctrl A", "Select all", Deed::SelectAll),
    row(Select, &["Mod+G"], "Ctrl G", "Group into a tier", Deed::Group),
    row(Select, &["Mod+Shift+G"], "Ctrl Shift G", "Ungroup", Deed::Ungroup),
    row(Select, &[], "", "Align left", Deed::Align(Side::Left)),
    row(Select, &[], "", "Align centres", Deed::Align(Side::Centre)),
    row(Select, &[], "", "Align right", Deed::Align(Side::Right)),
    row(Select, &[], "", "Align top", Deed::Align(Side::Top)),
    row(Select, &[], "", "Align middles", Deed::Align(Side::Middle)),
    row(Select, &[], "", "Align bottom", Deed::Align(Side::Bottom)),
    row(Select, &[], "", "Spread across", Deed::Spread(true)),
    row(Select, &[], "", "Spread down", Deed::Spread(false)),
    row(Select, &["V"], "V", "Select tool: a drag moves cards", Deed::SelectTool),
    row(Select, &["H"], "H", "Hand tool: a drag moves the drawing (or hold Space)", Deed::HandTool),
    row(View, &["F", "Shift+1"], "Shift 1", "Fit the drawing", Deed::Fit),
    row(View, &["Shift+2"], "Shift 2", "Fit what is selected", Deed::FitSelection),
    row(View, &["PageUp", "Mod+=", "Mod++"], "Ctrl +", "Zoom in", Deed::ZoomIn),
    row(View, &["PageDown", "Mod+-"], "Ctrl −", "Zoom out", Deed::ZoomOut),
    row(View, &["Mod+0"], "Ctrl 0", "Actual size", Deed::ActualSize),
    row(View, &["Shift+T"], "Shift T", "Tidy up: lay everything out anew", Deed::Tidy),
    row(View, &["Mod+K"], "Ctrl K", "Command palette: everything by name", Deed::Commands),
    row(View, &["?"], "?", "This sheet", Deed::Help),
    row(View, &["Escape"], "Esc", "Close, or give up what is under way", Deed::Close),
    row(Designs, &["Mod+S"], "Ctrl S", "Save to a file", Deed::Save),
    row(Designs, &["Mod+O"], "Ctrl O", "Open a file", Deed::OpenFile),
    row(Designs, &["Mod+Shift+S"], "Ctrl Shift S", "Copy a link to this design", Deed::Share),
    row(Designs, &[], "", "Keep in this browser", Deed::KeepHere),
    row(Designs, &[], "", "New design", Deed::New),
];

/// A key that was pressed, with what was held.
#[derive(Clone, Copy, Debug, Default)]
pub struct Press<'a> {
    /// As in `KeyboardEvent.key` and `KeyboardEvent.code`.
    pub key: &'a str,
    pub code: &'a str,
    pub is_mod: bool,
    pub is_shift: bool,
    pub is_alt: bool,
}

impl Press<'_> {
    /// The chord as the table has it.
    pub fn chord(&self) -> String {
        let digit = self.code.strip_prefix("Digit").filter(|_| self.is_shift && !self.is_alt);
        let mut letters = self.key.chars();
        let is_letter = matches!((letters.next(), letters.next()), (Some(c), None) if c.is_alphabetic());
        let is_named = self.key.chars().count() > 1;
        let key = match (digit, self.key) {
            // A sign that the table knows by itself is not a shifted digit.
            (Some(digit), sign) if !["?", "+", "=", "/", "_"].contains(&sign) => digit.to_owned(),
            (_, " ") => "Space".to_owned(),
            _ if is_letter => self.key.to_uppercase(),
            _ => self.key.to_owned(),
        };
        let mut chord = String::new();
        if self.is_mod {
            chord.push_str("Mod+");
        }
        if self.is_alt {
            chord.push_str("Alt+");
        }
        let is_digit = key.len() == 1 && key.as_bytes()[0].is_ascii_digit();
        if self.is_shift && (is_letter || is_named || is_digit) {
            chord.push_str("Shift+");
        }
        chord + &key
    }
}

/// What a chord is for.
pub fn deed_of(chord: &str) -> Option<Deed> {
    BINDINGS.iter().find(|binding| binding.keys.contains(&chord)).map(|binding| binding.deed)
}

/// What is at hand when a key is pressed.
#[derive(Clone, Debug, Default)]
pub struct Hand {
    /// The node that has the focus, or is selected alone.
    pub node: Option<Rc<str>>,
    /// Whether anything is selected.
    pub is_selected: bool,
    pub is_hand_tool: bool,
}

/// Steps of arrow keys, in units of the drawing.
const STEP: f32 = 8.0;
const PUSH: f32 = 40.0;

/// The intent of a deed. `None` if the deed needs a node and there is none.
pub fn intent_of(deed: Deed, chord: &str, hand: &Hand) -> Option<Intent> {
    let node = || hand.node.clone();
    let draw = |draw| Some(Intent::Draw(draw));
    let keep = |keep| Some(Intent::Keep(keep));
    let nudge = |way: Way, by: f32| {
        let (x, y) = match way {
            Way::Left => (-by, 0.0),
            Way::Right => (by, 0.0),
            Way::Up => (0.0, -by),
            Way::Down => (0.0, by),
        };
        Some(Intent::Draw(Draw::Nudge { x, y }))
    };
    match deed {
        Deed::TogglePlay => Some(Intent::TogglePlay),
        Deed::Step => Some(Intent::Step),
        Deed::OneEvent => Some(Intent::OneEvent),
        Deed::Faster => Some(Intent::Faster),
        Deed::Slower => Some(Intent::Slower),
        Deed::Fit => Some(Intent::Fit),
        Deed::FitSelection => draw(Draw::FitSelection),
        Deed::ActualSize => draw(Draw::ActualSize),
        Deed::ZoomIn => Some(Intent::Zoom(1.25)),
        Deed::ZoomOut => Some(Intent::Zoom(0.8)),
        Deed::Help => Some(Intent::ShowHelp(true)),
        Deed::Commands => draw(Draw::ShowCommands(true)),
        Deed::Close => Some(Intent::Unselect),
        Deed::Again => Some(Intent::StartAgain),
        Deed::Scenario => {
            let place = chord.parse::<usize>().ok()?.checked_sub(1)?;
            Some(Intent::Choose((place < scenarios::ALL.len()).then_some(place)?))
        }
        Deed::Walk(way) if hand.is_selected => nudge(way, STEP),
        Deed::Walk(way) | Deed::Stride(way) => Some(Intent::Walk(way)),
        Deed::Push(way) => nudge(way, PUSH),
        Deed::Undo => draw(Draw::Undo),
        Deed::Redo => draw(Draw::Redo),
        Deed::Copy => draw(Draw::Copy),
        Deed::Cut => draw(Draw::Cut),
        Deed::Paste => draw(Draw::Paste(None)),
        Deed::Duplicate => draw(Draw::Duplicate),
        Deed::SelectAll => draw(Draw::SelectAll),
        Deed::Group => draw(Draw::Group),
        Deed::Ungroup => draw(Draw::Ungroup),
        Deed::Align(side) => draw(Draw::Align(side)),
        Deed::Spread(is_across) => draw(Draw::Spread { is_across }),
        Deed::Tidy => draw(Draw::Tidy),
        Deed::Palette => draw(Draw::ShowPalette(true)),
        Deed::SelectTool => draw(Draw::Hand(false)),
        Deed::HandTool => draw(Draw::Hand(!hand.is_hand_tool)),
        Deed::New => keep(Keep::New),
        Deed::Save => keep(Keep::SaveFile),
        Deed::OpenFile => keep(Keep::ChooseFile),
        Deed::Share => keep(Keep::CopyLink),
        Deed::KeepHere => keep(Keep::Store),
        Deed::Panel(panel) => Some(Intent::Bench(Wish::Toggle(panel))),
        Deed::Open => Some(Intent::Select(node()?)),
        Deed::Break => Some(Intent::Bench(match node() {
            Some(id) => Wish::Menu { target: Target::Node(id), at: None },
            None => Wish::Open(Panel::Faults),
        })),
        Deed::Crash => Some(Intent::Crash(node()?)),
        Deed::Restart => Some(Intent::Restart(node()?)),
        Deed::Add => Some(Intent::AddLike(node()?)),
        Deed::Grow => draw(Draw::Grow(node()?)),
        Deed::Link => draw(Draw::BeginLink(node()?)),
        Deed::Rename => draw(Draw::BeginRename(node()?)),
        Deed::Remove if hand.is_selected => draw(Draw::Delete),
        Deed::Remove => Some(Intent::Remove(node()?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_does_two_things() {
        let keys: Vec<_> = BINDINGS.iter().flat_map(|binding| binding.keys).collect();
        for (i, key) in keys.iter().enumerate() {
            assert!(!keys[..i].contains(key), "{key}");
        }
    }

    #[test]
    fn digits_choose_scenarios() {
        let hand = Hand::default();
        assert!(matches!(intent_of(Deed::Scenario, "1", &hand), Some(Intent::Choose(0))));
        assert!(intent_of(Deed::Crash, "C", &hand).is_none());
    }

    #[test]
    fn presses_are_read_as_the_table_has_them() {
        let press = |key, code, is_mod, is_shift| Press { key, code, is_mod, is_shift, is_alt: false }.chord();
        assert_eq!(press("z", "KeyZ", true, false), "Mod+Z");
        assert_eq!(press("Z", "KeyZ", true, true), "Mod+Shift+Z");
        assert_eq!(press("!", "Digit1", false, true), "Shift+1");
        assert_eq!(press("?", "Slash", false, true), "?");
        assert_eq!(press("+", "Equal", false, true), "+");
        assert_eq!(press("=", "Digit0", false, true), "=");
        assert_eq!(press("c", "KeyC", false, false), "C");
        assert_eq!(press(" ", "Space", false, false), "Space");
        assert_eq!(press("ArrowUp", "ArrowUp", false, true), "Shift+ArrowUp");
    }

    #[test]
    fn arrows_walk_until_something_is_selected() {
        let (free, taken) = (Hand::default(), Hand { is_selected: true, ..Hand::default() });
        let walk = Deed::Walk(Way::Left);
        assert!(matches!(intent_of(walk, "ArrowLeft", &free), Some(Intent::Walk(Way::Left))));
        assert!(matches!(intent_of(walk, "ArrowLeft", &taken), Some(Intent::Draw(Draw::Nudge { .. }))));
    }
}
