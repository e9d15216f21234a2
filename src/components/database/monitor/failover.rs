//! Promotion: fencing, election, recovery, re-pointing, and the return of those who were left behind.
//!
//! The steps, each with its time: the old primary is kept from writing (fenced), unless the cluster does without; of the
//! living replicas that one is elected which has, executed or received, all that the others have, leaving out what was never
//! part of the common history (errant transactions); if there is none, the promotion halts and says so. A replica promoted by
//! hand fetches first what others have. It applies its relay log, and only then takes writes; callers learn of it after the
//! re-pointing delay. A member is re-pointed at the new primary if that has all that it has; else it is rebuilt from a copy.
//! Source: MySQL's failover tools (MHA, Orchestrator) and the manual's "Failover with GTIDs".

use super::super::Duty;
use super::{Monitor, database, database_mut};
use crate::base::{NodeIx, Problem, SimDuration, SimTime};
use crate::components::Component;
use crate::kernel::{Context, Event, GtidSet, Kernel};
use crate::model::kinds::{Failover, Switch};
use crate::observe::{Reason, StepKind};

/// How long a peer may take to hand over what the heir has not.
const FETCH_PATIENCE: SimDuration = SimDuration::from_secs(30);

/// How far a promotion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    Steady,
    /// The old primary is being kept from writing; `wish` is who was chosen by hand.
    Fencing {
        until: SimTime,
        wish: Option<NodeIx>,
    },
    /// Nobody has all that the others have.
    Halted,
    /// The heir fetches what a peer has.
    Fetching {
        until: SimTime,
    },
    /// The heir applies its relay log.
    Recovering,
    /// Callers do not know the new primary yet.
    Repointing {
        until: SimTime,
    },
}

impl Monitor {
    /// Does what is due, as far as that goes now.
    pub(super) fn advance(&mut self, nodes: &mut [Component], kernel: &mut Kernel) {
        loop {
            let before = self.phase;
            let is_primary_dead = !self.believes_in(self.primary);
            match self.phase {
                _ if self.is_shared => {}
                Phase::Steady => self.watch(is_primary_dead, nodes, kernel),
                Phase::Fencing { until, wish } if kernel.now >= until => {
                    self.fence(nodes, kernel);
                    self.elect(wish, nodes, kernel);
                }
                Phase::Halted if !is_primary_dead && database(nodes, self.primary).duty() == Duty::Primary => {
                    // It has come back in time.
                    self.welcome(nodes, kernel);
                }
                Phase::Halted => self.elect(None, nodes, kernel),
                // The heir has died before it was ready.
                Phase::Fetching { .. } | Phase::Recovering | Phase::Repointing { .. } if is_primary_dead => {
                    self.note(kernel, self.primary, StepKind::Detected);
                    self.begin(None, nodes, kernel);
                }
                Phase::Fetching { until } => {
                    let heir = database_mut(nodes, self.primary);
                    let is_complete = !heir.is_fetching() || kernel.now >= until;
                    // What is not on its disk would be lost with it; and a dead one takes over nothing.
                    let is_safe = !heir.is_syncing() && kernel.topology.node(self.primary).is_responsive();
                    if is_complete && is_safe {
                        heir.stop_fetching();
                        self.settle_losses(nodes, kernel);
                        self.phase = Phase::Recovering;
                        let node = self.primary;
                        database_mut(nodes, node).apply_next(&mut Context { kernel, node });
                    }
                }
                Phase::Recovering if database(nodes, self.primary).duty() == Duty::Primary => {
                    self.note(kernel, self.primary, StepKind::RelayApplied);
                    self.welcome(nodes, kernel);
                }
                Phase::Repointing { until } if kernel.now >= until => {
                    kernel.directory.view_mut(self.cluster).primaries = vec![self.primary];
                    self.note(kernel, self.primary, StepKind::Repointed);
                    self.phase = Phase::Steady;
                    let node = self.primary;
                    if kernel.topology.node(node).is_responsive() {
                        // An old primary without a fence has heard till now what is to be deleted.
                        database_mut(nodes, node).clear_out(&mut Context { kernel, node });
                    }
                }
                Phase::Fencing { .. } | Phase::Recovering | Phase::Repointing { .. } => {}
            }
            if self.phase == before {
                return;
            }
        }
    }

