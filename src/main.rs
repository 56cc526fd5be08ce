//! Connects the process to the library, nothing else.

fn main() {}
