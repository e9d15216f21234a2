//! What a server asks of others: whom, over which attempt, and what becomes of the answer.

use super::WebServer;
use super::fan_out::FanOut;
use crate::base::slab::Key;
use crate::components::caller::{Caller, Client};
use crate::kernel::{Ask, Context, Outcome, Verb};
use crate::model::kinds::OnGiveUp;
use crate::observe::Reason;

impl WebServer {
    /// Sends an attempt for `call` to whoever is responsible, if there is anybody; the call that was made.
    pub(super) fn send(&mut self, ctx: &mut Context, call: Key, ask: Ask) -> Option<Key> {
        let is_of_service = FanOut::is_joining(ctx, call);
        let is_of_store = !is_of_service && !matches!(ask.verb, Verb::Static | Verb::Get | Verb::Put | Verb::Delete);
        let target = if is_of_service {
            self.services.next()
        } else {
            match ask.verb {
                Verb::Static => {
                    self.object_turn = self.object_turn.wrapping_add(1);
                    let at = self.object_turn as usize % self.objects.len().max(1);
                    self.objects.get(at).copied()
                }
                Verb::Write if self.is_writing_through(call) => self.cache_for(ctx, call, ask),
                Verb::Get | Verb::Put | Verb::Delete => self.cache_for(ctx, call, ask),
                verb if verb.is_write() => self.route.writer(ctx),
                _ => self.route.reader(ctx, call),
            }
        };
        let Some(target) = target else {
            if !self.caller.is_trying(call) {
                // What was tried before must not answer for what comes next.
                self.caller.forget(ctx, call, self.caller.way());
                let reason = if is_of_store { Reason::NoPrimary } else { Reason::NoRoute };
                self.ended(ctx, call, ask, Outcome::failed(reason));
            }
            return None;
        };
        let version = if is_of_store && !ask.verb.is_write() { self.route.required(ctx, call) } else { ask.version };
        let ask = Ask { version, ..ask };
        self.caller.send(ctx, call, target, ask);
        Some(ctx.get(call).child)
    }
}

impl Client for WebServer {
    fn caller(&mut self) -> &mut Caller {
        &mut self.caller
    }

    /// At once, or when there is a connection for it.
    fn attempt(&mut self, ctx: &mut Context, call: Key, ask: Ask) {
        self.send_connected(ctx, call, ask);
    }

    fn drop_unsent(&mut self, call: Key) {
        self.pools.forget(call);
    }

    fn ended(&mut self, ctx: &mut Context, call: Key, ask: Ask, outcome: Outcome) {
        self.pools.forget(call);
        if FanOut::is_joining(ctx, call) {
            self.services.forget(ctx, call, OnGiveUp::Ignore);
            self.after_services(ctx, call, outcome);
            return;
        }
        match ask.verb {
            Verb::Get => self.after_get(ctx, call, outcome),
            Verb::Read => self.after_read(ctx, call, outcome),
            Verb::Write => self.after_write(ctx, call, outcome),
            Verb::Put | Verb::Delete => self.after_notice(ctx, call, ask),
            Verb::Transact => self.after_transaction(ctx, call, outcome),
            Verb::Static | Verb::Query | Verb::Range | Verb::Aggregate | Verb::Traverse | Verb::Fetch => {
                self.done(ctx, call, outcome);
            }
            _ => unreachable!("a web server does not ask for these"),
        }
    }
}
