//! What `docs/formats.md` says of the harnesses, for a terminal.

/// The page; a test checks that it has every harness.
const PAGE: &str = include_str!("../../docs/formats.md");

/// Every harness with its artifact, metrics and values: a short paragraph each.
#[must_use]
pub fn harnesses() -> String {
    let titles = ["", "", "named by", "metrics", "unit", "better", "launches", "values of each"];
    let paragraph = |cells: Vec<String>| {
        let mut lines = vec![cells.first().cloned().unwrap_or_default()];
        lines.extend(cells.get(1).map(|artifact| format!("    {artifact}")));
        let rest = cells.iter().zip(titles).skip(2);
        lines.extend(rest.map(|(cell, title)| format!("    {title}: {cell}")));
        lines.join("\n")
    };
    let paragraphs: Vec<String> = rows().map(paragraph).collect();
    format!(
        "The harnesses whose results are read. `benchgate explain NAME` says how to produce one, and what is read of it.\n\n{}\n",
        paragraphs.join("\n\n")
    )
}

/// What the page says of one harness, how to produce its file and what is read; `None` for an unknown one.
#[must_use]
pub fn harness(name: &str) -> Option<String> {
    let title = format!("\n## {name}\n");
    let section = PAGE.split_once(&title)?.1;
    let section = section.split("\n## ").next().unwrap_or_default();
    super::by_name(name).map(|_| format!("{name} (harness)\n\n{}\n", plain(section.trim())))
}

/// The cells of the table's rows.
fn rows() -> impl Iterator<Item = Vec<String>> {
    PAGE.lines()
        .skip_while(|line| !line.starts_with("|---"))
        .skip(1)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split(" | ").map(|cell| plain(cell.trim())).collect())
}

/// Without Markdown's marks.
fn plain(text: &str) -> String {
    text.replace("**", "").replace('`', "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::names;

    #[test]
    fn the_page_has_every_harness_in_its_table_and_in_a_section() {
        let listed: Vec<String> =
            rows().flat_map(|cells| cells[0].split(", ").map(str::to_owned).collect::<Vec<_>>()).collect();
        for name in names() {
            assert!(listed.iter().any(|known| known == name), "no row for {name}");
            let custom = name.starts_with("custom-");
            assert!(custom || harness(name).is_some_and(|text| text.contains("Read:")), "no section for {name}");
        }
        assert!(rows().all(|cells| cells.len() == 8), "eight cells a row");
        assert_eq!(harness("limits"), None);
        let shown = harnesses();
        assert!(shown.contains("hyperfine\n    file of --export-json\n    named by: command, or -n\n"), "{shown}");
    }
}
