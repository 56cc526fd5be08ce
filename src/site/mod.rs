//! A static site of a trend: an overview, every series in a file of its own, any two commits compared. It takes no server, asks nobody
//! for anything, and works from a folder on disk as well.
//!
//! Floor 4. It looks at a trend and computes nothing but levels to compare. Names are anybody's: they are text in the data, and text
//! nodes in the page.

mod compact;
mod folder;
mod links;
mod overview;
mod page;
mod runs;
mod series;

pub use folder::SiteError;
pub use links::{commit_url, commit_url_of};

use crate::trend::{SeriesTrend, Trend};
use folder::Folder;
use overview::Overview;
use runs::Axes;
use sha2::{Digest, Sha256};
use std::path::Path;

/// What a site is called, and where its commits are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The project's name.
    pub title: String,
    /// The address of a commit, `{commit}` in the place of its id; no links without it.
    pub commit_url: Option<String>,
}

/// What became of a folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Files that the site has.
    pub files: usize,
    /// Those of them that were written, as they were not there or not the same.
    pub changed: usize,
    /// Files of an earlier site that were taken away.
    pub removed: usize,
    /// Bytes of all its files.
    pub bytes: u64,
}

/// Refuses a folder that holds anything but an earlier site.
pub fn check(folder: &Path) -> Result<(), SiteError> {
    Folder::open(folder).map(drop)
}

/// Writes the site, the page that shows it last.
pub fn write(trend: &Trend, settings: &Settings, folder: &Path) -> Result<Written, SiteError> {
    let mut folder = Folder::open(folder)?;
    let axes = Axes::of(trend);
    let names = series::names(trend, &axes);
    let files = names.iter().map(|name| series::path(name));
    folder.begin(files.chain([overview::PATH, runs::PATH, page::PATH, page::PLAIN].map(str::to_owned)))?;
    for (place, (one, name)) in trend.series.iter().zip(&names).enumerate() {
        folder.put(&series::path(name), &series::file(one, name, axes.stamp(place))?)?;
    }
    let overview = Overview::of(trend, settings, &axes, &names);
    let (runs, listed) = (axes.file()?, overview.file()?);
    // A browser that has kept an older one asks for these.
    let version = runs::short(&Sha256::new().chain_update(&runs).chain_update(&listed).finalize());
    folder.put(runs::PATH, &runs)?;
    folder.put(overview::PATH, &listed)?;
    // GitHub's pages are to be taken as they are.
    folder.put(page::PLAIN, b"")?;
    let mut page = Vec::new();
    page::index(&overview, settings, &version, &mut page).map_err(SiteError::data)?;
    folder.put(page::PATH, &page)?;
    folder.finish()
}

/// The suite of a series: what stands before the first slash; empty where there is none.
fn suite(series: &SeriesTrend) -> &str {
    series.benchmark.split_once('/').map_or("", |(suite, _)| suite)
}

/// A call that hands data to the page: it works from a disk too, where no page may read files.
fn call(kind: &str, value: &impl serde::Serialize) -> Result<Vec<u8>, SiteError> {
    let text = crate::report::page::json(value).map_err(SiteError::data)?;
    Ok(format!("benchgateSite(\"{kind}\",{text});\n").into_bytes())
}
