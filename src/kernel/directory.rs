//! Service discovery: which database is believed to be what, and who answers for whose address. Monitors and load balancers
//! write it, callers read it. And which addresses each name service answers with: only an observer reads that, to count the
//! names that clients hold and that are stale.
//!
//! It is also the topology service of shards (as etcd is Vitess's and the config servers are `MongoDB`'s): what it says of a record's
//! home survives a crash of the router that wrote it, and every shard knows it at once, so that none serves a record that is
//! another's. Left out: that this knowledge takes time to spread.

use super::placement::Placement;
use super::truth::Version;
use crate::base::map::Map;
use crate::base::paged::Paged;
use crate::base::{NodeIx, SimTime};

/// Most users whose last write is remembered.
const MOST_TOKENS: usize = 1_000_000;

/// A replicated database: a primary and its replicas, or several primaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClusterIx(pub u16);

/// What callers are told about one cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ClusterView {
    /// Where writes go; empty while a promotion is under way.
    pub primaries: Vec<NodeIx>,
    /// Where reads go, while there is any.
    pub replicas: Vec<NodeIx>,
    /// Of the replicas, the one that was least behind when they were last looked at.
    pub freshest: Option<NodeIx>,
    /// Primaries that have been replaced without being fenced, the last one last: each goes on taking the writes of those who
    /// cannot reach a later one, until somebody can tell it.
    pub unfenced: Vec<NodeIx>,
}

impl ClusterView {
    /// The primary, if there is one; the first of several.
    pub fn primary(&self) -> Option<NodeIx> {
        self.primaries.first().copied()
    }
}

/// What a user's cookie tells of their last write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Token {
    /// When it was acknowledged.
    pub at: SimTime,
    pub version: Version,
}

/// Where a record is at home, if anybody has said so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Home(u16);

impl Home {
    const MOVING: u16 = 1 << 15;

    /// At `cluster`; while it `is_moving`, nobody writes it there.
    pub fn at(cluster: ClusterIx, is_moving: bool) -> Self {
        Self((cluster.0 + 1) | if is_moving { Self::MOVING } else { 0 })
    }

    pub fn cluster(self) -> Option<ClusterIx> {
        (self.0 & !Self::MOVING).checked_sub(1).map(ClusterIx)
    }

    pub fn is_moving(self) -> bool {
        self.0 & Self::MOVING != 0
    }
}

/// The shards of one router, and the records whose homes do not follow from its strategy alone.
#[derive(Clone, Debug, Hash)]
pub struct ShardMap {
    router: NodeIx,
    clusters: Vec<ClusterIx>,
    homes: Paged<Home>,
    /// Where there are good copies of hot records, beside their homes.
    copies: Map<u32, Vec<ClusterIx>>,
}

/// All clusters.
#[derive(Clone, Debug, Default, Hash)]
pub struct Directory {
    pub clusters: Vec<ClusterView>,
    /// The cluster of each node that is a database, by node.
    pub cluster_of: Vec<Option<ClusterIx>>,
    /// All leaderless stores.
    pub placements: Vec<Placement>,
    /// The addresses that another node has taken over, and which.
    taken: Vec<(NodeIx, NodeIx)>,
    /// What each name service answers with now.
    names: Vec<(NodeIx, Vec<NodeIx>)>,
    /// The cookies of users, where a way of reading asks for them.
    tokens: Map<u32, Token>,
    shards: Vec<ShardMap>,
    /// Which of these each cluster is in, by cluster.
    shard_map_of: Vec<Option<u16>>,
}

impl Directory {
    /// The name service `dns` answers with `addresses` from now on.
    pub fn publish(&mut self, dns: NodeIx, addresses: &[NodeIx]) {
        match self.names.iter_mut().find(|(node, _)| *node == dns) {
            Some((_, known)) => *known = addresses.to_vec(),
            None => self.names.push((dns, addresses.to_vec())),
        }
    }

