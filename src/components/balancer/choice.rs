//! Policies: which of the open servers gets a request.
//!
//! - Smooth weighted round robin as nginx does it (commit 27e94984): each round every server gains its weight in credit, the
//!   richest is chosen and pays the sum of the weights. 5, 1, 1 gives a a b a c a a.
//! - Least connections compares outstanding requests for each unit of weight; equals take turns by the rule above (nginx's
//!   `least_conn`).
//! - Power of d choices: Mitzenmacher's supermarket model, on the balancer's own count of outstanding requests.
//! - Source hash: the user's hash picks a point in the sum of the weights of the open servers (`HAProxy`'s `hash-type map-based`),
//!   so that a change of the set moves most users.
//!
//! - Ring hash: the servers stand on a [`Ring`] by their ids, with virtual nodes in proportion to their weights (the heaviest
//!   has all of them). One that is not open is passed over, as if it were not on the ring.
//!
//! Left out: weights in random choice, load bounds on the ring.

use std::sync::Arc;

use super::server::Server;
use crate::base::hash::{Derived, mix};
use crate::base::random::Stream;
use crate::base::ring::{Member, Ring};
use crate::kernel::{Call, Verb};
use crate::model::kinds::{BalancerPolicy, HashOn, LoadBalancer, Sampling};

/// What the policies remember, and the open servers.
#[derive(Clone, Debug, Default, Hash)]
pub struct Choice {
    /// Round robin: whose turn it is, by position.
    turn: u32,
    /// Positions of the open servers. Drawing shuffles them, so their order is state.
    open: Vec<u16>,
    /// Sums of the weights of the servers up to each that is open, in the order of positions.
    weights: Derived<Weights>,
    /// All servers, open or not; empty where the policy needs none.
    ring: Derived<Arc<Ring>>,
}

/// Open servers with the sums of their weights.
#[derive(Clone, Debug, Default)]
struct Weights {
    positions: Vec<u16>,
    sums: Vec<u64>,
}

impl Choice {
    /// Takes note that other servers are open than before, or have other weights.
    pub fn refresh(&mut self, servers: &[Server]) {
        self.open.clear();
        self.open.extend((0..servers.len()).filter(|at| servers[*at].is_open()).map(|at| at as u16));
        let mut sum = 0;
        let running = |at: &u16| {
            sum += u64::from(*servers[usize::from(*at)].weight);
            sum
        };
        let sums = self.open.iter().map(running).collect();
        self.weights = Derived(Weights { positions: self.open.clone(), sums });
    }

    /// Takes the servers, by id, as they stand on the ring from now on. Another `salt` is another ring.
    pub fn set_ring(&mut self, params: &LoadBalancer, servers: &[(&Server, &str)], salt: u64) {
        if params.policy != BalancerPolicy::RingHash {
            self.ring = Derived::default();
            return;
        }
        let heaviest = servers.iter().map(|(server, _)| *server.weight).max().unwrap_or(1);
        let points = |weight| u64::from(params.virtual_nodes) * u64::from(weight) / u64::from(heaviest);
        let members = servers.iter().enumerate().map(|(at, (server, id))| Member {
            number: at as u16,
            id,
            points: points(*server.weight) as u32,
        });
        self.ring = Derived(Arc::new(Ring::new(members, salt)));
    }

    /// Begins in turn with the first.
    pub fn restart(&mut self) {
        self.turn = 0;
    }

    /// The position of the server for `call`; `None` if none is open.
    pub fn choose(
        &mut self,
        rng: &mut Stream,
        params: &LoadBalancer,
        servers: &mut [Server],
        call: &Call,
    ) -> Option<usize> {
        if self.open.is_empty() {
            return None;
        }
        Some(match params.policy {
            BalancerPolicy::RoundRobin => self.in_turn(servers),
            BalancerPolicy::WeightedRoundRobin => richest(servers, Server::is_open),
            BalancerPolicy::LeastConnections => least_loaded(servers),
            BalancerPolicy::Random => usize::from(self.open[below(rng, self.open.len())]),
            BalancerPolicy::PowerOfD => self.best_of(rng, params, servers),
            BalancerPolicy::SourceHash => self.by_weight(mix(u64::from(call.user))),
            BalancerPolicy::RingHash => {
                let mut on_ring = self.ring.walk(hashed(params.hash_on, call)).map(usize::from);
                on_ring.find(|at| servers[*at].is_open()).expect("one is open")
            }
        })
    }

    fn in_turn(&mut self, servers: &[Server]) -> usize {
        let count = servers.len();
        let first = self.turn as usize;
        let mut in_turn = (0..count).map(|step| (first + step) % count);
        let chosen = in_turn.find(|at| servers[*at].is_open()).expect("one is open");
        self.turn = ((chosen + 1) % count) as u32;
        chosen
    }

    /// Of some drawn, the least loaded; of equals the one drawn first, which is any of them with equal chance.
    fn best_of(&mut self, rng: &mut Stream, params: &LoadBalancer, servers: &[Server]) -> usize {
        let count = self.open.len();
        let mut best: Option<u16> = None;
        let draws = match params.sampling {
            Sampling::WithReplacement => params.choices as usize,
            Sampling::WithoutReplacement => (params.choices as usize).min(count),
        };
        for drawn in 0..draws {
            let at = match params.sampling {
                Sampling::WithReplacement => below(rng, count),
                Sampling::WithoutReplacement => {
                    // The first steps of a Fisher–Yates shuffle: those drawn stand in front.
                    self.open.swap(drawn, drawn + below(rng, count - drawn));
                    drawn
                }
            };
            let server = self.open[at];
            let load = |at: u16| servers[usize::from(at)].load();
            if best.is_none_or(|best| load(server).is_less_than(load(best))) {
                best = Some(server);
            }
        }
        usize::from(best.expect("at least one is drawn"))
    }

