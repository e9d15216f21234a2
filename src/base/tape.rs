//! Values as bytes on a tape, between two ends of one program: the engine's worker and the page.
//!
//! Nothing but their order tells the fields apart, so that several times a second thousands of figures are written and read without a
//! name, a path or a tree. A type says once what it is made of, for both directions. What is kept, or comes from another program,
//! is [`json`](super::json).

/// Bytes that values are recorded on, or played from.
#[derive(Debug)]
pub struct Tape {
    bytes: Vec<u8>,
    /// How far it has been played; none while recording.
    at: Option<usize>,
    is_torn: bool,
}

/// What can be recorded and played.
pub trait Taped {
    /// One to be played into.
    fn blank() -> Self
    where
        Self: Sized;

    /// Records the value, or becomes what is on the tape.
    fn pass(&mut self, tape: &mut Tape);
}

/// `value` as bytes.
pub fn record(value: &mut dyn Taped) -> Vec<u8> {
    let mut tape = Tape { bytes: Vec::new(), at: None, is_torn: false };
    value.pass(&mut tape);
    tape.bytes
}

/// What was recorded as `bytes`; none if they are not the record of such a value.
pub fn play<T: Taped>(bytes: Vec<u8>) -> Option<T> {
    let mut tape = Tape { bytes, at: Some(0), is_torn: false };
    let mut value = T::blank();
    value.pass(&mut tape);
    (!tape.is_torn && tape.left() == 0).then_some(value)
}

impl Tape {
    /// Passes all fields of a value.
    pub fn all(&mut self, fields: &mut [&mut dyn Taped]) {
        for field in fields {
            field.pass(self);
        }
    }

    /// Bytes that have not been played yet.
    fn left(&self) -> usize {
        self.bytes.len() - self.at.unwrap_or(0)
    }

    fn is_playing(&self) -> bool {
        self.at.is_some()
    }

    fn bytes<const N: usize>(&mut self, bytes: [u8; N]) -> [u8; N] {
        let Some(at) = &mut self.at else {
            self.bytes.extend_from_slice(&bytes);
            return bytes;
        };
        let Some(played) = self.bytes.get(*at..).and_then(|rest| rest.first_chunk()) else {
            self.is_torn = true;
            return [0; N];
        };
        *at += N;
        *played
    }

    fn word(&mut self, word: u64) -> u64 {
        u64::from_le_bytes(self.bytes(word.to_le_bytes()))
    }

    /// What was played is nothing that was recorded.
    pub fn tear(&mut self) {
        self.is_torn = true;
    }

    /// The length of what follows, each part of which takes a byte at least.
    fn len(&mut self, len: usize) -> usize {
        let len = self.word(len as u64);
        if self.is_playing() && len > self.left() as u64 {
            self.is_torn = true;
            return 0;
        }
        len as usize
    }
}

macro_rules! wholes {
    ($($ty:ty),+) => { $(
        impl Taped for $ty {
            fn blank() -> Self {
                0
            }

            fn pass(&mut self, tape: &mut Tape) {
                *self = Self::from_le_bytes(tape.bytes(self.to_le_bytes()));
            }
        }
    )+ };
}

wholes!(u16, u32, u64);

impl Taped for f64 {
    fn blank() -> Self {
        0.0
    }

    fn pass(&mut self, tape: &mut Tape) {
        *self = Self::from_bits(tape.word(self.to_bits()));
    }
}

impl Taped for usize {
    fn blank() -> Self {
        0
    }

    fn pass(&mut self, tape: &mut Tape) {
        *self = tape.word(*self as u64) as Self;
    }
}

impl Taped for bool {
    fn blank() -> Self {
        false
    }

    fn pass(&mut self, tape: &mut Tape) {
        let [byte] = tape.bytes([u8::from(*self)]);
        tape.is_torn |= byte > 1;
        *self = byte == 1;
    }
}

impl Taped for String {
    fn blank() -> Self {
        Self::new()
    }

