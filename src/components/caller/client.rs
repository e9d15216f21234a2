//! What all nodes do alike that ask others by a [`Caller`].

use super::{Caller, Next};
use crate::base::slab::Key;
use crate::kernel::{Ask, Call, Context, Outcome, Tag};
use crate::observe::Reason;

/// A node that asks by a [`Caller`]. Whom it asks, and what becomes of an answer, is its own to say; when it asks again is not.
pub trait Client {
    fn caller(&mut self) -> &mut Caller;

    /// Sends one attempt for `parent`, if there is anybody to ask.
    fn attempt(&mut self, ctx: &mut Context, parent: Key, ask: Ask);

    /// What was asked for `parent` has ended.
    fn ended(&mut self, ctx: &mut Context, parent: Key, ask: Ask, outcome: Outcome);

    /// Drops an attempt for `parent` that waits to be sent, such as a hedge without a connection: it belongs to a round that is over.
    fn drop_unsent(&mut self, _parent: Key) {}

    /// Asks for `parent`, as often as the policy wants copies.
    fn ask(&mut self, ctx: &mut Context, parent: Key, ask: Ask) {
        if !self.caller().permits(ctx) {
            self.ended(ctx, parent, ask, Outcome::failed(Reason::CircuitOpen));
            return;
        }
        self.attempt(ctx, parent, ask);
        for _ in 1..self.caller().copies() {
            // Without anybody to ask, it has ended with the first.
            if self.caller().is_trying(parent) {
                self.attempt(ctx, parent, ask);
            }
        }
    }

    /// An attempt for `parent` has ended as `reply` says.
    fn replied(&mut self, ctx: &mut Context, parent: Key, reply: &Call) {
        let next = self.caller().replied(ctx, parent, reply);
        proceed(self, ctx, parent, next);
    }

    /// The pause before the next attempt for `parent` is over.
    fn resumed(&mut self, ctx: &mut Context, parent: Key) {
        if let Some(ask) = self.caller().resumed(parent) {
            self.attempt(ctx, parent, ask);
        }
    }

    /// Attempts have run out of time ([`Tag::Attempt`]), or are to be hedged ([`Tag::Hedge`]).
    fn attempts_due(&mut self, ctx: &mut Context, tag: Tag) {
        match tag {
            Tag::Attempt => {
                while let Some((parent, next)) = self.caller().timed_out(ctx) {
                    proceed(self, ctx, parent, next);
                }
            }
            Tag::Hedge => {
                while let Some((parent, ask)) = self.caller().hedge_due(ctx) {
                    self.attempt(ctx, parent, ask);
                }
            }
            _ => {}
        }
    }
}

/// Does for `parent` what is next.
fn proceed<C: Client + ?Sized>(client: &mut C, ctx: &mut Context, parent: Key, next: Next) {
    match next {
        Next::Done(ask, outcome) => client.ended(ctx, parent, ask, outcome),
        Next::Again(ask) => {
            client.drop_unsent(parent);
            client.attempt(ctx, parent, ask);
        }
        Next::Pending if client.caller().is_pausing(parent) => client.drop_unsent(parent),
        Next::Pending => {}
    }
}
