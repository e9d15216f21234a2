//! Offers: every fault as something that a person can choose, with a title, a sentence, and a dial for its strength.
//!
//! The list follows from [`Fault`] itself: one that is new there is offered here at once, under its own name, until it gets words of
//! its own. Defaults are strong enough to be noticed, and no rule of nature.

use serde_json::Value;

use super::fault::{Aim, Fault, Way};
use crate::base::json::{Json, read};
use crate::base::words::capitalised;
use crate::base::{BitRate, SimDuration};
use crate::model::Document;

/// A fault that fits its target, ready to happen.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    pub fault: Fault,
    /// What it does, in a word or two.
    pub title: String,
    /// What that means, in a sentence.
    pub help: &'static str,
    /// How strong it is, where that can be chosen.
    pub dial: Option<Dial>,
    /// Whether it can hit one direction of a link alone.
    pub has_way: bool,
}

/// How strong a fault is: one number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dial {
    /// The fault's field in a document.
    pub field: &'static str,
    /// What the number is, for people.
    pub label: &'static str,
    pub scale: Scale,
    /// In the unit of the scale.
    pub min: f64,
    pub max: f64,
    pub default: f64,
}

/// The unit of a dial, and how it turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// A factor; turns logarithmically.
    Factor,
    /// 0 to 1; turns evenly.
    Share,
    /// Seconds; turns logarithmically.
    Seconds,
    /// Bits per second; turns logarithmically.
    BitRate,
}

const DIALS: [Dial; 5] = [
    Dial { field: "factor", label: "Times as long", scale: Scale::Factor, min: 1.5, max: 1_000.0, default: 10.0 },
    Dial { field: "ratio", label: "Share of answers", scale: Scale::Share, min: 0.01, max: 1.0, default: 0.3 },
    Dial { field: "loss", label: "Share of packets", scale: Scale::Share, min: 0.01, max: 1.0, default: 0.1 },
    Dial { field: "added_latency", label: "Added delay", scale: Scale::Seconds, min: 0.001, max: 10.0, default: 0.2 },
    Dial { field: "bandwidth", label: "Bandwidth left", scale: Scale::BitRate, min: 1e4, max: 1e9, default: 1e6 },
];

impl Scale {
    /// The number as a document has it.
    fn value(self, amount: f64) -> Value {
        match self {
            Self::Factor | Self::Share => Value::from(amount),
            Self::Seconds => SimDuration::from_secs_f64(amount).to_value(),
            Self::BitRate => BitRate(amount.max(1.0) as u64).to_value(),
        }
    }

    /// Place of `amount` on the way from `min` to `max`, 0 to 1.
    fn place(self, amount: f64, min: f64, max: f64) -> f64 {
        let place = match self {
            Self::Share => (amount - min) / (max - min),
            _ => libm::log(amount / min) / libm::log(max / min),
        };
        if place.is_finite() { place.clamp(0.0, 1.0) } else { 0.0 }
    }
}

impl Dial {
    /// Place of `amount` on the dial, 0 to 1.
    pub fn place(&self, amount: f64) -> f64 {
        self.scale.place(amount, self.min, self.max)
    }

    /// The amount at a place of the dial, 0 to 1, rounded to two digits.
    pub fn amount(&self, place: f64) -> f64 {
        let place = place.clamp(0.0, 1.0);
        let amount = match self.scale {
            Scale::Share => self.min + (self.max - self.min) * place,
            _ => self.min * libm::pow(self.max / self.min, place),
        };
        rounded(amount).clamp(self.min, self.max)
    }

    /// The amount in words.
    pub fn words(&self, amount: f64) -> String {
        match self.scale {
            Scale::Factor => format!("{amount} ×"),
            Scale::Share => format!("{} %", rounded(amount * 100.0)),
            Scale::Seconds => SimDuration::from_secs_f64(amount).to_string(),
            Scale::BitRate => BitRate(amount as u64).to_string(),
        }
    }
}

/// `number` to two digits.
fn rounded(number: f64) -> f64 {
    let size = libm::pow(10.0, libm::floor(libm::log10(number.abs().max(1e-12))) - 1.0);
    let digits = (number / size).round();
    // 1 / 10ⁿ is nearer to what one means than 10⁻ⁿ.
    if size < 1.0 { digits / (1.0 / size).round() } else { digits * size.round() }
}

impl Offer {
    /// All that can be done to the node `id`, what mends it included.
    pub fn at_node(document: &Document, id: &str) -> Vec<Self> {
        Self::fitting(document, &[("node", id)])
    }

