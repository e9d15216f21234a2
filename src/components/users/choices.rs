//! What a user wants: who, which operation, which object, how large.

use crate::base::Bytes;
use crate::base::hash::{Derived, mix};
use crate::base::random::Stream;
use crate::base::zipf::Zipf;
use crate::kernel::Verb;
use crate::model::kinds;
use crate::observe::Operation;

/// The population's taste.
#[derive(Clone, Debug, Hash)]
pub struct Choices {
    stream: Stream,
    records: Derived<Zipf>,
    assets: Derived<Zipf>,
}

/// One user's wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    pub user: u32,
    pub operation: Operation,
    pub key: u32,
    pub bytes: u32,
}

impl Choice {
    pub fn read(user: u32, key: u32, bytes: u32) -> Self {
        Self { user, operation: Operation::Read, key, bytes }
    }

    pub fn verb(&self) -> Verb {
        match self.operation {
            Operation::Static => Verb::Static,
            Operation::Read => Verb::Read,
            Operation::Write => Verb::Write,
        }
    }
}

impl Choices {
    pub fn new(params: &kinds::Users, stream: Stream) -> Self {
        let records = Derived(Zipf::new(params.keys, params.zipf_exponent));
        let assets = Derived(Zipf::new(params.assets, params.assets_zipf_exponent));
        Self { stream, records, assets }
    }

    /// Whether the two sets of parameters need other distributions.
    pub fn differ(old: &kinds::Users, new: &kinds::Users) -> bool {
        let shape = |params: &kinds::Users| {
            let exponents = (params.zipf_exponent.to_bits(), params.assets_zipf_exponent.to_bits());
            (params.keys, params.assets, exponents)
        };
        shape(old) != shape(new)
    }

    pub fn retune(&mut self, params: &kinds::Users) {
        *self = Self::new(params, self.stream.clone());
    }

    /// What somebody wants.
    pub fn draw(&mut self, params: &kinds::Users) -> Choice {
        let mut stream = self.stream.clone();
        let user = stream.below(u64::from(params.users)) as u32;
        let choice = self.draw_from(params, user, &mut stream);
        self.stream = stream;
        choice
    }

    /// What `user` wants, by a stream of their own.
    pub fn draw_from(&self, params: &kinds::Users, user: u32, stream: &mut Stream) -> Choice {
        let total = params.static_weight + params.read_weight + params.write_weight;
        let point = stream.unit() * total;
        let operation = if point < params.static_weight {
            Operation::Static
        } else if point < params.static_weight + params.read_weight || params.write_weight <= 0.0 {
            Operation::Read
        } else {
            Operation::Write
        };
        let (zipf, mean) = match operation {
            Operation::Static => (&self.assets, params.asset_size),
            Operation::Read | Operation::Write => (&self.records, params.value_size),
        };
        let first = if operation == Operation::Static { 0 } else { params.first_key };
        let key = first + zipf.draw(stream);
        Choice { user, operation, key, bytes: size_of_object(key, mean) }
    }
}

/// An object's size follows from its key: between half and one and a half of the mean, evenly.
pub fn size_of_object(key: u32, mean: Bytes) -> u32 {
    let spread = (u128::from(mix(u64::from(key) + 1)) * u128::from(mean.0)) >> 64;
    u32::try_from(mean.0 / 2 + spread as u64).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_their_mean_and_belong_to_the_key() {
        let mean: f64 = (0..10_000).map(|key| f64::from(size_of_object(key, Bytes(2_000)))).sum::<f64>() / 10_000.0;
        assert!((mean - 2_000.0).abs() < 20.0, "{mean}");
        assert_eq!(size_of_object(7, Bytes::kb(2)), size_of_object(7, Bytes::kb(2)));
    }

    #[test]
    fn the_mix_is_as_asked() {
        let params =
            kinds::Users { static_weight: 0.0, read_weight: 3.0, write_weight: 1.0, ..kinds::Users::default() };
        let mut choices = Choices::new(&params, Stream::seeded(1));
        let mut counts = [0; 3];
        for _ in 0..10_000 {
            counts[choices.draw(&params).operation as usize] += 1;
        }
        assert_eq!(counts[0], 0);
        assert!((7_300..7_700).contains(&counts[1]), "{counts:?}");
    }
}
