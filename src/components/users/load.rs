//! When the next request of an open loop is due.
//!
//! The arrivals of many independent users are one Poisson process of rate users × rate per user. Where the rate changes with
//! time, candidates come at the peak rate and each is taken with probability rate now / peak rate (thinning: Lewis, Shedler 1979).
//! Regular arrivals come whenever the rate's integral has grown by one: each load's integral is known in closed form, and the
//! time of the next arrival is found in it by bisection.
//! Left out: arrivals that depend on each other beyond the changes of the rate (self-similar traffic), several changes at a time.

use crate::base::random::Stream;
use crate::base::{SimDuration, SimTime};
use crate::model::kinds::{Arrivals, Load, Users};

const PI: f64 = core::f64::consts::PI;
const TURN: f64 = 2.0 * PI;
/// Longest gap of regular arrivals, in seconds: a load that falls to nothing for ever has no next arrival before the end of time.
const LONGEST_GAP_S: f64 = 1e10;

/// Mean rate without the changes of load, per second.
pub fn base_rate(params: &Users) -> f64 {
    f64::from(params.users) * params.rate_per_user_per_s
}

/// The rate now, as a multiple of the base.
pub fn factor(params: &Users, now: SimTime) -> f64 {
    let (peak, length) = (params.load_peak, params.load_length.as_secs_f64());
    let since = now.as_secs_f64() - params.load_start.as_secs_f64();
    if params.load == Load::Constant || since < 0.0 {
        return 1.0;
    }
    let phase = since / length;
    1.0 + (peak - 1.0)
        * match params.load {
            Load::Constant => 0.0,
            Load::Ramp => phase.min(1.0),
            Load::Step => 1.0,
            // A third is e⁻¹, nearly.
            Load::FlashCrowd => libm::exp(-phase),
            Load::DailyWave => (1.0 - libm::cos(TURN * phase)) / 2.0,
        }
}

/// The highest multiple of the base that there ever is.
fn highest(params: &Users) -> f64 {
    if params.load == Load::Constant { 1.0 } else { params.load_peak.max(1.0) }
}

/// The integral of [`factor`] over the next `gap_s` seconds, in seconds at the base rate.
fn work_s(params: &Users, now: SimTime, gap_s: f64) -> f64 {
    let (peak, length_s) = (params.load_peak, params.load_length.as_secs_f64());
    let since_s = now.as_secs_f64() - params.load_start.as_secs_f64();
    let after_s = if params.load == Load::Constant { 0.0 } else { (gap_s + since_s.min(0.0)).max(0.0) };
    let (phase, span) = (since_s.max(0.0) / length_s, after_s / length_s);
    let shape = match params.load {
        Load::Constant => 0.0,
        Load::Ramp => {
            let rising = span.min((1.0 - phase).max(0.0));
            (phase.min(1.0) + rising / 2.0) * rising + (span - rising)
        }
        Load::Step => span,
        Load::FlashCrowd => -libm::exp(-phase) * libm::expm1(-span),
        // The difference of two sines, written so that small spans lose no digits.
        Load::DailyWave => span / 2.0 - libm::cos(TURN * (phase + span / 2.0)) * libm::sin(PI * span) / TURN,
    };
    gap_s + (peak - 1.0) * shape * length_s
}

/// How long it takes from `now` on until so much work has come together, in seconds.
fn time_for(params: &Users, now: SimTime, wanted_s: f64) -> f64 {
    if params.load == Load::Constant {
        return wanted_s;
    }
    let (mut low, mut high) = (0.0, wanted_s);
    while work_s(params, now, high) < wanted_s {
        if high >= LONGEST_GAP_S {
            return LONGEST_GAP_S;
        }
        (low, high) = (high, high * 2.0);
    }
    while high - low > high * 1e-12 {
        let middle = low + (high - low) / 2.0;
        if work_s(params, now, middle) < wanted_s { low = middle } else { high = middle }
    }
    high
}

/// Time from `now` to the next candidate.
pub fn gap(params: &Users, now: SimTime, stream: &mut Stream) -> SimDuration {
    let rate = base_rate(params);
    let gap = SimDuration::from_secs_f64(match params.arrivals {
        Arrivals::Poisson => stream.exponential() / (rate * highest(params)),
        Arrivals::Regular => time_for(params, now, 1.0 / rate),
    });
    // Time goes on, however fast they come.
    gap.max(SimDuration::from_nanos(1))
}

/// Whether the candidate that is due now is an arrival.
pub fn is_arrival(params: &Users, now: SimTime, stream: &mut Stream) -> bool {
    let share = match params.arrivals {
        Arrivals::Poisson => factor(params, now) / highest(params),
        Arrivals::Regular => 1.0,
    };
    // Without changes of load no number is drawn.
    share >= 1.0 || stream.chance(share)
}