    /// All that can be done to the link from `from` to `to`.
    pub fn on_link(document: &Document, from: &str, to: &str) -> Vec<Self> {
        Self::fitting(document, &[("from", from), ("to", to)])
    }

    /// All that can be done to a region.
    pub fn in_region(document: &Document, region: &str) -> Vec<Self> {
        Self::fitting(document, &[("region", region)])
    }

    fn fitting(document: &Document, target: &[(&str, &str)]) -> Vec<Self> {
        let blanks = Fault::blanks().into_iter();
        let aimed = blanks.filter_map(|blank| {
            let dial = DIALS.into_iter().find(|dial| field(&blank, dial.field).is_some());
            let mut fault = blank;
            for (name, id) in target {
                fault = with(&fault, name, (*id).into())?;
            }
            if let Some(dial) = &dial {
                fault = with(&fault, dial.field, dial.scale.value(dial.default))?;
            }
            Some((fault, dial))
        });
        aimed.filter(|(fault, _)| fault.check(document).is_ok()).map(|(fault, dial)| Self::new(fault, dial)).collect()
    }

    fn new(fault: Fault, dial: Option<Dial>) -> Self {
        let (title, help) = words(&fault);
        let title = title.map_or_else(|| plain_words(fault.name()), str::to_owned);
        let has_way = field(&fault, "way").is_some();
        Self { fault, title, help, dial, has_way }
    }

    /// The fault, as strong as is wanted.
    pub fn of_strength(&self, amount: f64) -> Fault {
        let strong = self.dial.and_then(|dial| with(&self.fault, dial.field, dial.scale.value(amount)));
        strong.unwrap_or_else(|| self.fault.clone())
    }

    /// Whether it mends instead of breaking.
    pub fn is_remedy(&self) -> bool {
        self.fault.is_remedy()
    }
}

impl Fault {
    /// What ends it; nothing, if it is a remedy itself or is over as soon as it has happened.
    pub fn remedy(&self) -> Option<Self> {
        match self.clone() {
            Self::Crash { node } => Some(Self::Restart { node }),
            Self::Hang { node } => Some(Self::Resume { node }),
            Self::Slow { node, .. } | Self::Errors { node, .. } | Self::ReadOnly { node } => Some(Self::Heal { node }),
            Self::Partition { from, to, way }
            | Self::SlowLink { from, to, way, .. }
            | Self::LossyLink { from, to, way, .. }
            | Self::NarrowLink { from, to, way, .. } => Some(Self::HealLink { from, to, way }),
            Self::RegionOutage { region } => Some(Self::RegionHeal { region }),
            _ => None,
        }
    }

    /// Whether it mends instead of breaking.
    pub fn is_remedy(&self) -> bool {
        matches!(
            self,
            Self::Restart { .. }
                | Self::Resume { .. }
                | Self::Heal { .. }
                | Self::HealLink { .. }
                | Self::RegionHeal { .. }
        )
    }

    /// The same in another direction of its link; unchanged, if it has none.
    #[must_use]
    pub fn one_way(&self, way: Way) -> Self {
        with(self, "way", way.to_value()).unwrap_or_else(|| self.clone())
    }

    /// Whom it hits, as words that tell one target from another.
    pub fn target(&self) -> String {
        match self.aim() {
            Aim::Node(node) => node.to_owned(),
            Aim::Link { from, to } => format!("{from} → {to}"),
            Aim::Request => "a request".to_owned(),
            Aim::Region(region) => format!("region {region}"),
        }
    }
}

/// What stands in a fault under `name`.
fn field(fault: &Fault, name: &str) -> Option<Value> {
    fault.to_value().get(fault.name())?.get(name).cloned()
}

/// `fault` with another value under `name`; none, if it has no such field.
fn with(fault: &Fault, name: &str, value: Value) -> Option<Fault> {
    let mut all = fault.to_value();
    *all.get_mut(fault.name())?.get_mut(name)? = value;
    read(&all, "").ok()
}

