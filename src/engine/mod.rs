//! The engine: document in, figures out. It alone changes the world, and every change from outside is in its journal.
//!
//! Seed, document and journal *are* the run: [`Engine::replay`] gives the same state hash on every platform.

pub mod chooser;
mod clusters;
mod faults;
mod figures;
mod invariants;
mod redesign;
mod watch;
mod world;

use std::sync::Arc;

use crate::base::histogram::Histogram;
use crate::base::json::{json_object, serde_by_json};
use crate::base::order::sort_by_key;
use crate::base::{LinkIx, NodeIx, SimDuration, SimTime};
use crate::components::Component;
use crate::model::{Command, Document, Edit, Fault, Problem, Problems, Scheduled, Trace};
use crate::observe::{Figures, Hop, KeyFigures, LinkEnds, trace};
use world::World;

/// Most nodes that a run may ever have had, removed ones included.
const MOST_NODES: usize = 10_000;
/// Most links that a run may ever have had.
const MOST_LINKS: usize = 60_000;
/// Writes that a report lists, of each sort; their number it tells in any case.
const LISTED: usize = 1_000;
/// Those that figures list that are told many times a second.
const LISTED_LIVE: usize = 100;

/// A running simulation.
#[derive(Clone, Debug)]
pub struct Engine {
    document: Document,
    world: World,
    journal: Vec<Entry>,
    /// The document's schedule in the order of its times, and how much of it is done.
    schedule: Vec<Scheduled>,
    done: usize,
    /// Scheduled commands that could not be carried out.
    complaints: Vec<Problem>,
}

/// A command from outside, and when it was carried out.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub at_ns: u64,
    pub command: Command,
}

/// A database's copy of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Id of the database.
    pub node: String,
    /// Number of the write among all committed writes of the run; 0 if the record was never written.
    pub version: u64,
    pub value: u32,
}

json_object!(Entry = Self { at_ns: 0, command: Command::blank() }, { at_ns, command });
serde_by_json!(Entry);

impl Engine {
    /// Builds the world of `document`, at time zero.
    pub fn new(document: Document) -> Result<Self, Problems> {
        document.check()?;
        let mut schedule = document.schedule.clone();
        sort_by_key(&mut schedule, |scheduled| scheduled.at);
        let world = World::new(&document);
        Ok(Self { document, world, journal: Vec::new(), schedule, done: 0, complaints: Vec::new() })
    }

    /// Runs `document` with the interventions of `journal` up to `until`.
    pub fn replay(document: Document, journal: &[Entry], until: SimTime) -> Result<Self, Problems> {
        let mut engine = Self::new(document)?;
        for entry in journal {
            engine.run_until(SimTime::from_nanos(entry.at_ns));
            engine.command(entry.command.clone())?;
        }
        engine.run_until(until);
        Ok(engine)
    }

    /// Lets every population of users replay `trace` as reads, instead of choosing for themselves.
    pub fn replay_trace(&mut self, trace: &Arc<Trace>) {
        for node in &mut self.world.nodes {
            if let Component::Users(users) = node {
                users.replay(trace.clone());
            }
        }
    }

    /// Records of a trace that are still to be requested; `None` without a trace.
    pub fn trace_remaining(&self) -> Option<usize> {
        let users = self.world.nodes.iter().filter_map(|node| match node {
            Component::Users(users) => users.remaining(),
            _ => None,
        });
        users.max()
    }

    /// The document as it is now, after all edits.
    pub fn document(&self) -> &Document {
        &self.document
    }

    pub fn now(&self) -> SimTime {
        self.world.kernel.now
    }

    /// Events so far.
    pub fn events(&self) -> u64 {
        self.world.kernel.recorder.events
    }

    /// Commands from outside so far; scheduled ones are in the document.
    pub fn journal(&self) -> &[Entry] {
        &self.journal
    }

    /// Scheduled commands that did not fit the design when their time came.
    pub fn complaints(&self) -> &[Problem] {
        &self.complaints
    }

    /// What is wrong with the world, in words: always empty, unless the program has a bug.
    pub fn violations(&self) -> Vec<String> {
        invariants::violations(&self.world)
    }

