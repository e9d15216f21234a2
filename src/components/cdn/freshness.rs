//! How long a stored response may be used: HTTP caching (RFC 9111, section 4.2) and stale content (RFC 5861).
//!
//! What a response says is boiled down to [`Rules`], a few numbers: that is all an edge looks at for each request. In a
//! simulation they come from the edge's parameters; [`super::http`] reads them from real header fields. Ages are exact,
//! where HTTP rounds them to whole seconds.

use crate::base::{SimDuration, SimTime};
use crate::model::kinds::AgeRule;

/// What a stored response allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rules {
    /// How old it may be and still be fresh.
    pub lifetime: SimDuration,
    /// How long after that it may be used while it is being validated.
    pub stale_while_revalidate: SimDuration,
    /// How long after its lifetime it may be used when validation fails.
    pub stale_if_error: SimDuration,
    /// Whether it must be validated before every use, fresh or not (`no-cache`).
    pub is_always_validated: bool,
}

/// How a stored response may be used for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// At once.
    Fresh,
    /// At once, while it is validated in the background.
    Stale,
    /// When the origin has been asked.
    Validated,
}

impl Rules {
    /// How it may be used at this age. A response is fresh while its lifetime exceeds its age.
    pub fn judge(&self, age: SimDuration) -> Use {
        if self.is_always_validated {
            Use::Validated
        } else if age < self.lifetime {
            Use::Fresh
        } else if age < self.lifetime + self.stale_while_revalidate {
            Use::Stale
        } else {
            Use::Validated
        }
    }

    /// Whether it may be used at this age although the origin could not be asked, or answered with an error.
    pub fn survives_error(&self, age: SimDuration) -> bool {
        !self.is_always_validated && age < self.lifetime + self.stale_if_error
    }
}

/// The moment at which a response that has come `now` had age zero (RFC 9111, section 4.2.3).
pub fn birth(rule: AgeRule, asked: SimTime, now: SimTime, carried: SimDuration) -> SimTime {
    match rule {
        // The way back took time of unknown length: the whole delay counts, to be on the safe side.
        AgeRule::Request => asked - carried,
        AgeRule::Response => now - carried,
        AgeRule::Ignored => now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> SimDuration = SimDuration::from_secs;

    #[test]
    fn windows_follow_one_another() {
        let rules =
            Rules { lifetime: S(60), stale_while_revalidate: S(30), stale_if_error: S(300), ..Rules::default() };
        let used: Vec<Use> = [0, 59, 60, 89, 90, 1_000].map(|age| rules.judge(S(age))).into();
        let expected = [Use::Fresh, Use::Fresh, Use::Stale, Use::Stale, Use::Validated, Use::Validated];
        assert_eq!(used, expected);
        assert_eq!([0, 359, 360].map(|age| rules.survives_error(S(age))), [true, true, false]);
        let strict = Rules { is_always_validated: true, ..rules };
        assert_eq!((strict.judge(S(0)), strict.survives_error(S(0))), (Use::Validated, false));
        assert_eq!(Rules::default().judge(S(0)), Use::Validated, "what has no lifetime is never fresh");
    }

    #[test]
    fn the_way_counts_as_age_only_by_the_rfc() {
        let (asked, now) = (SimTime::ZERO + S(100), SimTime::ZERO + S(102));
        let born = [AgeRule::Request, AgeRule::Response, AgeRule::Ignored].map(|rule| birth(rule, asked, now, S(7)));
        assert_eq!(born, [93, 95, 102].map(|s| SimTime::ZERO + S(s)));
    }
}
