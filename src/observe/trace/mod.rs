//! Traces: what happened to single requests, hop by hop.
//!
//! While tracing is on, the kernel notes a step for each thing that happens to a call of a sampled request: it is sent, waits, is
//! served, is answered, comes back. Steps go into one ring, in the order in which they happen, and nothing is looked up for them;
//! only who asks for a trace pays for putting it together ([`Trace`]). Requests are sampled by their number, so that the
//! same run samples the same ones. A trace whose first steps have left the ring is gone. Nothing here is part of the
//! state: whether somebody traces does not change a run. The parts are those of distributed tracing (Sigelman et al.,
//! *Dapper*, 2010), with one more that real systems cannot see: the time in queues.

mod assemble;
mod json;

use std::collections::VecDeque;

use super::outcome::{Operation, Reason};
use crate::base::slab::Key;
use crate::base::{LinkIx, NodeIx, SimTime};

pub use assemble::{Doing, Part, Span, Trace};

/// Ended requests that are listed, and as many failed ones.
const LISTED: usize = 256;
/// Distance in time at which a dot and a hop are still the same, in nanoseconds: dots are kept in fewer bits.
const ALIKE_NS: u64 = 5_000;

/// Takes steps, if anybody wants traces.
#[derive(Clone, Debug, Default)]
pub struct Tracer {
    /// Every how-many-th request is traced; zero: none.
    stride: u32,
    /// Steps that are kept.
    capacity: usize,
    steps: VecDeque<Step>,
    recent: VecDeque<Ended>,
    failed: VecDeque<Ended>,
}

/// One thing that happened to a call.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub at: SimTime,
    pub call: Key,
    /// The request that it was made for.
    pub serial: u32,
    pub what: What,
}

/// What can happen to a call.
#[derive(Clone, Copy, Debug)]
pub enum What {
    /// A user has asked for something: the root of all calls of the request.
    Begun { node: NodeIx, operation: Operation, user: u32, key: u32 },
    /// Its packet, after so many tries, leaves for a node and gets there.
    Sent {
        parent: Key,
        from: NodeIx,
        to: NodeIx,
        link: LinkIx,
        verb: &'static str,
        made: SimTime,
        depart: SimTime,
        arrive: SimTime,
        tries: u8,
    },
    /// The node that has it does something else with it now.
    Does(Doing),
    /// The node that has it is done with it.
    Answered { failure: Option<Reason>, failed_at: NodeIx },
    /// The answer's packet, after so many tries, leaves and gets back.
    Returned { link: LinkIx, depart: SimTime, arrive: SimTime, tries: u8 },
    /// Every try was lost: the caller finds out by itself.
    Lost,
    /// The user has an answer, or has failed.
    Over { failure: Option<Reason> },
}

/// A request that has ended, for lists.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    pub serial: u32,
    pub operation: Operation,
    pub user: u32,
    pub key: u32,
    pub began_ns: u64,
    pub ended_ns: u64,
    pub failure: Option<Reason>,
    /// Where it failed; as an index here, the engine adds the node's id.
    pub failed_at: Option<u16>,
    /// Id of that node.
    pub place: String,
}

impl Tracer {
    /// Traces every `stride`-th request, none at zero, and keeps the last `capacity` steps.
    pub fn set(&mut self, stride: u32, capacity: usize) {
        *self = Self { stride, capacity, ..Self::default() };
    }

    pub const fn is_on(&self) -> bool {
        self.stride != 0
    }

    /// Whether the request numbered `serial` is one of those that are traced.
    #[inline]
    pub const fn takes(&self, serial: u32) -> bool {
        self.stride == 1 || self.stride != 0 && serial.is_multiple_of(self.stride)
    }

    pub fn note(&mut self, step: Step) {
        if self.steps.len() >= self.capacity {
            self.steps.pop_front();
        }
        self.steps.push_back(step);
    }

    /// A traced request has ended.
    pub fn end(&mut self, ended: Ended) {
        let list = if ended.failure.is_some() { &mut self.failed } else { &mut self.recent };
        if list.len() >= LISTED {
            list.pop_front();
        }
        list.push_back(ended);
    }

    /// Requests that have ended of late, answered and failed ones, the latest first.
    pub fn ended(&self) -> Vec<Ended> {
        let mut all: Vec<Ended> = Vec::with_capacity(self.recent.len() + self.failed.len());
        let (mut answered, mut failed) = (self.recent.iter().rev().peekable(), self.failed.iter().rev().peekable());
        loop {
            let is_answered_next = match (answered.peek(), failed.peek()) {
                (Some(one), Some(other)) => one.ended_ns >= other.ended_ns,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (None, None) => return all,
            };
            all.extend(if is_answered_next { answered.next() } else { failed.next() }.cloned());
        }
    }

    /// The steps of one request, in the order in which they happened.
    pub fn steps_of(&self, serial: u32) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(move |step| step.serial == serial)
    }

    /// Numbers of the requests whose beginning is still known, in the order in which they began.
    pub fn known(&self) -> impl Iterator<Item = u32> {
        self.steps.iter().filter(|step| matches!(step.what, What::Begun { .. })).map(|step| step.serial)
    }

    /// The request whose packet left over `link` at this time, as near as a dot can tell.
    pub fn find(&self, link: LinkIx, depart: SimTime, is_backward: bool) -> Option<u32> {
        let distance = |step: &Step| match step.what {
            What::Sent { link: own, depart: at, .. } if !is_backward && own == link => Some(away(at, depart)),
            What::Returned { link: own, depart: at, .. } if is_backward && own == link => Some(away(at, depart)),
            _ => None,
        };
        let near = self.steps.iter().filter_map(|step| Some((distance(step)?, step.serial)));
        near.filter(|(distance, _)| *distance <= ALIKE_NS)
            .min_by_key(|(distance, _)| *distance)
            .map(|(_, serial)| serial)
    }
}

fn away(one: SimTime, other: SimTime) -> u64 {
    one.as_nanos().abs_diff(other.as_nanos())
}