    /// Copies that should be equal once a healed system that nobody writes to has come to rest, and are not, in words.
    pub fn divergences(&self) -> Vec<String> {
        invariants::divergences(&self.world)
    }

    /// Of leaderless stores: copies of keys that are older than another copy of the same key. None, once a healed store that
    /// nobody writes to has come to rest, if it repairs its copies.
    pub fn diverged_copies(&self) -> u64 {
        invariants::diverged_copies(&self.world)
    }

    /// What each database has of the record `key`: its version, and its content where users' writes count.
    pub fn holdings(&self, key: u32) -> Vec<Holding> {
        let nodes = self.world.nodes.iter().zip(&self.world.kernel.topology.nodes);
        let databases = nodes.filter_map(|(component, state)| match component {
            Component::Database(database) if !state.is_removed => Some((database, state)),
            _ => None,
        });
        databases
            .map(|(database, state)| {
                let (version, value) = (database.version(key).0, database.value(key));
                Holding { node: state.id.clone(), version, value }
            })
            .collect()
    }

    pub fn state_hash(&self) -> u64 {
        self.world.state_hash()
    }

    /// The links that exist now. An index stays with its link for the whole run.
    pub fn links(&self) -> Vec<LinkEnds> {
        let topology = &self.world.kernel.topology;
        let links = topology.links.iter().enumerate().filter(|(_, link)| !link.is_removed);
        let id = |node| topology.node(node).id.clone();
        links.map(|(index, link)| LinkEnds { index: index as u16, from: id(link.from), to: id(link.to) }).collect()
    }

    /// Simulates everything up to and including `until`.
    pub fn run_until(&mut self, until: SimTime) {
        while self.advance(until, u64::MAX) < until {}
    }

    /// Simulates up to and including `until`, or until `max_events` more events have happened; the time then reached.
    pub fn advance(&mut self, until: SimTime, max_events: u64) -> SimTime {
        let mut left = max_events;
        loop {
            let due = self.schedule.get(self.done).map(|scheduled| SimTime::ZERO + scheduled.at);
            let stop = due.map_or(until, |due| due.min(until));
            if !self.run_events(stop, &mut left) {
                return self.now();
            }
            if due != Some(stop) {
                return self.now();
            }
            // Everything of that instant has happened: now comes what was scheduled for it.
            let scheduled = self.schedule[self.done].clone();
            self.done += 1;
            if let Err(Problems(problems)) = self.carry_out(scheduled.command) {
                self.complaints.extend(problems);
            }
        }
    }

    /// Runs all events up to `until`; false if `left` ran out before.
    fn run_events(&mut self, until: SimTime, left: &mut u64) -> bool {
        while self.world.is_due(until) {
            if *left == 0 {
                return false;
            }
            *left -= 1;
            self.world.step();
        }
        self.world.kernel.now = self.world.kernel.now.max(until);
        true
    }

    /// Carries out `command` now, after everything else of this instant, and records it in the journal.
    pub fn command(&mut self, command: Command) -> Result<(), Problems> {
        let now = self.now();
        self.advance(now, u64::MAX);
        self.carry_out(command.clone())?;
        self.journal.push(Entry { at_ns: now.as_nanos(), command });
        Ok(())
    }

    fn carry_out(&mut self, command: Command) -> Result<(), Problems> {
        match command {
            Command::Fault(fault) => self.fault(&fault),
            Command::Edit(edit) => self.edit(&edit),
        }
    }

    fn fault(&mut self, fault: &Fault) -> Result<(), Problems> {
        fault.check(&self.document)?;
        Ok(self.world.inflict(fault)?)
    }

    fn edit(&mut self, edit: &Edit) -> Result<(), Problems> {
        let edited = self.document.edited(edit)?;
        let topology = &self.world.kernel.topology;
        let (nodes, links) = (topology.nodes.len() + edited.nodes.len(), topology.links.len() + edited.links.len());
        if nodes >= MOST_NODES || links >= MOST_LINKS {
            return Err(Problem::new("", "too many edits for one run", "start the run again").into());
        }
        let before = std::mem::replace(&mut self.document, edited);
        if edit.reschedules() {
            self.reschedule();
        }
        if !edit.is_only_drawn() {
            self.world.adopt(&before, &self.document);
        }
        Ok(())
    }

