//! The gate before a push, as a hook of git's.

mod install;

use super::answer::options;
use super::project::start;
use super::{Done, Io, check, text};
use crate::cli::{Check, Command, Global, Hook, parse};
use crate::deliver::ExitStatus;
use crate::git::{BaseResolution, Commit, Repo};
use crate::judge::Outcome;
use crate::model::clean;
use crate::report::{self, Format, Options, Report};
use crate::run::{Interrupted, Progress};
use anyhow::{Result, bail};
use std::collections::BTreeSet;
use std::io::Read;
use std::time::Duration;

/// Measuring time of one push, all its branches together.
const BUDGET: Duration = Duration::from_mins(1);

/// Bytes of what git says of a push that are read: some ten thousand branches.
const INPUT_MAX: u64 = 4 << 20;

/// By this variable one push is let go unmeasured.
const SKIP: &str = "BENCHGATE_SKIP";

/// Installs the hook, takes it away, or is it.
pub(super) fn run(what: &Hook, global: &Global, io: &mut Io<'_>, progress: &mut dyn Progress) -> Result<Done> {
    match what {
        Hook::Install => install::install(global, io),
        Hook::Uninstall => install::uninstall(global),
        Hook::Run { remote, .. } => match before_push(remote, global, io, progress) {
            // Who stops the gate while it measures wants no push without it.
            Err(error) if error.is::<Interrupted>() => {
                Ok(Done::Text("benchgate: interrupted, and the push with it\n".to_owned(), ExitStatus::Regression))
            }
            // A gate that is out of order stops nobody's work.
            Err(error) => Ok(text(clean(&format!("benchgate: {error:#}; nothing was judged, the push goes on\n")))),
            done => done,
        },
    }
}

fn before_push(remote: &str, global: &Global, io: &mut Io<'_>, progress: &mut dyn Progress) -> Result<Done> {
    if io.variable(SKIP).is_some_and(|value| !value.is_empty() && value != "0") {
        return Ok(text(format!("benchgate: {SKIP} is set, nothing was measured\n")));
    }
    let mut lines = String::new();
    io.input.take(INPUT_MAX).read_to_string(&mut lines)?;
    let mut push = Push {
        repo: Repo::discover(&start(global)?)?,
        remote,
        global,
        io,
        left: BUDGET,
        known: BTreeSet::new(),
        said: String::new(),
    };
    let mut stopped = None;
    for update in lines.lines().filter_map(Update::parse).filter(Update::is_branch) {
        match push.judge(&update, progress) {
            Ok(red) => stopped = stopped.or(red),
            Err(error) if error.is::<Interrupted>() => return Err(error),
            Err(error) => {
                push.say(&format!("{} was not judged: {error:#}; it is pushed all the same", update.branch()));
            }
        }
    }
    if let Some(again) = &stopped {
        let next = format!(
            "\nbenchgate stopped this push.\n  to look closer:  {again}\n  to push it all the same:  \
             {SKIP}=1 git push  (or `git push --no-verify`, which skips every hook)\n"
        );
        push.said += &next;
    }
    let status = if stopped.is_some() { ExitStatus::Regression } else { ExitStatus::Pass };
    Ok(Done::Text(push.said, status))
}

/// A line of what git tells the hook: a ref of ours, and the remote's that it is pushed to.
struct Update<'l> {
    ours: &'l str,
    remote_ref: &'l str,
    theirs: &'l str,
}

impl<'l> Update<'l> {
    /// `LOCAL-REF LOCAL-ID REMOTE-REF REMOTE-ID`; the first may hold spaces, because any revision can be pushed.
    fn parse(line: &'l str) -> Option<Self> {
        let mut words = line.rsplitn(4, ' ');
        let (theirs, remote_ref, ours) = (words.next()?, words.next()?, words.next()?);
        words.next().map(|_| Self { ours, remote_ref, theirs })
    }

    /// Whether commits come to a branch: not a tag, a note, or a deletion.
    fn is_branch(&self) -> bool {
        self.branch() != self.remote_ref && id(self.ours).is_some()
    }

