//! A note of the process group that runs now, so that the next run can end what a killed one left.
//!
//! A `kill -9` of ours takes the child with it, but not the child's own children. The group's number alone would not do:
//! numbers are given out again.

use rustix::process::{Pid, Signal, getpgrp, kill_process_group};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Where the running group is noted; nowhere until a stage is open.
static NOTE: Mutex<Option<Note>> = Mutex::new(None);

/// How often it is looked whether the survivors are gone.
const LOOKS_MAX: u32 = 100;

struct Note {
    file: File,
    /// The kernel's present run and our process numbers' namespace: elsewhere the numbers mean others.
    world: String,
}

/// What `/proc/PID/stat` says of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Process {
    id: i32,
    dead: bool,
    group: i32,
    session: i32,
    /// When it started, in ticks since boot.
    began: u64,
}

/// Ends the group that the file at `path` names, if it is still that group, and notes running groups there from now on.
pub(super) fn attach(path: &Path) -> io::Result<()> {
    let world = world();
    end_survivors(&fs::read_to_string(path).unwrap_or_default(), &world);
    let note = Note { file: File::create(path)?, world };
    *NOTE.lock().unwrap_or_else(PoisonError::into_inner) = Some(note);
    Ok(())
}

/// Notes a group. Without a note its children may survive a `kill -9` of ours, no more: no error.
pub(super) fn note(group: Pid) {
    let note = NOTE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(note) = note.as_ref()
        && let Some(process) = process(group.as_raw_nonzero().get())
    {
        let _ = note.file.write_all_at(record(&process, &note.world).as_bytes(), 0);
    }
}

/// The group is gone: its number may be given to another.
pub(super) fn forget() {
    if let Some(note) = NOTE.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
        let _ = note.file.write_all_at(b"-", 0);
    }
}

/// One line; what a longer one left behind it does not count.
fn record(leader: &Process, world: &str) -> String {
    format!("{} {} {} {world}\n", leader.id, leader.began, leader.session)
}

fn world() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let names = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    format!("{} {}", boot.trim(), names.display())
}

fn end_survivors(text: &str, world: &str) {
    let mut fields = text.lines().next().unwrap_or_default().splitn(4, ' ');
    let mut number = || fields.next()?.parse::<u64>().ok();
    let (Some(group), Some(began), Some(session)) = (number(), number(), number()) else { return };
    let (Ok(group), Ok(session)) = (i32::try_from(group), i32::try_from(session)) else { return };
    let Some(target) = Pid::from_raw(group).filter(|&target| group > 1 && target != getpgrp()) else { return };
    if fields.next() != Some(world) {
        return;
    }
    for _ in 0..LOOKS_MAX {
        let processes = processes();
        // A number is not given out again while its group has a member, so another leader means another group.
        let another = processes.iter().any(|process| process.id == group && process.began != began);
        let alive = |process: &&Process| process.group == group && process.session == session && !process.dead;
        if another || !processes.iter().any(|process| alive(&process)) {
            return;
        }
        let _ = kill_process_group(target, Signal::KILL);
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn processes() -> Vec<Process> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries.flatten().filter_map(|entry| process(entry.file_name().to_str()?.parse().ok()?)).collect()
}

fn process(id: i32) -> Option<Process> {
    let stat = fs::read(format!("/proc/{id}/stat")).ok()?;
    parse(id, &String::from_utf8_lossy(&stat))
}

/// The fields behind the name, which may hold spaces and parentheses; `proc(5)` counts them from 3.
fn parse(id: i32, stat: &str) -> Option<Process> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let field = |number: usize| fields.get(number - 3).copied();
    Some(Process {
        id,
        dead: matches!(field(3)?, "Z" | "X"),
        group: field(5)?.parse().ok()?,
        session: field(6)?.parse().ok()?,
        began: field(22)?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::stage::Stage;
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    /// A group whose leader is gone and whose other member lives, and what was noted of it.
    fn orphaned() -> (i32, String) {
        let mut leader = Command::new("sh").args(["-c", "sleep 987 & wait"]).process_group(0).spawn().unwrap();
        let id = i32::try_from(leader.id()).unwrap();
        while members(id) < 2 {
            std::thread::sleep(Duration::from_millis(5));
        }
        let text = record(&process(id).unwrap(), &world());
        leader.kill().unwrap();
        leader.wait().unwrap();
        assert_eq!(members(id), 1);
        (id, text)
    }

    fn members(group: i32) -> usize {
        processes().iter().filter(|process| process.group == group && !process.dead).count()
    }

    #[test]
    fn opening_the_stage_ends_what_a_killed_run_left() {
        let cache = tempfile::tempdir().unwrap();
        let place = Stage::open(cache.path(), Path::new("/p")).unwrap().journal().with_file_name("child");
        let (group, text) = orphaned();
        for other in [text.replace('-', "0"), text.replacen(&group.to_string(), "1", 1), "-".to_owned() + &text] {
            end_survivors(&other, &world());
            assert_eq!(members(group), 1, "{other}");
        }
        // Another test's child may still be noted in the file as it was.
        fs::remove_file(&place).unwrap();
        fs::write(&place, text).unwrap();
        let _stage = Stage::open(cache.path(), Path::new("/p")).unwrap();
        assert_eq!(members(group), 0);
    }

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let stat = "7 (a) b (c) S 1 70 71 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 4242 0";
        assert_eq!(parse(7, stat), Some(Process { id: 7, dead: false, group: 70, session: 71, began: 4242 }));
        assert_eq!(parse(7, "7"), None);
    }
}