/// Title and sentence of the faults that have some.
fn words(fault: &Fault) -> (Option<&'static str>, &'static str) {
    let (title, help) = match fault {
        Fault::Crash { .. } => ("Crash", "The process dies with all it was doing; connections are refused."),
        Fault::Restart { .. } => ("Restart", "It starts again with what it has on disk."),
        Fault::Hang { .. } => ("Hang", "It stops without dying: whatever reaches it waits."),
        Fault::Resume { .. } => ("Go on", "All that has waited happens at once."),
        Fault::Slow { .. } => ("Slow down", "Services that begin from now on take longer."),
        Fault::Errors { .. } => ("Return errors", "A share of good answers become errors, after all the work."),
        Fault::ReadOnly { .. } => ("Disk read-only", "It refuses writes and cannot follow its primary."),
        Fault::Heal { .. } => ("Heal", "Neither hung nor slow, faulty or read-only any more."),
        Fault::Partition { .. } => ("Cut", "Nothing comes through; senders repeat until they give up."),
        Fault::SlowLink { .. } => ("Delay", "Everything takes longer."),
        Fault::LossyLink { .. } => ("Lose packets", "A share of packets is lost and sent again."),
        Fault::NarrowLink { .. } => ("Narrow", "Only so much of the bandwidth is left."),
        Fault::HealLink { .. } => ("Heal", "As it was designed."),
        Fault::Flush { .. } => ("Flush", "It forgets everything, and goes on."),
        Fault::Purge { .. } => ("Purge", "It forgets all assets, and goes on."),
        Fault::Promote { .. } => ("Promote", "It becomes the primary, as soon as it has applied all that it can get."),
        Fault::RegionOutage { .. } => ("Black out", "Everything in the region dies, and no link leads in or out."),
        Fault::RegionHeal { .. } => ("Power back", "The region's links are whole, and what was dead there starts."),
        // A request's packet is lost where it is seen: no place offers that.
        Fault::Drop { .. } => return (None, ""),
    };
    (Some(title), help)
}

/// `mass_expiry` → `Mass expiry`.
fn plain_words(name: &str) -> String {
    capitalised(&name.replace('_', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn design() -> Document {
        Document::read(include_str!("../../../static/scenarios/cdn.json")).unwrap()
    }

    #[test]
    fn every_fault_but_that_of_a_single_request_is_offered_somewhere() {
        let document = design();
        let nodes = document.nodes.iter().flat_map(|node| Offer::at_node(&document, &node.id));
        let links = document.links.iter().flat_map(|link| Offer::on_link(&document, &link.from, &link.to));
        let regions = crate::model::Document::read(include_str!("../../../static/scenarios/regions.json")).unwrap();
        let regional = regions.nodes.iter().filter_map(|node| node.region.as_deref());
        let regional = regional.flat_map(|region| Offer::in_region(&regions, region));
        let offered: Vec<_> = nodes.chain(links).chain(regional).map(|offer| offer.fault.name()).collect();
        for blank in Fault::blanks() {
            if blank.aim() != Aim::Request {
                assert!(offered.contains(&blank.name()), "{}", blank.name());
            }
        }
    }

    #[test]
    fn what_is_offered_fits_and_only_where_it_fits() {
        let document = design();
        let names = |id: &str| Offer::at_node(&document, id).iter().map(|offer| offer.fault.name()).collect::<Vec<_>>();
        assert!(names("cdn-1").contains(&"purge") && !names("web-1").contains(&"purge"));
        assert!(names("db-1").contains(&"read_only") && !names("cache-1").contains(&"read_only"));
        assert_eq!(names("users"), Vec::<&str>::new());
        assert!(Offer::on_link(&document, "users", "db-1").is_empty());
    }

    #[test]
    fn a_dial_gives_every_strength_from_one_end_to_the_other() {
        let document = design();
        let offers = Offer::on_link(&document, "web-1", "db-1").into_iter().chain(Offer::at_node(&document, "web-1"));
        for offer in offers {
            let Some(dial) = offer.dial else { continue };
            for place in [0.0, 0.31, 0.5, 1.0] {
                let amount = dial.amount(place);
                let fault = offer.of_strength(amount);
                assert!(fault.check(&document).is_ok(), "{fault:?}");
                assert!((dial.place(amount) - place).abs() < 0.03, "{}: {place} {amount}", dial.field);
                assert!(!dial.words(amount).is_empty());
            }
            assert_eq!(offer.of_strength(dial.default), offer.fault);
        }
    }

    #[test]
    fn what_lasts_can_be_ended_and_a_way_can_be_chosen() {
        let cut = Offer::on_link(&design(), "web-1", "db-1").into_iter().find(|offer| offer.title == "Cut").unwrap();
        assert!(cut.has_way && !cut.is_remedy());
        let remedy = cut.fault.one_way(Way::Forward).remedy().unwrap();
        assert_eq!(remedy, Fault::HealLink { from: "web-1".to_owned(), to: "db-1".to_owned(), way: Way::Forward });
        assert!(remedy.is_remedy() && remedy.remedy().is_none());
        assert_eq!(cut.fault.target(), "web-1 → db-1");
    }
}
