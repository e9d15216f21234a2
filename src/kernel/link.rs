//! Links: latency and loss.
//!
//! A lost packet is sent again by the transport after a retransmission timeout that doubles each time (RFC 6298, with
//! Linux's minimum of 200 ms); after six tries the connection is given up. Left out: bandwidth, jitter, congestion control.

use crate::base::hash::Derived;
use crate::base::random::Stream;
use crate::base::{NodeIx, SimDuration};

const FIRST_TIMEOUT: SimDuration = SimDuration::from_millis(200);
const TRIES: u32 = 6;

/// A way between two nodes.
#[derive(Clone, Debug, Hash)]
pub struct Link {
    pub from: NodeIx,
    pub to: NodeIx,
    pub latency: SimDuration,
    pub loss: Derived<f64>,
    pub is_removed: bool,
    pub stream: Stream,
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transit {
    /// It arrives after this time.
    Arrives(SimDuration),
    /// The sender gives up after this time.
    GivenUp(SimDuration),
}

impl Link {
    /// Decides the fate of one message.
    pub fn transit(&mut self) -> Transit {
        if self.loss.0 <= 0.0 {
            return Transit::Arrives(self.latency);
        }
        let mut waited = SimDuration::ZERO;
        let mut timeout = FIRST_TIMEOUT + self.latency.times(2);
        for _ in 0..TRIES {
            if !self.stream.chance(self.loss.0) {
                return Transit::Arrives(waited + self.latency);
            }
            waited += timeout;
            timeout = timeout.times(2);
        }
        Transit::GivenUp(waited)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(loss: f64) -> Link {
        Link {
            from: NodeIx(0),
            to: NodeIx(1),
            latency: SimDuration::from_millis(10),
            loss: Derived(loss),
            is_removed: false,
            stream: Stream::seeded(5),
        }
    }

    #[test]
    fn without_loss_only_latency() {
        assert_eq!(link(0.0).transit(), Transit::Arrives(SimDuration::from_millis(10)));
    }

    #[test]
    fn with_total_loss_the_sender_gives_up_after_doubling_waits() {
        // 220 ms × (1 + 2 + 4 + 8 + 16 + 32).
        assert_eq!(link(1.0).transit(), Transit::GivenUp(SimDuration::from_millis(220 * 63)));
    }

    #[test]
    fn a_share_of_messages_waits_for_a_retransmission() {
        let mut link = link(0.25);
        let late = (0..10_000).filter(|_| link.transit() != Transit::Arrives(link.latency)).count();
        assert!((2_300..2_700).contains(&late), "{late} of 10000 were late");
    }
}
