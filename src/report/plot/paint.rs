//! A picture's shapes on one of the two backends.

use super::canvas::{Anchor, Point, Shape};
use super::font;
use plotters::backend::{BitMapBackend, SVGBackend};
use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, RGBColor, ShapeStyle};

/// Backend units per CSS pixel: coordinates are whole numbers, and pixels that PNG averages are as small.
const GRID: f64 = 4.0;

/// Backend units per pixel of a PNG, which so has two pixels per CSS pixel.
const PNG_BLOCK: usize = 2;

/// No coordinate lies further out: backends subtract and multiply them.
const FAR: f64 = 20_000.0;

/// A drawing that can be written as SVG or PNG; the same drawing gives the same bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    size: Point,
    page: RGBColor,
    shapes: Vec<Shape>,
    alt: String,
}

impl Picture {
    pub(super) fn new(size: Point, page: RGBColor, shapes: Vec<Shape>, alt: String) -> Self {
        Self { size, page, shapes, alt }
    }

    /// One sentence for who cannot see the picture. It may hold foreign names: escape it.
    #[must_use]
    pub fn alt(&self) -> &str {
        &self.alt
    }

    /// Width and height, in CSS pixels.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        (self.size.0.ceil() as u32, self.size.1.ceil() as u32)
    }

    /// As SVG. Fonts are named, not embedded.
    #[must_use]
    pub fn svg(&self) -> String {
        let mut text = String::new();
        let size = self.grid();
        let mut backend = SVGBackend::with_string(&mut text, size);
        self.paint(&mut backend, write_svg);
        let _ = backend.present();
        drop(backend);
        self.polish(&text)
    }

    /// As PNG, with two pixels per CSS pixel.
    #[must_use]
    pub fn png(&self) -> Vec<u8> {
        let (width, height) = self.grid();
        let mut fine = vec![0; width as usize * height as usize * 3];
        let mut backend = BitMapBackend::with_buffer(&mut fine, (width, height));
        self.paint(&mut backend, write_pixels);
        drop(backend);
        let pixels = average(&fine, width as usize, PNG_BLOCK);
        encode(&pixels, width / PNG_BLOCK as u32, height / PNG_BLOCK as u32)
    }

    /// The size in backend units.
    fn grid(&self) -> (u32, u32) {
        let (width, height) = self.size();
        (width * GRID as u32, height * GRID as u32)
    }

    /// The one drawing. Both backends write to memory, so that none of their answers is an error.
    fn paint<B: DrawingBackend>(&self, backend: &mut B, write: fn(&mut B, &Shape)) {
        let (width, height) = self.size();
        let corner = unit((f64::from(width), f64::from(height)));
        let _ = backend.draw_rect((0, 0), corner, &filled(self.page), true);
        for shape in &self.shapes {
            let _ = match shape {
                Shape::Rect { from, to, color } => backend.draw_rect(unit(*from), unit(*to), &filled(*color), true),
                Shape::Path { points, width, color } => {
                    let mut points: Vec<_> = points.iter().map(|point| unit(*point)).collect();
                    points.dedup();
                    let style = ShapeStyle { color: color.to_rgba(), filled: false, stroke_width: length(*width) };
                    if points.len() > 1 { backend.draw_path(points, &style) } else { Ok(()) }
                }
                Shape::Area { points, color } => {
                    let mut points: Vec<_> = points.iter().map(|point| unit(*point)).collect();
                    points.dedup();
                    if points.len() > 2 { backend.fill_polygon(points, &filled(*color)) } else { Ok(()) }
                }
                Shape::Disc { center, radius, color } => {
                    backend.draw_circle(unit(*center), length(*radius), &filled(*color), true)
                }
                Shape::Text { .. } => {
                    write(backend, shape);
                    Ok(())
                }
            };
        }
    }

    /// The backend's SVG with a role, a name, its size in CSS pixels and the font said once. What is replaced holds quotation
    /// marks, which no foreign text does: those are escaped.
    fn polish(&self, svg: &str) -> String {
        let (width, height) = self.size();
        let (grid_width, grid_height) = self.grid();
        let body = svg.split_once('\n').map_or("", |(_, body)| body);
        let body =
            body.replace(" opacity=\"1\"", "").replace(" stroke=\"none\"", "").replace(" stroke-width=\"1\"", "");
        let body = body.replace(&format!(" font-family=\"{}\"", font::FAMILY), "");
        let alt = escape(&self.alt);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {grid_width} {grid_height}\" role=\"img\" aria-label=\"{alt}\" font-family=\"{}\">\n\
             <title>{alt}</title>\n{body}",
            font::FAMILY
        )
    }
}

