//! The one font: `DejaVu` Sans, linked in, so that a picture looks the same on every machine.

use crate::report::text;
use ab_glyph::{Font, FontRef, PxScale, ScaleFont};
use std::sync::OnceLock;

/// What SVG asks for: the font itself where it is installed, else one that is as wide, else any.
pub(super) const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";

/// The font; `None` cannot happen with the file that is linked in.
fn face() -> Option<&'static FontRef<'static>> {
    static FACE: OnceLock<Option<FontRef<'static>>> = OnceLock::new();
    FACE.get_or_init(|| FontRef::try_from_slice(dejavu::sans::regular()).ok()).as_ref()
}

/// The scale at which an em takes `size` pixels: `ab_glyph` counts from the highest ascender to the lowest descender.
fn scaled(font: &FontRef<'static>, size: f64) -> PxScale {
    let em = font.units_per_em().unwrap_or(2048.0);
    PxScale::from((size * f64::from(font.height_unscaled()) / f64::from(em)) as f32)
}

/// The width of a text, in the unit of `size`. Characters that a terminal shows two columns wide take an em: the font lacks
/// most of them, and the one that a browser takes instead is as wide.
pub(super) fn width(text: &str, size: f64) -> f64 {
    advances(text, size).last().map_or(0.0, |(_, _, end)| end)
}

/// Each character with the places where it begins and ends.
fn advances(text: &str, size: f64) -> impl Iterator<Item = (char, f64, f64)> {
    let scaled = face().map(|font| font.as_scaled(scaled(font, size)));
    let mut pen = 0.0;
    let mut before = None;
    text.chars().map(move |c| {
        let mut advance = size;
        if let Some(font) = &scaled {
            let glyph = font.glyph_id(c);
            advance = f64::from(font.h_advance(glyph));
            if let Some(before) = before.replace(glyph) {
                pen += f64::from(font.kern(before, glyph));
            }
        }
        let mut utf8 = [0; 4];
        if text::width(c.encode_utf8(&mut utf8)) == 2 {
            advance = advance.max(size);
        }
        let begin = pen;
        pen += advance;
        (c, begin, pen)
    })
}

/// The text on one line, cut in the middle until it is no wider than `room`.
pub(super) fn fit(words: &str, size: f64, room: f64) -> String {
    let words = text::line(words);
    let mut columns = text::width(&words).min(300);
    loop {
        let cut = text::cut(&words, columns);
        let wide = width(&cut, size);
        if wide <= room || columns == 0 {
            return cut;
        }
        columns = ((columns as f64 * room / wide) as usize).min(columns - 1);
    }
}

/// Calls `draw` with each pixel that the text covers and how much of it, in (0, 1]. A character that the font lacks is a box.
pub(super) fn rasterize(text: &str, size: f64, (x, baseline): (f64, f64), mut draw: impl FnMut(i32, i32, f64)) {
    let Some(font) = face() else { return };
    for (c, begin, _) in advances(text, size) {
        let at = ab_glyph::point((x + begin) as f32, baseline as f32);
        let Some(outline) = font.outline_glyph(font.glyph_id(c).with_scale_and_position(scaled(font, size), at)) else {
            continue;
        };
        let corner = outline.px_bounds().min;
        outline.draw(|dx, dy, cover| {
            if cover > 0.0 {
                draw((corner.x + dx as f32) as i32, (corner.y + dy as f32) as i32, f64::from(cover.min(1.0)));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_the_fonts_own() {
        // Advances of DejaVu Sans 2.37, of 2048 units per em: W 2025, i 569, zero 1303.
        for (text, units) in [("W", 2025.0), ("i", 569.0), ("000", 3909.0), ("", 0.0)] {
            assert!((width(text, 2048.0) - units).abs() < 0.5, "{text}: {}", width(text, 2048.0));
        }
        assert!((width("漢字", 10.0) - 20.0).abs() < 1e-9);
    }

    #[test]
    fn texts_are_cut_to_the_room() {
        assert_eq!(fit("parse/small", 16.0, 500.0), "parse/small");
        for text in ["parser/parse/large/1024".repeat(9), "漢字".repeat(400), "e\u{301}".repeat(999), "W\n".repeat(70)]
        {
            let cut = fit(&text, 16.0, 120.0);
            assert!(width(&cut, 16.0) <= 120.0 && cut.contains('…') && cut.chars().count() > 4, "{cut}");
        }
        assert_eq!(fit("anything", 16.0, 0.0), "…");
    }

    #[test]
    fn what_the_font_lacks_is_a_box() {
        let pixels = |text: &str| {
            let mut seen = Vec::new();
            rasterize(text, 32.0, (10.0, 40.0), |x, y, _| seen.push((x, y)));
            seen
        };
        assert!(pixels(" ").is_empty());
        assert!(pixels("漢").len() > 50 && pixels("漢") == pixels("字") && pixels("a") != pixels("b"));
        assert!(pixels("l").iter().all(|(x, y)| (10..26).contains(x) && (10..41).contains(y)));
    }
}
