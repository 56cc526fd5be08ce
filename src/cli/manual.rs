//! What the command line says of itself: completions and man pages.

use super::Cli;
use std::io;

/// The completion script of a shell.
pub fn completions(shell: clap_complete::Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut <Cli as clap::CommandFactory>::command(), "benchgate", &mut script);
    script
}

/// The command line complete with what clap adds, apart from the `help` command.
fn complete() -> clap::Command {
    let mut command = <Cli as clap::CommandFactory>::command().disable_help_subcommand(true);
    command.build();
    command
}

/// The names of the commands that people type, as `benchgate check`, with what they take.
fn typed(command: &clap::Command) -> Vec<clap::Command> {
    let visible = command.get_subcommands().filter(|sub| !sub.is_hide_set());
    visible.flat_map(|sub| std::iter::once(sub.clone()).chain(typed(sub))).collect()
}

/// A man page without a date: a blank, because an empty one would make the source the date.
fn page(command: clap::Command) -> clap_mangen::Man {
    let source = format!("benchgate {}", env!("CARGO_PKG_VERSION"));
    clap_mangen::Man::new(command).date(" ").source(source).manual("benchgate")
}

/// The manual as one page: what holds for every command, then each command with its own flags.
pub fn manual() -> io::Result<String> {
    let command = complete();
    let mut main = Vec::new();
    page(command.clone()).render(&mut main)?;
    // The commands are sections here, not pages of their own.
    let mut text = String::from_utf8_lossy(&main).replace("benchgate\\-", "benchgate ").replace("(1)\n", "\n");
    for sub in typed(&command) {
        let name = sub.get_display_name().unwrap_or(sub.get_name()).replace('-', " ");
        let own = page(sub.mut_args(|arg| {
            let is_everywhere = arg.is_global_set() || ["help", "version"].contains(&arg.get_id().as_str());
            arg.hide(is_everywhere)
        }));
        let mut section = Vec::new();
        own.render_synopsis_section(&mut section)?;
        own.render_description_section(&mut section)?;
        own.render_options_section(&mut section)?;
        let section = String::from_utf8_lossy(&section).replace(".SH ", ".SS ");
        text.extend([".SH \"", &name.to_uppercase(), "\"\n", &section]);
    }
    Ok(text)
}

/// A page for each command, by file name.
pub fn manual_pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    let command = complete();
    let all = std::iter::once(command.clone()).chain(typed(&command));
    all.map(|command| {
        let page = page(command);
        let mut text = Vec::new();
        page.render(&mut text)?;
        Ok((page.get_filename(), text))
    })
    .collect()
}
