//! The page: one self-contained file to dig in, that asks no server for anything.
//!
//! Rust writes what has to be readable without a script: the headline, the rows that need reading, states, budgets, the method.
//! The script adds search, plots and the rest from the data in the page. Foreign names are text in both: escaped here, text nodes
//! there. The file is well-formed XML, so that what a browser sees in it is what any parser sees.

mod data;
mod shell;
mod still;

pub(crate) use data::json;
pub(crate) use shell::{Shell, base64};
pub(crate) use still::escape;

use super::Report;
use super::digest::Digest;
use std::io::{self, Write};
use std::sync::LazyLock;

const BODY: &str = include_str!("page.html");
pub(crate) const STYLE: &str = include_str!("page.css");
/// What the site's script is made of as well.
pub(crate) const NUMBER: &str = include_str!("script/number.js");
pub(crate) const ELEMENT: &str = include_str!("script/element.js");
pub(crate) const PLOT: &str = include_str!("script/plot.js");
/// One program in several files; the last one starts it.
const SCRIPT: [&str; 11] = [
    NUMBER,
    include_str!("script/data.js"),
    ELEMENT,
    include_str!("script/state.js"),
    PLOT,
    include_str!("script/figures.js"),
    include_str!("script/overview.js"),
    include_str!("script/detail.js"),
    include_str!("script/table.js"),
    include_str!("script/controls.js"),
    include_str!("script/start.js"),
];

static SHELL: LazyLock<Shell> = LazyLock::new(|| Shell::new(&[STYLE], &SCRIPT, ""));

/// Writes the page.
pub(super) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let digest = Digest::of(report);
    let data = data::Data::of(report, &digest);
    SHELL.write(BODY, out, &mut |name, out| match name {
        "rows" => out.write_all(data.rows()?.as_bytes()),
        "launches" => data.launches(out),
        name => out.write_all(still::part(name, report, &digest).as_bytes()),
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixtures;
    use super::*;
    use proptest::prelude::*;

    fn show(report: &Report) -> String {
        let mut out = Vec::new();
        render(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// The page as any XML parser sees it.
    fn parse(page: &str) -> roxmltree::Document<'_> {
        let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
        roxmltree::Document::parse_with_options(page, options).unwrap()
    }

    fn block(page: &str, id: &str) -> serde_json::Value {
        let document = parse(page);
        let node = document.descendants().find(|node| node.attribute("id") == Some(id)).unwrap();
        serde_json::from_str(node.text().unwrap()).unwrap()
    }

    #[test]
    fn a_page_holds_no_more_elements_than_its_own() {
        let own =
            ["html", "head", "meta", "link", "title", "style", "script", "body", "header", "nav", "main", "footer"];
        let more = [
            "section", "noscript", "div", "p", "span", "em", "h1", "h2", "h3", "a", "ul", "li", "dl", "dt", "dd",
            "code",
        ];
        let last = ["table", "thead", "tbody", "caption", "tr", "th", "td", "bdi", "pre", "details", "summary"];
        for report in [fixtures::hostile(), fixtures::states(), fixtures::error(), fixtures::inconclusive()] {
            let page = show(&report);
            for node in parse(&page).descendants().filter(roxmltree::Node::is_element) {
                let name = node.tag_name().name();
                assert!(own.iter().chain(&more).chain(&last).any(|known| *known == name), "{name}");
                for attribute in node.attributes() {
                    assert!(!attribute.name().starts_with("on") && attribute.name() != "style", "{attribute:?}");
                    let links = ["src", "href", "action"].contains(&attribute.name());
                    assert!(
                        !links || attribute.value().starts_with('#') || attribute.value() == "data:,",
                        "{attribute:?}"
                    );
                }
            }
            assert!(!page.contains('\u{202e}') && !page.contains('\u{1b}'));
        }
    }

    #[test]
    fn names_are_whole_in_the_data() {
        let mut report = fixtures::empty(crate::judge::Outcome::Pass);
        let name = "</script><!-- \" \\ & ]]> \u{2028}漢 Ünï";
        report.comparisons = vec![fixtures::comparison("s", name, 1.0)];
        let page = show(&report);
        let rows = block(&page, "rows");
        assert_eq!(rows["rows"][0]["name"], "</script><!-- \" \\ & ]]> 漢 Ünï", "only what is invisible is gone");
        assert_eq!(page.matches("</script>").count(), 3);
        assert_eq!(block(&page, "launches")[0]["base"].as_array().map(Vec::len), Some(14));
    }

    #[test]
    fn what_needs_reading_needs_no_script() {
        let words = |report: &Report| {
            let page = show(report);
            let document = parse(&page);
            let texts = document.descendants().filter(roxmltree::Node::is_text);
            texts
                .filter(|node| node.parent().is_none_or(|parent| parent.tag_name().name() != "script"))
                .filter_map(|node| node.text())
                .collect::<Vec<_>>()
                .join(" ")
        };
        for (report, expected) in [
            (
                fixtures::regression(),
                ["The gate fails", "parser/parse/large/1024", "+8.3 %", "ceiling = \"11%\"", "41 rows unchanged"],
            ),
            (
                fixtures::states(),
                ["index out of bounds", "parse/gone2", "killed after 60s", "limit 200.0 ms", "within"],
            ),
            (
                fixtures::inconclusive(),
                ["waived up to", "see #123", "about 47 would decide", "gate.threshold: 3% becomes 50%", "throughput"],
            ),
            (fixtures::error(), ["Nothing was judged", "never a pass", "No benchmark was compared", "no base", "EPYC"]),
        ] {
            let words = words(&report);
            for part in expected {
                assert!(words.contains(part), "no '{part}' in {words}");
            }
        }
    }

    #[test]
    fn same_report_same_bytes() {
        assert_eq!(show(&fixtures::regression()), show(&fixtures::regression()));
    }

    #[test]
    fn a_huge_report_stays_readable() {
        let page = show(&fixtures::huge());
        assert!(page.len() < 25_000_000, "{} bytes", page.len());
        assert!(page.contains("see report.json"));
        parse(&page);
    }

    #[test]
    fn script_and_style_end_where_they_should() {
        for text in [STYLE.to_owned(), SCRIPT.concat()] {
            assert!(!text.contains("]]>") && !text.contains("</s") && !text.contains("<!--"));
        }
        for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "fetch("] {
            assert!(!SCRIPT.concat().contains(word), "{word}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
        #[test]
        fn any_name_is_text(name in any::<String>(), detail in "[<>&\"'\\]!\\[CDAT{}/ \u{0}-\u{1f}\u{fffe}\u{2028}a]{0,60}") {
            let mut report = fixtures::hostile();
            report.comparisons[0].benchmark.clone_from(&name);
            report.comparisons[1].metric.clone_from(&detail);
            report.states[0].detail.clone_from(&detail);
            report.notes = vec![name.clone(), detail.clone()];
            report.environment.cpu = detail;
            report.budgets[0].benchmark = name;
            let page = show(&report);
            parse(&page);
            for id in ["rows", "launches"] {
                block(&page, id);
            }
        }
    }
}
