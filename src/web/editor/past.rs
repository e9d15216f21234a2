//! What was done, and can be undone: as the edits that lead back and forth.
//!
//! A step keeps both ways as edits, not pictures of the whole design: what a schedule has changed meanwhile stays. What a
//! control does while it is being moved is one step.

use std::rc::Rc;

use scalescope::model::{Document, Edit};
use serde_json::{Value, json};

use crate::keeping::state::Run;

/// Steps that are kept.
const LENGTH: usize = 200;
/// Changes of the same thing within this time are one step.
const SAME_MS: f64 = 900.0;

/// A design to be loaded whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Whole {
    pub document: Rc<str>,
    pub seed: u64,
    /// Its place among the scenarios, if it is one of them.
    pub scenario: Option<usize>,
    /// What was done in it already, to be taken up again; none: it begins at time zero.
    pub run: Option<Rc<Run>>,
}

/// A change, and what takes it back.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "changes are few, and nearly all of them are edits")]
pub enum Change {
    Edit { back: Edit, forth: Edit },
    Whole { back: Whole, forth: Whole },
}

#[derive(Clone, Debug)]
struct Step {
    change: Change,
    /// What it is about, if more of the same shall be part of it.
    thread: Option<String>,
    at_ms: f64,
}

#[derive(Debug, Default)]
pub struct Past {
    done: Vec<Step>,
    undone: Vec<Step>,
}

impl Past {
    pub fn can_undo(&self) -> bool {
        !self.done.is_empty()
    }

    pub fn can_redo(&self) -> bool {
        !self.undone.is_empty()
    }

    /// Notes that `forth` made `before` into `after`.
    pub fn note(&mut self, before: &Document, after: &Document, forth: Edit, at_ms: f64) {
        let back = after.edits_to(before);
        if back.is_empty() {
            return;
        }
        self.undone.clear();
        let thread = thread(&forth);
        if let Some(last) = self.done.last_mut()
            && thread.is_some()
            && last.thread == thread
            && at_ms - last.at_ms < SAME_MS
            && let Change::Edit { forth: so_far, .. } = &mut last.change
        {
            *so_far = forth;
            last.at_ms = at_ms;
            return;
        }
        let change = Change::Edit { back: Edit::Many { edits: back }, forth };
        self.push(Step { change, thread, at_ms });
    }

    /// Notes that another design was loaded.
    pub fn note_whole(&mut self, back: Whole, forth: Whole, at_ms: f64) {
        if back != forth {
            self.undone.clear();
            self.push(Step { change: Change::Whole { back, forth }, thread: None, at_ms });
        }
    }

    fn push(&mut self, step: Step) {
        if self.done.len() >= LENGTH {
            self.done.remove(0);
        }
        self.done.push(step);
    }

    /// The last change, now undone.
    pub fn undo(&mut self) -> Option<Change> {
        let step = self.done.pop()?;
        let change = step.change.clone();
        self.undone.push(Step { thread: None, ..step });
        Some(change)
    }

    /// The change undone last, now done again.
    pub fn redo(&mut self) -> Option<Change> {
        let step = self.undone.pop()?;
        let change = step.change.clone();
        self.done.push(step);
        Some(change)
    }

    /// The last `most` steps, to be kept from load to load. Designs loaded whole are too large for that, and end what is kept.
    pub fn to_value(&self, most: usize) -> Value {
        let is_edit = |step: &&Step| matches!(step.change, Change::Edit { .. });
        let edits = |steps: &[Step]| -> Vec<Value> {
            let kept = steps.iter().rev().take_while(is_edit).take(most);
            let mut kept: Vec<Value> = kept
                .filter_map(|step| match &step.change {
                    Change::Edit { back, forth } => Some(json!([back, forth])),
                    Change::Whole { .. } => None,
                })
                .collect();
            kept.reverse();
            kept
        };
        json!([edits(&self.done), edits(&self.undone)])
    }

    /// What [`Self::to_value`] wrote; nothing, of what cannot be read.
    pub fn from_value(value: &Value) -> Self {
        let steps = |value: Option<&Value>| -> Vec<Step> {
            let pairs: Option<Vec<(Edit, Edit)>> = value.and_then(|value| serde_json::from_value(value.clone()).ok());
            let step = |(back, forth)| Step { change: Change::Edit { back, forth }, thread: None, at_ms: 0.0 };
            pairs.unwrap_or_default().into_iter().map(step).collect()
        };
        Self { done: steps(value.get(0)), undone: steps(value.get(1)) }
    }
}

/// Edits with the same thread follow each other as one movement of a hand.
fn thread(edit: &Edit) -> Option<String> {
    match edit {
        Edit::Set { node, param, .. } => Some(format!("{node}.{param}")),
        Edit::Users { .. } => Some("users".to_owned()),
        Edit::Place { node, .. } => Some(format!("@{node}")),
        Edit::SetLink { link } => Some(format!("{}>{}", link.from, link.to)),
        Edit::Many { edits } if edits.iter().all(|edit| matches!(edit, Edit::Place { .. })) => {
            Some(edits.iter().filter_map(thread).collect())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(users: u32) -> Edit {
        Edit::Set { node: "users".to_owned(), param: "users".to_owned(), value: users.into() }
    }

    fn step(past: &mut Past, document: &mut Document, edit: Edit, at_ms: f64) {
        let after = document.edited(&edit).unwrap();
        past.note(document, &after, edit, at_ms);
        *document = after;
    }

    fn undo(past: &mut Past, document: &mut Document) {
        let Some(Change::Edit { back, .. }) = past.undo() else { panic!("there is something to undo") };
        *document = document.edited(&back).unwrap();
    }

    #[test]
    fn everything_is_undone_in_turn_and_done_again() {
        let first = crate::scenarios::ALL[3].document();
        let (mut past, mut document) = (Past::default(), first.clone());
        step(&mut past, &mut document, Edit::RemoveNode { node: "db-1".to_owned() }, 0.0);
        step(&mut past, &mut document, set(7), 10.0);
        let last = document.clone();
        undo(&mut past, &mut document);
        undo(&mut past, &mut document);
        assert_eq!(document, first);
        assert!(!past.can_undo());
        while let Some(Change::Edit { forth, .. }) = past.redo() {
            document = document.edited(&forth).unwrap();
        }
        assert_eq!(document, last);
    }

    #[test]
    fn a_slider_that_is_moved_is_one_step_and_what_changes_nothing_is_none() {
        let first = crate::scenarios::ALL[0].document();
        let (mut past, mut document) = (Past::default(), first.clone());
        for (i, users) in [20, 30, 40].into_iter().enumerate() {
            step(&mut past, &mut document, set(users), i as f64 * 100.0);
        }
        step(&mut past, &mut document, set(40), 250.0);
        undo(&mut past, &mut document);
        assert_eq!(document, first);
        assert!(!past.can_undo());
    }

    #[test]
    fn steps_survive_a_reload() {
        let first = crate::scenarios::ALL[3].document();
        let (mut past, mut document) = (Past::default(), first.clone());
        step(&mut past, &mut document, Edit::RemoveNode { node: "web-1".to_owned() }, 0.0);
        let mut kept = Past::from_value(&past.to_value(50));
        undo(&mut kept, &mut document);
        assert_eq!(document, first);
        assert!(!Past::from_value(&json!("nonsense")).can_undo());
    }
}
