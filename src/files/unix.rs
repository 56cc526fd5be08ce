//! Files as Unix has them: names are bytes, modes and links are the file system's own.

use std::ffi::OsStr;
use std::fs::{DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The permissions of any new file, from which the system takes the umask's: a temporary file's own are too narrow.
pub(super) fn ordinary<'a, 'b>(builder: &'a mut tempfile::Builder<'b, 'b>) -> &'a mut tempfile::Builder<'b, 'b> {
    builder.permissions(Permissions::from_mode(0o666))
}

/// A path as git spells it.
#[expect(clippy::unnecessary_wraps, reason = "elsewhere there may be no such name")]
pub(crate) fn from_git(bytes: &[u8]) -> Option<PathBuf> {
    Some(PathBuf::from(OsStr::from_bytes(bytes)))
}

/// A path in git's spelling.
pub(crate) fn to_git(path: &Path) -> Vec<u8> {
    path.as_os_str().as_bytes().to_vec()
}

/// Whether a tree's item may lie on this system's disks under its name; there is more to ask than is asked here.
pub(crate) fn is_nameable(_name: &[u8]) -> bool {
    true
}

/// Creates a file that must not be there yet: never through a link, never into a file that something else still holds open.
pub(crate) fn create_new(place: &Path, executable: bool) -> io::Result<File> {
    let mode = if executable { 0o777 } else { 0o666 };
    OpenOptions::new().write(true).create_new(true).mode(mode).open(place)
}

/// Creates a folder that nobody else can look into.
pub(crate) fn create_private_folder(place: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(place)
}

/// Whether its owner may execute a file.
pub(crate) fn is_executable(about: &Metadata) -> bool {
    about.permissions().mode() & 0o100 != 0
}

/// Whether files know if they may be executed.
pub(crate) const KNOWS_EXECUTABLES: bool = true;

/// Lets everybody execute a file.
pub(crate) fn make_executable(place: &Path) -> io::Result<()> {
    std::fs::set_permissions(place, Permissions::from_mode(0o755))
}

/// Makes a link to `target`, whatever lies there.
pub(crate) fn link(target: &Path, place: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, place)
}

/// Whether the file has a second name.
pub(crate) fn has_second_name(place: &Path) -> bool {
    std::fs::symlink_metadata(place).is_ok_and(|about| about.nlink() > 1)
}
