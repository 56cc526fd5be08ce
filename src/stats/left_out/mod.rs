//! Methods that one meets elsewhere and that touch no verdict, because nothing has shown that they would make one better
//! (`docs/method.md`, "What was left out"). Their golden values hold too, for whoever compares.

pub mod anytime;
pub mod components;
pub mod modality;
pub mod prediction;
pub mod quantiles;
pub mod ratio;
pub mod resample;
pub mod shape;
pub mod student;
pub mod trend;