    fn note(&self, kernel: &mut Kernel, node: NodeIx, kind: StepKind) {
        kernel.ledger.page(self.cluster).step(kernel.now, node, kind);
    }

    fn wait(&mut self, phase: Phase, until: SimTime, kernel: &mut Kernel) {
        self.phase = phase;
        if until > kernel.now {
            kernel.queue.push(until, Event::Monitor { cluster: self.cluster.0 });
        }
    }

    /// No promotion is under way: is one needed, and is everybody in line?
    fn watch(&mut self, is_primary_dead: bool, nodes: &mut [Component], kernel: &mut Kernel) {
        let is_automatic = self.params(nodes).failover == Failover::Automatic;
        if !is_primary_dead {
            self.gather(nodes, kernel);
        } else if is_automatic && !self.candidates(nodes, kernel).is_empty() {
            self.note(kernel, self.primary, StepKind::Detected);
            self.begin(None, nodes, kernel);
        }
    }

    /// The primary takes writes: the others follow it, and callers will soon know.
    fn welcome(&mut self, nodes: &mut [Component], kernel: &mut Kernel) {
        let until = kernel.now + self.params(nodes).repoint_delay;
        self.wait(Phase::Repointing { until }, until, kernel);
        self.gather(nodes, kernel);
    }

    fn begin(&mut self, wish: Option<NodeIx>, nodes: &[Component], kernel: &mut Kernel) {
        let params = self.params(nodes);
        let time = if params.fencing == Switch::On { params.fence_time } else { SimDuration::ZERO };
        let until = kernel.now + time;
        self.wait(Phase::Fencing { until, wish }, until, kernel);
    }

    /// Promotes `node`, whoever is primary now.
    pub fn promote(&mut self, node: NodeIx, nodes: &mut [Component], kernel: &mut Kernel) -> Result<(), Problem> {
        let problem = |what: &str, valid: &str| Err(Problem::new("node", what, valid));
        if self.is_shared || node == self.primary {
            return problem("it is a primary", "a replica");
        }
        if !matches!(self.phase, Phase::Steady | Phase::Halted) {
            return problem("a promotion is under way", "wait for its end");
        }
        if !self.candidates(nodes, kernel).contains(&node) {
            return problem("it is dead, or has no true copy of the data", "a living replica");
        }
        self.note(kernel, node, StepKind::PromotedByHand);
        self.begin(Some(node), nodes, kernel);
        self.check(nodes, kernel);
        Ok(())
    }

    /// The living replicas with true copies.
    fn candidates(&self, nodes: &[Component], kernel: &Kernel) -> Vec<NodeIx> {
        let can = |node: &NodeIx| {
            let database = database(nodes, *node);
            database.duty() == Duty::Replica && database.is_whole() && kernel.topology.node(*node).is_responsive()
        };
        self.members.iter().filter(|member| !member.is_dead).map(|member| member.node).filter(can).collect()
    }

    /// The old primary takes no more writes; or, where nobody fences, it may.
    fn fence(&mut self, nodes: &mut [Component], kernel: &mut Kernel) {
        let old = self.primary;
        if self.params(nodes).fencing == Switch::Off {
            if self.is_member(old) {
                let unfenced = &mut kernel.directory.view_mut(self.cluster).unfenced;
                unfenced.retain(|other| *other != old);
                unfenced.push(old);
                kernel.ledger.page(self.cluster).is_uncertain = true;
            }
            return;
        }
        kernel.directory.view_mut(self.cluster).primaries.clear();
        if !self.is_member(old) {
            return;
        }
        self.note(kernel, old, StepKind::Fenced);
        // A dead or hung one is killed, and learns of it when it returns.
        if kernel.topology.node(old).is_responsive() {
            self.demote(old, None, false, nodes, kernel);
        }
    }