    /// What the name service `dns` answers with.
    pub fn published(&self, dns: NodeIx) -> &[NodeIx] {
        self.names.iter().find(|(node, _)| *node == dns).map_or(&[], |(_, addresses)| addresses)
    }

    /// Whether the name service `dns` would answer with `address` now.
    pub fn publishes(&self, dns: NodeIx, address: NodeIx) -> bool {
        self.published(dns).contains(&address)
    }

    pub fn cluster_of(&self, node: NodeIx) -> Option<ClusterIx> {
        self.cluster_of.get(node.index()).copied().flatten()
    }

    pub fn view(&self, cluster: ClusterIx) -> &ClusterView {
        &self.clusters[usize::from(cluster.0)]
    }

    pub fn view_mut(&mut self, cluster: ClusterIx) -> &mut ClusterView {
        &mut self.clusters[usize::from(cluster.0)]
    }

    /// What callers are told about the cluster of `node`.
    pub fn view_of(&self, node: NodeIx) -> Option<&ClusterView> {
        self.cluster_of(node).map(|cluster| self.view(cluster))
    }

    /// Whether `node` is where its cluster's writes go.
    pub fn is_primary(&self, node: NodeIx) -> bool {
        self.view_of(node).is_some_and(|view| view.primaries.contains(&node))
    }

    /// Whether `node` is one of those its cluster's reads go to.
    pub fn is_replica(&self, node: NodeIx) -> bool {
        self.view_of(node).is_some_and(|view| view.replicas.contains(&node))
    }

    /// `user` has been told that a write is committed.
    pub fn wrote(&mut self, user: u32, token: Token) {
        if self.tokens.len() < MOST_TOKENS || self.tokens.contains_key(&user) {
            self.tokens.insert(user, token);
        }
    }

    /// The last write of `user`, if a cookie was set.
    pub fn token(&self, user: u32) -> Option<Token> {
        self.tokens.get(&user).copied()
    }

    /// `router` has these shards from now on.
    pub fn set_shards(&mut self, router: NodeIx, clusters: Vec<ClusterIx>) {
        match self.map_of_mut(router) {
            Some(map) => map.clusters = clusters,
            None => self.shards.push(ShardMap { router, clusters, homes: Paged::default(), copies: Map::default() }),
        }
        self.index_shards();
    }

    /// `router` is gone, and its shards are databases like others.
    pub fn forget_router(&mut self, router: NodeIx) {
        self.shards.retain(|map| map.router != router);
        self.index_shards();
    }

    fn index_shards(&mut self) {
        self.shard_map_of = vec![None; self.clusters.len()];
        for (number, map) in self.shards.iter().enumerate() {
            for cluster in &map.clusters {
                self.shard_map_of[usize::from(cluster.0)] = Some(number as u16);
            }
        }
    }

    /// Where a record is at home among the shards of `router`, if that has been said.
    pub fn home(&self, router: NodeIx, key: u32) -> Home {
        self.map_of(router).map_or(Home::default(), |map| map.homes.get(key as usize))
    }

    pub fn set_home(&mut self, router: NodeIx, key: u32, home: Home) {
        if let Some(map) = self.map_of_mut(router) {
            map.homes.set(key as usize, home);
        }
    }

    /// The shards of `router` that have good copies of a record, beside its home.
    pub fn copies(&self, router: NodeIx, key: u32) -> &[ClusterIx] {
        self.map_of(router).and_then(|map| map.copies.get(&key)).map_or(&[], Vec::as_slice)
    }

    pub fn set_copies(&mut self, router: NodeIx, key: u32, copies: Vec<ClusterIx>) {
        let Some(map) = self.map_of_mut(router) else { return };
        if copies.is_empty() {
            map.copies.remove(&key);
        } else {
            map.copies.insert(key, copies);
        }
    }

