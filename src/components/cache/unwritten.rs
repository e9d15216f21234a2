//! What a write-back cache has acknowledged and the database does not have yet.
//!
//! A written value stays here until the database has it, even if its entry is evicted meanwhile: then it is sent at once, else
//! after the delay. Several writes of a key in that time become one. All of it is in memory: a crash loses it, and every key
//! whose last acknowledged write is lost is listed. A write that was on its way to the database at that moment is listed too,
//! even if it still arrives.

use crate::base::SimTime;
use crate::base::map::Map;
use crate::kernel::{Cause, Truth, Version, Writes};
use crate::observe::LostWrite;

/// Written values by key.
#[derive(Clone, Debug, Default, Hash)]
pub struct Unwritten {
    values: Map<u32, Value>,
    bytes: u64,
    lost: Writes,
}

/// The last value of a key that was acknowledged.
#[derive(Clone, Copy, Debug, Hash)]
pub struct Value {
    pub version: Version,
    pub bytes: u32,
    pub cause: Cause,
    /// When it was acknowledged.
    at: SimTime,
    /// When it was last sent to the database, while there is no answer.
    sent: Option<SimTime>,
}

impl Unwritten {
    /// Bytes of all values.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    pub fn get(&self, key: u32) -> Option<&Value> {
        self.values.get(&key)
    }

    /// A write of `key` is acknowledged, and is the truth from here on. Whether the key had nothing unwritten before.
    pub fn write(&mut self, key: u32, bytes: u32, cause: Cause, now: SimTime, truth: &mut Truth) -> (Version, bool) {
        let known = self.values.get(&key).copied();
        let version = truth.promise(key, now);
        let sent = known.and_then(|value| value.sent);
        self.values.insert(key, Value { version, bytes, cause, at: now, sent });
        self.bytes += u64::from(bytes);
        self.bytes -= known.map_or(0, |value| u64::from(value.bytes));
        (version, known.is_none())
    }

    /// Notes that `key` is being sent; its value, unless it is on its way already.
    pub fn send(&mut self, key: u32, now: SimTime) -> Option<Value> {
        let value = self.values.get_mut(&key).filter(|value| value.sent.is_none())?;
        value.sent = Some(now);
        Some(*value)
    }

    /// What was sent at `sent` has been answered: `written` is the version that the database took, if it did. Whether
    /// something of `key` is still unwritten.
    pub fn answered(&mut self, key: u32, sent: SimTime, written: Option<Version>) -> bool {
        // An answer to what was sent before a crash means nothing.
        let Some(value) = self.values.get_mut(&key).filter(|value| value.sent == Some(sent)) else { return false };
        value.sent = None;
        match written {
            Some(version) if version == value.version => {
                self.bytes -= u64::from(value.bytes);
                self.values.remove(&key);
                false
            }
            _ => true,
        }
    }

    /// Everything here is lost: what the database has is the truth again, unless somebody has written since. How many
    /// acknowledged writes that are.
    pub fn lose(&mut self, truth: &mut Truth) -> u64 {
        self.bytes = 0;
        let mut count = 0;
        for (key, value) in std::mem::take(&mut self.values) {
            if !truth.break_promise(key, value.version) {
                continue;
            }
            count += 1;
            let (user, at_ns) = (Some(value.cause.user), Some(value.at.as_nanos()));
            self.lost.note(LostWrite { key, position: None, version: Some(value.version.0), user, at_ns });
        }
        count
    }

    /// The acknowledged writes that crashes have lost, oldest crash first.
    pub fn lost(&self) -> &Writes {
        &self.lost
    }
}
