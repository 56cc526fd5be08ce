//! Files are written whole: into a temporary file beside the target, synced, renamed. A kill leaves the old file or the new.
//! And what systems disagree on: how git's paths are spelt on disk, modes, links.

#[cfg(unix)]
#[path = "unix.rs"]
mod system;
#[cfg(windows)]
#[path = "windows.rs"]
mod system;

pub(crate) use system::{
    KNOWS_EXECUTABLES, create_new, create_private_folder, from_git, has_second_name, is_executable, is_nameable, link,
    make_executable, to_git,
};

use std::io::{self, Write};
use std::path::Path;

/// Replaces a file's content and keeps its permissions, creating its folder where needed. What is no file, a pipe or a device,
/// takes the content and stays what it is.
pub fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    if is_device(path) {
        return std::fs::write(path, content);
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder)?;
    let mut file = system::ordinary(tempfile::Builder::new().prefix(".benchgate-")).tempfile_in(folder)?;
    file.write_all(content)?;
    if let Ok(replaced) = std::fs::metadata(path) {
        file.as_file().set_permissions(replaced.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// `/dev/stdout` may lead to a file, and is none itself.
fn is_device(path: &Path) -> bool {
    let about = std::fs::metadata(path);
    about.is_ok_and(|about| (!about.is_file() && !about.is_dir()) || path.parent() == Some(Path::new("/dev")))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/report.json");
        write_whole(&path, b"first").unwrap();
        write_whole(&path, b"second").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"second");
        let mode =
            |path: &Path| std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path).unwrap().permissions());
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        write_whole(&path, b"second").unwrap();
        assert_eq!(mode(&path) & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_pipe_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || std::fs::read(pipe).unwrap()
        });
        write_whole(&pipe, b"through").unwrap();
        assert_eq!(reader.join().unwrap(), b"through");
        assert!(!std::fs::metadata(&pipe).unwrap().is_file());
    }
}
