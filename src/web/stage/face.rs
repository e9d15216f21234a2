//! What a card shows of its node: figures rounded to what the eye can read, so that a card changes only when it must.

use std::rc::Rc;

use scalescope::base::Kind;
use scalescope::model::{Node, NodeKind, may_call};
use scalescope::observe::{Figures, NodeFigures, Role};

use crate::format;

/// Pips in the row that shows the queue.
pub const PIPS: usize = 10;
/// Share of a router's requests above which one key is worth a word.
const CELEBRITY: f64 = 0.1;

/// How a node is, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Up,
    /// Up, but those who route to it do not know yet.
    OutOfRotation,
    /// Down, and those who route to it do not know yet.
    Unnoticed,
    Down,
}

impl State {
    /// `is_watched`: whether anybody checks the node's health, and so could notice.
    pub fn of(figures: &NodeFigures, is_watched: bool) -> Self {
        match (figures.is_up, figures.is_in_rotation) {
            (true, true) => Self::Up,
            (true, false) => Self::OutOfRotation,
            (false, true) if is_watched => Self::Unnoticed,
            (false, _) => Self::Down,
        }
    }

    /// For class names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::OutOfRotation => "out",
            Self::Unnoticed => "unnoticed",
            Self::Down => "down",
        }
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::OutOfRotation => "up, out of rotation",
            Self::Unnoticed => "down, not noticed yet",
            Self::Down => "down",
        }
    }
}

/// The contents of a card.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each stands for something that is so or not")]
pub struct Face {
    pub id: Rc<str>,
    pub kind: &'static str,
    pub label: String,
    pub state: State,
    /// Beside the label's edge: its role, or that something is wrong.
    pub chip: Option<&'static str>,
    /// Whether the chip says that something is wrong with a living node.
    pub is_troubled: bool,
    /// The figure that tells most.
    pub key: String,
    /// The second figure.
    pub other: String,
    /// Share of its processor time in use, in percent.
    pub load: Option<u8>,
    /// In place of the load, for what has none.
    pub note: String,
    pub has_queue: bool,
    pub queue: u64,
    /// How many pips stand for the queue.
    pub pips: usize,
    /// Whether the queue is near its limit.
    pub is_crowded: bool,
    /// Why it fails, while it does.
    pub badge: Option<String>,
    /// All reasons, the most frequent first.
    pub reasons: Vec<String>,
    /// Whether there is any kind of node that it may call.
    pub calls_others: bool,
}

impl Face {
    pub fn new(node: &Node, figures: &Figures, is_watched: bool) -> Self {
        let blank = blank();
        let all = figures;
        let figures = all.nodes.iter().find(|figures| figures.id == node.id).unwrap_or(&blank);
        let state = State::of(figures, is_watched);
        let limit = queue_limit(&node.kind);
        let is_crowded = limit.is_some_and(|limit| figures.queue * 10 >= u64::from(limit) * 8 && figures.queue > 0);
        Self {
            id: node.id.as_str().into(),
            kind: node.kind.name(),
            label: node.label().to_owned(),
            state,
            is_troubled: trouble(state, figures).is_some(),
            chip: trouble(state, figures).or_else(|| chip(state, figures.role)),
            key: key_figure(&node.kind, figures),
            other: other_figure(&node.kind, figures),
            load: node.kind().has_load().then(|| (figures.utilisation * 100.0).round().clamp(0.0, 100.0) as u8),
            note: note(&node.kind),
            has_queue: node.kind().has_load(),
            queue: figures.queue,
            pips: pips(figures.queue, limit),
            is_crowded,
            badge: badge(figures),
            reasons: figures
                .errors
                .iter()
                .map(|(reason, count)| format!("{} × {}", format::quantity(*count as f64), reason.label()))
                .collect(),
            calls_others: Kind::ALL.into_iter().any(|other| may_call(node.kind(), other)),
        }
    }

