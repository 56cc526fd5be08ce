//! Pictures: what a reviewer sees before a word is read. SVG and PNG of one drawing.

use super::Report;

/// Colours for a light or a dark page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// A drawing that can be written as SVG or PNG.
pub struct Picture;

impl Picture {
    /// As SVG.
    #[must_use]
    pub fn svg(&self) -> String {
        String::new()
    }

    /// As PNG.
    #[must_use]
    pub fn png(&self) -> Vec<u8> {
        Vec::new()
    }
}

/// All effects, worst first.
#[must_use]
pub fn effects(_: &Report, _: Theme) -> Picture {
    Picture
}
