//! When the next request of an open loop is due.
//!
//! The arrivals of many independent users are one Poisson process of rate users × rate per user. Where the rate changes with
//! time, candidates come at the peak rate and each is taken with probability rate now / peak rate (thinning: Lewis, Shedler 1979).
//! Regular arrivals follow the rate as it is at each arrival.

use crate::base::random::Stream;
use crate::base::{SimDuration, SimTime};
use crate::model::kinds::{Arrivals, Load, Users};

const TURN: f64 = 2.0 * core::f64::consts::PI;

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

/// Time from `now` to the next candidate.
pub fn gap(params: &Users, now: SimTime, stream: &mut Stream) -> SimDuration {
    let rate = base_rate(params);
    let gap = SimDuration::from_secs_f64(match params.arrivals {
        Arrivals::Poisson => stream.exponential() / (rate * highest(params)),
        // A rate of nothing is looked at again soon.
        Arrivals::Regular => 1.0 / (rate * factor(params, now).max(1e-3)),
    });
    // Time goes on, however fast they come.
    gap.max(SimDuration::from_nanos(1))
}

/// Whether the candidate that is due now is an arrival.
pub fn is_arrival(params: &Users, now: SimTime, stream: &mut Stream) -> bool {
    let share = match params.arrivals {
        Arrivals::Poisson => factor(params, now) / highest(params),
        Arrivals::Regular => factor(params, now) * 1e9,
    };
    // Without changes of load no number is drawn.
    share >= 1.0 || stream.chance(share)
}

/// How much sooner or later candidates come with `new` than with `old`: what is left of a gap is stretched by it, which keeps
/// a Poisson process one.
pub fn stretch(old: &Users, new: &Users) -> f64 {
    let pace = |params: &Users| match params.arrivals {
        Arrivals::Poisson => base_rate(params) * highest(params),
        Arrivals::Regular => base_rate(params),
    };
    pace(old) / pace(new)
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
}
