//! Which key does what, once: the listener and the help sheet both read this table.

use super::{Intent, Way};
use crate::panels::bench::{Panel, Wish};
use crate::panels::faults::Target;
use crate::scenarios;

/// What a key is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Deed {
    TogglePlay,
    Step,
    Faster,
    Slower,
    Fit,
    ZoomIn,
    ZoomOut,
    Help,
    Close,
    Again,
    Scenario,
    Walk(Way),
    /// These are about the selected node.
    Open,
    Crash,
    Restart,
    Add,
    Remove,
    /// The menu of its faults; without a node the panel of all faults.
    Break,
    Panel(Panel),
}

/// A row of the help sheet.
pub struct Binding {
    /// As in `KeyboardEvent.key`.
    pub keys: &'static [&'static str],
    /// As people call them.
    pub shown: &'static str,
    pub help: &'static str,
    pub deed: Deed,
}

const fn row(keys: &'static [&'static str], shown: &'static str, help: &'static str, deed: Deed) -> Binding {
    Binding { keys, shown, help, deed }
}

pub const BINDINGS: [Binding; 24] = [
    row(&[" "], "Space", "Play or pause", Deed::TogglePlay),
    row(&["."], ".", "A little further, while paused", Deed::Step),
    row(&["+", "="], "+", "Faster", Deed::Faster),
    row(&["-", "−", "_"], "−", "Slower", Deed::Slower),
    row(&["1", "2", "3", "4", "5", "6"], "1 … 6", "Choose a scenario", Deed::Scenario),
    row(&["0"], "0", "Start again from time zero", Deed::Again),
    row(&["ArrowLeft"], "←", "Walk to the node on the left", Deed::Walk(Way::Left)),
    row(&["ArrowRight"], "→", "Walk to the node on the right", Deed::Walk(Way::Right)),
    row(&["ArrowUp"], "↑", "Walk to the node above", Deed::Walk(Way::Up)),
    row(&["ArrowDown"], "↓", "Walk to the node below", Deed::Walk(Way::Down)),
    row(&["Enter"], "Enter", "Open the node", Deed::Open),
    row(&["c", "C"], "C", "Crash the node", Deed::Crash),
    row(&["r", "R"], "R", "Restart the node", Deed::Restart),
    row(&["b", "B"], "B", "Break the node: all its faults", Deed::Break),
    row(&["x", "X"], "X", "Faults: what is broken, and the timeline", Deed::Panel(Panel::Faults)),
    row(&["a", "A"], "A", "Add one more like the node", Deed::Add),
    row(&["Delete", "Backspace"], "Delete", "Remove the node", Deed::Remove),
    row(&["t", "T"], "T", "Requests: traces, hop by hop", Deed::Panel(Panel::Requests)),
    row(&["g", "G"], "G", "Charts", Deed::Panel(Panel::Charts)),
    row(&["f", "F", "!"], "F", "Fit the drawing", Deed::Fit),
    row(&["PageUp"], "Page up", "Zoom in", Deed::ZoomIn),
    row(&["PageDown"], "Page down", "Zoom out", Deed::ZoomOut),
    row(&["?", "h", "H"], "?", "This sheet", Deed::Help),
    row(&["Escape"], "Esc", "Close", Deed::Close),
];

/// What `key` is for.
pub fn deed_of(key: &str) -> Option<Deed> {
    BINDINGS.iter().find(|binding| binding.keys.contains(&key)).map(|binding| binding.deed)
}

/// The intent of a deed, where `node` is the node at hand. `None` if the deed needs a node and there is none.
pub fn intent_of(deed: Deed, key: &str, node: Option<std::rc::Rc<str>>) -> Option<Intent> {
    Some(match deed {
        Deed::TogglePlay => Intent::TogglePlay,
        Deed::Step => Intent::Step,
        Deed::Faster => Intent::Faster,
        Deed::Slower => Intent::Slower,
        Deed::Fit => Intent::Fit,
        Deed::ZoomIn => Intent::Zoom(1.25),
        Deed::ZoomOut => Intent::Zoom(0.8),
        Deed::Help => Intent::ShowHelp(true),
        Deed::Close => Intent::Unselect,
        Deed::Again => Intent::StartAgain,
        Deed::Scenario => {
            let place = key.parse::<usize>().ok()?.checked_sub(1)?;
            Intent::Choose((place < scenarios::ALL.len()).then_some(place)?)
        }
        Deed::Walk(way) => Intent::Walk(way),
        Deed::Open => Intent::Select(node?),
        Deed::Crash => Intent::Crash(node?),
        Deed::Restart => Intent::Restart(node?),
        Deed::Add => Intent::AddLike(node?),
        Deed::Remove => Intent::Remove(node?),
        Deed::Break => Intent::Bench(match node {
            Some(id) => Wish::Menu { target: Target::Node(id), at: None },
            None => Wish::Open(Panel::Faults),
        }),
        Deed::Panel(panel) => Intent::Bench(Wish::Toggle(panel)),
    })
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
        assert!(matches!(intent_of(Deed::Scenario, "1", None), Some(Intent::Choose(0))));
        assert!(intent_of(Deed::Crash, "c", None).is_none());
    }
}
