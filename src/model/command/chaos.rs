//! Chaos: faults at random times and places, placed in advance under a seed, so that a bad day can be had again.
//!
//! Faults come as a Poisson process would: each at a time drawn evenly from the span. Targets are drawn evenly among
//! the nodes and links that are well at that time, what happens there evenly among all that fits, its strength evenly over
//! the dial. What lasts is mended after an exponential time. Left out: faults that cause each other, maintenance,
//! and a likelihood for each kind of part. The idea is that of Chaos Monkey (Basiri et al., *Chaos Engineering*, 2016).

use super::offers::Offer;
use super::{Command, Fault, Scheduled};
use crate::base::order::sort_by_key;
use crate::base::random::Stream;
use crate::base::{Problem, SimDuration};
use crate::model::Document;

/// How bad the day shall be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chaos {
    pub seed: u64,
    /// The faults begin at this time of the run …
    pub from: SimDuration,
    /// … and within so long after it.
    pub span: SimDuration,
    /// How many faults.
    pub faults: u32,
    /// Mean time until one is mended.
    pub repair: SimDuration,
}

/// Most faults of one day.
const MOST: u32 = 200;
/// Times are whole multiples of this: they can be read, and placed by hand.
const GRAIN: SimDuration = SimDuration::from_millis(100);
/// Nothing is mended faster.
const FASTEST: SimDuration = SimDuration::from_secs(1);

impl Chaos {
    /// The faults and their remedies for `document`, in the order of their times. Empty if nothing there can break.
    pub fn schedule(&self, document: &Document) -> Result<Vec<Scheduled>, Problem> {
        if self.faults > MOST {
            let what = format!("{} faults are too many", self.faults);
            return Err(Problem::new("faults", what, format!("valid: 0 to {MOST}")));
        }
        let mut stream = Stream::named(self.seed, "chaos", "faults");
        let menus = menus(document);
        let mut times: Vec<SimDuration> =
            (0..self.faults).map(|_| self.from + on_grain(self.span.as_secs_f64() * stream.unit())).collect();
        sort_by_key(&mut times, |at| *at);
        let mut mended_at = vec![SimDuration::ZERO; menus.len()];
        let mut schedule = Vec::new();
        for at in times {
            let well: Vec<usize> = (0..menus.len()).filter(|i| mended_at[*i] <= at).collect();
            // The draws are the same whoever is well, so that one fault more changes only what follows from it.
            let (which, what, how, long) = (stream.unit(), stream.unit(), stream.unit(), stream.exponential());
            let Some(place) = pick(&well, which) else { continue };
            let Some(offer) = pick(&menus[*place], what) else { continue };
            let fault = offer.of_strength(offer.dial.map_or(0.0, |dial| dial.amount(how)));
            if let Some(remedy) = fault.remedy() {
                let end = at + on_grain(self.repair.as_secs_f64() * long).max(FASTEST);
                mended_at[*place] = end + GRAIN;
                schedule.push(entry(end, remedy));
            }
            schedule.push(entry(at, fault));
        }
        sort_by_key(&mut schedule, |scheduled| scheduled.at);
        Ok(schedule)
    }
}

/// What can break at each node and link; places where nothing can are left out.
fn menus(document: &Document) -> Vec<Vec<Offer>> {
    let nodes = document.nodes.iter().map(|node| Offer::at_node(document, &node.id));
    let links = document.links.iter().map(|link| Offer::on_link(document, &link.from, &link.to));
    let breaking = nodes.chain(links).map(|menu| menu.into_iter().filter(|offer| !offer.is_remedy()).collect());
    breaking.filter(|menu: &Vec<Offer>| !menu.is_empty()).collect()
}

fn pick<T>(list: &[T], unit: f64) -> Option<&T> {
    list.get(((unit * list.len() as f64) as usize).min(list.len().saturating_sub(1)))
}

fn on_grain(seconds: f64) -> SimDuration {
    GRAIN.times((seconds / GRAIN.as_secs_f64()).round() as u64)
}

fn entry(at: SimDuration, fault: Fault) -> Scheduled {
    Scheduled { at, command: Command::Fault(fault) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Chaos = Chaos {
        seed: 7,
        from: SimDuration::from_secs(10),
        span: SimDuration::from_secs(60),
        faults: 40,
        repair: SimDuration::from_secs(5),
    };

    fn design() -> Document {
        Document::read(include_str!("../../../static/scenarios/cdn.json")).unwrap()
    }

    fn fault(scheduled: &Scheduled) -> &Fault {
        let Command::Fault(fault) = &scheduled.command else { panic!("chaos only breaks and mends") };
        fault
    }

    #[test]
    fn the_same_seed_gives_the_same_day_and_another_another() {
        let document = design();
        let day = DAY.schedule(&document).unwrap();
        assert_eq!(day, DAY.schedule(&document).unwrap());
        assert_ne!(day, Chaos { seed: 8, ..DAY }.schedule(&document).unwrap());
    }

    #[test]
    fn what_is_placed_fits_and_begins_within_its_span() {
        let mut document = design();
        let day = DAY.schedule(&document).unwrap();
        assert!(day.is_sorted_by_key(|scheduled| scheduled.at));
        let begun = day.iter().filter(|scheduled| !fault(scheduled).is_remedy());
        assert!(begun.clone().count() > 30, "most targets are well most of the time");
        assert!(begun.clone().all(|one| one.at >= DAY.from && one.at <= DAY.from + DAY.span));
        document.schedule = day;
        assert_eq!(document.check(), Ok(()));
    }

    #[test]
    fn whatever_lasts_is_mended_before_its_target_breaks_again() {
        let day = DAY.schedule(&design()).unwrap();
        let mut broken: Vec<String> = Vec::new();
        for fault in day.iter().map(fault) {
            let target = fault.target();
            if fault.is_remedy() {
                let at = broken.iter().position(|other| *other == target).expect("only what is broken is mended");
                broken.remove(at);
            } else {
                assert!(!broken.contains(&target), "{target}");
                if fault.remedy().is_some() {
                    broken.push(target);
                }
            }
        }
        assert!(broken.is_empty(), "{broken:?}");
    }

    #[test]
    fn a_day_is_bounded_and_may_be_quiet() {
        assert!(Chaos { faults: u32::MAX, ..DAY }.schedule(&design()).is_err());
        assert_eq!(Chaos { faults: 0, ..DAY }.schedule(&design()), Ok(Vec::new()));
        let nobody = Document { nodes: Vec::new(), links: Vec::new(), ..design() };
        assert_eq!(DAY.schedule(&nobody), Ok(Vec::new()));
        let extreme = Chaos { from: SimDuration::from_nanos(u64::MAX), span: SimDuration::from_nanos(u64::MAX), ..DAY };
        assert!(extreme.schedule(&design()).is_ok());
    }
}
