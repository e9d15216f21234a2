//! Links: delay, bandwidth, loss, and the faults of each direction.
//!
//! Each direction is a transmitter with one queue, first come first served (store and forward, as in Kleinrock, *Queueing
//! Systems* II, ch. 5): a message of B bytes occupies it for 8·B / bandwidth, after all that came before it, and then travels
//! for a delay of its own. When a message leaves is decided as it comes, so that a queue costs no events. A message that would
//! have to wait longer than the queue's limit is dropped; so is one that is lost by chance, or meets a partition.
//! Messages belong to many connections, so one may overtake another while it travels. Left out: packets and their headers,
//! congestion control, slow start, handshakes; what a link was given before its rate changed keeps the time it had.

use crate::base::hash::{Bits, Derived};
use crate::base::random::Stream;
use crate::base::{BitRate, NodeIx, Shape, SimDuration, SimTime};

/// First retransmission timeout beside the round trip: Linux's minimum (RFC 6298 would wait a second).
const FIRST_TIMEOUT: SimDuration = SimDuration::from_millis(200);

/// Tries before a connection is given up.
pub(super) const TRIES: u8 = 6;

/// A way between two nodes.
#[derive(Clone, Debug, Hash)]
pub struct Link {
    pub from: NodeIx,
    pub to: NodeIx,
    pub is_removed: bool,
    /// Whether an end of it lies in a region that is out: nothing comes through.
    pub is_dark: bool,
    /// Of a direction in which nothing is drawn and nobody waits, the delay, in nanoseconds: most links, most of the time. Else
    /// [`SLOW`].
    swift: Derived<[u64; 2]>,
    works: Box<Works>,
}

/// Stands for a delay that is not known beforehand.
const SLOW: u64 = u64::MAX;

// Every hop looks at one, and a large site has thousands.
const _: () = assert!(size_of::<Link>() <= 32);

/// All else that there is to a link.
#[derive(Clone, Debug, Hash)]
struct Works {
    params: Derived<LinkParams>,
    /// Decides losses.
    stream: Stream,
    lanes: [Lane; 2],
}

/// What a link is by design.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkParams {
    /// Mean one-way delay, and the shape of its distribution.
    pub latency: SimDuration,
    pub latency_shape: Shape,
    /// The same of the way back.
    pub reply_latency: SimDuration,
    pub reply_shape: Shape,
    /// Share of messages lost.
    pub loss: f64,
    /// Of each direction; none: unlimited.
    pub bandwidth: Option<BitRate>,
    /// Longest wait for those before.
    pub queue_limit: SimDuration,
}

/// One direction of a link.
#[derive(Clone, Debug, Hash)]
struct Lane {
    /// Decides delays: the traffic of one direction does not shift those of the other.
    stream: Stream,
    /// When all that it was given so far has left.
    free_at: SimTime,
    trouble: Trouble,
}

/// What is wrong with one direction of a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Hash)]
pub struct Trouble {
    /// Partitioned: nothing comes through.
    pub is_cut: bool,
    pub added_latency: SimDuration,
    /// Share of messages lost, in addition to the link's own.
    pub added_loss: Bits,
    /// Bandwidth that is left, if that is less than the link's own.
    pub bandwidth: Option<BitRate>,
}

/// What becomes of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Its first bit leaves at `depart`, all of it is there at `arrive`; it occupies the link for so long.
    Arrives {
        depart: SimTime,
        arrive: SimTime,
        occupied: SimDuration,
    },
    Lost {
        occupied: SimDuration,
    },
}

impl Link {
    /// A link whose random streams go by `name`.
    pub fn new(from: NodeIx, to: NodeIx, params: LinkParams, name: &str, seed: u64) -> Self {
        let lane = |purpose| Lane {
            stream: Stream::named(seed, name, purpose),
            free_at: SimTime::ZERO,
            trouble: Trouble::default(),
        };
        let lanes = [lane("latency"), lane("latency back")];
        let works = Works { params: Derived(params), stream: Stream::named(seed, name, "loss"), lanes };
        Self { from, to, is_removed: false, is_dark: false, swift: works.swift(), works: Box::new(works) }
    }

