//! Loops whose speed depends on where they lie, behind a neighbour that grows.

mod neighbour;

pub mod loops;

pub use neighbour::neighbour;