    /// The branch at the remote; Gerrit's are pushed to `refs/for/`.
    fn branch(&self) -> &'l str {
        let short = self.remote_ref.strip_prefix("refs/heads/").or_else(|| self.remote_ref.strip_prefix("refs/for/"));
        short.unwrap_or(self.remote_ref)
    }
}

/// A commit's id, where it is not git's word for none: all zeros.
fn id(text: &str) -> Option<&str> {
    Some(text).filter(|text| text.contains(|c| c != '0'))
}

/// A push that is judged, branch by branch.
struct Push<'a, 'io> {
    repo: Repo,
    remote: &'a str,
    global: &'a Global,
    io: &'a Io<'io>,
    /// Measuring time that is left.
    left: Duration,
    /// Pairs of base and head that were judged: branches may share a commit.
    known: BTreeSet<(String, String)>,
    said: String,
}

impl Push<'_, '_> {
    fn say(&mut self, sentence: &str) {
        self.said += &clean(&format!("benchgate: {sentence}\n"));
    }

    /// Judges what comes to a branch. `Some`: it is slower, and how to look closer at it.
    fn judge(&mut self, update: &Update<'_>, progress: &mut dyn Progress) -> Result<Option<String>> {
        let pushed = self.repo.resolve(update.ours)?;
        let Some(base) = self.repo.base_of_push(self.remote, &pushed, id(update.theirs))? else { return Ok(None) };
        if !self.known.insert((base.commit.id.clone(), pushed.id.clone())) {
            return Ok(None);
        }
        if self.left < Duration::from_secs(1) {
            let minute = BUDGET.as_secs();
            self.say(&format!("{} was not measured: the {minute} s of a push are spent", update.branch()));
            return Ok(None);
        }
        let Done::Report(report) = check::run(&self.arguments(&base, &pushed)?, self.global, self.io, progress)? else {
            bail!("check made no report");
        };
        self.left = self.left.saturating_sub(Duration::from_secs_f64(report.cost.measure_s.max(0.0)));
        self.say(&format!("{} against {} ({})", update.branch(), base.commit.short(), base.how));
        self.show(&report)?;
        let (from, to) = (base.commit.short(), pushed.short());
        Ok(match report.outcome {
            Outcome::Regression => Some(format!("benchgate check --base {from} --head {to}")),
            Outcome::Inconclusive | Outcome::Error => {
                self.say("what is undecided here did not stop the push; a whole run may see more: `benchgate check`");
                None
            }
            Outcome::Pass => None,
        })
    }

    /// `check` as it would be typed.
    fn arguments(&self, base: &BaseResolution, pushed: &Commit) -> Result<Check> {
        let budget = format!("{}s", self.left.as_secs());
        let words = ["benchgate", "check", "--base", &base.commit.id, "--head", &pushed.id, "--budget", &budget];
        match parse(words.map(Into::into)).map(|cli| cli.command) {
            Ok(Command::Check(args)) => Ok(args),
            _ => bail!("`benchgate check` no longer takes --base, --head and --budget"),
        }
    }

    fn show(&mut self, report: &Report) -> Result<()> {
        let mut text = Vec::new();
        let short = Options { quiet: true, ..options(self.global, self.io) };
        report::render(report, Format::Terminal, &short, &mut text)?;
        self.said += &String::from_utf8_lossy(&text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_commits_that_come_to_a_branch_count() {
        let line = |text: &str| Update::parse(text).is_some_and(|update| update.is_branch());
        assert!(line("refs/heads/a 12 refs/heads/a 00") && line("HEAD^{/a b} 12 refs/for/main 34"));
        assert!(!line("(delete) 00 refs/heads/a 12") && !line("refs/tags/v1 12 refs/tags/v1 00"));
        assert!(!line("") && !line("refs/heads/a 12 refs/heads/a") && !line("refs/notes/x 12 refs/notes/x 00"));
        assert_eq!((id("000"), id("0a0")), (None, Some("0a0")));
    }
}
