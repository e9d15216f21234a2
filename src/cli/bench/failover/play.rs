//! Plays a trial and looks whether every promise is kept.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use scalescope::base::{SimDuration, SimTime};
use scalescope::engine::Engine;
use scalescope::model::{Command, Document, Edit, Fault, NodeKind, Scheduled, Way};
use serde_json::{Value, json};

use super::Trial;
use super::faults::HEALING;

/// How often it is looked during the faults, and afterwards.
const LOOK: SimDuration = SimDuration::from_millis(100);
const LOOK_AFTER: SimDuration = SimDuration::from_secs(2);
/// Time to come to rest: every retransmission, time-out, copy and backlog has its end in it.
const REST: SimDuration = SimDuration::from_secs(90);

/// A broken promise, and the run that shows it.
pub struct Failure {
    pub violation: String,
    pub document: Document,
}

/// Plays `trial`; none if every promise is kept.
pub fn play(trial: &Trial) -> Option<Failure> {
    let mut document = trial.scheduled();
    let mut healing = Vec::new();
    // A panic is a broken promise as well, and its seed is worth as much.
    let run = catch_unwind(AssertUnwindSafe(|| run(&document, &mut healing)));
    let violation = run.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Some(format!("it panicked: {}", text.unwrap_or_default()))
    })?;
    let at = SimDuration::from_nanos(HEALING.as_nanos());
    document.schedule.extend(healing.into_iter().map(|command| Scheduled { at, command }));
    Some(Failure { violation, document })
}

fn run(document: &Document, healing: &mut Vec<Command>) -> Option<String> {
    let mut engine = match Engine::new(document.clone()) {
        Ok(engine) => engine,
        Err(problems) => return Some(format!("the document is refused: {problems}")),
    };
    let mut positions = Positions { schedule: document.schedule.clone(), ..Positions::default() };
    while engine.now() < HEALING {
        engine.run_until((engine.now() + LOOK).min(HEALING));
        if let Some(violation) = look(&mut engine, &mut positions) {
            return Some(violation);
        }
    }
    heal(&mut engine, healing);
    let end = HEALING + REST;
    while engine.now() < end {
        engine.run_until((engine.now() + LOOK_AFTER).min(end));
        if let Some(violation) = look(&mut engine, &mut positions) {
            return Some(violation);
        }
    }
    let at_rest = engine.divergences().into_iter().next();
    let figures = engine.figures();
    let in_flight = figures.totals.in_flight;
    // A shard whose data nobody has any more can neither give nor delete anything.
    let can_tidy = figures.clusters.iter().all(|cluster| cluster.primary.is_some());
    let routers = figures.nodes.iter().filter_map(|node| node.sharding.as_ref()).filter(|_| can_tidy);
    let left: u64 = routers.map(|own| own.left_behind + u64::from(own.is_moving)).sum();
    let busy = (in_flight > 1).then(|| format!("at rest {in_flight} requests are under way"));
    let untidy =
        (left > 0).then(|| format!("at rest {left} records are to be moved, or to be deleted where they were"));
    at_rest.or(busy).or(untidy)
}

/// What is wrong at this moment.
fn look(engine: &mut Engine, positions: &mut Positions) -> Option<String> {
    let at = engine.now().as_secs_f64();
    let violation = engine.violations().into_iter().next().or_else(|| positions.look(engine));
    violation.map(|violation| format!("{violation} (at {at:.1} s)"))
}

/// How far each database has applied the log, of how many lives it had.
#[derive(Default)]
struct Positions {
    known: BTreeMap<String, (u32, u64, u64)>,
    schedule: Vec<Scheduled>,
    /// When it was looked last.
    last: SimTime,
}

impl Positions {
    /// Which has gone back without having been rebuilt.
    fn look(&mut self, engine: &mut Engine) -> Option<String> {
        let nodes = engine.figures().nodes;
        // One that was taken away, and perhaps added anew, is another.
        let last = std::mem::replace(&mut self.last, engine.now());
        let is_since = |scheduled: &&Scheduled| SimTime::ZERO + scheduled.at >= last;
        let is_removal_of =
            |command: &Command, id: &str| matches!(command, Command::Edit(Edit::RemoveNode { node }) if node == id);
        let schedule = &self.schedule;
        self.known.retain(|id, _| {
            let mut recent = schedule.iter().filter(is_since);
            nodes.iter().any(|node| node.id == *id) && !recent.any(|scheduled| is_removal_of(&scheduled.command, id))
        });
        for node in nodes {
            let Some(replication) = node.replication else { continue };
            let now = (replication.life, replication.rebuilds, replication.applied);
            if let Some(before) = self.known.insert(node.id.clone(), now)
                && (before.0, before.1) == (now.0, now.1)
                && before.2 > now.2
            {
                return Some(format!("{} had applied {} and has {} now, without a rebuild", node.id, before.2, now.2));
            }
        }
        None
    }
}

/// Mends everything, and lets nobody write any more.
fn heal(engine: &mut Engine, healing: &mut Vec<Command>) {
    let document = engine.document().clone();
    let mut commands = Vec::new();
    for node in &document.nodes {
        if matches!(node.kind, NodeKind::Users(_)) {
            let set = |param: &str, value: Value| Edit::Set { node: node.id.clone(), param: param.to_owned(), value };
            // Somebody must want something.
            commands.push(Command::Edit(set("read_weight", json!(1))));
            for writing in ["write_weight", "transaction_weight"] {
                commands.push(Command::Edit(set(writing, json!(0))));
            }
            commands.push(Command::Edit(set("rate_per_user_per_s", json!(1e-6))));
        } else {
            commands.push(Command::Fault(Fault::Heal { node: node.id.clone() }));
            commands.push(Command::Fault(Fault::Restart { node: node.id.clone() }));
        }
    }
    for link in &document.links {
        let (from, to) = (link.from.clone(), link.to.clone());
        commands.push(Command::Fault(Fault::HealLink { from, to, way: Way::Both }));
    }
    for command in commands {
        if engine.command(command.clone()).is_ok() {
            healing.push(command);
        }
    }
}
