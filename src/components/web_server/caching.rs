//! How a web server uses its caches: look up first, tell them of what was read and written.
//!
//! Cache and database are two stores: what it tells a cache comes in an operation of its own, after the database's. What it
//! does when a cache fails: a read or a write goes to the gutter, if there is one, and else to the database.

use super::WebServer;
use super::errands::Item;
use crate::base::map::Map;
use crate::base::slab::Key;
use crate::components::caller::Client;
use crate::kernel::{Ask, Call, Context, Outcome, Target, Verb};
use crate::model::kinds::OnWrite;

/// Which cache the requests are at that are not with their key's first one.
#[derive(Clone, Debug, Default, Hash)]
pub struct Steps {
    steps: Map<Key, Step>,
}

/// Where a request is with the caches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Step {
    /// At the key's home: for a lookup the cache that is asked for it, else its owner.
    #[default]
    Home,
    /// Telling this copy.
    Copy(u32),
    /// With the node that stands in for a dead one.
    Gutter,
    /// Writing through the owner.
    Through,
}

impl Steps {
    fn at(&self, call: Key) -> Step {
        self.steps.get(&call).copied().unwrap_or_default()
    }

    fn set(&mut self, call: Key, step: Step) {
        self.steps.insert(call, step);
    }

    pub fn forget(&mut self, call: Key) {
        self.steps.remove(&call);
    }
}

impl WebServer {
    pub(super) fn is_writing_through(&self, call: Key) -> bool {
        self.steps.at(call) == Step::Through
    }

    /// The cache that is to be asked or told next for `call`.
    pub(super) fn cache_for(&self, ctx: &Context, call: Key, ask: Ask) -> Option<Target> {
        let node = match self.steps.at(call) {
            Step::Home if ask.verb == Verb::Get => self.caches.reader(ask.key, ctx.get(call).serial),
            Step::Home | Step::Through => self.caches.owner(ask.key),
            Step::Copy(number) => self.caches.copy(ask.key, number),
            Step::Gutter => self.caches.gutter(ask.key),
        };
        node.map(|node| node.target)
    }

    /// Whether a cache, or this server's way to it, has failed, and not something behind the cache.
    fn is_cache_failure(&self, outcome: &Outcome) -> bool {
        outcome.failure.is_some() && outcome.failed_at.is_none_or(|at| self.caches.has(at))
    }

    /// A lookup has ended.
    pub(super) fn after_get(&mut self, ctx: &mut Context, call: Key, outcome: Outcome) {
        let Item { key, bytes, .. } = self.item(ctx, call);
        if self.errands.is_about_session(call) {
            // There is no other place for it.
            self.done(ctx, call, outcome);
            return;
        }
        let has_failed = self.is_cache_failure(&outcome);
        if has_failed && self.steps.at(call) == Step::Home && self.caches.gutter(key).is_some() {
            self.steps.set(call, Step::Gutter);
            self.ask(ctx, call, Ask::of(Verb::Get, key, bytes));
        } else if has_failed && self.route.is_empty() {
            self.done(ctx, call, outcome);
        } else if has_failed || outcome.failure.is_none() && !outcome.is_found {
            // Without its cache a read still has the database.
            self.read_database(ctx, call);
        } else {
            // If it failed behind the cache, it has failed.
            self.done(ctx, call, outcome);
        }
    }

    /// The database has answered a read: a cache that does not fetch for itself is given the value first.
    pub(super) fn after_read(&mut self, ctx: &mut Context, call: Key, outcome: Outcome) {
        let Item { key, bytes, .. } = self.item(ctx, call);
        let is_kept = outcome.failure.is_none() && self.caches.owner(key).is_some_and(|cache| cache.is_aside);
        if !is_kept {
            self.done(ctx, call, outcome);
            return;
        }
        ctx.remember(call, &outcome);
        self.ask(ctx, call, Ask { version: outcome.version, ..Ask::of(Verb::Put, key, bytes) });
    }

    /// Writes to a cache that writes to the database.
    pub(super) fn write_through(&mut self, ctx: &mut Context, call: Key) {
        let Item { key, bytes, .. } = self.item(ctx, call);
        self.steps.set(call, Step::Through);
        self.ask(ctx, call, Ask::of(Verb::Write, key, bytes));
    }

    /// A write has ended. After one of the database the caches are told to forget the old value, in operations of their own;
    /// after one through a cache, only the other copies.
    pub(super) fn after_write(&mut self, ctx: &mut Context, call: Key, outcome: Outcome) {
        let Item { key, bytes, .. } = self.item(ctx, call);
        let is_through = self.is_writing_through(call);
        self.steps.forget(call);
        if outcome.failure.is_none() {
            self.route.wrote(ctx, call, outcome.version);
        }
        if is_through && self.is_cache_failure(&outcome) && !self.route.is_empty() {
            // Without its cache a write still has the database.
            self.ask(ctx, call, Ask::of(Verb::Write, key, bytes));
            return;
        }
        let cache = if is_through {
            self.caches.copy(key, 1)
        } else {
            self.caches.owner(key).filter(|cache| cache.on_write != OnWrite::Nothing)
        };
        if cache.is_none() || outcome.failure.is_some() {
            self.done(ctx, call, outcome);
            return;
        }
        if is_through {
            self.steps.set(call, Step::Copy(1));
        }
        ctx.remember(call, &outcome);
        self.ask(ctx, call, Ask::of(Verb::Delete, key, 0));
    }

    /// A cache has been told of a value, or could not be: so shall the others that have copies.
    pub(super) fn after_notice(&mut self, ctx: &mut Context, call: Key, ask: Ask) {
        let next = match self.steps.at(call) {
            Step::Home | Step::Through => 1,
            Step::Copy(number) => number + 1,
            Step::Gutter => u32::MAX,
        };
        if self.caches.copy(ask.key, next).is_some() {
            self.steps.set(call, Step::Copy(next));
            // What is told is what was remembered: the reply to the first brought nothing.
            let Call { bytes, version, .. } = *ctx.get(call);
            self.ask(ctx, call, Ask { version, ..Ask::of(ask.verb, ask.key, bytes) });
            return;
        }
        // Whether the caches took it does not matter to the user.
        let outcome = Outcome { failure: None, failed_at: None, ..Outcome::of(ctx.get(call)) };
        self.done(ctx, call, outcome);
    }
}
