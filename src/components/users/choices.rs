//! What a user wants: who, which operation, which object, how large.

use crate::base::hash::Derived;
use crate::base::random::Stream;
use crate::base::zipf::Zipf;
use crate::components::data_set::{Records, size_of_object};
use crate::kernel::{Ask, Verb};
use crate::model::kinds;
use crate::observe::Operation;

/// Bytes of an answer that is a single number, or a token.
const SMALL_ANSWER: u32 = 200;
/// Bytes by which an answer names a record.
const NAME: u32 = 8;
/// How many wishes are drawn at once.
const AHEAD: usize = 16;

/// The population's taste.
#[derive(Clone, Debug, Hash)]
pub struct Choices {
    stream: Stream,
    records: Derived<Zipf>,
    assets: Derived<Zipf>,
    /// The weights of all operations together.
    weight: Derived<f64>,
    /// What comes next, the next one last, each with the stream after it: drawn before anybody wants it, so that what it is about can
    /// be looked at. It follows from the stream and the parameters.
    ahead: Derived<Vec<(Choice, Stream)>>,
}

/// One user's wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    pub user: u32,
    pub operation: Operation,
    pub key: u32,
    pub bytes: u32,
    /// How many records it is about; of a traversal, how many hops it goes.
    pub count: u16,
}

impl Choice {
    pub fn read(user: u32, key: u32, bytes: u32) -> Self {
        Self { user, operation: Operation::Read, key, bytes, count: 1 }
    }

    /// What to ask the site for.
    pub fn ask(&self) -> Ask {
        let verb = match self.operation {
            Operation::Static => Verb::Static,
            Operation::Read => Verb::Read,
            Operation::Write => Verb::Write,
            Operation::Query => Verb::Query,
            Operation::Login => Verb::Login,
            Operation::Range => Verb::Range,
            Operation::Aggregate => Verb::Aggregate,
            Operation::Traversal => Verb::Traverse,
            Operation::Transaction => Verb::Transact,
        };
        Ask { count: self.count, ..Ask::of(verb, self.key, self.bytes) }
    }
}

impl Choices {
    pub fn new(params: &kinds::Users, stream: Stream) -> Self {
        let records = Derived(Zipf::new(params.keys, params.zipf_exponent));
        let assets = Derived(Zipf::new(params.assets, params.assets_zipf_exponent));
        let weight = Derived(params.weights().iter().sum());
        Self { stream, records, assets, weight, ahead: Derived(Vec::new()) }
    }

    /// Whether the two sets of parameters need other distributions.
    fn differ(old: &kinds::Users, new: &kinds::Users) -> bool {
        let shape = |params: &kinds::Users| {
            let exponents = (params.zipf_exponent.to_bits(), params.assets_zipf_exponent.to_bits());
            (params.keys, params.assets, exponents, params.weights().map(f64::to_bits))
        };
        shape(old) != shape(new)
    }

    /// Takes new parameters over. The draws go on where they were.
    pub fn retune(&mut self, old: &kinds::Users, params: &kinds::Users) {
        self.ahead.0.clear();
        if Self::differ(old, params) {
            *self = Self::new(params, self.stream.clone());
        }
    }

    /// What somebody wants.
    pub fn draw(&mut self, params: &kinds::Users) -> Choice {
        self.draw_ahead(params);
        let (choice, stream) = self.ahead.0.pop().expect("some have been drawn");
        self.stream = stream;
        choice
    }

    /// Draws the next wishes if none are left; whether it drew any.
    pub fn draw_ahead(&mut self, params: &kinds::Users) -> bool {
        if !self.ahead.is_empty() {
            return false;
        }
        let mut stream = self.stream.clone();
        for _ in 0..AHEAD {
            let user = stream.below(u64::from(params.users)) as u32;
            let choice = self.draw_from(params, user, &mut stream);
            self.ahead.0.push((choice, stream.clone()));
        }
        self.ahead.0.reverse();
        true
    }

    /// What has been drawn and not been asked for yet.
    pub fn ahead(&self) -> impl Iterator<Item = &Choice> {
        self.ahead.iter().map(|(choice, _)| choice)
    }

    /// What `user` wants, by a stream of their own.
    pub fn draw_from(&self, params: &kinds::Users, user: u32, stream: &mut Stream) -> Choice {
        let operation = operation_at(params, stream.unit() * self.weight.0);
        if operation == Operation::Static {
            let key = params.asset_name(self.assets.draw(stream));
            return Choice { user, operation, key, bytes: size_of_object(key, params.asset_size), count: 1 };
        }
        let key = params.first_key + self.records.draw(stream);
        of_records(params, user, operation, key)
    }
}

