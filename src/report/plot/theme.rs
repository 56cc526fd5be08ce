//! Colours that differ in brightness too, and a shape and a word for each verdict: nothing is told by colour alone.
//!
//! The hues are those of Okabe and Ito (2008, "Color Universal Design"), darkened or lightened until text in them has a
//! contrast of 4.5 to 1 with the page (WCAG 2.2, 1.4.3).

use crate::judge::{Comparison, Verdict};
use plotters::style::RGBColor;

/// Colours for a light or a dark page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Light, Self::Dark];

    /// `light` or `dark`, as file names say it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub(super) fn palette(self) -> &'static Palette {
        match self {
            Self::Light => &LIGHT,
            Self::Dark => &DARK,
        }
    }
}

/// What a picture is drawn with.
pub(super) struct Palette {
    pub page: RGBColor,
    /// Text that is read first.
    pub ink: RGBColor,
    /// Text that is read second, and base.
    pub dim: RGBColor,
    /// Lines behind the data.
    pub grid: RGBColor,
    /// What is too small to matter.
    pub band: RGBColor,
    /// Head, where its verdict is not told.
    pub head: RGBColor,
    regression: RGBColor,
    inconclusive: RGBColor,
    improvement: RGBColor,
}

const LIGHT: Palette = Palette {
    page: RGBColor(255, 255, 255),
    ink: RGBColor(31, 35, 40),
    dim: RGBColor(89, 99, 110),
    grid: RGBColor(209, 217, 224),
    band: RGBColor(234, 238, 242),
    head: RGBColor(0, 104, 166),
    regression: RGBColor(190, 72, 0),
    inconclusive: RGBColor(140, 96, 0),
    improvement: RGBColor(0, 120, 88),
};

/// The page is GitHub's own dark one.
const DARK: Palette = Palette {
    page: RGBColor(13, 17, 23),
    ink: RGBColor(230, 237, 243),
    dim: RGBColor(150, 158, 167),
    grid: RGBColor(52, 59, 67),
    band: RGBColor(33, 39, 47),
    head: RGBColor(86, 180, 233),
    regression: RGBColor(245, 130, 62),
    inconclusive: RGBColor(230, 175, 50),
    improvement: RGBColor(50, 190, 145),
};

impl Palette {
    /// The colour, thinned with the page's: `share` 1 is the colour, 0 the page.
    pub(super) fn tint(&self, color: RGBColor, share: f64) -> RGBColor {
        let mix = |of: u8, page: u8| (f64::from(of) * share + f64::from(page) * (1.0 - share)).round() as u8;
        RGBColor(mix(color.0, self.page.0), mix(color.1, self.page.1), mix(color.2, self.page.2))
    }
}

/// What a row is marked as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Regression,
    Waived,
    Inconclusive,
    Improvement,
    Unchanged,
}

impl Look {
    /// In reading order.
    pub(super) const ALL: [Self; 5] =
        [Self::Regression, Self::Waived, Self::Inconclusive, Self::Improvement, Self::Unchanged];

    pub(super) fn of(row: &Comparison) -> Self {
        match row.verdict {
            Verdict::Regression if row.waiver.is_some() => Self::Waived,
            Verdict::Regression => Self::Regression,
            Verdict::Inconclusive => Self::Inconclusive,
            Verdict::Improvement => Self::Improvement,
            Verdict::Unchanged => Self::Unchanged,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Regression => "regression",
            Self::Waived => "waived regression",
            Self::Inconclusive => "inconclusive",
            Self::Improvement => "improvement",
            Self::Unchanged => "unchanged",
        }
    }

    pub(super) fn color(self, palette: &Palette) -> RGBColor {
        match self {
            Self::Regression => palette.regression,
            Self::Waived | Self::Inconclusive => palette.inconclusive,
            Self::Improvement => palette.improvement,
            Self::Unchanged => palette.dim,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance (WCAG 2.2).
    fn luminance(color: RGBColor) -> f64 {
        let linear = |channel: u8| match f64::from(channel) / 255.0 {
            c if c <= 0.04045 => c / 12.92,
            c => ((c + 0.055) / 1.055).powf(2.4),
        };
        0.2126 * linear(color.0) + 0.7152 * linear(color.1) + 0.0722 * linear(color.2)
    }

    #[test]
    fn text_stands_out_from_the_page() {
        for palette in Theme::ALL.map(Theme::palette) {
            let looks = Look::ALL.map(|look| look.color(palette));
            for color in looks.into_iter().chain([palette.ink, palette.dim, palette.head]) {
                let (a, b) = (luminance(color), luminance(palette.page));
                let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                assert!(contrast >= 4.5, "{color:?} has a contrast of {contrast:.2}");
            }
        }
    }
}
