//! A zip archive to the bytes of the files that are wanted. The others are looked at, and never unpacked.

use super::{Refused, refused, shown};
use std::io::{Cursor, Read};
use zip::CompressionMethod;
use zip::read::{ZipArchive, ZipFile};

/// What the file with the run record is called.
pub const RECORD_NAME: &str = "record.json";

/// How much of an archive is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the archive itself.
    pub archive_bytes: u64,
    /// Files in it.
    pub files: usize,
    /// Bytes of one file, unpacked.
    pub file_bytes: u64,
    /// Bytes of all files, unpacked.
    pub total_bytes: u64,
    /// How many times its packed size a file may take; small files are free to.
    pub ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { archive_bytes: 64 << 20, files: 100, file_bytes: 256 << 20, total_bytes: 512 << 20, ratio: 200 }
    }
}

/// Unpacked bytes up to which a file may be packed as densely as it likes.
const SMALL: u64 = 1 << 20;

/// Bytes of a name.
const NAME_BYTES_MAX: usize = 200;

/// Ends of names that say that there is an archive within the archive.
const ARCHIVES: [&str; 7] = [".zip", ".gz", ".tgz", ".xz", ".zst", ".tar", ".7z"];

/// What ends a directory of a zip file, and where its number of files stands there.
const END: [u8; 4] = *b"PK\x05\x06";
const END_COUNT: usize = 10;

/// The run records of an archive, by their names.
pub fn files(archive: &[u8], limits: &Limits) -> Result<Vec<(String, Vec<u8>)>, Refused> {
    if archive.len() as u64 > limits.archive_bytes {
        return refused(format!("the archive is larger than {} MiB", limits.archive_bytes >> 20));
    }
    // Before anything is built from the directory: a small archive may list very many files.
    if declared(archive).is_some_and(|count| count > limits.files) {
        return refused(format!("the archive holds more than {} files", limits.files));
    }
    let unreadable = |error: zip::result::ZipError| {
        Refused(format!("no zip archive that can be read: {}", shown(&error.to_string())))
    };
    let mut zip = ZipArchive::new(Cursor::new(archive)).map_err(unreadable)?;
    if zip.len() > limits.files {
        return refused(format!("the archive holds more than {} files", limits.files));
    }
    if zip.offset() != 0 {
        return refused("the archive begins after other bytes");
    }
    let (mut wanted, mut total) = (Vec::new(), 0_u64);
    for index in 0..zip.len() {
        let file = zip.by_index_raw(index).map_err(unreadable)?;
        let name = sound_name(file.name_raw())?;
        sound_kind(&name, &file)?;
        total = total.saturating_add(file.size());
        sound_size(&name, &file, limits)?;
        if name == RECORD_NAME {
            wanted.push((index, name));
        }
    }
    if total > limits.total_bytes {
        return refused(format!("the archive unpacks to more than {} MiB", limits.total_bytes >> 20));
    }
    // What one reader takes for the file another must too: duplicates, overlaps, and files that only a local header names.
    zip.validate_header_consistency().map_err(unreadable)?;
    wanted.into_iter().map(|(index, name)| unpack(&mut zip, index, &name, limits).map(|bytes| (name, bytes))).collect()
}

/// How many files the end of the archive says that there are.
fn declared(archive: &[u8]) -> Option<usize> {
    let at = archive.windows(END.len()).rposition(|bytes| bytes == END)?;
    let count = archive.get(at + END_COUNT..at + END_COUNT + 2)?;
    Some(usize::from(u16::from_le_bytes([count[0], count[1]])))
}

/// Refuses a name that is no plain relative path.
fn sound_name(raw: &[u8]) -> Result<String, Refused> {
    let lossy = String::from_utf8_lossy(raw);
    let bad = |why: &str| refused(format!("a file of the archive is called '{}': {why}", shown(&lossy)));
    let Ok(name) = std::str::from_utf8(raw) else { return bad("no UTF-8") };
    let windows = name.as_bytes().get(1) == Some(&b':');
    let folder = name.strip_suffix('/').unwrap_or(name);
    match name {
        _ if name.is_empty() || name.len() > NAME_BYTES_MAX => bad("empty, or longer than any of ours"),
        _ if name.contains('\0') => bad("it holds a NUL"),
        _ if name.chars().any(char::is_control) => bad("it holds control characters"),
        _ if name.starts_with('/') || windows => bad("an absolute path"),
        _ if name.contains('\\') => bad("it holds a backslash"),
        _ if folder.split('/').any(|part| matches!(part, "" | "." | "..")) => bad("it leads out of its folder"),
        _ if ARCHIVES.iter().any(|end| name.to_ascii_lowercase().ends_with(end)) => {
            bad("an archive within the archive")
        }
        _ => Ok(name.to_owned()),
    }
}

/// Refuses what is neither a file nor a folder, and what cannot be read by everybody.
fn sound_kind<R: Read>(name: &str, file: &ZipFile<'_, R>) -> Result<(), Refused> {
    const TYPE: u32 = 0o170_000;
    let kind = file.unix_mode().map_or(0, |mode| mode & TYPE);
    let what = match kind {
        _ if file.is_symlink() => "a link",
        0 | 0o100_000 | 0o040_000 => "",
        _ => "neither a file nor a folder",
    };
    if !what.is_empty() {
        return refused(format!("'{name}' in the archive is {what}"));
    }
    if file.encrypted() {
        return refused(format!("'{name}' in the archive is encrypted"));
    }
    match file.compression() {
        CompressionMethod::Stored | CompressionMethod::Deflated => Ok(()),
        _ => refused(format!("'{name}' in the archive is packed by a method other than deflate")),
    }
}

/// Refuses what says that it unpacks to too much.
fn sound_size<R: Read>(name: &str, file: &ZipFile<'_, R>, limits: &Limits) -> Result<(), Refused> {
    let (packed, whole) = (file.compressed_size(), file.size());
    if whole > limits.file_bytes {
        return refused(format!("'{name}' unpacks to more than {} MiB", limits.file_bytes >> 20));
    }
    if whole > SMALL && whole > packed.saturating_mul(limits.ratio) {
        return refused(format!("'{name}' unpacks to more than {} times its size", limits.ratio));
    }
    Ok(())
}

/// Unpacks one file, whatever its header says of its size. Its checksum must fit.
fn unpack(zip: &mut ZipArchive<Cursor<&[u8]>>, index: usize, name: &str, limits: &Limits) -> Result<Vec<u8>, Refused> {
    let damaged =
        |why: &dyn std::fmt::Display| Refused(format!("'{name}' cannot be unpacked: {}", shown(&why.to_string())));
    let file = zip.by_index(index).map_err(|error| damaged(&error))?;
    let (declared, packed) = (file.size(), file.compressed_size());
    let allowed = limits.file_bytes.min(packed.saturating_mul(limits.ratio).max(SMALL)).min(declared);
    let mut bytes = Vec::new();
    file.take(allowed + 1).read_to_end(&mut bytes).map_err(|error| damaged(&error))?;
    if bytes.len() as u64 > allowed {
        return refused(format!("'{name}' unpacks to more than it says"));
    }
    if bytes.len() as u64 != declared {
        return refused(format!("'{name}' unpacks to less than it says"));
    }
    Ok(bytes)
}
