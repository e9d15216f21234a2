//! What a request asks of others: an edge or the site, at the address that its user knows.

use super::{Users, edges, own_of};
use crate::base::slab::Key;
use crate::components::caller::{Caller, Client};
use crate::kernel::{Ask, Call, Context, Outcome, Target, Verb};
use crate::observe::Reason;

impl Users {
    /// Sends the request itself.
    pub(super) fn request(&mut self, ctx: &mut Context, root: Key) {
        let ask = self.ask_for(ctx, root);
        self.ask(ctx, root, ask);
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
}

impl Client for Users {
    fn caller(&mut self) -> &mut Caller {
        &mut self.caller
    }

    /// For assets to the CDN if there is one, else to the site.
    fn attempt(&mut self, ctx: &mut Context, root: Key, ask: Ask) {
        let Call { verb, user, .. } = *ctx.get(root);
        let choice = match verb {
            Verb::Static => self.edges.choose(user, |node| self.caller.has_asked(root, node)),
            _ => edges::Next::Site,
        };
        self.turn_to(ctx, root, choice, ask);
    }

    fn ended(&mut self, ctx: &mut Context, root: Key, _ask: Ask, outcome: Outcome) {
        self.end(ctx, root, outcome);
    }
}
