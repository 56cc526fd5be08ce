use super::samples::{all, history, load_test, mixed, row, rows};
use super::*;
use crate::model::Unit;
use crate::report::{Report, fixtures, scale::Scale};
use proptest::prelude::*;

/// What every SVG has: well-formed, a role, a name, a title, and nothing but shapes and text.
fn check_svg(picture: &Picture) -> String {
    let text = picture.svg();
    let page = roxmltree::Document::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let root = page.root_element();
    let (width, height) = picture.size();
    assert_eq!(root.attribute("role"), Some("img"));
    assert_eq!(root.attribute("aria-label"), root.children().find(|c| c.has_tag_name("title")).and_then(|t| t.text()));
    assert_eq!(
        (root.attribute("width"), root.attribute("height")),
        (Some(&*width.to_string()), Some(&*height.to_string()))
    );
    let [right, bottom] = [width, height].map(|size| f64::from(size) * 4.0);
    for node in root.descendants().filter(roxmltree::Node::is_element) {
        let name = node.tag_name().name();
        assert!(["svg", "title", "rect", "polyline", "polygon", "circle", "text"].contains(&name), "{name}");
        for value in node.attributes().filter(|a| !["aria-label", "font-family"].contains(&a.name())) {
            assert!(!value.value().contains("NaN") && !value.value().contains("inf"), "{value:?}");
        }
        let place = |x: &str, y: &str| Some((number(node.attribute(x)?)?, number(node.attribute(y)?)?));
        for (x, y) in [place("x", "y"), place("cx", "cy")].into_iter().flatten() {
            assert!(
                (0.0..=right).contains(&x) && (0.0..=bottom).contains(&y),
                "{name} lies outside, at {x},{y}\n{text}"
            );
        }
    }
    text
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// Width, height and pixels of a PNG.
fn decode(file: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!(info.color_type, png::ColorType::Rgb);
    (info.width, info.height, pixels)
}

/// With `BENCHGATE_PICTURES=DIR`, writes every kind of picture there, to be looked at.
#[test]
fn every_kind_of_picture_is_sound() {
    let folder = std::env::var_os("BENCHGATE_PICTURES").map(std::path::PathBuf::from);
    for theme in Theme::ALL {
        for (name, picture) in all(theme) {
            let svg = check_svg(&picture);
            assert!(!picture.alt().is_empty() && !picture.alt().contains("NaN") && picture.alt().ends_with('.'));
            if let Some(folder) = &folder {
                std::fs::write(folder.join(format!("{name}-{}.svg", theme.name())), svg).unwrap();
                std::fs::write(folder.join(format!("{name}-{}.png", theme.name())), picture.png()).unwrap();
            }
        }
    }
}

#[test]
fn a_png_has_two_pixels_for_each() {
    for theme in Theme::ALL {
        let picture = before_after(&rows()[0].1, theme);
        let (width, height) = picture.size();
        let (wide, high, pixels) = decode(&picture.png());
        assert_eq!((wide, high), (2 * width, 2 * height));
        let page = theme.palette().page;
        assert_eq!(pixels[..3], [page.0, page.1, page.2], "the corner is page");
        let inked = pixels.chunks(3).filter(|pixel| **pixel != pixels[..3]).count();
        assert!(inked > 10_000, "only {inked} pixels differ from the page");
    }
}

#[test]
fn the_same_numbers_give_the_same_bytes() {
    for (one, two) in all(Theme::Dark).into_iter().zip(all(Theme::Dark)) {
        assert!(one.1.svg() == two.1.svg(), "{}", one.0);
    }
    let picture = || effects(&fixtures::inconclusive(), Theme::Light).png();
    assert!(picture() == picture());
}

#[test]
fn hostile_text_is_text() {
    let svg = check_svg(&effects(&fixtures::hostile(), Theme::Light));
    assert!(svg.contains("&lt;img") && !svg.contains("<img") && !svg.contains('\u{1b}') && !svg.contains('\u{202e}'));
    let mut series = history();
    (series.name, series.points[0].label) = ("\"\u{ffff}\u{0}]]>'".to_owned(), fixtures::HOSTILE.to_owned());
    check_svg(&trend(&series, Theme::Dark));
}

#[test]
fn long_lists_are_cut_and_counted() {
    let svg = check_svg(&effects(&fixtures::regression(), Theme::Light));
    assert!(svg.contains("… and 14 more: 14 unchanged"));
    assert!(svg.contains("parse/large/1024") && !svg.contains("lex/40"));
    assert!(svg.find("parse/large/1024") < svg.find("parse/small"), "worst first");
    assert!(svg.contains("+8.3 %") && svg.contains("[+6.2, +10.4]") && svg.contains("within the threshold of 3 %"));
    let many = effects(&fixtures::huge(), Theme::Light);
    assert!(many.size().1 < 1200 && check_svg(&many).len() < 60_000, "{:?}", many.size());
}

#[test]
fn a_giant_does_not_flatten_the_others() {
    let svg = check_svg(&effects(&mixed(), Theme::Light));
    assert!(svg.contains("arrows: what lies beyond the axis") && svg.contains("+3900 %"));
    let calm = check_svg(&effects(&load_test(), Theme::Light));
    assert!(!calm.contains("arrows:"));
}

#[test]
fn what_is_not_there_has_no_picture() {
    let (unpaired, paired) = (&mut rows()[0].1, rows()[0].1.clone());
    unpaired.method = "unpaired".to_owned();
    assert!(rounds(unpaired, Theme::Light).is_none() && rounds(&paired, Theme::Light).is_some());
    assert!(rounds(&row(["s", "b", "m"], Unit::One, [vec![], vec![]], 1.0), Theme::Light).is_none());
    let mut report = load_test();
    assert!(quantiles(&report, "api", "GET /list", Theme::Light).is_none());
    report.comparisons.truncate(1);
    assert!(quantiles(&report, "api", "GET /search", Theme::Light).is_none());
    check_svg(&trend(&TrendPlot { points: Vec::new(), ..history() }, Theme::Light));
}

#[test]
fn small_pictures_stay_as_they_are() {
    let mut report = fixtures::inconclusive();
    report.comparisons.truncate(2);
    insta::assert_snapshot!("effects", effects(&report, Theme::Light).svg());
    let small = row(["s", "b", "wall-time"], Unit::Second, [vec![1.0, 1.1, 1.2], vec![1.2, 1.3, 1.35]], 1.18);
    insta::assert_snapshot!("before_after", before_after(&small, Theme::Dark).svg());
    insta::assert_snapshot!("rounds", rounds(&small, Theme::Light).unwrap().svg());
    let alts: Vec<String> =
        [effects(&report, Theme::Light), before_after(&small, Theme::Dark), trend(&history(), Theme::Dark)]
            .iter()
            .chain(&rounds(&small, Theme::Light))
            .chain(&quantiles(&load_test(), "api", "GET /search", Theme::Light))
            .map(|picture| picture.alt().to_owned())
            .collect();
    insta::assert_snapshot!("alternatives", alts.join("\n"));
}

/// Sizes from nothing to the end of the numbers.
fn value() -> impl Strategy<Value = f64> {
    let extremes = prop::sample::select(vec![0.0, 1e-300, 5e-324, 1e-9, 1.0, 60.0, 1e12, 1e300, f64::MAX]);
    prop_oneof![3 => (-12.0..13.0_f64).prop_map(|power| 10_f64.powf(power)), 2 => extremes]
}

prop_compose! {
    fn any_row()(
        base in prop::collection::vec(value(), 0..40),
        head in prop::collection::vec(value(), 0..40),
        medians in [value(), value()],
        ratio in prop::option::of(value()),
        ends in prop::option::of([value(), value()]),
        threshold in prop_oneof![Just(0.0), Just(0.03), value()],
        unit in 0..4_usize,
        higher: bool,
        paired: bool,
        name in "\\PC{0,60}",
    ) -> Comparison {
        let unit = [Unit::Second, Unit::Byte, Unit::One, Unit::PerSecond][unit];
        let mut row = row(["s", &name, "latency-p99"], unit, [base, head], 1.0);
        (row.base.median, row.head.median) = (medians[0], medians[1]);
        (row.ratio, row.interval) = (ratio, ends.map(|[a, b]| [a.min(b), a.max(b)]));
        (row.threshold, row.method) = (threshold, if paired { "paired" } else { "unpaired" }.to_owned());
        row.better = if higher { Better::Higher } else { Better::Lower };
        row
    }
}

fn report_of(rows: Vec<Comparison>) -> Report {
    Report { comparisons: rows, ..fixtures::regression() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_comparison_is_drawn(rows in prop::collection::vec(any_row(), 1..8)) {
        for row in &rows {
            check_svg(&before_after(row, Theme::Light));
            rounds(row, Theme::Dark).iter().for_each(|picture| drop(check_svg(picture)));
        }
        let mut report = report_of(rows);
        check_svg(&effects(&report, Theme::Dark));
        for (row, metric) in report.comparisons.iter_mut().zip(["latency", "latency-p90", "latency-p99", "latency-p99.9"]) {
            (row.benchmark, row.metric) = ("b".to_owned(), metric.to_owned());
        }
        quantiles(&report, "s", "b", Theme::Light).iter().for_each(|picture| drop(check_svg(picture)));
    }

    #[test]
    fn any_series_is_drawn(values in prop::collection::vec(value(), 0..60), places in prop::collection::vec(0..70_usize, 0..6)) {
        let mut places = places;
        places.sort_unstable();
        let change = |&index: &usize| TrendChange { index, before: 1.0, after: 2.0, interval: None, from: Some(index / 2), to: index + 3 };
        let moved = |&index: &usize| TrendEnvironment { index, name: "machine".to_owned() };
        let series = TrendPlot {
            points: values.iter().map(|&value| TrendPoint { label: "label".to_owned(), value }).collect(),
            changes: places.iter().map(change).collect(),
            environments: places.iter().map(moved).collect(),
            ..history()
        };
        check_svg(&trend(&series, Theme::Light));
    }
}

#[test]
fn a_change_without_a_ratio_is_told_by_its_levels() {
    let change = |before, after| TrendChange { index: 1, before, after, interval: None, from: Some(0), to: 1 };
    for (before, after) in [(-5.0, -6.0), (0.0, 2.0), (-1.0, 1.0)] {
        let series =
            TrendPlot { unit: None, changes: vec![change(before, after)], environments: Vec::new(), ..history() };
        let drawn = trend(&series, Theme::Light).svg();
        let scale = Scale::of(Unit::One, &[before, after]);
        let levels = format!("{} to {}", scale.show(before), scale.show(after));
        assert!(drawn.contains(&levels) && !drawn.contains(" %"), "{levels}: {drawn}");
    }
}

#[test]
fn extremes_are_pixels_too() {
    for values in [[5e-324, f64::MAX], [0.0, f64::MAX], [1e300, 1e300], [0.0, 1e-300]] {
        let odd = row(["s", "漢字", "wall-time"], Unit::Second, [vec![values[0]; 3], vec![values[1]; 3]], 1e300);
        let pictures = [
            Some(before_after(&odd, Theme::Light)),
            rounds(&odd, Theme::Light),
            Some(effects(&report_of(vec![odd.clone()]), Theme::Light)),
        ];
        for picture in pictures.into_iter().flatten() {
            let (wide, ..) = decode(&picture.png());
            assert_eq!(wide, 1600);
        }
    }
}
