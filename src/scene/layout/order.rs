//! Which card stands in which stage, and in which order within it.

use crate::base::order::{sort_by, sort_by_key};
use crate::model::kinds::DatabaseRole;
use crate::model::{Document, NodeKind};

/// Sweeps over the stages; the order settles after two or three.
const SWEEPS: usize = 4;

/// A stage of a request's way, in the order of the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Users,
    /// Name service and content delivery.
    Edge,
    Balancers,
    Servers,
    Caches,
    /// In front of shards.
    Routers,
    Databases,
}

impl Stage {
    const fn of(kind: &NodeKind) -> Self {
        match kind {
            NodeKind::Users(_) => Self::Users,
            NodeKind::Dns(_) | NodeKind::Cdn(_) => Self::Edge,
            NodeKind::LoadBalancer(_) => Self::Balancers,
            NodeKind::WebServer(_) => Self::Servers,
            NodeKind::Cache(_) => Self::Caches,
            NodeKind::ShardRouter(_) => Self::Routers,
            NodeKind::Database(_) | NodeKind::ObjectStore(_) | NodeKind::QuorumStore(_) => Self::Databases,
        }
    }
}

/// The nodes of one stage, by index in the document, from one end of the stage to the other.
#[derive(Clone, Debug)]
pub struct Band {
    pub stage: Stage,
    pub nodes: Vec<usize>,
    /// How many of `nodes`, from the start, stand before the way if the band stands beside it.
    pub before: usize,
    /// Whether links pass from an earlier stage to a later one.
    pub is_passed: bool,
    /// Whether links run within the stage.
    pub has_inner: bool,
}

/// What the layout needs to know of a document.
pub struct Graph {
    pub stages: Vec<Stage>,
    /// Links as pairs of node indices; those that lead nowhere are left out.
    pub links: Vec<(usize, usize)>,
    is_name_service: Vec<bool>,
    is_primary: Vec<bool>,
}

impl Graph {
    pub fn of(document: &Document) -> Self {
        let find = |id: &str| document.nodes.iter().position(|node| node.id == id);
        Self {
            stages: document.nodes.iter().map(|node| Stage::of(&node.kind)).collect(),
            links: document
                .links
                .iter()
                .filter_map(|link| Some((find(&link.from)?, find(&link.to)?)))
                .filter(|(from, to)| from != to)
                .collect(),
            is_name_service: document.nodes.iter().map(|node| matches!(node.kind, NodeKind::Dns(_))).collect(),
            is_primary: document.nodes.iter().map(|node| node.role() == Some(DatabaseRole::Primary)).collect(),
        }
    }

    /// The stages that have nodes, each in its best order.
    pub fn bands(&self) -> Vec<Band> {
        let mut bands: Vec<Band> = Vec::new();
        for (node, &stage) in self.stages.iter().enumerate() {
            match bands.iter_mut().find(|band| band.stage == stage) {
                Some(band) => band.nodes.push(node),
                None => bands.push(self.band(stage, node)),
            }
        }
        sort_by_key(&mut bands, |band| band.stage);
        self.sort(&mut bands);
        for band in &mut bands {
            match band.stage {
                Stage::Edge => self.name_service_first(band),
                _ => band.before = band.nodes.len().div_ceil(2),
            }
        }
        bands
    }

    fn band(&self, stage: Stage, first: usize) -> Band {
        let mut ends = self.links.iter().map(|&(a, b)| (self.stages[a], self.stages[b]));
        let is_passed = ends.clone().any(|(a, b)| a.min(b) < stage && stage < a.max(b));
        let has_inner = ends.any(|(a, b)| a == stage && b == stage);
        Band { stage, nodes: vec![first], before: 0, is_passed, has_inner }
    }

