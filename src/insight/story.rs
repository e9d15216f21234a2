//! Stories: what became of a request, and why, in a sentence or two.

use crate::observe::Reason;
use crate::observe::trace::{Doing, Span, Trace};

/// Where the time of a request went, in nanoseconds: of all its calls together, but without waiting for other calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    pub network: u64,
    pub queued: u64,
    pub served: u64,
    pub held: u64,
}

impl Spent {
    pub fn of(trace: &Trace) -> Self {
        let mut spent = Self::default();
        for span in trace.spans.iter().filter(|span| !span.is_aside) {
            spent.add(span, trace.now_ns);
        }
        spent
    }

    fn add(&mut self, span: &Span, now_ns: u64) {
        self.network += span.arrive_ns.min(now_ns).saturating_sub(span.made_ns);
        if let (Some(answered), Some(back)) = (span.answered_ns, span.back_ns) {
            self.network += back.min(now_ns).saturating_sub(answered);
        }
        for part in &span.parts {
            let time = part.to_ns.min(now_ns).saturating_sub(part.from_ns);
            match part.doing {
                Doing::Queued => self.queued += time,
                Doing::Served => self.served += time,
                Doing::Held => self.held += time,
                Doing::Calling => {}
            }
        }
    }

    fn all(&self) -> u64 {
        self.network + self.queued + self.served + self.held
    }

    /// The largest part, and its share.
    fn most(&self) -> Option<(&'static str, f64)> {
        let parts = [
            (self.network, "on the network"),
            (self.queued, "in queues"),
            (self.served, "in service"),
            (self.held, "waiting for a connection or a pause between tries"),
        ];
        let (time, name) = parts.into_iter().max_by_key(|(time, _)| *time)?;
        (time > 0).then(|| (name, time as f64 / self.all() as f64))
    }
}

/// What became of the request and why; `label` names a node, `words` a length of time in seconds.
pub fn story(trace: &Trace, label: impl Fn(&str) -> String, words: impl Fn(f64) -> String) -> String {
    let length = |to: u64| words(to.saturating_sub(trace.began_ns) as f64 / 1e9);
    let Some(ended) = trace.ended_ns else {
        return format!("On its way for {}{}.", length(trace.now_ns), whereabouts(trace, &label));
    };
    let Some(reason) = trace.failure else {
        let most = Spent::of(trace).most();
        let most = most.map_or_else(String::new, |(name, share)| format!(", {:.0} % of that {name}", share * 100.0));
        return format!("Answered after {}{most}.", length(ended));
    };
    let culprit = culprit(trace);
    let place = culprit.map_or_else(|| "the system".to_owned(), |span| label(&span.failed_at));
    format!("Failed after {}: {}.", length(ended), because(reason, &place, trace, &label))
}

/// The call in which the failure began: the deepest that failed where it was, or the last that failed at all.
fn culprit(trace: &Trace) -> Option<&Span> {
    let failed = || trace.spans.iter().filter(|span| span.failure.is_some() && span.failure == trace.failure);
    failed().filter(|span| span.failed_at == span.to).max_by_key(|span| span.depth).or_else(|| failed().next_back())
}

fn because(reason: Reason, place: &str, trace: &Trace, label: &impl Fn(&str) -> String) -> String {
    match reason {
        Reason::ConnectionRefused => format!("{place} was down and refused the connection"),
        Reason::NodeCrashed => format!("{place} crashed while it was working on it"),
        Reason::NodeRemoved => format!("{place} was taken out of the design while it was working on it"),
        Reason::QueueFull => format!("the queue of {place} was full"),
        Reason::QueueTimeout => format!("it waited too long in the queue of {place}"),
        Reason::Timeout => format!("the user gave up waiting{}", slowest(trace, label)),
        Reason::NetworkLoss => format!("every packet to or from {place} was lost"),
        Reason::NoHealthyServer => format!("{place} knew no healthy server"),
        Reason::NoPrimary => "no database was there to take it as primary".to_owned(),
        Reason::ServerError => format!("{place} answered with an error"),
        Reason::Shed => format!("{place} was overloaded and shed it"),
        Reason::RateLimited => format!("{place} had been asked too often"),
        Reason::Unreachable => format!("{place} has a private address and cannot be reached from outside"),
        Reason::PoolExhausted => format!("{place} had no connection free"),
        other => format!("{}, at {place}", other.label()),
    }
}