    /// `node` becomes a replica; whoever waits for its commits is told that it takes none.
    fn demote(
        &self,
        node: NodeIx,
        source: Option<crate::kernel::Target>,
        is_diverged: bool,
        nodes: &mut [Component],
        kernel: &mut Kernel,
    ) {
        let unanswered = database_mut(nodes, node).become_replica(source, self.term, is_diverged);
        let mut ctx = Context { kernel, node };
        for call in unanswered {
            if ctx.is_going_on(call) {
                ctx.fail(call, Reason::NoPrimary);
            }
        }
    }

    /// What of `set` belongs to the common history: errant transactions do not.
    fn valid(&self, set: &GtidSet) -> GtidSet {
        let mut errant = set.without(&self.history).without(&set.only(self.primary));
        if let Some((old, _)) = self.replaced {
            errant = errant.without(&set.only(old));
        }
        set.without(&errant)
    }

    fn elect(&mut self, wish: Option<NodeIx>, nodes: &mut [Component], kernel: &mut Kernel) {
        let candidates = self.candidates(nodes, kernel);
        let sets: Vec<(NodeIx, GtidSet, bool)> = candidates
            .into_iter()
            .map(|node| {
                let known = database(nodes, node).known();
                let valid = self.valid(known);
                let is_pure = valid.len() == known.len();
                (node, valid, is_pure)
            })
            .collect();
        let chosen = match wish {
            Some(wish) => sets.iter().map(|(node, ..)| *node).find(|node| *node == wish),
            None => superset(&sets),
        };
        let Some(heir) = chosen else {
            if self.phase != Phase::Halted {
                self.note(kernel, self.primary, StepKind::NoSuperset);
            }
            self.phase = Phase::Halted;
            return;
        };
        let old = self.primary;
        self.note(kernel, heir, StepKind::Elected);
        // An heir that has died before it had all that it would get has never counted.
        self.replaced.get_or_insert((old, database(nodes, old).log().end()));
        // Only whoever was chosen by hand can lack what others have; the old primary, if it lives, has most.
        let own = database(nodes, heir).known().clone();
        let lacks = |node: NodeIx| self.valid(database(nodes, node).known()).without(&own).len();
        let living = self.members.iter().filter(|member| !member.is_dead).map(|member| member.node);
        let others = living.filter(|node| *node != heir && kernel.topology.node(*node).is_responsive());
        let peer = others.rev().max_by_key(|node| lacks(*node)).filter(|node| lacks(*node) > 0);
        let peer = peer.and_then(|peer| self.way(heir, peer, kernel));
        self.primary = heir;
        self.term += 1;
        kernel.directory.view_mut(self.cluster).unfenced.retain(|old| *old != heir);
        kernel.ledger.page(self.cluster).rightful = Some(heir);
        if peer.is_some() {
            self.note(kernel, heir, StepKind::FetchingMissing);
        }
        let mut ctx = Context { kernel, node: heir };
        database_mut(nodes, heir).become_candidate(&mut ctx, self.term, peer);
        let until = ctx.now() + FETCH_PATIENCE;
        self.phase = Phase::Fetching { until };
        if peer.is_some() {
            kernel.queue.push(until, Event::Monitor { cluster: self.cluster.0 });
        }
    }

    /// Every living member that does not follow the primary is made to.
    fn gather(&mut self, nodes: &mut [Component], kernel: &mut Kernel) {
        for at in 0..self.members.len() {
            let super::Member { node, is_dead, .. } = self.members[at];
            if node == self.primary || is_dead || !kernel.topology.node(node).is_responsive() {
                continue;
            }
            let database = database(nodes, node);
            let is_in_line = database.duty() == Duty::Replica
                && database.term() == self.term
                && database.sources().eq(std::iter::once(self.primary));
            if !is_in_line {
                self.point_at_primary(node, nodes, kernel);
                database_mut(nodes, node).begin_following(&mut Context { kernel, node });
            }
        }
    }