    /// Goes by the document's schedule, as it is now. What was due until now is past.
    fn reschedule(&mut self) {
        self.schedule.clone_from(&self.document.schedule);
        sort_by_key(&mut self.schedule, |scheduled| scheduled.at);
        let now = self.now();
        self.done = self.schedule.iter().filter(|scheduled| SimTime::ZERO + scheduled.at <= now).count();
    }

    /// From here on a report counts: the warm-up is over.
    pub fn mark(&mut self) {
        let now = self.now();
        self.world.kernel.recorder.mark(now);
    }

    /// How many hops may be kept for drawing between two calls of [`Self::take_hops`]; above it only every n-th request is
    /// drawn. Zero, the default, keeps none.
    pub fn set_hop_budget(&mut self, hops: usize) {
        self.world.kernel.recorder.set_hop_budget(hops);
    }

    /// Length of the sliding window of [`Self::figures`].
    pub fn set_window(&mut self, window: SimDuration) {
        self.world.kernel.recorder.set_window(window);
    }

    /// Moves the hops departed since the last call to the end of `hops`. Returns n where one dot stands for n requests.
    pub fn take_hops(&mut self, hops: &mut Vec<Hop>) -> u32 {
        self.world.kernel.recorder.take_hops(hops)
    }

    /// Traces every `stride`-th request from now on, none at zero, and keeps the last `steps` of all their steps; while dots are
    /// drawn, only requests that are drawn are traced. What was traced before is forgotten. Tracing changes nothing of the run.
    pub fn set_tracing(&mut self, stride: u32, steps: usize) {
        self.world.kernel.recorder.tracer.set(stride, steps);
    }

    /// Traced requests that have ended of late, the latest first; as many failed ones as answered ones are kept.
    pub fn ended(&self) -> Vec<trace::Ended> {
        let id = |node: u16| self.id_of(NodeIx(node));
        let all = self.world.kernel.recorder.tracer.ended().into_iter();
        all.map(|ended| trace::Ended { place: ended.failed_at.map_or_else(String::new, id), ..ended }).collect()
    }

    /// What has happened to the request of this number up to now; none if it was not traced, or too long ago.
    pub fn trace(&self, serial: u32) -> Option<trace::Trace> {
        let tracer = &self.world.kernel.recorder.tracer;
        tracer.trace(serial, self.now().as_nanos(), |node| self.id_of(node))
    }

    /// Numbers of the traced requests whose beginning is still known.
    pub fn traced(&self) -> Vec<u32> {
        self.world.kernel.recorder.tracer.known().collect()
    }

    /// The traced request whose packet left over a link at about this time: the one that a dot on the drawing stands for.
    pub fn find_traced(&self, link: u16, depart: SimTime, is_backward: bool) -> Option<u32> {
        self.world.kernel.recorder.tracer.find(LinkIx(link), depart, is_backward)
    }

    fn id_of(&self, node: NodeIx) -> String {
        self.world.kernel.topology.nodes.get(node.index()).map_or_else(String::new, |state| state.id.clone())
    }

    /// The numbers of the sliding window that ends now. Its lists of writes are shorter than those of [`Self::report`].
    pub fn figures(&mut self) -> Figures {
        let now = self.now();
        let (from, latencies) = self.world.kernel.recorder.slide(now);
        figures::assemble(&self.world, &self.document, &from, &latencies, LISTED_LIVE)
    }

    /// Which version of the record `key` every store has now.
    pub fn key_versions(&self, key: u32) -> KeyFigures {
        watch::versions(&self.world, key)
    }

    /// Latencies of all requests answered since [`Self::mark`].
    pub fn latency(&self) -> Histogram {
        let (_, latencies) = self.world.kernel.recorder.since_mark();
        let mut all = Histogram::default();
        for own in &latencies {
            all.merge(own);
        }
        all
    }

    /// The numbers since [`Self::mark`].
    pub fn report(&self) -> Figures {
        let (from, latencies) = self.world.kernel.recorder.since_mark();
        figures::assemble(&self.world, &self.document, from, &latencies, LISTED)
    }
}
