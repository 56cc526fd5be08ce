use super::project::start;
use super::{Done, text};
use crate::cli::{Global, Manual, manual, manual_pages};
use crate::files::write_whole;
use anyhow::{Context, Result};

/// Prints the manual, or writes it as a page for each command.
pub(super) fn run(args: &Manual, global: &Global) -> Result<Done> {
    let Some(folder) = &args.into else {
        return Ok(text(manual()?));
    };
    let folder = start(global)?.join(folder);
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create '{}'", folder.display()))?;
    for (name, page) in manual_pages()? {
        let path = folder.join(name);
        write_whole(&path, &page).with_context(|| format!("cannot write '{}'", path.display()))?;
    }
    Ok(text(String::new()))
}