    /// The copies of `router`'s records are not trusted any more; which there were.
    pub fn forget_copies(&mut self, router: NodeIx) -> Vec<(u32, Vec<ClusterIx>)> {
        self.map_of_mut(router).map_or(Vec::new(), |map| std::mem::take(&mut map.copies).into_iter().collect())
    }

    /// Whether a record may be needed in `cluster`: it is at home there, has a copy there, or is on its way, who knows where to.
    pub fn needs(&self, cluster: ClusterIx, key: u32) -> bool {
        let Some(map) = self.map_around(cluster) else { return true };
        let home = map.homes.get(key as usize);
        let is_elsewhere = home.cluster().is_some_and(|other| other != cluster) && !home.is_moving();
        !is_elsewhere || map.copies.get(&key).is_some_and(|copies| copies.contains(&cluster))
    }

    /// Whether a record that comes to `node` from another shard may be needed there.
    pub fn wants(&self, node: NodeIx, key: u32) -> bool {
        self.cluster_of(node).is_none_or(|cluster| self.needs(cluster, key))
    }

    /// Whether a record is at home in `cluster`, for all that anybody has said.
    pub fn is_home(&self, cluster: ClusterIx, key: u32) -> bool {
        self.home_beside(cluster, key).is_none_or(|home| home.cluster() == Some(cluster))
    }

    /// Whether `node` may answer for a record.
    pub fn serves(&self, node: NodeIx, key: u32) -> bool {
        self.cluster_of(node).is_none_or(|cluster| self.is_home(cluster, key))
    }

    /// Whether `node` may take a write of a record: not while it is being moved.
    pub fn takes(&self, node: NodeIx, key: u32) -> bool {
        let Some(cluster) = self.cluster_of(node) else { return true };
        self.home_beside(cluster, key).is_none_or(|home| home == Home::at(cluster, false))
    }

    /// Whether `node` is, or belongs to, a shard.
    pub fn is_shard(&self, node: NodeIx) -> bool {
        self.cluster_of(node).is_some_and(|cluster| self.map_around(cluster).is_some())
    }

    /// What has been said of a record's home among the shards that `cluster` is one of.
    fn home_beside(&self, cluster: ClusterIx, key: u32) -> Option<Home> {
        let home = self.map_around(cluster)?.homes.get(key as usize);
        home.cluster().is_some().then_some(home)
    }

    /// The shards that `cluster` is one of.
    fn map_around(&self, cluster: ClusterIx) -> Option<&ShardMap> {
        // A cluster that was founded since is in none.
        let map = self.shard_map_of.get(usize::from(cluster.0)).copied().flatten()?;
        Some(&self.shards[usize::from(map)])
    }

    /// The shards of `router`.
    fn map_of(&self, router: NodeIx) -> Option<&ShardMap> {
        self.shards.iter().find(|map| map.router == router)
    }

    fn map_of_mut(&mut self, router: NodeIx) -> Option<&mut ShardMap> {
        self.shards.iter_mut().find(|map| map.router == router)
    }

    /// The leaderless store that `node` belongs to, by its number among [`Self::placements`].
    pub fn placement_of(&self, node: NodeIx) -> Option<usize> {
        self.placements.iter().position(|placement| placement.has(node))
    }

    /// Whether `node` belongs to a leaderless store and is believed to live.
    pub fn is_living_peer(&self, node: NodeIx, now: SimTime) -> bool {
        self.placements.iter().any(|placement| placement.is_living(node, now))
    }

    /// The node that answers for the address of `address` now.
    pub fn holder(&self, address: NodeIx) -> NodeIx {
        self.taken.iter().find(|(taken, _)| *taken == address).map_or(address, |(_, holder)| *holder)
    }

    /// From now on `holder` answers for the address of `address`.
    pub fn hold(&mut self, address: NodeIx, holder: NodeIx) {
        self.taken.retain(|(taken, _)| *taken != address);
        if holder != address {
            self.taken.push((address, holder));
        }
    }
}
