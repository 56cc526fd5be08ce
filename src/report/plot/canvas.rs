//! Where a picture is drawn: shapes in CSS pixels, kept until it is known in which format they are wanted.

use super::font;
use super::paint::Picture;
use super::theme::{Look, Palette, Theme};
use crate::judge::Comparison;
use plotters::style::RGBColor;

/// A place: right and down, in CSS pixels.
pub(super) type Point = (f64, f64);

/// What a text's place means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Left,
    Middle,
    Right,
}

/// Sizes of text, in CSS pixels. The smallest is still read on a telephone, which shows a picture at half its size.
pub(super) const TITLE: f64 = 20.0;
pub(super) const BODY: f64 = 16.0;
pub(super) const SMALL: f64 = 14.0;

/// Every picture is as wide as a comment.
pub(super) const WIDTH: f64 = 800.0;

/// Room at every edge.
pub(super) const MARGIN: f64 = 20.0;

/// One thing drawn.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    Rect { from: Point, to: Point, color: RGBColor },
    Path { points: Vec<Point>, width: f64, color: RGBColor },
    Area { points: Vec<Point>, color: RGBColor },
    Disc { center: Point, radius: f64, color: RGBColor },
    Text { at: Point, size: f64, anchor: Anchor, color: RGBColor, text: String },
}

/// Shapes, the later above the earlier.
pub(super) struct Canvas {
    pub palette: &'static Palette,
    shapes: Vec<Shape>,
}

impl Canvas {
    pub(super) fn new(theme: Theme) -> Self {
        Self { palette: theme.palette(), shapes: Vec::new() }
    }

    /// The picture, so high; `alt` says in a sentence what it shows.
    pub(super) fn finish(self, height: f64, alt: String) -> Picture {
        Picture::new((WIDTH, height), self.palette.page, self.shapes, alt)
    }

    pub(super) fn rect(&mut self, from: Point, to: Point, color: RGBColor) {
        self.shapes.push(Shape::Rect { from, to, color });
    }

    pub(super) fn path(&mut self, points: Vec<Point>, width: f64, color: RGBColor) {
        self.shapes.push(Shape::Path { points, width, color });
    }

    pub(super) fn line(&mut self, from: Point, to: Point, width: f64, color: RGBColor) {
        self.path(vec![from, to], width, color);
    }

    /// A vertical or horizontal line of dashes.
    pub(super) fn dashes(&mut self, from: Point, to: Point, width: f64, color: RGBColor) {
        const PERIOD: f64 = 7.0;
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx.hypot(dy);
        let at = |way: f64| (from.0 + dx * (way / length), from.1 + dy * (way / length));
        let mut way = 0.0;
        while way < length {
            self.line(at(way), at((way + PERIOD * 0.57).min(length)), width, color);
            way += PERIOD;
        }
    }

    pub(super) fn area(&mut self, points: Vec<Point>, color: RGBColor) {
        self.shapes.push(Shape::Area { points, color });
    }

    pub(super) fn disc(&mut self, center: Point, radius: f64, color: RGBColor) {
        self.shapes.push(Shape::Disc { center, radius, color });
    }

    /// A circle line, filled with the page.
    pub(super) fn ring(&mut self, center: Point, radius: f64, width: f64, color: RGBColor) {
        self.disc(center, radius, color);
        self.disc(center, radius - width, self.palette.page);
    }

    /// A text by its baseline. Whoever calls has cut it to the room.
    pub(super) fn text(&mut self, at: Point, size: f64, anchor: Anchor, color: RGBColor, text: &str) {
        self.shapes.push(Shape::Text { at, size, anchor, color, text: text.to_owned() });
    }

    /// A text at the left margin, cut to the picture's width.
    pub(super) fn heading(&mut self, baseline: f64, size: f64, color: RGBColor, text: &str) {
        let cut = font::fit(text, size, WIDTH - 2.0 * MARGIN);
        self.text((MARGIN, baseline), size, Anchor::Left, color, &cut);
    }

    /// A picture's first line: as large as has room, cut only where no size has.
    pub(super) fn title(&mut self, text: &str) {
        const BASELINE: f64 = 38.0;
        let fits = |size: &f64| font::width(text, *size) <= WIDTH - 2.0 * MARGIN;
        let size = [TITLE, BODY].into_iter().find(fits).unwrap_or(SMALL);
        self.heading(BASELINE, size, self.palette.ink, text);
    }

    /// The second line of a comparison's picture: mark, metric, change, verdict, interval.
    pub(super) fn verdict(&mut self, row: &Comparison) {
        const BASELINE: f64 = 66.0;
        let (palette, look) = (self.palette, Look::of(row));
        self.mark(look, (MARGIN + 7.0, BASELINE - 5.5), 7.0);
        let mut x = MARGIN + 22.0;
        let metric = font::fit(&row.metric, BODY, 260.0);
        let words = [
            (metric, palette.ink),
            (super::change(row), look.color(palette)),
            (super::interval(row), palette.dim),
            (look.word().to_owned(), look.color(palette)),
        ];
        for (word, color) in words.into_iter().filter(|(word, _)| !word.is_empty()) {
            self.text((x, BASELINE), BODY, Anchor::Left, color, &word);
            x += font::width(&word, BODY) + 12.0;
        }
    }

    /// The mark of a verdict: what is worse points to the right, what is better to the left.
    pub(super) fn mark(&mut self, look: Look, (x, y): Point, radius: f64) {
        let color = look.color(self.palette);
        let triangle = |tip: f64| vec![(x + tip, y), (x - tip * 0.8, y - radius), (x - tip * 0.8, y + radius)];
        match look {
            Look::Regression => self.area(triangle(radius * 1.15), color),
            Look::Waived => {
                self.area(triangle(radius * 1.15), color);
                self.disc((x - radius * 0.2, y), radius * 0.35, self.palette.page);
            }
            Look::Improvement => self.area(triangle(-radius * 1.15), color),
            Look::Inconclusive => self.ring((x, y), radius, 2.0, color),
            Look::Unchanged => self.disc((x, y), radius * 0.8, color),
        }
    }
}
