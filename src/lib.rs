//! Scalescope simulates web architecture one request at a time.
//!
//! This crate is the pure library: no web, no files, no wall clock, no ambient randomness. A document
//! ([`model`]) is built into a world of components that an engine advances event by event; what happens is
//! observed as plain data that a view may draw.
//!
//! Layers, each importing only those before it: [`base`] ← [`model`], [`observe`] ← [`kernel`] ←
//! [`components`] ← [`engine`] ← [`insight`], [`scene`]. `tests/it/layers.rs` holds them.

pub mod base;
pub mod components;
pub mod engine;
pub mod insight;
pub mod kernel;
pub mod model;
pub mod observe;
pub mod scene;