    fn by_weight(&self, hash: u64) -> usize {
        let total = *self.weights.sums.last().expect("one is open");
        let point = ((u128::from(hash) * u128::from(total)) >> 64) as u64;
        usize::from(self.weights.positions[self.weights.sums.partition_point(|sum| *sum <= point)])
    }
}

/// What a hash ring goes by. Assets and records have keys of their own.
fn hashed(on: HashOn, call: &Call) -> u64 {
    mix(match on {
        HashOn::User => u64::from(call.user),
        HashOn::Key => u64::from(call.key) | u64::from(call.verb == Verb::Static) << 32,
    })
}

fn below(rng: &mut Stream, count: usize) -> usize {
    rng.below(count as u64) as usize
}

/// Smooth weighted round robin among those that qualify, of which there must be one.
fn richest(servers: &mut [Server], qualifies: impl Fn(&Server) -> bool) -> usize {
    let mut total = 0;
    let mut best: Option<(usize, i64)> = None;
    for (at, server) in servers.iter_mut().enumerate().filter(|(_, server)| qualifies(server)) {
        let weight = i64::from(*server.weight);
        server.credit += weight;
        total += weight;
        if best.is_none_or(|(_, credit)| server.credit > credit) {
            best = Some((at, server.credit));
        }
    }
    let (chosen, _) = best.expect("one qualifies");
    servers[chosen].credit -= total;
    chosen
}

fn least_loaded(servers: &mut [Server]) -> usize {
    let mut open = servers.iter().enumerate().filter(|(_, server)| server.is_open());
    let (mut chosen, first) = open.next().expect("one is open");
    let (mut least, mut has_equals) = (first.load(), false);
    for (at, server) in open {
        let load = server.load();
        if load.is_less_than(least) {
            (chosen, least, has_equals) = (at, load, false);
        } else {
            has_equals |= !least.is_less_than(load);
        }
    }
    if has_equals { richest(servers, |server| server.is_open() && !least.is_less_than(server.load())) } else { chosen }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{LinkIx, NodeIx};
    use crate::kernel::Target;

    fn servers(weights: &[u32]) -> Vec<Server> {
        let server = |(at, weight): (usize, &u32)| {
            let at = at as u16;
            let mut server = Server::new(Target { node: NodeIx(at), link: LinkIx(at) });
            server.weight = Derived(*weight);
            server
        };
        weights.iter().enumerate().map(server).collect()
    }

    fn sequence(weights: &[u32], length: usize) -> String {
        let mut servers = servers(weights);
        (0..length).map(|_| char::from(b'a' + richest(&mut servers, Server::is_open) as u8)).collect()
    }

    #[test]
    fn weighted_turns_are_spread_as_nginx_spreads_them() {
        assert_eq!(sequence(&[5, 1, 1], 14), "aabacaaaabacaa");
        assert_eq!(sequence(&[4, 3, 2], 9), "abcabacba");
        assert_eq!(sequence(&[3, 1, 1], 5), "abaca");
        assert_eq!(sequence(&[1, 1, 1], 6), "abcabc");
    }

    #[test]
    fn load_counts_for_each_unit_of_weight_and_equals_take_turns() {
        let mut servers = servers(&[2, 1, 1]);
        for (server, outstanding) in servers.iter_mut().zip([3, 2, 1]) {
            server.outstanding = outstanding;
        }
        assert_eq!(least_loaded(&mut servers), 2, "1 of 1 is less than 3 of 2");
        servers[2].outstanding = 3;
        assert_eq!(least_loaded(&mut servers), 0, "3 of 2 is less than 2 of 1");
        servers[0].outstanding = 0;
        servers[1].outstanding = 0;
        servers[2].outstanding = 0;
        let turns: Vec<usize> = (0..4).map(|_| least_loaded(&mut servers)).collect();
        assert_eq!(turns, [0, 1, 2, 0], "as weights 2, 1, 1 say");
    }

    #[test]
    fn draws_without_replacement_are_different_and_even() {
        let servers = &mut servers(&[1; 5]);
        servers[3].outstanding = 1;
        let mut choice = Choice::default();
        choice.refresh(servers);
        let params = LoadBalancer { choices: 2, ..LoadBalancer::default() };
        let mut counts = [0_u32; 5];
        let mut rng = Stream::seeded(1);
        for _ in 0..10_000 {
            counts[choice.best_of(&mut rng, &params, servers)] += 1;
        }
        assert_eq!(counts[3], 0, "there is always a better one beside it");
        assert!([0, 1, 2, 4].iter().all(|at| counts[*at].abs_diff(2_500) < 200), "{counts:?}");
        let params = LoadBalancer { sampling: Sampling::WithReplacement, ..params };
        let worst = (0..10_000).filter(|_| choice.best_of(&mut rng, &params, servers) == 3).count();
        assert!(worst.abs_diff(400) < 80, "it is drawn twice in one of 25 cases: {worst}");
    }
}
