//! Files as Windows has them: names are UTF-16 with rules of their own, there are no modes, and links need a right.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Names that are devices, whatever folder they are in and whatever extension follows.
const DEVICES: [&str; 8] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "COM", "LPT"];

/// Files take the permissions of their folder.
pub(super) fn ordinary<'a, 'b>(builder: &'a mut tempfile::Builder<'b, 'b>) -> &'a mut tempfile::Builder<'b, 'b> {
    builder
}

/// A path as git spells it; `None` where Windows has no such name.
pub(crate) fn from_git(bytes: &[u8]) -> Option<PathBuf> {
    std::str::from_utf8(bytes).ok().map(PathBuf::from)
}

/// A path in git's spelling.
pub(crate) fn to_git(path: &Path) -> Vec<u8> {
    path.to_string_lossy().replace('\\', "/").into_bytes()
}

/// Whether a tree's item may lie on this system's disks under its name: no device, no stream of another file, nothing that
/// Windows would silently shorten.
pub(crate) fn is_nameable(name: &[u8]) -> bool {
    let Ok(name) = std::str::from_utf8(name) else { return false };
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let numbered = stem.strip_suffix(|last: char| last.is_ascii_digit() || "¹²³".contains(last));
    let device = match numbered {
        Some(stem) => stem == "COM" || stem == "LPT",
        None => DEVICES[..6].contains(&stem.as_str()),
    };
    let forbidden = |c: char| c < ' ' || "<>:\"|?*\\".contains(c);
    !device && !name.ends_with(['.', ' ']) && !name.contains(forbidden)
}

/// Creates a file that must not be there yet.
pub(crate) fn create_new(place: &Path, _executable: bool) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(place)
}

/// Creates a folder; the temporary ones are the user's own here.
pub(crate) fn create_private_folder(place: &Path) -> io::Result<()> {
    std::fs::create_dir(place)
}

/// Nothing is told apart by a mode here.
pub(crate) fn is_executable(_about: &Metadata) -> bool {
    false
}

/// Whether files know if they may be executed.
pub(crate) const KNOWS_EXECUTABLES: bool = false;

/// Git for Windows runs hooks whatever their mode.
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it may fail")]
pub(crate) fn make_executable(_place: &Path) -> io::Result<()> {
    Ok(())
}

/// Makes a link to `target`; without the right to, a file that holds its name, as git does.
pub(crate) fn link(target: &Path, place: &Path) -> io::Result<()> {
    let there = place.parent().map(|folder| folder.join(target));
    let linked = if there.is_some_and(|there| there.is_dir()) {
        std::os::windows::fs::symlink_dir(target, place)
    } else {
        std::os::windows::fs::symlink_file(target, place)
    };
    match linked.and_then(|()| std::fs::symlink_metadata(place)) {
        Ok(_) => Ok(()),
        Err(_) => std::fs::write(place, to_git(target)),
    }
}

/// Not asked for: Cargo then makes its outputs anew.
pub(crate) fn has_second_name(_place: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_streams_and_shortened_names_are_refused() {
        for name in ["NUL", "con.txt", "COM1", "lpt9.log", "aux .c", "a:b", "x.", "x ", "a\\b", "q?", "\u{1}"] {
            assert!(!is_nameable(name.as_bytes()), "{name}");
        }
        for name in ["COM", "nullable.rs", "com10", "console.c", ".gitignore", "ü.rs"] {
            assert!(is_nameable(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn paths_are_spelt_as_git_does() {
        assert_eq!(to_git(Path::new("a\\b/c")), b"a/b/c");
        assert_eq!(from_git(b"\xff"), None);
    }
}
