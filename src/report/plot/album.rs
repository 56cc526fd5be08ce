//! The pictures of a report that are worth a file each.

use super::{Picture, Theme, TrendPlot, before_after, effects, quantiles, rounds, trend};
use crate::judge::Comparison;
use crate::report::Report;
use crate::report::digest::Digest;
use crate::trend::{SeriesTrend, Trend};
use std::collections::BTreeSet;

/// Rows that get pictures of their own.
const ROWS_MAX: usize = 20;

/// Characters of a name in a file's name.
const SLUG_MAX: usize = 40;

/// A picture in one theme, and the name of its file without the suffix.
pub struct Plate {
    /// For example `before-after-01-parse-large-dark`: letters, digits and `-`, so that it is one file anywhere.
    pub name: String,
    /// The picture.
    pub picture: Picture,
}

/// All effects, and for each row that needs reading, worst first, its launches, its rounds where they are paired, and once for
/// each load test its quantiles; everything in both themes. One picture at a time is made.
pub fn album(report: &Report) -> impl Iterator<Item = Plate> {
    let rows: Vec<&Comparison> = Digest::of(report).to_read().into_iter().take(ROWS_MAX).collect();
    let of_all = Theme::ALL.into_iter().map(|theme| plate("effects", theme, effects(report, theme)));
    let mut seen = BTreeSet::new();
    let of_rows = rows.into_iter().enumerate().flat_map(move |(number, row)| {
        let is_first = seen.insert((row.suite.as_str(), row.benchmark.as_str()));
        Theme::ALL.into_iter().flat_map(move |theme| of_row(report, row, number + 1, is_first, theme))
    });
    of_all.chain(of_rows)
}

/// The series of a trend that changed, the largest change first; everything in both themes. One picture at a time is made.
pub fn histories(found: &Trend) -> impl Iterator<Item = Plate> {
    let series = by_change(found).into_iter().take(ROWS_MAX).enumerate();
    series.flat_map(|(number, series)| {
        let name = format!("trend-{:02}-{}", number + 1, slug(&series.benchmark));
        let drawn = TrendPlot::of(series);
        Theme::ALL.map(|theme| plate(&name, theme, trend(&drawn, theme)))
    })
}

/// Series that changed, the largest change first.
pub(in crate::report) fn by_change(found: &Trend) -> Vec<&SeriesTrend> {
    let size = |series: &SeriesTrend| {
        let steps = series.change_points.iter().filter_map(|step| step.ratio);
        steps.map(|ratio| ratio.ln().abs()).fold(0.0, f64::max)
    };
    let mut changed: Vec<&SeriesTrend> =
        found.series.iter().filter(|series| !series.change_points.is_empty()).collect();
    changed.sort_by(|a, b| size(b).total_cmp(&size(a)));
    changed
}

/// Whether a file's name, with its suffix, is one that an [`album`] or [`histories`] may give a picture.
#[must_use]
pub fn is_plate(file: &str) -> bool {
    let Some(name) = file.strip_suffix(".svg").or(file.strip_suffix(".png")) else { return false };
    let Some(name) = Theme::ALL.into_iter().find_map(|theme| name.strip_suffix(theme.name())?.strip_suffix('-')) else {
        return false;
    };
    let rest =
        ["before-after-", "rounds-", "quantiles-", "trend-"].into_iter().find_map(|kind| name.strip_prefix(kind));
    let is_numbered = |rest: &str| {
        let bytes = rest.as_bytes();
        bytes.len() > 3 && bytes[..2].iter().all(u8::is_ascii_digit) && bytes[2] == b'-'
    };
    name == "effects" || rest.is_some_and(is_numbered)
}

fn of_row(report: &Report, row: &Comparison, number: usize, is_first: bool, theme: Theme) -> Vec<Plate> {
    let slug = slug(&row.benchmark);
    let kinds = [
        ("before-after", Some(before_after(row, theme))),
        ("rounds", rounds(row, theme)),
        ("quantiles", is_first.then(|| quantiles(report, &row.suite, &row.benchmark, theme)).flatten()),
    ];
    kinds
        .into_iter()
        .filter_map(|(kind, picture)| Some(plate(&format!("{kind}-{number:02}-{slug}"), theme, picture?)))
        .collect()
}

fn plate(name: &str, theme: Theme, picture: Picture) -> Plate {
    Plate { name: format!("{name}-{}", theme.name()), picture }
}

/// `Parse/Large 1024` as `parse-large-1024`; `x` where nothing is left.
fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug: String = words.collect::<Vec<_>>().join("-").to_ascii_lowercase().chars().take(SLUG_MAX).collect();
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "x".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures;

    #[test]
    fn each_picture_has_a_file_of_its_own() {
        for (report, pictures) in
            [(fixtures::regression(), 14), (fixtures::all_unchanged(), 2), (fixtures::hostile(), 6)]
        {
            let names: Vec<String> = album(&report).map(|plate| plate.name).collect();
            assert_eq!(names.len(), pictures, "{names:?}");
            assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), pictures, "{names:?}");
            for suffix in [".svg", ".png"] {
                assert!(names.iter().all(|name| is_plate(&format!("{name}{suffix}"))), "{names:?}");
            }
            assert!(names.iter().all(|name| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')), "{names:?}");
        }
        assert!(album(&fixtures::huge()).count() <= 2 + ROWS_MAX * 6);
    }

    #[test]
    fn no_other_file_is_taken_for_one() {
        for other in
            ["effects.svg", "rounds-light.svg", "rounds-x1-a-light.svg", "my-effects-light.svg", "effects-light.gif"]
        {
            assert!(!is_plate(other), "{other}");
        }
    }

    #[test]
    fn names_become_slugs() {
        let slugs = ["Parse/Large 1024", "../../etc/passwd", "漢字", "", "a/////b"].map(slug);
        assert_eq!(slugs, ["parse-large-1024", "etc-passwd", "x", "x", "a-b"]);
        assert_eq!(slug(&"long/".repeat(100)).len(), 39);
    }
}