    /// How long everything travels in one direction, where that is all that there is to it.
    #[inline]
    pub fn swift_delay(&self, is_backward: bool) -> Option<SimDuration> {
        let delay = self.swift[usize::from(is_backward)];
        if delay == SLOW || self.is_dark { None } else { Some(SimDuration::from_nanos(delay)) }
    }

    /// Sends `bytes` in one direction, once, by all that there is to a link.
    #[inline(never)]
    pub fn carry(&mut self, now: SimTime, is_backward: bool, bytes: u64) -> Fate {
        let Works { params: Derived(params), stream, lanes } = &mut *self.works;
        let lane = &mut lanes[usize::from(is_backward)];
        let (mut depart, mut left, mut occupied) = (now, now, SimDuration::ZERO);
        if let Some(rate) = lane.rate(params) {
            if lane.free_at.since(now) > params.queue_limit {
                return Fate::Lost { occupied };
            }
            occupied = rate.time_for(bytes);
            depart = now.max(lane.free_at);
            left = depart + occupied;
            lane.free_at = left;
        }
        let loss = 1.0 - (1.0 - params.loss) * (1.0 - lane.trouble.added_loss.0);
        if lane.trouble.is_cut || self.is_dark || (loss > 0.0 && stream.chance(loss)) {
            return Fate::Lost { occupied };
        }
        let (mean, shape) = params.delay(is_backward);
        let delay = shape.duration(mean, &mut lane.stream) + lane.trouble.added_latency;
        Fate::Arrives { depart, arrive: left + delay, occupied }
    }

    /// How long the transport waits for an acknowledgement of what it has sent `tries` times before: it doubles each time
    /// (RFC 6298).
    pub fn timeout(&self, is_backward: bool, tries: u8) -> SimDuration {
        let (params, added) = (&self.works.params, self.trouble(is_backward).added_latency);
        (FIRST_TIMEOUT + params.latency + params.reply_latency + added.times(2)).times(1 << tries.min(30))
    }

    /// How long the transport tries before it gives up.
    pub fn patience(&self, is_backward: bool) -> SimDuration {
        (0..TRIES).map(|tries| self.timeout(is_backward, tries)).fold(SimDuration::ZERO, |sum, wait| sum + wait)
    }

    /// Mean delay of the direction in which it is drawn.
    pub fn latency(&self) -> SimDuration {
        self.works.params.latency
    }

    pub fn trouble(&self, is_backward: bool) -> &Trouble {
        &self.works.lanes[usize::from(is_backward)].trouble
    }

    /// The bit rate of one direction as it is now; none: unlimited.
    pub fn rate(&self, is_backward: bool) -> Option<BitRate> {
        self.works.lanes[usize::from(is_backward)].rate(&self.works.params)
    }

    /// Puts the link's parameters in force.
    pub fn configure(&mut self, now: SimTime, params: LinkParams) {
        let works = &mut *self.works;
        for lane in &mut works.lanes {
            let (old, new) = (lane.rate(&works.params), lane.rate(&params));
            lane.change_rate(now, old, new);
        }
        works.params = Derived(params);
        self.swift = works.swift();
    }

    /// Changes what is wrong with one direction.
    pub fn afflict(&mut self, now: SimTime, is_backward: bool, change: impl FnOnce(&mut Trouble)) {
        let works = &mut *self.works;
        let lane = &mut works.lanes[usize::from(is_backward)];
        let old = lane.rate(&works.params);
        change(&mut lane.trouble);
        let new = lane.rate(&works.params);
        lane.change_rate(now, old, new);
        self.swift = works.swift();
    }
}

