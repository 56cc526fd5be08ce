//! The line of first parents between two commits: what a branch looked like each time something was merged into it.

use super::{Commit, GitError, Repo};

/// Commits that a range may hold.
const COMMITS_MAX: usize = 20_000;

impl Repo {
    /// The commits after `good` up to `bad` on the line of first parents, oldest first.
    pub fn line(&self, good: &Commit, bad: &Commit) -> Result<Vec<Commit>, GitError> {
        let what = || format!("cannot go from {} back to {}", bad.short(), good.short());
        let fail = |e: git2::Error| GitError::git(what(), &e);
        let (target, mut line) = (good.oid()?, Vec::new());
        let mut here = self.inner.find_commit(bad.oid()?).map_err(fail)?;
        while here.id() != target {
            line.push(Commit::from(&here));
            here = match here.parent(0) {
                Ok(parent) if line.len() < COMMITS_MAX => parent,
                Ok(_) => {
                    return Err(GitError::new(what(), format!("there are more than {COMMITS_MAX} commits between"))
                        .advise("name a good commit that is nearer"));
                }
                Err(_) => return Err(self.no_line(what(), good, bad)),
            };
        }
        if line.is_empty() {
            return Err(GitError::new(what(), "they are one commit").advise("name a good commit before the bad one"));
        }
        line.reverse();
        Ok(line)
    }

    fn no_line(&self, what: String, good: &Commit, bad: &Commit) -> GitError {
        let ids = good.oid().ok().zip(bad.oid().ok());
        let is_below = |ids: Option<(git2::Oid, git2::Oid)>| {
            ids.is_some_and(|(old, new)| self.inner.graph_descendant_of(new, old).unwrap_or(false))
        };
        if is_below(ids.map(|(good, bad)| (bad, good))) {
            return GitError::new(what, "the good commit comes after the bad one").advise("name the good commit first");
        }
        if is_below(ids) {
            return GitError::new(what, "it came in by a merge, and the search follows first parents").advise(format!(
                "name the merge that brought it: 'git log --merges --ancestry-path {}..{}'",
                good.short(),
                bad.short()
            ));
        }
        if self.is_shallow() {
            return GitError::new(what, "this clone is shallow and ends before it")
                .advise("run 'git fetch --unshallow' (in GitHub Actions: 'fetch-depth: 0' on actions/checkout)");
        }
        GitError::new(what, "it is not among the ancestors").advise("name a commit that the bad one is built on")
    }

    /// Whether a commit has several parents.
    pub fn is_merge(&self, commit: &Commit) -> bool {
        commit.oid().ok().and_then(|id| self.inner.find_commit(id).ok()).is_some_and(|found| found.parent_count() > 1)
    }
}