    /// The card in a sentence, for who cannot see it.
    pub fn sentence(&self) -> String {
        let mut text = format!("{}: {}", self.label, self.state.label());
        let mut add = |part: &str| {
            if !part.is_empty() {
                text.push_str(", ");
                text.push_str(part);
            }
        };
        add(self.chip.filter(|chip| *chip != self.state.label()).unwrap_or_default());
        add(&self.key);
        add(&self.other);
        if self.queue > 0 {
            add(&format!("{} waiting", self.queue));
        }
        for reason in &self.reasons {
            add(reason);
        }
        text
    }
}

/// A node of which nothing is known yet.
pub fn blank() -> NodeFigures {
    let meter = scalescope::observe::NodeMeter::default();
    let zero = scalescope::base::SimTime::ZERO;
    NodeFigures::between("", &meter, &meter, zero, zero, 1)
}

/// What is wrong with a living node, the worst first.
fn trouble(state: State, figures: &NodeFigures) -> Option<&'static str> {
    let condition = figures.condition;
    let is_living = matches!(state, State::Up | State::OutOfRotation);
    let troubles = [
        (condition.is_hung, "hung"),
        (condition.is_read_only, "read-only"),
        (condition.error_ratio > 0.0, "erring"),
        (condition.slowdown > 1.0, "slow"),
    ];
    troubles.into_iter().find(|(is_so, _)| is_living && *is_so).map(|(_, word)| word)
}

fn chip(state: State, role: Option<Role>) -> Option<&'static str> {
    match (state, role) {
        (State::Down, _) => Some("down"),
        (State::Unnoticed, _) => Some("down · unnoticed"),
        (State::OutOfRotation, _) => Some("out of rotation"),
        (State::Up, Some(Role::Primary)) => Some("primary"),
        (State::Up, Some(Role::Replica)) => Some("replica"),
        (State::Up, None) => None,
    }
}

fn key_figure(kind: &NodeKind, figures: &NodeFigures) -> String {
    let rate = match kind {
        // Users are not servers: what they ask for counts.
        NodeKind::Users(_) => figures.arrivals_per_s,
        _ => figures.completions_per_s,
    };
    format!("{}/s", format::quantity(rate))
}

fn other_figure(kind: &NodeKind, figures: &NodeFigures) -> String {
    if let Some(lag) = figures.lag_s.filter(|_| figures.role == Some(Role::Replica)) {
        return format!("{}lag {}", position(figures).map_or_else(String::new, |at| at + ", "), format::duration(lag));
    }
    if let Some(sharding) = figures.sharding.as_ref().filter(|sharding| sharding.is_moving) {
        return format!("{} of {} keys moved", sharding.keys_moved, sharding.keys_to_move);
    }
    if let Some(copies) = figures.handoffs.filter(|copies| *copies > 0) {
        return format!("{} to hand on", format::quantity(copies as f64));
    }
    if let Some(disk) = figures.disk_utilisation.filter(|disk| *disk > figures.utilisation) {
        return format!("disk {}", format::percent(disk.min(1.0)));
    }
    if let Some((key, share)) = figures.sharding.as_ref().and_then(|own| own.hottest_key.zip(own.hottest_share))
        && share > CELEBRITY
    {
        return format!("key {key}: {}", format::percent(share));
    }
    match (kind, figures.hit_ratio) {
        (NodeKind::Users(_), _) => format!("{} waiting", format::quantity(figures.in_flight as f64)),
        (NodeKind::Cache(_) | NodeKind::Cdn(_), Some(ratio)) => format!("{} hits", format::percent(ratio)),
        (NodeKind::Database(_), _) => position(figures).unwrap_or_default(),
        _ => String::new(),
    }
}

/// How much of the log a database has applied, in short.
fn position(figures: &NodeFigures) -> Option<String> {
    figures.replication.as_ref().map(|own| format!("log at {}", format::quantity(own.applied as f64)))
}

fn note(kind: &NodeKind) -> String {
    match kind {
        NodeKind::Users(users) => format::users(users.users),
        NodeKind::Dns(dns) => format!("answers live {}", dns.ttl),
        _ => String::new(),
    }
}

