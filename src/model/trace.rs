//! Recorded workloads: the objects that a real system was asked for, in order.
//!
//! Two formats are read: libCacheSim's `oracleGeneral` (little-endian records `u32 time, u64 object, u32 size, i64 next`)
//! and text with one key per line (lines of `*` only separate). Only order, keys and sizes count: the time stamps do not. Objects are numbered in the order of their first appearance.

use std::collections::HashMap;

/// Bytes of an `oracleGeneral` record.
const RECORD: usize = 24;
/// Size that is assumed where the format tells none.
const UNIT_SIZE: u32 = 1;

/// A sequence of reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    pub reads: Vec<TracedRead>,
    /// How many different objects there are.
    pub objects: u32,
}

/// One request of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TracedRead {
    pub key: u32,
    pub bytes: u32,
}

impl Trace {
    /// Reads the binary format `oracleGeneral`.
    pub fn from_oracle_general(bytes: &[u8]) -> Result<Self, String> {
        if bytes.is_empty() || !bytes.len().is_multiple_of(RECORD) {
            return Err(format!("{} bytes are not a whole number of {RECORD}-byte oracleGeneral records", bytes.len()));
        }
        let mut numbers = Numbers::default();
        let reads = bytes
            .chunks_exact(RECORD)
            .map(|record| {
                let object = u64::from_le_bytes(record[4..12].try_into().expect("eight bytes"));
                let size = u32::from_le_bytes(record[12..16].try_into().expect("four bytes"));
                Ok(TracedRead { key: numbers.of(object)?, bytes: size.max(1) })
            })
            .collect::<Result<_, String>>()?;
        Ok(Self { reads, objects: numbers.count() })
    }

    /// Reads text with one key per line; every object is one byte large, so that capacities count objects.
    pub fn from_lines(text: &str) -> Result<Self, String> {
        let mut numbers = Numbers::default();
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && *line != "*");
        let reads = lines
            .map(|line| Ok(TracedRead { key: numbers.of(line)?, bytes: UNIT_SIZE }))
            .collect::<Result<Vec<_>, String>>()?;
        if reads.is_empty() {
            return Err("there is no key in it: one key per line is expected".to_owned());
        }
        Ok(Self { reads, objects: numbers.count() })
    }
}

/// Numbers things in the order in which they first come. Only looked up, never iterated: the map's order is never seen.
struct Numbers<T> {
    numbers: HashMap<T, u32>,
}

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self { numbers: HashMap::new() }
    }
}

impl<T: std::hash::Hash + Eq> Numbers<T> {
    fn of(&mut self, thing: T) -> Result<u32, String> {
        let next = u32::try_from(self.numbers.len()).map_err(|_| "it has more than 2^32 objects".to_owned())?;
        Ok(*self.numbers.entry(thing).or_insert(next))
    }

    fn count(&self) -> u32 {
        self.numbers.len() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_numbered_as_they_come() {
        let trace = Trace::from_lines("b\na\n\nb\n").unwrap();
        let keys: Vec<u32> = trace.reads.iter().map(|read| read.key).collect();
        assert_eq!((keys, trace.objects), (vec![0, 1, 0], 2));
    }

    #[test]
    fn the_binary_format_is_read() {
        let mut bytes = Vec::new();
        for (object, size) in [(77_u64, 512_u32), (5, 4096), (77, 512)] {
            bytes.extend(1_u32.to_le_bytes());
            bytes.extend(object.to_le_bytes());
            bytes.extend(size.to_le_bytes());
            bytes.extend((-1_i64).to_le_bytes());
        }
        let trace = Trace::from_oracle_general(&bytes).unwrap();
        assert_eq!(trace.reads[1], TracedRead { key: 1, bytes: 4096 });
        assert_eq!(trace.reads[2].key, 0);
        assert!(Trace::from_oracle_general(&bytes[1..]).unwrap_err().contains("24-byte"));
        assert!(Trace::from_lines("\n").is_err());
    }
}
