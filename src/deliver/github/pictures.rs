//! Pictures without a third party: a branch of the same repository that shares no history with any other.
//!
//! It holds pictures of the newest pull requests, bounded in number and bytes, and its history begins anew after a few
//! commits. In between it only moves forward, which git refuses to whoever did not see the latest commit: no publisher
//! loses another's pictures. Names hold a digest of the content, so an address never shows another picture than its own.

use super::client::{Call, Client};
use super::failure::{Failure, Kind};
use super::{digest, encode, pulls};
use crate::report::page::base64;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The branch.
pub const BRANCH: &str = "benchgate-pictures";
/// How its commit's message begins: a branch of that name without it is somebody else's.
const MESSAGE: &str = "Pictures of benchgate";
/// Files that are kept.
const FILES_MAX: usize = 200;
/// Bytes that are kept.
const BYTES_MAX: u64 = 20 << 20;
/// Bytes of one picture.
const PICTURE_BYTES_MAX: usize = 2 << 20;
/// Pull requests of which pictures are kept without asking whether they are open.
const PULLS_UNASKED: usize = 20;
/// Pull requests that are asked about, the oldest first.
const PULLS_ASKED: usize = 5;
/// Commits of the branch's history.
const COMMITS_MAX: u32 = 20;
/// How often the branch may have been moved by others meanwhile.
const ROUNDS_MAX: u32 = 12;

/// One picture, for light and for dark pages, as PNG.
#[derive(Clone, Debug)]
pub struct Pair {
    /// For light pages.
    pub light: Vec<u8>,
    /// For dark ones.
    pub dark: Vec<u8>,
}

/// Where the pictures are on the web.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// For light pages.
    pub light: String,
    /// For dark ones.
    pub dark: String,
}

/// A file of the branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    path: String,
    mode: String,
    #[serde(rename = "type")]
    kind: String,
    sha: String,
    #[serde(default, skip_serializing)]
    size: Option<u64>,
}

#[derive(Deserialize)]
struct Object {
    sha: String,
}

/// A pair that GitHub has.
pub struct Stored {
    pull: u64,
    folder: String,
    files: [Entry; 2],
    /// Where it is on the web.
    pub addresses: Addresses,
}

/// Stores a pair for a pull request's gate, in place of its former one, and takes old ones away.
pub fn store(client: &Client<'_>, pull: u64, key: &str, pair: &Pair) -> Result<Stored, Failure> {
    if let Some(large) = [&pair.light, &pair.dark].into_iter().find(|png| png.len() > PICTURE_BYTES_MAX) {
        return Err(Failure::new("store the pictures", Kind::TooLarge, format!("a picture has {} bytes", large.len())));
    }
    let folder = folder(pull, key);
    let files = [file(client, &folder, "light", &pair.light)?, file(client, &folder, "dark", &pair.dark)?];
    let (server, repository) = (client.access().server.trim_end_matches('/'), &client.access().repository);
    let [light, dark] =
        [&files[0], &files[1]].map(|file| format!("{server}/{repository}/blob/{BRANCH}/{}?raw=true", file.path));
    let stored = Stored { pull, folder, files, addresses: Addresses { light, dark } };
    keep(client, &stored)?;
    Ok(stored)
}

/// Puts a pair onto the branch unless it is there. Called again later, it repairs what others did meanwhile.
pub fn keep(client: &Client<'_>, stored: &Stored) -> Result<(), Failure> {
    let mut tries = 0;
    let mut refused: Option<(Option<String>, Failure)> = None;
    for _ in 0..ROUNDS_MAX {
        let tip = tip(client)?;
        let (there, commits) = match &tip {
            None => (Vec::new(), 0),
            Some(commit) => files(client, commit)?,
        };
        if stored.files.iter().all(|file| there.iter().any(|entry| entry.path == file.path && entry.sha == file.sha)) {
            return Ok(());
        }
        // Nobody moved it: a rule of the repository forbids it.
        if let Some((_, failure)) = refused.take().filter(|(before, _)| *before == tip) {
            return Err(failure);
        }
        let closed = closed(client, stored.pull, &there)?;
        let next = choose(there, &stored.files, &stored.folder, &closed);
        match advance(client, tip.as_deref(), commits, &next) {
            Err(failure) if failure.kind == Kind::Refused => refused = Some((tip, failure)),
            // Whether it got through shows at the next look.
            Err(failure) => {
                tries += 1;
                client.wait(failure, tries)?;
            }
            Ok(()) => {}
        }
    }
    let said = format!("the branch '{BRANCH}' was moved {ROUNDS_MAX} times meanwhile");
    Err(Failure::new("store the pictures", Kind::Contended, said))
}

