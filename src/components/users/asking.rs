//! What a request asks of others: an edge or the site, at the address that its user knows.

use super::{Users, edges, own_of};
use crate::base::slab::Key;
use crate::components::caller::Next;
use crate::kernel::{Ask, Call, Context, Outcome, Target, Verb};
use crate::observe::Reason;

impl Users {
    /// Sends the request itself, as often as the policy wants copies.
    pub(super) fn request(&mut self, ctx: &mut Context, root: Key) {
        if !self.caller.permits(ctx) {
            self.end(ctx, root, Outcome::failed(Reason::CircuitOpen));
            return;
        }
        let ask = self.ask_for(ctx, root);
        self.attempt(ctx, root, ask);
        for _ in 1..self.caller.copies() {
            // Without anybody to ask, the request has ended with the first.
            if self.caller.is_trying(root) {
                self.attempt(ctx, root, ask);
            }
        }
    }

    /// Sends one attempt: for assets to the CDN if there is one, else to the site.
    pub(super) fn attempt(&mut self, ctx: &mut Context, root: Key, ask: Ask) {
        let Call { verb, user, .. } = *ctx.get(root);
        let choice = match verb {
            Verb::Static => self.edges.choose(user, |node| self.caller.has_asked(root, node)),
            _ => edges::Next::Site,
        };
        self.turn_to(ctx, root, choice, ask);
    }

    pub(super) fn turn_to(&mut self, ctx: &mut Context, root: Key, choice: edges::Next, ask: Ask) {
        match choice {
            edges::Next::Edge(edge) => self.caller.send(ctx, root, edge, ask),
            edges::Next::Site => self.visit(ctx, root, ask),
        }
    }

    /// Sends an attempt to the site, at an address that may not be one of its any more.
    fn visit(&mut self, ctx: &mut Context, root: Key, ask: Ask) {
        let user = ctx.get(root).user;
        let Some(site) = self.site_of(user) else {
            if !self.caller.is_trying(root) {
                self.caller.leave(ctx, root);
                self.end(ctx, root, Outcome::failed(Reason::NoRoute));
            }
            return;
        };
        if let Some(dns) = own_of(&self.dns, user) {
            let is_stale = !ctx.kernel.directory.publishes(dns.node, site.node);
            ctx.kernel.recorder.counts.stale_names += u64::from(is_stale);
        }
        self.caller.send(ctx, root, site, ask);
    }

    /// The site as `user` knows it. Without a name service people know the address by heart; a name that has expired since the
    /// request began is still used for it.
    fn site_of(&self, user: u32) -> Option<Target> {
        if self.dns.is_empty() {
            return own_of(&self.sites, user);
        }
        let address = self.names.last(user)?;
        self.sites.iter().find(|site| site.node == address).copied()
    }

    pub(super) fn next(&mut self, ctx: &mut Context, root: Key, next: Next) {
        match next {
            Next::Done(_, outcome) => self.end(ctx, root, outcome),
            Next::Again(ask) => self.attempt(ctx, root, ask),
            Next::Pending => {}
        }
    }
}