fn queue_limit(kind: &NodeKind) -> Option<u32> {
    match kind {
        NodeKind::WebServer(server) => Some(server.queue_limit),
        NodeKind::Database(database) => Some(database.queue_limit),
        NodeKind::QuorumStore(store) => Some(store.queue_limit),
        NodeKind::ShardRouter(router) => Some(router.queue_limit),
        _ => None,
    }
}

/// One pip for each that waits, as long as they fit; beyond that they stand for shares of the limit.
fn pips(queue: u64, limit: Option<u32>) -> usize {
    let most = PIPS as u64;
    if queue <= most / 2 {
        return queue as usize;
    }
    let limit = u64::from(limit.unwrap_or(1_000)).max(most);
    (most / 2 + (queue * (most / 2)).div_ceil(limit)).min(most) as usize
}

fn badge(figures: &NodeFigures) -> Option<String> {
    let (reason, count) = figures.errors.first()?;
    let more = match figures.errors.len() {
        1 => String::new(),
        kinds => format!(" + {}", kinds - 1),
    };
    Some(format!("{} × {}{more}", format::quantity(*count as f64), reason.label()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use scalescope::observe::Reason;

    fn node(kind: &str) -> Node {
        let kind = NodeKind::by_name(kind).unwrap();
        Node { id: "n-1".to_owned(), label: Some("Node".to_owned()), position: None, region: None, kind }
    }

    fn with(figures: NodeFigures) -> Figures {
        Figures { nodes: vec![NodeFigures { id: "n-1".to_owned(), ..figures }], ..Figures::default() }
    }

    #[test]
    fn a_node_that_fails_says_why() {
        let errors = vec![(Reason::QueueFull, 12), (Reason::Timeout, 3)];
        let figures = NodeFigures { errors, queue: 250, ..blank() };
        let face = Face::new(&node("web_server"), &with(figures.clone()), true);
        assert_eq!(face.badge.as_deref(), Some("12 × queue full + 1"));
        assert!(face.is_crowded);
        assert_eq!(face.pips, PIPS);
        assert!(face.sentence().contains("250 waiting, 12 × queue full, 3 × timeout"), "{}", face.sentence());
    }

    #[test]
    fn what_is_down_and_not_noticed_is_told_apart() {
        let figures = NodeFigures { is_up: false, ..blank() };
        assert_eq!(Face::new(&node("web_server"), &with(figures.clone()), true).state, State::Unnoticed);
        let figures = NodeFigures { is_in_rotation: false, ..figures };
        assert_eq!(Face::new(&node("web_server"), &with(figures.clone()), true).chip, Some("down"));
        let mut hung = NodeFigures { is_up: true, is_in_rotation: true, ..figures.clone() };
        hung.condition.is_hung = true;
        assert_eq!(Face::new(&node("web_server"), &with(hung), true).chip, Some("hung"));
    }

    #[test]
    fn a_database_tells_its_role_its_lag_and_how_much_of_the_log_it_has() {
        let replication =
            Some(scalescope::observe::ReplicationFigures { applied: 980, received: 1_000, ..Default::default() });
        let primary = NodeFigures { role: Some(Role::Primary), replication: replication.clone(), ..blank() };
        let face = Face::new(&node("database"), &with(primary), true);
        assert_eq!((face.chip, face.other.as_str()), (Some("primary"), "log at 980"));
        let replica = NodeFigures { role: Some(Role::Replica), lag_s: Some(2.0), replication, ..blank() };
        let face = Face::new(&node("database"), &with(replica), true);
        assert_eq!((face.chip, face.other.as_str()), (Some("replica"), "log at 980, lag 2 s"));
    }

    #[test]
    fn few_in_a_queue_are_counted_by_pips_and_many_by_shares() {
        assert_eq!([0, 1, 5, 6, 256].map(|queue| pips(queue, Some(256))), [0, 1, 5, 6, 10]);
        assert!(pips(100, Some(256)) < 10);
    }
}