    /// A member has been started again: it is told whom to follow, before it does anything.
    pub fn on_restart(&mut self, node: NodeIx, nodes: &mut [Component], kernel: &mut Kernel) {
        let is_unfenced = kernel.directory.view(self.cluster).unfenced.contains(&node);
        if node != self.primary && !self.is_shared && !is_unfenced {
            self.point_at_primary(node, nodes, kernel);
        }
        if node == self.primary && database(nodes, node).duty() == Duty::Candidate {
            // An heir that died before it was ready goes on with what it has: nobody's answer will reach it.
            self.settle_losses(nodes, kernel);
        }
    }

    /// Whether `node`, which has been hung, missed that another was made primary and it was fenced.
    pub fn has_passed_over(&self, node: NodeIx, nodes: &[Component], kernel: &Kernel) -> bool {
        let is_unfenced = kernel.directory.view(self.cluster).unfenced.contains(&node);
        node != self.primary && !self.is_shared && !is_unfenced && database(nodes, node).term() != self.term
    }

    fn point_at_primary(&mut self, node: NodeIx, nodes: &mut [Component], kernel: &mut Kernel) {
        // While the heir is not complete there is nothing to compare with.
        let is_ready = !matches!(self.phase, Phase::Fetching { .. } | Phase::Fencing { .. } | Phase::Halted);
        let source = if is_ready { self.source_for(node, nodes, kernel) } else { None };
        let (own, theirs) = (database(nodes, node).known(), database(nodes, self.primary).known());
        let is_new_term = database(nodes, node).term() != self.term;
        let is_diverged = source.is_some() && !theirs.contains_all(own);
        let was_broken = !database(nodes, node).is_whole();
        self.demote(node, source, is_diverged, nodes, kernel);
        if source.is_none() {
            return;
        }
        self.settle_doubts(node, nodes, kernel);
        let unfenced = &mut kernel.directory.view_mut(self.cluster).unfenced;
        if unfenced.contains(&node) {
            unfenced.retain(|old| *old != node);
            kernel.ledger.page(self.cluster).is_split &= !unfenced.is_empty();
        }
        match (is_diverged && !was_broken, is_new_term) {
            (true, _) => self.note(kernel, node, StepKind::RebuildDiverged),
            (false, true) => self.note(kernel, node, StepKind::FollowsNew),
            (false, false) => {}
        }
    }
}

/// The one whose set contains all others'; of equals the first, but rather one that has nothing besides.
fn superset(sets: &[(NodeIx, GtidSet, bool)]) -> Option<NodeIx> {
    let has_all = |own: &GtidSet| sets.iter().all(|(_, other, _)| own.contains_all(other));
    let mut complete = sets.iter().filter(|(_, own, _)| has_all(own));
    let first = complete.clone().next();
    complete.find(|(_, _, is_pure)| *is_pure).or(first).map(|(node, ..)| *node)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Gtid;

    fn set(ids: &[(u16, u64)]) -> GtidSet {
        let mut set = GtidSet::default();
        for (origin, sequence) in ids {
            set.insert(Gtid { origin: NodeIx(*origin), sequence: *sequence });
        }
        set
    }

    #[test]
    fn only_a_superset_is_elected() {
        let (few, more, other) = (set(&[(0, 1)]), set(&[(0, 1), (0, 2)]), set(&[(0, 1), (0, 3)]));
        let node = NodeIx;
        assert_eq!(superset(&[(node(1), few.clone(), true), (node(2), more.clone(), true)]), Some(node(2)));
        assert_eq!(superset(&[(node(1), more.clone(), true), (node(2), other, true)]), None, "each lacks something");
        assert_eq!(superset(&[(node(1), more.clone(), false), (node(2), more.clone(), true)]), Some(node(2)));
        assert_eq!(superset(&[(node(1), more, false), (node(2), few, true)]), Some(node(1)));
        assert_eq!(superset(&[]), None);
    }
}
