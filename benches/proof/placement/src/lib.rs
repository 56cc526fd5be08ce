//! Loops whose speed depends on where they lie, behind a neighbour that grows.

mod near;

pub mod loops;

pub use near::neighbour;
