//! `publish` against a GitHub on loopback that GitHub's own description judges.

mod alerts;
mod desk;
mod ends;
mod faults;
mod parts;
mod publishing;
mod races;
pub(crate) mod stand_in;