fn filled(color: RGBColor) -> ShapeStyle {
    color.filled()
}

/// A place in backend units.
fn unit((x, y): Point) -> (i32, i32) {
    let unit = |v: f64| (v.clamp(-FAR, FAR) * GRID).round() as i32;
    (unit(x), unit(y))
}

/// A width or radius in backend units.
fn length(pixels: f64) -> u32 {
    (pixels.clamp(0.0, FAR) * GRID).round() as u32
}

/// A text as SVG's own.
fn write_svg(backend: &mut SVGBackend<'_>, shape: &Shape) {
    /// What the backend divides a font's size by, and how far below the place it puts the baseline, in em.
    const PER_EM: f64 = 1.24;
    const DROP: f64 = 0.76;
    let Shape::Text { at, size, anchor, color, text } = shape else { return };
    let h_pos = match anchor {
        Anchor::Left => HPos::Left,
        Anchor::Middle => HPos::Center,
        Anchor::Right => HPos::Right,
    };
    let font = FontDesc::new(FontFamily::Name(font::FAMILY), size * GRID * PER_EM, FontStyle::Normal);
    let style = font.color(color).pos(Pos::new(h_pos, VPos::Top));
    let _ = backend.draw_text(&valid(text), &style, unit((at.0, at.1 - DROP * size)));
}

/// A text as pixels.
fn write_pixels(backend: &mut BitMapBackend<'_>, shape: &Shape) {
    let Shape::Text { at, size, anchor, color, text } = shape else { return };
    let size = size * GRID;
    let shift = match anchor {
        Anchor::Left => 0.0,
        Anchor::Middle => 0.5,
        Anchor::Right => 1.0,
    };
    let at = (at.0 * GRID - shift * font::width(text, size), at.1 * GRID);
    font::rasterize(text, size, at, |x, y, cover| {
        let _ = backend.draw_pixel((x, y), color.mix(cover).to_backend_color());
    });
}

/// The text without the two characters that XML 1.0 has no place for; control characters are gone already.
fn valid(text: &str) -> String {
    text.chars().map(|c| if matches!(c, '\u{fffe}' | '\u{ffff}') { '\u{fffd}' } else { c }).collect()
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in valid(&crate::report::text::line(text)).chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// RGB pixels, each the mean of `block` × `block` finer ones: smooth edges.
fn average(fine: &[u8], width: usize, block: usize) -> Vec<u8> {
    let mut coarse = Vec::with_capacity(fine.len() / (block * block));
    for rows in fine.chunks_exact(width * block * 3) {
        for x in 0..width / block {
            for channel in 0..3 {
                let sum: usize = (0..block * block)
                    .map(|i| usize::from(rows[((i / block) * width + x * block + i % block) * 3 + channel]))
                    .sum();
                coarse.push((sum / (block * block)) as u8);
            }
        }
    }
    coarse
}

/// RGB pixels as PNG.
fn encode(pixels: &[u8], width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    // Flat areas and lines are found again by their bytes, without a filter.
    encoder.set_filter(png::Filter::NoFilter);
    // Writing to memory what has the right length does not fail.
    let _ = encoder.write_header().and_then(|mut writer| writer.write_image_data(pixels));
    file
}