    fn pass(&mut self, tape: &mut Tape) {
        let len = tape.len(self.len());
        match &mut tape.at {
            None => tape.bytes.extend_from_slice(self.as_bytes()),
            Some(at) => {
                let text = std::str::from_utf8(&tape.bytes[*at..*at + len]);
                tape.is_torn |= text.is_err();
                text.unwrap_or_default().clone_into(self);
                *at += len;
            }
        }
    }
}

impl<T: Taped> Taped for Option<T> {
    fn blank() -> Self {
        None
    }

    fn pass(&mut self, tape: &mut Tape) {
        let mut is_some = self.is_some();
        is_some.pass(tape);
        if tape.is_playing() {
            *self = is_some.then(T::blank);
        }
        if let Some(inner) = self {
            inner.pass(tape);
        }
    }
}

impl<T: Taped> Taped for Vec<T> {
    fn blank() -> Self {
        Self::new()
    }

    fn pass(&mut self, tape: &mut Tape) {
        let len = tape.len(self.len());
        if tape.is_playing() {
            self.clear();
            self.resize_with(len, T::blank);
        }
        for item in self {
            item.pass(tape);
        }
    }
}

impl<T: Taped> Taped for Box<T> {
    fn blank() -> Self {
        Self::new(T::blank())
    }

    fn pass(&mut self, tape: &mut Tape) {
        (**self).pass(tape);
    }
}

impl<A: Taped, B: Taped> Taped for (A, B) {
    fn blank() -> Self {
        (A::blank(), B::blank())
    }

    fn pass(&mut self, tape: &mut Tape) {
        self.0.pass(tape);
        self.1.pass(tape);
    }
}

/// Passes a struct field by field.
macro_rules! taped {
    ($ty:ty = $blank:expr, { $($field:ident),+ $(,)? }) => {
        impl $crate::base::tape::Taped for $ty {
            fn blank() -> Self {
                $blank
            }

            fn pass(&mut self, tape: &mut $crate::base::tape::Tape) {
                // So that none can be forgotten.
                let Self { $( $field, )+ } = self;
                tape.all(&mut [$( $field, )+]);
            }
        }
    };
}

/// Passes an enum as its place among `$all`, which must be all of them.
macro_rules! taped_words {
    ($ty:ty, $all:expr) => {
        impl $crate::base::tape::Taped for $ty {
            fn blank() -> Self {
                $all[0]
            }

            fn pass(&mut self, tape: &mut $crate::base::tape::Tape) {
                let mut place = $all.iter().position(|one| one == self).map_or(u16::MAX, |place| place as u16);
                place.pass(tape);
                match $all.get(usize::from(place)) {
                    Some(played) => *self = *played,
                    None => tape.tear(),
                }
            }
        }
    };
}

pub(crate) use {taped, taped_words};

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Word {
        One,
        Other,
    }

    taped_words!(Word, [Word::One, Word::Other]);

    type Value = (Vec<(String, Option<f64>)>, (bool, u32));

    fn value() -> Value {
        (vec![("größe".to_owned(), Some(0.5)), (String::new(), None)], (true, 7))
    }

    #[test]
    fn what_was_recorded_is_played() {
        assert_eq!(play::<Value>(record(&mut value())), Some(value()));
    }

    #[test]
    fn a_torn_tape_is_no_value() {
        let whole = record(&mut value());
        for len in 0..whole.len() {
            assert_eq!(play::<Value>(whole[..len].to_vec()), None, "{len} bytes");
        }
        assert_eq!(play::<Value>([whole.clone(), vec![0]].concat()), None, "too long");
        assert_eq!(play::<Vec<u64>>(vec![255; 8]), None, "no room is made for what is not there");
        let mut broken = whole;
        broken[16] = 0xff;
        assert_eq!(play::<Value>(broken), None, "no text");
        assert_eq!(play::<bool>(vec![2]), None, "no truth value");
        assert_eq!(play::<Word>(record(&mut Word::Other)), Some(Word::Other));
        assert_eq!(play::<Word>(vec![2, 0]), None, "no such word");
    }
}
