//! The page: one file with its style and its script, that loads what it shows from beside itself.

use super::Settings;
use super::overview::Overview;
use crate::report::page::{ELEMENT, NUMBER, PLOT, STYLE, Shell, escape};
use crate::report::text;
use std::io::{self, Write};
use std::sync::LazyLock;

/// Where it lies.
pub(super) const PATH: &str = "index.html";
/// Tells GitHub's pages that there is nothing to compile.
pub(super) const PLAIN: &str = ".nojekyll";

const BODY: &str = include_str!("site.html");
const OWN_STYLE: &str = include_str!("site.css");
/// One program in several files; the last one starts it.
const SCRIPT: [&str; 13] = [
    NUMBER,
    ELEMENT,
    PLOT,
    include_str!("script/data.js"),
    include_str!("script/words.js"),
    include_str!("script/route.js"),
    include_str!("script/lately.js"),
    include_str!("script/table.js"),
    include_str!("script/overview.js"),
    include_str!("script/chart.js"),
    include_str!("script/series.js"),
    include_str!("script/compare.js"),
    include_str!("script/start.js"),
];

/// Columns of the title.
const TITLE_COLUMNS: usize = 100;

/// Beside the one script runs what lies beside the page, which is our data; on a disk no page has a `'self'`.
static SHELL: LazyLock<Shell> = LazyLock::new(|| Shell::new(&[STYLE, OWN_STYLE], &SCRIPT, " 'self' file:"));

/// Writes the page.
pub(super) fn index(
    overview: &Overview<'_>,
    settings: &Settings,
    version: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    SHELL.write(BODY, out, &mut |name, out| {
        let part = match name {
            "title" => escape(&text::cut(&text::line(&settings.title), TITLE_COLUMNS)),
            "version" => version.to_owned(),
            "counts" => counts(overview),
            "tool" => escape(&format!("benchgate {}", env!("CARGO_PKG_VERSION"))),
            _ => String::new(),
        };
        out.write_all(part.as_bytes())
    })
}

fn counts(overview: &Overview<'_>) -> String {
    let plural = |count: usize, one: &str, more: &str| format!("{count} {}", if count == 1 { one } else { more });
    let (series, runs) = (plural(overview.series(), "series", "series"), plural(overview.runs, "run", "runs"));
    format!("{series} of {runs}; {}", plural(overview.found, "change of level", "changes of level"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn script_and_style_end_where_they_should() {
        for text in [OWN_STYLE.to_owned(), SCRIPT.concat()] {
            assert!(!text.contains("]]>") && !text.contains("</s") && !text.contains("<!--"));
        }
        for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "fetch("] {
            assert!(!SCRIPT.concat().contains(word), "{word}");
        }
    }
}
