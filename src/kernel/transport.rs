//! The transport: calls, replies and messages go over links, and go again when they are lost.
//!
//! A lost packet is sent again after a retransmission timeout that doubles each time (RFC 6298); after six tries the
//! connection is given up. Each try is an event of its own, so it meets the link as it is then: what was lost to a partition
//! comes through with the first try after its end. The sender's host retransmits even if its process has died since.

use super::call::{Call, Place, Verb};
use super::context::Kernel;
use super::event::Event;
use super::link::{Fate, TRIES};
use super::message::{Body, Message};
use crate::base::slab::Key;
use crate::base::{LinkIx, SimDuration, SimTime};
use crate::observe::trace::{Step, What};
use crate::observe::{Hop, HopKind, Operation, Reason};

/// Bytes of a call, a reply or a message beside its content: headers of HTTP, TCP and IP.
pub const HEADER_BYTES: u64 = 500;

impl Call {
    /// Size of the packet that is under way, in bytes. What is written goes with the request, what is read with the answer.
    #[inline]
    fn wire_bytes(&self) -> u64 {
        let has_body = match self.place {
            Place::Returning => self.failure.is_none(),
            Place::Outbound | Place::AtNode(_) => {
                matches!(self.verb, Verb::Write | Verb::Put | Verb::Transact | Verb::Prepare)
            }
        };
        HEADER_BYTES + if has_body { u64::from(self.bytes) } else { 0 }
    }

    fn hop_kind(&self) -> HopKind {
        match (self.place, self.failure) {
            (Place::Outbound | Place::AtNode(_), _) => HopKind::Request,
            (Place::Returning, None) => HopKind::Answer,
            (Place::Returning, Some(_)) => HopKind::Failure,
        }
    }
}

impl Kernel {
    /// Sends the packet of a call that is on its link, outbound or returning, after `tries` tries in vain.
    pub fn launch(&mut self, key: Key, tries: u8) {
        let call = self.calls.get(key).expect("a call lives until its reply");
        let (event, intake) = match call.place {
            Place::Returning => (Event::Reply(key), SimDuration::ZERO),
            _ => (Event::Arrive(key), self.topology.intake(call.to).unwrap_or_default()),
        };
        if call.from == call.to {
            // What a node asks of itself takes no link.
            self.queue.push(self.now + intake, event);
            return;
        }
        let (is_backward, bytes) = (self.is_backward(call), call.wire_bytes());
        let &Call { link, serial, .. } = call;
        if tries >= TRIES {
            // The caller itself finds out: no message comes back.
            let call = self.calls.get_mut(key).expect("it was just there");
            call.place = Place::Returning;
            call.failure = Some(Reason::NetworkLoss);
            let serial = call.serial;
            self.trace(key, serial, || What::Lost);
            self.queue.push(self.now, Event::Reply(key));
            return;
        }
        if let Some([depart, arrive]) = self.carry(link, is_backward, bytes) {
            if self.recorder.draws(serial) || self.recorder.traces(serial) {
                self.show(key, is_backward, [depart, arrive], tries);
            }
            self.queue.push(arrive + intake, event);
        } else {
            let again = self.again_at(link, is_backward, tries);
            self.queue.push(again, Event::Resend { call: key, tries: tries + 1 });
        }
    }

    /// A packet is on its way whose request is drawn, or traced, or both.
    #[cold]
    fn show(&mut self, key: Key, is_backward: bool, [depart, arrive]: [SimTime; 2], tries: u8) {
        let call = *self.calls.get(key).expect("it has just been sent");
        if self.recorder.draws(call.serial) {
            let (link, kind, operation) = (call.link.0, call.hop_kind(), call.operation);
            self.recorder.hop(Hop { link, kind, operation, is_backward, depart, arrive });
        }
        self.trace(key, call.serial, || {
            let Call { parent, from, to, link, verb, made, .. } = call;
            if call.place == Place::Returning {
                What::Returned { link, depart, arrive, tries }
            } else {
                What::Sent { parent, from, to, link, verb: verb.name(), made, depart, arrive, tries }
            }
        });
    }

    /// Notes what happens to a call now, if its request is traced.
    #[inline]
    pub fn trace(&mut self, call: Key, serial: u32, what: impl FnOnce() -> What) {
        self.trace_at(self.now, call, serial, what);
    }

