//! What is to happen later: that it makes sense by itself, and on the design as it will be by then.

use crate::base::Problems;
use crate::base::order::sort_by_key;
use crate::model::command::{Aim, Command};
use crate::model::document::Document;
use crate::model::edit::Edit;

/// Most commands that a document may schedule.
const MOST_SCHEDULED: usize = 1_000;

impl Document {
    pub(super) fn check_schedule(&self, problems: &mut Problems) {
        if self.schedule.len() > MOST_SCHEDULED {
            problems.push("schedule", "too many commands", format!("at most {MOST_SCHEDULED}"));
        }
        for (i, scheduled) in self.schedule.iter().enumerate() {
            let at = format!("schedule[{i}].command");
            match &scheduled.command {
                Command::Fault(fault) => {
                    let named: &[&str] = match fault.aim() {
                        Aim::Node(node) => &[node],
                        Aim::Link { from, to } => &[from, to],
                        Aim::Request | Aim::Region(_) => &[],
                    };
                    for node in named.iter().filter(|node| self.node(node).is_none() && !self.adds(node)) {
                        let valid = format!("nodes: {}", self.node_ids());
                        problems.push(&at, format!("there is no node `{node}`"), valid);
                    }
                    if let Err(problem) = fault.check_numbers() {
                        problems.push(format!("{at}.fault.{}", problem.at), problem.what, problem.remedy);
                    }
                }
                Command::Edit(Edit::SetSchedule { .. }) => {
                    problems.push(&at, "a schedule cannot change itself", "a fault, or an edit of nodes or links");
                }
                // Whether an edit fits depends on what the design is by then: the run reports it.
                Command::Edit(_) => {}
            }
        }
    }

    fn adds(&self, id: &str) -> bool {
        self.schedule
            .iter()
            .any(|scheduled| matches!(&scheduled.command, Command::Edit(Edit::AddNode { node, .. }) if node.id == id))
    }

    /// Tries the schedule on the design, in the order of its times.
    pub(super) fn rehearse(&self, problems: &mut Problems) {
        let mut order: Vec<usize> = (0..self.schedule.len()).collect();
        sort_by_key(&mut order, |i| self.schedule[*i].at);
        let mut design = Self { schedule: Vec::new(), ..self.clone() };
        for i in order {
            let at = format!("schedule[{i}].command");
            match &self.schedule[i].command {
                Command::Fault(fault) => {
                    if let Err(problem) = fault.check(&design) {
                        problems.push(at, problem.what, problem.remedy);
                    }
                }
                Command::Edit(edit) => match design.edited(edit) {
                    Ok(edited) => design = edited,
                    Err(Problems(found)) => {
                        for problem in found {
                            let what = if problem.at.is_empty() {
                                problem.what
                            } else {
                                format!("{}: {}", problem.at, problem.what)
                            };
                            problems.push(&at, what, problem.remedy);
                        }
                    }
                },
            }
        }
    }
}