    fn sort(&self, bands: &mut [Band]) {
        let mut neighbours = vec![Vec::new(); self.stages.len()];
        for &(a, b) in &self.links {
            neighbours[a].push(b);
            neighbours[b].push(a);
        }
        // Where each node is in its stage, as a distance from the stage's middle.
        let mut offsets = vec![0.0; self.stages.len()];
        for band in bands.iter() {
            note_offsets(band, &mut offsets);
        }
        for sweep in 0..SWEEPS {
            let is_forward = sweep % 2 == 0;
            for i in 0..bands.len() {
                let band = if is_forward { i } else { bands.len() - 1 - i };
                let band = &mut bands[band];
                let pull = |node: usize| self.barycentre(node, is_forward, &neighbours[node], &offsets);
                let pulls: Vec<_> = band.nodes.iter().map(|&node| pull(node)).collect();
                let groups = self.groups(band, &pulls);
                band.nodes = groups.concat();
                note_offsets(band, &mut offsets);
            }
        }
    }

    /// Mean place of those that `node` is linked to in the stages before (after, if not `is_forward`) its own.
    fn barycentre(&self, node: usize, is_forward: bool, neighbours: &[usize], offsets: &[f32]) -> f32 {
        let (mut sum, mut count) = (0.0, 0.0);
        for &other in neighbours {
            let is_before = self.stages[other] < self.stages[node];
            if self.stages[other] != self.stages[node] && is_before == is_forward {
                sum += offsets[other];
                count += 1.0;
            }
        }
        if count > 0.0 { sum / count } else { offsets[node] }
    }

    /// The nodes in the order of their pulls; those linked with each other (a primary and its replicas) stay together,
    /// with the primary in the middle, so that its links to the replicas are short.
    fn groups(&self, band: &Band, pulls: &[f32]) -> Vec<Vec<usize>> {
        let mut leaders: Vec<usize> = (0..band.nodes.len()).collect();
        if band.has_inner {
            let place = |node| band.nodes.iter().position(|&other| other == node);
            for (a, b) in self.links.iter().filter_map(|&(a, b)| Some((place(a)?, place(b)?))) {
                let (from, to) = (leaders[a].max(leaders[b]), leaders[a].min(leaders[b]));
                leaders.iter_mut().filter(|leader| **leader == from).for_each(|leader| *leader = to);
            }
        }
        let mut groups: Vec<(f32, Vec<usize>)> = Vec::new();
        for leader in 0..band.nodes.len() {
            let mut members: Vec<usize> = (leader..band.nodes.len()).filter(|&i| leaders[i] == leader).collect();
            if members.is_empty() {
                continue;
            }
            sort_by(&mut members, |&a, &b| pulls[a].total_cmp(&pulls[b]).then(band.nodes[a].cmp(&band.nodes[b])));
            let pull = members.iter().map(|&i| pulls[i]).sum::<f32>() / members.len() as f32;
            let mut nodes: Vec<usize> = members.into_iter().map(|i| band.nodes[i]).collect();
            if let Some(hub) = nodes.iter().position(|&node| self.is_primary[node]) {
                let hub = nodes.remove(hub);
                nodes.insert(nodes.len() / 2, hub);
            }
            groups.push((pull, nodes));
        }
        sort_by(&mut groups, |a, b| a.0.total_cmp(&b.0).then(a.1.iter().min().cmp(&b.1.iter().min())));
        groups.into_iter().map(|(_, nodes)| nodes).collect()
    }

    /// Name service on one side of the way, content delivery on the other; where there is but one of them, on both.
    fn name_service_first(&self, band: &mut Band) {
        sort_by_key(&mut band.nodes, |&node| !self.is_name_service[node]);
        let names = band.nodes.iter().filter(|&&node| self.is_name_service[node]).count();
        let is_mixed = names > 0 && names < band.nodes.len();
        band.before = if is_mixed { names } else { band.nodes.len().div_ceil(2) };
    }
}

fn note_offsets(band: &Band, offsets: &mut [f32]) {
    let middle = (band.nodes.len() as f32 - 1.0) / 2.0;
    for (i, &node) in band.nodes.iter().enumerate() {
        offsets[node] = i as f32 - middle;
    }
}