/// The operation at this point, from zero to the weights of all together.
fn operation_at(params: &kinds::Users, point: f64) -> Operation {
    let weights = params.weights();
    let mut reached = 0.0;
    let is_reached = |(_, weight): &(Operation, f64)| {
        reached += weight;
        point < reached
    };
    let in_order = || Operation::ALL.into_iter().zip(weights);
    // The sum may be rounded: whatever is left goes to the last that has a weight at all.
    let last = || in_order().rfind(|(_, weight)| *weight > 0.0);
    in_order().find(is_reached).or_else(last).map_or(Operation::Read, |(operation, _)| operation)
}

/// A wish that is about records, of which `key` is the first.
fn of_records(params: &kinds::Users, user: u32, operation: Operation, key: u32) -> Choice {
    let records = Records::of(params);
    let (key, count, bytes) = match operation {
        Operation::Static | Operation::Read | Operation::Write => (key, 1, records.size(key)),
        Operation::Login => (records.of_user(user), 1, SMALL_ANSWER),
        Operation::Query => {
            let joined = params.query_records as u16;
            (key, joined, records.size_of_all(records.group(key, joined + 1)))
        }
        Operation::Range => {
            let count = params.range_records as u16;
            (key, count, records.size_of_all(records.range(key, count)))
        }
        Operation::Aggregate => (key, params.aggregate_records as u16, SMALL_ANSWER),
        Operation::Traversal => {
            let hops = params.traversal_hops as u16;
            (key, hops, records.reach(hops).saturating_mul(NAME))
        }
        Operation::Transaction => {
            let count = params.transaction_writes as u16;
            (key, count, records.size_of_all(records.group(key, count)))
        }
    };
    Choice { user, operation, key, bytes, count }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mix_is_as_asked() {
        let params =
            kinds::Users { static_weight: 0.0, read_weight: 3.0, write_weight: 1.0, ..kinds::Users::default() };
        let mut choices = Choices::new(&params, Stream::seeded(1));
        let mut counts = [0; Operation::ALL.len()];
        for _ in 0..10_000 {
            counts[choices.draw(&params).operation as usize] += 1;
        }
        assert_eq!(counts[0], 0);
        assert!((7_300..7_700).contains(&counts[1]), "{counts:?}");
        assert_eq!(counts[3..], [0; 6]);
    }

    #[test]
    fn what_is_drawn_ahead_is_drawn_anew_when_parameters_change() {
        let params = |users| kinds::Users { users, ..kinds::Users::default() };
        let (few, many) = (params(10), params(1_000));
        // Another number of users needs no new distributions: one that never draws ahead has only to be given it.
        let mut late = Choices::new(&few, Stream::seeded(3));
        let mut one_by_one = |params| {
            late.ahead.0.clear();
            late.draw(params)
        };
        let expected: Vec<Choice> = (0..40).map(|n| one_by_one(if n < 21 { &few } else { &many })).collect();
        let mut choices = Choices::new(&few, Stream::seeded(3));
        let mut drawn: Vec<Choice> = (0..21).map(|_| choices.draw(&few)).collect();
        choices.retune(&few, &many);
        drawn.extend((21..40).map(|_| choices.draw(&many)));
        assert_eq!(drawn, expected);
        assert!(drawn.iter().any(|choice| choice.user >= 10));
    }

    #[test]
    fn every_operation_has_its_share_and_asks_for_as_much_as_it_says() {
        let params = kinds::Users {
            static_weight: 1.0,
            read_weight: 1.0,
            query_weight: 1.0,
            login_weight: 1.0,
            range_weight: 1.0,
            aggregate_weight: 1.0,
            traversal_weight: 1.0,
            transaction_weight: 1.0,
            ..kinds::Users::default()
        };
        let mut choices = Choices::new(&params, Stream::seeded(1));
        let mut counts = [0; Operation::ALL.len()];
        for _ in 0..9_000 {
            let choice = choices.draw(&params);
            counts[choice.operation as usize] += 1;
            let mean = f64::from(choice.bytes) / params.value_size.0 as f64;
            match choice.operation {
                Operation::Query => assert!((12.0..30.0).contains(&mean), "{choice:?}"),
                Operation::Range => assert!((35.0..65.0).contains(&mean), "{choice:?}"),
                Operation::Transaction => assert_eq!(choice.count, 3),
                Operation::Login => assert_eq!(choice.key, choice.user % params.keys),
                _ => {}
            }
        }
        assert!(counts.iter().all(|count| (850..1_150).contains(count)), "{counts:?}");
        // Without any weight for the last of them, nothing falls through to it.
        let readers = kinds::Users { static_weight: 0.0, write_weight: 0.0, ..kinds::Users::default() };
        assert_eq!(operation_at(&readers, readers.weights().iter().sum()), Operation::Read);
    }
}