impl LinkParams {
    /// Mean delay of a direction, and its shape.
    fn delay(&self, is_backward: bool) -> (SimDuration, &Shape) {
        if is_backward { (self.reply_latency, &self.reply_shape) } else { (self.latency, &self.latency_shape) }
    }
}

impl Works {
    /// The delay of each direction that is swift.
    fn swift(&self) -> Derived<[u64; 2]> {
        let params = &self.params;
        Derived([false, true].map(|is_backward| {
            let (lane, (mean, shape)) = (&self.lanes[usize::from(is_backward)], params.delay(is_backward));
            let has_losses = params.loss > 0.0 || lane.trouble.added_loss.0 > 0.0 || lane.trouble.is_cut;
            let is_swift = !has_losses && lane.rate(params).is_none() && matches!(shape, Shape::Constant);
            if is_swift { (mean + lane.trouble.added_latency).as_nanos() } else { SLOW }
        }))
    }
}

impl Lane {
    fn rate(&self, params: &LinkParams) -> Option<BitRate> {
        match (params.bandwidth, self.trouble.bandwidth) {
            (Some(own), Some(left)) => Some(own.min(left)),
            (own, left) => own.or(left),
        }
    }

    /// The backlog is worked off at the new rate, as far as those who come now have to wait for it.
    fn change_rate(&mut self, now: SimTime, old: Option<BitRate>, new: Option<BitRate>) {
        if old == new {
            return;
        }
        let backlog = u128::from(self.free_at.since(now).as_nanos());
        let backlog = match (old, new) {
            (Some(old), Some(new)) => backlog * u128::from(old.0) / u128::from(new.0.max(1)),
            _ => 0,
        };
        self.free_at = now + SimDuration::from_nanos(u64::try_from(backlog).unwrap_or(u64::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(change: impl FnOnce(&mut LinkParams)) -> Link {
        let mut params = LinkParams {
            latency: SimDuration::from_millis(10),
            latency_shape: Shape::Constant,
            reply_latency: SimDuration::from_millis(10),
            reply_shape: Shape::Constant,
            loss: 0.0,
            bandwidth: None,
            queue_limit: SimDuration::from_secs(1),
        };
        change(&mut params);
        Link::new(NodeIx(0), NodeIx(1), params, "a→b", 5)
    }

    fn at_ms(ms: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_millis(ms)
    }

    /// When what was sent arrives, in milliseconds.
    fn arrival_ms(fate: Fate) -> Option<u64> {
        match fate {
            Fate::Arrives { arrive, .. } => Some(arrive.as_nanos() / 1_000_000),
            Fate::Lost { .. } => None,
        }
    }

    #[test]
    fn without_anything_else_there_is_only_latency() {
        let mut link = link(|_| ());
        assert_eq!(arrival_ms(link.carry(at_ms(5), false, u64::MAX)), Some(15));
        assert_eq!(link.swift_delay(false), Some(SimDuration::from_millis(10)));
        link.is_dark = true;
        assert_eq!((link.swift_delay(false), arrival_ms(link.carry(at_ms(5), false, 1))), (None, None));
    }

    #[test]
    fn the_way_back_may_take_another_time() {
        let mut link = link(|params| params.reply_latency = SimDuration::from_millis(3));
        assert_eq!([false, true].map(|back| arrival_ms(link.carry(at_ms(0), back, 1))), [Some(10), Some(3)]);
        assert_eq!(link.timeout(false, 0), SimDuration::from_millis(213));
    }

    #[test]
    fn timeouts_double() {
        let link = link(|_| ());
        let timeouts: Vec<_> = (0..3).map(|tries| link.timeout(false, tries)).collect();
        assert_eq!(timeouts, [220, 440, 880].map(SimDuration::from_millis));
    }

    #[test]
    fn a_share_of_messages_is_lost() {
        let mut link = link(|params| params.loss = 0.25);
        let lost = (0..10_000).filter(|_| arrival_ms(link.carry(at_ms(0), false, 1)).is_none()).count();
        assert!((2_300..2_700).contains(&lost), "{lost} of 10000 were lost");
    }

    #[test]
    fn delays_of_every_shape_keep_their_mean() {
        for shape in ["exponential", "uniform", "lognormal(0.5)", "bounded_pareto(2.5, 1000)", "erlang(3)"] {
            let mut link = link(|params| {
                params.latency_shape = shape.parse().unwrap();
                params.reply_shape = shape.parse().unwrap();
            });
            for is_backward in [false, true] {
                let n = 100_000_u32;
                let total: f64 = (0..n)
                    .map(|_| match link.carry(at_ms(0), is_backward, 1) {
                        Fate::Arrives { arrive, .. } => arrive.as_secs_f64(),
                        Fate::Lost { .. } => panic!("nothing is lost here"),
                    })
                    .sum();
                let mean_ms = total * 1e3 / f64::from(n);
                assert!((mean_ms - 10.0).abs() < 0.25, "{shape}: {mean_ms} ms");
            }
        }
    }

    #[test]
    fn one_direction_does_not_shift_the_draws_of_the_other() {
        let mut quiet = link(|params| params.latency_shape = "exponential".parse().unwrap());
        let mut busy = quiet.clone();
        (0..10).for_each(|_| _ = busy.carry(at_ms(0), true, 1));
        assert_eq!(quiet.carry(at_ms(0), false, 1), busy.carry(at_ms(0), false, 1));
    }

    #[test]
    fn messages_of_one_direction_wait_for_each_other() {
        // A thousand bytes take a millisecond.
        let mut link = link(|params| params.bandwidth = Some(BitRate(8_000_000)));
        assert_eq!(arrival_ms(link.carry(at_ms(0), false, 4_000)), Some(14));
        assert_eq!(arrival_ms(link.carry(at_ms(1), false, 1_000)), Some(15));
        assert_eq!(arrival_ms(link.carry(at_ms(1), true, 1_000)), Some(12), "the other direction is free");
        assert_eq!(arrival_ms(link.carry(at_ms(50), false, 1_000)), Some(61));
    }

    #[test]
    fn a_full_queue_drops() {
        let mut link = link(|params| {
            params.bandwidth = Some(BitRate(8_000_000));
            params.queue_limit = SimDuration::from_millis(2);
        });
        let arrivals: Vec<_> = (0..4).map(|_| arrival_ms(link.carry(at_ms(0), false, 1_000))).collect();
        assert_eq!(arrivals, [Some(11), Some(12), Some(13), None]);
    }

    #[test]
    fn trouble_is_of_one_direction_and_ends() {
        let mut link = link(|params| params.bandwidth = Some(BitRate(8_000_000)));
        link.afflict(at_ms(0), false, |trouble| trouble.is_cut = true);
        assert_eq!(arrival_ms(link.carry(at_ms(0), false, 1)), None);
        assert_eq!(arrival_ms(link.carry(at_ms(0), true, 1)), Some(10));
        link.afflict(at_ms(100), false, |trouble| {
            *trouble = Trouble {
                added_latency: SimDuration::from_millis(7),
                bandwidth: Some(BitRate(80_000)),
                ..Trouble::default()
            };
        });
        // A hundredth of the rate: the second would leave only after 200 ms.
        assert_eq!(arrival_ms(link.carry(at_ms(100), false, 1_000)), Some(217));
        link.afflict(at_ms(100), false, |trouble| *trouble = Trouble::default());
        assert_eq!(arrival_ms(link.carry(at_ms(100), false, 1_000)), Some(112), "the backlog shrinks with the trouble");
        link.afflict(at_ms(200), true, |trouble| trouble.added_loss = Bits(1.0));
        assert_eq!(arrival_ms(link.carry(at_ms(200), true, 1)), None);
    }
}
