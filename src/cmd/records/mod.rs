//! Run records to reports: read, merged, judged by the policy that counts.

pub(super) mod foreign;
pub(super) mod gather;
pub(super) mod merge;
pub(super) mod read;