/// `pull-12/KEY/`, in plain letters.
fn folder(pull: u64, key: &str) -> String {
    let plain: String = key.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(40).collect();
    // Keys that look the same in plain letters stay apart.
    let digest = digest(key);
    format!("pull-{pull}/{plain}-{digest:08x}/")
}

/// The pull request that a file belongs to.
fn pull_of(path: &str) -> Option<u64> {
    path.strip_prefix("pull-")?.split('/').next()?.parse().ok()
}

fn file(client: &Client<'_>, folder: &str, theme: &str, png: &[u8]) -> Result<Entry, Failure> {
    let body = json!({ "content": base64(png), "encoding": "base64" });
    let blob: Object = client.read(&Call::post("store a picture", "git/blobs", body))?;
    let digest: String = blob.sha.chars().take(16).collect();
    let path = format!("{folder}effects-{theme}-{}.png", encode(&digest));
    Ok(Entry { path, mode: "100644".into(), kind: "blob".into(), sha: blob.sha, size: Some(png.len() as u64) })
}

/// The branch's commit.
fn tip(client: &Client<'_>) -> Result<Option<String>, Failure> {
    #[derive(Deserialize)]
    struct Ref {
        object: Object,
    }
    match client.read::<Ref>(&Call::get("look at the pictures' branch", format!("git/ref/heads/{BRANCH}"))) {
        Ok(found) => Ok(Some(found.object.sha)),
        Err(failure) if failure.kind == Kind::Missing => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// The files of a commit of ours, and how many commits its history has.
fn files(client: &Client<'_>, commit: &str) -> Result<(Vec<Entry>, u32), Failure> {
    #[derive(Deserialize)]
    struct Commit {
        message: String,
        tree: Object,
    }
    #[derive(Deserialize)]
    struct Tree {
        tree: Vec<Entry>,
        truncated: bool,
    }
    let doing = "look at the pictures' branch";
    let commit: Commit = client.read(&Call::get(doing, format!("git/commits/{}", encode(commit))))?;
    let Some(counted) = commit.message.strip_prefix(MESSAGE) else {
        let said = format!("the branch '{BRANCH}' was not made by benchgate, which leaves it as it is");
        return Err(Failure::new(doing, Kind::Refused, said));
    };
    let digits: String = counted.trim_start().chars().take_while(char::is_ascii_digit).collect();
    // Without a number its history begins anew.
    let commits = digits.parse().unwrap_or(COMMITS_MAX);
    let path = format!("git/trees/{}?recursive=1", encode(&commit.tree.sha));
    let tree: Tree = client.read(&Call::get(doing, path))?;
    if tree.truncated {
        return Err(Failure::new(doing, Kind::TooLarge, "it holds too many files"));
    }
    Ok((tree.tree.into_iter().filter(|entry| entry.kind == "blob").collect(), commits))
}

/// Which of the oldest pull requests are closed, where there are many.
fn closed(client: &Client<'_>, own: u64, there: &[Entry]) -> Result<Vec<u64>, Failure> {
    let mut numbers: Vec<u64> = there.iter().filter_map(|entry| pull_of(&entry.path)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    if numbers.len() <= PULLS_UNASKED {
        return Ok(Vec::new());
    }
    let mut closed = Vec::new();
    for number in numbers.into_iter().filter(|number| *number != own).take(PULLS_ASKED) {
        match pulls::pull(client, number) {
            Ok(pull) if pull.state == "open" => {}
            Err(failure) if failure.kind != Kind::Missing => return Err(failure),
            _ => closed.push(number),
        }
    }
    Ok(closed)
}

/// What the branch holds next: the new files, and of the others as many as fit, those of the newest pull requests first.
fn choose(there: Vec<Entry>, new: &[Entry], folder: &str, closed: &[u64]) -> Vec<Entry> {
    let mut others: Vec<(u64, Entry)> = there
        .into_iter()
        .filter(|entry| !entry.path.starts_with(folder))
        .filter_map(|entry| Some((pull_of(&entry.path)?, entry)))
        .filter(|(pull, _)| !closed.contains(pull))
        .collect();
    others.sort_by(|a, b| (b.0, &a.1.path).cmp(&(a.0, &b.1.path)));
    let mut kept = new.to_vec();
    let mut bytes: u64 = new.iter().filter_map(|entry| entry.size).sum();
    for (_, entry) in others {
        bytes += entry.size.unwrap_or(PICTURE_BYTES_MAX as u64);
        if kept.len() >= FILES_MAX || bytes > BYTES_MAX {
            break;
        }
        kept.push(entry);
    }
    kept
}

/// Moves the branch to a commit with these files: onto its tip, or after a while to one without parents.
fn advance(client: &Client<'_>, tip: Option<&str>, commits: u32, files: &[Entry]) -> Result<(), Failure> {
    let tree: Object = client.read(&Call::post("store the pictures", "git/trees", json!({ "tree": files })))?;
    let parent = tip.filter(|_| commits < COMMITS_MAX);
    let number = if parent.is_some() { commits + 1 } else { 1 };
    let message =
        format!("{MESSAGE} {number}\n\nbenchgate keeps this branch; it can be deleted at any time.\n\n[skip ci]");
    let parents: Vec<&str> = parent.into_iter().collect();
    let body = json!({ "message": message, "tree": tree.sha, "parents": parents });
    let commit: Object = client.read(&Call::post("store the pictures", "git/commits", body))?;
    let doing = "move the pictures' branch";
    let call = if tip.is_some() {
        let change = json!({ "sha": commit.sha, "force": parent.is_none() });
        Call::patch(doing, format!("git/refs/heads/{BRANCH}"), change)
    } else {
        Call::post(doing, "git/refs", json!({ "ref": format!("refs/heads/{BRANCH}"), "sha": commit.sha }))
    };
    client.once(&call).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, size: u64) -> Entry {
        Entry { path: path.into(), mode: "100644".into(), kind: "blob".into(), sha: "0".into(), size: Some(size) }
    }

    fn paths(entries: &[Entry]) -> Vec<&str> {
        entries.iter().map(|entry| entry.path.as_str()).collect()
    }

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (plain, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xfe]), "+//+");
    }

    #[test]
    fn a_pull_requests_picture_replaces_its_former_one() {
        let there = vec![
            entry("pull-1/a/x.png", 1),
            entry("pull-2/a/old.png", 1),
            entry("pull-2/b/x.png", 1),
            entry("readme", 1),
        ];
        let kept = choose(there, &[entry("pull-2/a/new.png", 1)], "pull-2/a/", &[]);
        assert_eq!(paths(&kept), ["pull-2/a/new.png", "pull-2/b/x.png", "pull-1/a/x.png"]);
    }

    #[test]
    fn the_branch_stays_bounded() {
        let there: Vec<Entry> = (0..500).map(|pull| entry(&format!("pull-{pull}/a/x.png"), 1)).collect();
        let new = [entry("pull-900/a/x.png", 1)];
        let kept = choose(there.clone(), &new, "pull-900/a/", &[]);
        assert_eq!((kept.len(), kept[1].path.as_str()), (FILES_MAX, "pull-499/a/x.png"));
        assert!(!paths(&choose(there, &new, "pull-900/a/", &[499])).contains(&"pull-499/a/x.png"));
        let large: Vec<Entry> = (0..50).map(|pull| entry(&format!("pull-{pull}/a/x.png"), 1 << 20)).collect();
        assert_eq!(choose(large, &new, "pull-900/a/", &[]).len(), 20);
    }

    #[test]
    fn gates_have_folders_of_their_own() {
        assert_ne!(folder(1, "a/b"), folder(1, "a-b"));
        assert_eq!(pull_of(&folder(12, "../x y")), Some(12));
        assert!(!folder(12, "../x y").contains(".."));
    }
}
