//! Leaves: time, bytes, random numbers, tables, histograms, and what is read from JSON. They import nothing of ours.

pub mod bytes;
pub mod hash;
pub mod histogram;
pub mod ids;
pub mod json;
mod key_table;
mod kind;
pub mod map;
pub mod order;
pub mod paged;
pub mod problem;
pub mod random;
pub mod rate;
pub mod ring;
pub mod shape;
pub mod slab;
pub mod sparse;
mod table;
pub mod tape;
pub mod time;
mod unit;
pub mod words;
pub mod zipf;

pub use bytes::Bytes;
pub use ids::{LinkIx, NodeIx};
pub use key_table::{KeyRange, KeyTable};
pub use kind::Kind;
pub use problem::{Problem, Problems};
pub use rate::BitRate;
pub use shape::Shape;
pub use table::Table;
pub use time::{SimDuration, SimTime};