    /// The same of what has begun at `at`, and is known only now.
    #[inline]
    pub fn trace_at(&mut self, at: SimTime, call: Key, serial: u32, what: impl FnOnce() -> What) {
        if self.recorder.traces(serial) {
            self.note_step(Step { at, call, serial, what: what() });
        }
    }

    /// Stands apart, so that what happens to calls of which no trace is kept is short.
    #[cold]
    fn note_step(&mut self, step: Step) {
        self.recorder.tracer.note(step);
    }

    /// The packet of a call has been lost although it was on its way: the sender waits for its timeout and sends it again.
    pub fn launch_again(&mut self, key: Key) {
        let call = self.calls.get(key).expect("a call lives until its reply");
        let again = self.again_at(call.link, self.is_backward(call), 0);
        self.queue.push(again, Event::Resend { call: key, tries: 1 });
    }

    /// Sends a message, after `tries` tries in vain; if all are, it never arrives.
    pub fn launch_message(&mut self, key: Key, tries: u8) {
        if tries >= TRIES {
            self.messages.remove(key);
            return;
        }
        let Message { from, link, ref body, .. } = *self.messages.get(key).expect("a message is delivered once");
        let kind = match body {
            Body::Probe { .. } | Body::ProbeReply { .. } | Body::Advert { .. } => HopKind::Check,
            _ => HopKind::Replication,
        };
        let bytes = HEADER_BYTES + body.content_bytes();
        let is_backward = self.topology.links[link.index()].from != from;
        if let Some([depart, arrive]) = self.carry(link, is_backward, bytes) {
            if self.recorder.draws_side() {
                let operation = Operation::Write;
                self.recorder.hop(Hop { link: link.0, kind, operation, is_backward, depart, arrive });
            }
            self.queue.push(arrive, Event::Deliver(key));
        } else {
            let again = self.again_at(link, is_backward, tries);
            self.queue.push(again, Event::ResendMessage { message: key, tries: tries + 1 });
        }
    }

    /// Sends the word that a call has been given up. It is a reset of the connection: if it is lost, nobody repeats it.
    pub fn launch_cancel(&mut self, key: Key) {
        let Some(call) = self.calls.get(key).copied() else { return };
        if call.from == call.to {
            self.queue.push(self.now, Event::Cancel(key));
            return;
        }
        // The word goes the way that the call went, even if its reply is on its way back by now.
        let is_backward = self.is_backward(&Call { place: Place::Outbound, ..call });
        if let Some([_, arrive]) = self.carry(call.link, is_backward, HEADER_BYTES) {
            self.queue.push(arrive, Event::Cancel(key));
        }
    }

    /// Whether the packet of `call` goes against the direction in which its link is drawn: replies do, and calls of a peer to
    /// which the link was drawn.
    #[inline]
    fn is_backward(&self, call: &Call) -> bool {
        let is_against = self.topology.links[call.link.index()].from != call.from;
        (call.place == Place::Returning) != is_against
    }

    /// Sends a packet over a link; when it departs and arrives, if it is not lost.
    #[inline]
    fn carry(&mut self, link: LinkIx, is_backward: bool, bytes: u64) -> Option<[SimTime; 2]> {
        let Some(delay) = self.topology.links[link.index()].swift_delay(is_backward) else {
            return self.carry_slowly(link, is_backward, bytes);
        };
        self.recorder.link(link).sent(self.now, is_backward, bytes, SimDuration::ZERO, false);
        Some([self.now, self.now + delay])
    }

    /// The same over a link on which there is more than a delay.
    #[inline(never)]
    fn carry_slowly(&mut self, link: LinkIx, is_backward: bool, bytes: u64) -> Option<[SimTime; 2]> {
        let fate = self.topology.links[link.index()].carry(self.now, is_backward, bytes);
        let (way, occupied) = match fate {
            Fate::Arrives { depart, arrive, occupied } => (Some([depart, arrive]), occupied),
            Fate::Lost { occupied } => (None, occupied),
        };
        self.recorder.link(link).sent(self.now, is_backward, bytes, occupied, way.is_none());
        way
    }

    fn again_at(&self, link: LinkIx, is_backward: bool, tries: u8) -> SimTime {
        self.now + self.topology.links[link.index()].timeout(is_backward, tries)
    }
}