/// Where most of a wait went that was too long.
fn slowest(trace: &Trace, label: &impl Fn(&str) -> String) -> String {
    let ended = trace.ended_ns.unwrap_or(trace.now_ns);
    let parts = trace.spans.iter().filter(|span| !span.is_aside).flat_map(|span| {
        let network = (span.arrive_ns.min(ended).saturating_sub(span.made_ns), "on the way to", &span.to);
        let own = span.parts.iter().filter(|part| part.doing != Doing::Calling).map(move |part| {
            let how = if part.doing == Doing::Queued { "in the queue of" } else { "at" };
            (part.to_ns.min(ended).saturating_sub(part.from_ns), how, &span.to)
        });
        std::iter::once(network).chain(own)
    });
    parts
        .max_by_key(|(time, ..)| *time)
        .map_or_else(String::new, |(_, how, id)| format!("; most of the time it was {how} {}", label(id)))
}

/// Where it is now.
fn whereabouts(trace: &Trace, label: &impl Fn(&str) -> String) -> String {
    let now = trace.now_ns;
    let open = trace
        .spans
        .iter()
        .filter(|span| !span.is_aside && span.made_ns <= now && span.back_ns.is_none_or(|back| now < back));
    open.max_by_key(|span| (span.depth, span.made_ns)).map_or_else(String::new, |span| {
        let to = label(&span.to);
        match (now < span.arrive_ns, span.answered_ns, span.parts.last()) {
            (true, ..) => format!(": on the link to {to}"),
            (false, Some(_), _) => format!(": on the link back from {to}"),
            (false, None, Some(part)) => format!(": at {to}, {}", part.doing.label()),
            (false, None, None) => format!(": at {to}"),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SimTime;
    use crate::engine::Engine;
    use crate::model::{Command, Document, Fault};

    /// Stories of failed requests, or of all, within twelve seconds, `faults` struck early.
    fn stories(scenario: &str, faults: &[Fault], is_failed: bool) -> Vec<String> {
        let mut engine = Engine::new(Document::read(scenario).unwrap()).unwrap();
        engine.set_tracing(1, 100_000);
        engine.run_until(SimTime::from_nanos(500_000_000));
        for fault in faults {
            engine.command(Command::Fault(fault.clone())).unwrap();
        }
        engine.run_until(SimTime::from_nanos(20_000_000_000));
        let ended = engine.ended().into_iter().filter(|ended| ended.failure.is_some() == is_failed);
        let traces = ended.filter_map(|ended| engine.trace(ended.serial));
        traces.map(|trace| story(&trace, str::to_owned, |seconds| format!("{seconds:.1} s"))).collect()
    }

    const SINGLE: &str = include_str!("../../static/scenarios/single-server.json");

    #[test]
    fn an_answer_tells_where_its_time_went() {
        let all = stories(SINGLE, &[], false);
        assert!(
            all.iter().any(|story| story.starts_with("Answered after 0.") && story.contains("on the network")),
            "{all:?}"
        );
    }

    #[test]
    fn a_failure_names_the_place_and_the_reason() {
        let web = || "web-1".to_owned();
        let all = stories(SINGLE, &[Fault::Crash { node: web() }], true);
        assert!(all.iter().any(|story| story.contains("web-1 was down and refused the connection")), "{all:?}");
        let all = stories(SINGLE, &[Fault::Hang { node: web() }], true);
        assert!(
            all.iter().any(|story| story.contains("gave up waiting; most of the time it was at web-1")
                || story.contains("gave up waiting; most of the time it was on the way to web-1")),
            "{all:?}"
        );
        let all = stories(SINGLE, &[Fault::Errors { node: web(), ratio: 1.0 }], true);
        assert!(all.iter().any(|story| story.contains("web-1 answered with an error")), "{all:?}");
    }
}
