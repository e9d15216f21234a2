//! News: what changed between two figures, in sentences for the live region and the status line.

use std::rc::Rc;

use scalescope::model::{Command, Document, Edit};
use scalescope::observe::{Figures, Role};

use crate::format;

/// Simulated time during which the same kind of news about errors is not told again.
const QUIET_MS: f64 = 2_500.0;

/// The latest sentence, and what was last told about errors.
#[derive(Clone, Debug, Default)]
pub struct News {
    pub latest: Rc<str>,
    /// Whether there were errors when they were last told of.
    had_errors: bool,
    told_ms: f64,
}

impl News {
    pub fn tell(&mut self, sentence: &str) {
        self.latest = sentence.into();
    }

    /// A new run: nothing has happened yet.
    pub fn reset(&mut self) {
        (self.had_errors, self.told_ms) = (false, 0.0);
    }

    /// A command was carried out. Crashes and restarts tell of themselves by the figures.
    pub fn done(&mut self, command: &Command, document: &Document, now_ns: u64) {
        if let Command::Edit(Edit::Many { edits }) = command {
            return self.several(edits, document, now_ns);
        }
        self.tell(&format!("{} ({})", sentence(command, document), format::clock(now_ns as f64 / 1e9)));
    }

    /// Of several edits at once, the one that tells most is told: what comes or goes, not where it stands.
    fn several(&mut self, edits: &[Edit], document: &Document, now_ns: u64) {
        let weight = |edit: &Edit| match edit {
            Edit::AddNode { .. } | Edit::RemoveNode { .. } => 3,
            Edit::AddLink { .. } | Edit::RemoveLink { .. } => 2,
            edit => u8::from(!edit.is_only_drawn()),
        };
        let heaviest = edits.iter().map(weight).max().unwrap_or(0);
        if let Some(edit) = edits.iter().find(|edit| weight(edit) == heaviest) {
            self.done(&Command::Edit(edit.clone()), document, now_ns);
        }
    }

    /// What the step from one figure to the next has to tell.
    pub fn compare(&mut self, before: &Figures, now: &Figures, document: &Document, wall_ms: f64) {
        let label = |id: &str| document.node(id).map_or(id.to_owned(), |node| node.label().to_owned());
        let at = format::clock(now.now_s);
        for node in &now.nodes {
            let Some(was) = before.nodes.iter().find(|was| was.id == node.id) else { continue };
            if was.role == Some(Role::Replica) && node.role == Some(Role::Primary) {
                self.tell(&format!("{} is the primary from {at} on", label(&node.id)));
            } else if was.is_in_rotation && !node.is_in_rotation {
                self.tell(&format!("{} was taken out of rotation at {at}", label(&node.id)));
            } else if !was.is_in_rotation && node.is_in_rotation && node.is_up {
                self.tell(&format!("{} is back in rotation at {at}", label(&node.id)));
            }
        }
        let lost = now.totals.lost_writes.saturating_sub(before.totals.lost_writes);
        if lost > 0 {
            self.tell(&format!("{} acknowledged writes are lost", format::count(lost)));
        }
        let has_errors = now.errors_per_s > 0.0;
        if has_errors != self.had_errors && wall_ms - self.told_ms > QUIET_MS {
            (self.had_errors, self.told_ms) = (has_errors, wall_ms);
            match now.errors.first() {
                Some((reason, _)) if has_errors => self.tell(&format!("Errors rise: {} ({at})", reason.label())),
                _ => self.tell(&format!("No more errors ({at})")),
            }
        }
    }
}

/// What a command does, in a sentence without its time.
pub fn sentence(command: &Command, document: &Document) -> String {
    let label = |id: &str| document.node(id).map_or(id.to_owned(), |node| node.label().to_owned());
    match command {
        Command::Fault(fault) => fault.sentence(label),
        Command::Edit(Edit::AddNode { node, .. }) => format!("{} added", node.label()),
        Command::Edit(Edit::RemoveNode { node }) => format!("{} removed", label(node)),
        Command::Edit(Edit::Set { node, param, value }) if param == "users" => {
            format!("{}: {}", label(node), format::users(value.as_u64().unwrap_or_default() as u32))
        }
        Command::Edit(Edit::Set { node, param, value }) => {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            format!("{}: {} is {value}", label(node), format::name(param).to_lowercase())
        }
        Command::Edit(Edit::Users { total }) => format::users(*total),
        Command::Edit(Edit::SetLink { link }) => {
            format!("Link from {} to {} changed", label(&link.from), label(&link.to))
        }
        Command::Edit(Edit::Region { node, region: Some(region) }) => format!("{} is in {region}", label(node)),
        Command::Edit(Edit::Region { node, region: None }) => format!("{} is in no region", label(node)),
        Command::Edit(Edit::SetSchedule { .. }) => "Timeline changed".to_owned(),
        Command::Edit(Edit::AddLink { link }) => format!("{} calls {}", label(&link.from), label(&link.to)),
        Command::Edit(Edit::RemoveLink { from, to }) => {
            format!("{} does not call {} any more", label(from), label(to))
        }
        Command::Edit(Edit::Label { node, label }) => {
            format!("{node} is called {}", label.as_deref().unwrap_or(node))
        }
        Command::Edit(edit) if edit.is_only_drawn() => "Drawing changed".to_owned(),
        Command::Edit(_) => "Design changed".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scalescope::observe::Reason;

    #[test]
    fn errors_are_told_once_when_they_rise_and_once_when_they_end() {
        let document = crate::scenarios::ALL[0].document();
        let calm = Figures::default();
        let bad = Figures { errors_per_s: 3.0, errors: vec![(Reason::Timeout, 3)], ..calm.clone() };
        let mut news = News::default();
        news.compare(&calm, &bad, &document, 5_000.0);
        assert!(news.latest.starts_with("Errors rise: timeout"), "{}", news.latest);
        news.tell("x");
        news.compare(&bad, &bad, &document, 9_000.0);
        assert_eq!(&*news.latest, "x");
        news.compare(&bad, &calm, &document, 12_000.0);
        assert!(news.latest.starts_with("No more errors"), "{}", news.latest);
    }
}