/// What becomes of the time `left` to the next candidate when `old` changes to `new`: none if nothing changes. A gap of a Poisson
/// process is stretched, which keeps it one; of regular arrivals, the same share of an arrival is still to come.
pub fn left(old: &Users, new: &Users, now: SimTime, left: SimDuration) -> Option<SimDuration> {
    let left_s = left.as_secs_f64();
    if (old.arrivals, new.arrivals) == (Arrivals::Regular, Arrivals::Regular) {
        let load = |params: &Users| (params.load, params.load_peak.to_bits(), params.load_start, params.load_length);
        let is_same = base_rate(old).to_bits() == base_rate(new).to_bits() && load(old) == load(new);
        // Where nobody was to come any more, a gap begins anew.
        let share =
            if left_s < LONGEST_GAP_S / 2.0 { (work_s(old, now, left_s) * base_rate(old)).min(1.0) } else { 1.0 };
        let wanted_s = share / base_rate(new);
        return (!is_same).then(|| SimDuration::from_secs_f64(time_for(new, now, wanted_s)));
    }
    let pace = |params: &Users| match params.arrivals {
        Arrivals::Poisson => base_rate(params) * highest(params),
        Arrivals::Regular => base_rate(params),
    };
    let stretch = pace(old) / pace(new);
    ((stretch - 1.0).abs() > 0.0).then(|| SimDuration::from_secs_f64(left_s * stretch))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: f64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs_f64(s)
    }

    #[test]
    fn loads_have_their_shapes() {
        let of = |load, s: f64| factor(&Users { load, load_peak: 5.0, ..Users::default() }, at(s));
        for load in [Load::Constant, Load::Ramp, Load::Step, Load::FlashCrowd, Load::DailyWave] {
            assert!((of(load, 29.9) - 1.0).abs() < 1e-9, "{load:?} begins at 30 s");
        }
        assert!((of(Load::Ramp, 60.0) - 3.0).abs() < 1e-9 && (of(Load::Ramp, 1_000.0) - 5.0).abs() < 1e-9);
        assert!((of(Load::Step, 30.0) - 5.0).abs() < 1e-9);
        assert!((of(Load::FlashCrowd, 30.0) - 5.0).abs() < 1e-9 && of(Load::FlashCrowd, 600.0) < 1.001);
        assert!((of(Load::DailyWave, 60.0) - 5.0).abs() < 1e-9 && (of(Load::DailyWave, 90.0) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn arrivals_follow_the_load() {
        let params = Users { users: 1_000, load: Load::Step, load_peak: 4.0, ..Users::default() };
        let (mut stream, mut now, mut counts) = (Stream::seeded(3), SimTime::ZERO, [0_u32; 2]);
        while now < at(60.0) {
            now += gap(&params, now, &mut stream);
            if is_arrival(&params, now, &mut stream) {
                counts[usize::from(now >= at(30.0))] += 1;
            }
        }
        // 100 a second for half a minute, then 400.
        assert!(counts[0].abs_diff(3_000) < 200 && counts[1].abs_diff(12_000) < 400, "{counts:?}");
    }

    #[test]
    fn regular_arrivals_come_as_the_integral_says() {
        for load in [Load::Constant, Load::Ramp, Load::Step, Load::FlashCrowd, Load::DailyWave] {
            for (load_peak, start) in [(0.0, 0.0), (0.000_1, 30.0), (5.0, 30.0)] {
                let load_start = SimDuration::from_secs_f64(start);
                let params = Users { arrivals: Arrivals::Regular, load, load_peak, load_start, ..Users::default() };
                let (mut now, mut count, mut stream) = (SimTime::ZERO, 0_u32, Stream::seeded(1));
                while now < at(600.0) {
                    now += gap(&params, now, &mut stream);
                    count += u32::from(now < at(600.0));
                }
                // Ten thousand small steps of the rate itself, at 100 a second.
                let expected: f64 =
                    (0..10_000).map(|n| factor(&params, at(0.06 * (f64::from(n) + 0.5)))).sum::<f64>() * 6.0;
                let error = (f64::from(count) - expected).abs();
                assert!(
                    error < 2.0 + 0.003 * expected,
                    "{load:?} to {load_peak} from {start} s: {count} for {expected}"
                );
            }
        }
    }

    #[test]
    fn what_is_left_of_a_regular_gap_follows_the_new_load() {
        let old = Users { users: 1, arrivals: Arrivals::Regular, load: Load::Step, load_peak: 0.0, ..Users::default() };
        // Nobody comes any more, until the load is constant again.
        let ahead = gap(&old, at(28.0), &mut Stream::seeded(1));
        assert!(ahead > SimDuration::from_secs(1_000_000));
        let new = Users { load: Load::Constant, ..old.clone() };
        assert_eq!(left(&old, &old, at(40.0), ahead), None);
        assert_eq!(left(&old, &new, at(40.0), ahead), Some(SimDuration::from_secs(10)));
        // Of a gap of ten seconds four are over; at twice the rate the rest takes three.
        let double = Users { users: 2, ..new.clone() };
        let rest = left(&new, &double, at(4.0), SimDuration::from_secs(6));
        assert_eq!(rest, Some(SimDuration::from_secs(3)));
    }
}
