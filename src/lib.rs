//! Scalescope.
