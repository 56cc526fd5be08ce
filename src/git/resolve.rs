//! Which commit a word means, and which commit a change is to be compared with.

use super::{Commit, GitError, Repo};
use git2::{ErrorCode, Oid};

/// How the base is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BaseChoice {
    /// Where this branch left its upstream, or the default branch.
    MergeBase,
    /// The commit before head.
    Parent,
    /// This very revision.
    Revision(String),
    /// Where head left the history of this commit.
    Left {
        /// Its full id.
        commit: String,
        /// What it is, for people.
        why: String,
    },
    /// Where head left this branch of a remote; where no remote has it, as [`BaseChoice::MergeBase`].
    Branch(String),
}

/// The base, and why it is the base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseResolution {
    /// The commit to compare with.
    pub commit: Commit,
    /// For people, for example `merge-base with origin/main`.
    pub how: String,
}

/// A branch to find the merge-base with.
pub(super) struct Target {
    /// As people write it: `origin/main`, `main`.
    pub(super) name: String,
    pub(super) tip: Oid,
    /// The two words that `git fetch` wants, where it is a remote's.
    remote: Option<(String, String)>,
}

impl Repo {
    /// The commit that a revision means: a branch, a tag, an id, or any other revspec.
    pub fn resolve(&self, rev: &str) -> Result<Commit, GitError> {
        let what = || format!("cannot find revision '{rev}'");
        let object = self.inner.revparse_single(rev).map_err(|e| match e.code() {
            ErrorCode::NotFound => GitError::new(what(), "this clone has no such commit, branch or tag")
                .advise(self.advice_on_unknown(rev)),
            ErrorCode::Ambiguous => GitError::git(what(), &e).advise("write more digits of the commit's id"),
            _ => GitError::git(what(), &e).advise("name one commit: a branch, a tag, an id, or for example 'HEAD~1'"),
        })?;
        let kind = object.kind().map_or("unknown object", |kind| kind.str());
        match object.peel_to_commit() {
            Ok(commit) => Ok(Commit::from(&commit)),
            Err(_) => Err(GitError::new(what(), format!("it is a {kind}, not a commit"))
                .advise("name a commit, a branch or a tag")),
        }
    }

    /// The commit to compare `head` with. `head_is_dirty` says that head is the work tree with changes on top of it.
    pub fn base_of(&self, how: &BaseChoice, head: &Commit, head_is_dirty: bool) -> Result<BaseResolution, GitError> {
        match how {
            BaseChoice::Revision(rev) => {
                Ok(BaseResolution { commit: self.resolve(rev)?, how: format!("revision '{rev}'") })
            }
            BaseChoice::Parent => self.before(head, head_is_dirty, ""),
            BaseChoice::MergeBase => self.merge_base(head, head_is_dirty),
            BaseChoice::Left { commit, why } => {
                let tip = self.resolve(commit)?.oid()?;
                self.left(&Target { name: why.clone(), tip, remote: None }, head, head_is_dirty)
            }
            BaseChoice::Branch(name) => match self.branch_of_a_remote(name) {
                Some(target) => self.left(&target, head, head_is_dirty),
                None => self.merge_base(head, head_is_dirty),
            },
        }
    }

    fn merge_base(&self, head: &Commit, head_is_dirty: bool) -> Result<BaseResolution, GitError> {
        let id = head.oid()?;
        let branch = self.current_branch(id);
        let Some(target) = self.target(branch.as_deref(), id) else {
            return if self.is_only_line(branch.as_deref()) {
                self.before(head, head_is_dirty, "there is no other branch to compare with")
            } else {
                Err(GitError::new("cannot choose a base", "no default branch was found, here or at a remote")
                    .advise("name the base: '--base main', or 'base' in benchgate.toml; 'git remote set-head origin --auto' tells git the default branch"))
            };
        };
        self.left(&target, head, head_is_dirty)
    }

    /// Where head left a line.
    fn left(&self, target: &Target, head: &Commit, head_is_dirty: bool) -> Result<BaseResolution, GitError> {
        let id = head.oid()?;
        match self.inner.merge_base(id, target.tip) {
            Ok(base) if base == id => self.before(head, head_is_dirty, &format!("{} holds it already", target.name)),
            Ok(base) => {
                let commit = self
                    .inner
                    .find_commit(base)
                    .map_err(|e| GitError::git(format!("cannot read commit '{base}'"), &e))?;
                Ok(BaseResolution { commit: Commit::from(&commit), how: format!("merge-base with {}", target.name) })
            }
            Err(e) if e.code() == ErrorCode::NotFound => Err(self.no_merge_base(head, target)),
            Err(e) => Err(GitError::git(format!("cannot find the merge-base with {}", target.name), &e)),
        }
    }

    /// HEAD below a dirty work tree, or else the first parent; `why` may be empty.
    fn before(&self, head: &Commit, head_is_dirty: bool, why: &str) -> Result<BaseResolution, GitError> {
        if head_is_dirty {
            return Ok(BaseResolution {
                commit: head.clone(),
                how: "the commit below the uncommitted changes".to_owned(),
            });
        }
        let what = || format!("cannot find the parent of {}", head.short());
        let commit = self.inner.find_commit(head.oid()?).map_err(|e| GitError::git(what(), &e))?;
        match commit.parent(0) {
            Ok(parent) => {
                let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
                Ok(BaseResolution { commit: Commit::from(&parent), how: format!("first parent{why}") })
            }
            // At the rim of a shallow clone libgit2 hides the parents, the commit itself still names them.
            Err(_) if commit.raw_header_bytes().split(|b| *b == b'\n').any(|line| line.starts_with(b"parent ")) => {
                Err(GitError::new(what(), "this clone is shallow and ends there")
                    .advise(deepen("git fetch --deepen=50")))
            }
            Err(_) => Err(GitError::new(
                what(),
                "it is the first commit of the history, so there is nothing to compare it with",
            )
            .advise("commit a change and check that, or name another base with '--base REV'")),
        }
    }

    pub(super) fn no_merge_base(&self, head: &Commit, target: &Target) -> GitError {
        let what = format!("cannot find the merge-base of {} and {}", head.short(), target.name);
        if !self.is_shallow() {
            return GitError::new(what, "the two have no history in common").advise("name the base with '--base REV'");
        }
        let command = match &target.remote {
            Some((remote, branch)) => format!("git fetch --deepen=100 {remote} {branch}"),
            None => "git fetch --unshallow".to_owned(),
        };
        GitError::new(what, "this clone is shallow and ends before it").advise(deepen(&command))
    }

    /// The branch that is checked out, where `head` is its tip.
    fn current_branch(&self, head: Oid) -> Option<String> {
        let reference = self.inner.head().ok()?;
        (reference.is_branch() && reference.target() == Some(head))
            .then(|| reference.shorthand().ok().map(str::to_owned))?
    }

    /// What a change is compared with: the branch's upstream, unless that is the pushed copy of the branch itself,
    /// which is no base; then the default branch.
    fn target(&self, branch: Option<&str>, head: Oid) -> Option<Target> {
        let upstream = branch.and_then(|branch| {
            let name = self.inner.branch_upstream_name(&format!("refs/heads/{branch}")).ok()?;
            let target = self.tip(name.as_str().ok()?)?;
            let own_copy = target.remote.as_ref().is_some_and(|(_, theirs)| theirs == branch);
            (!own_copy && target.tip != head).then_some(target)
        });
        upstream.or_else(|| self.default_branch(branch))
    }

    fn branch_of_a_remote(&self, name: &str) -> Option<Target> {
        self.remotes().iter().find_map(|remote| self.tip(&format!("refs/remotes/{remote}/{name}")))
    }

    fn default_branch(&self, current: Option<&str>) -> Option<Target> {
        let configured = self.inner.config().ok().and_then(|c| c.get_string("init.defaultbranch").ok());
        let remotes = self.remotes();
        let theirs = remotes.iter().flat_map(|remote| self.default_branches_of(remote));
        let ours = configured.into_iter().chain(["main".to_owned(), "master".to_owned()]);
        let ours = ours.map(|name| format!("refs/heads/{name}"));
        // A branch is no base of itself; its being the default branch is told by `is_only_line`.
        theirs
            .chain(ours)
            .find_map(|name| self.tip(&name))
            .filter(|found| found.remote.is_some() || current != Some(&found.name))
    }

    /// The names of the remotes, the likeliest first.
    fn remotes(&self) -> Vec<String> {
        let mut remotes = vec!["origin".to_owned(), "upstream".to_owned()];
        let known = self.inner.remotes();
        for name in known.iter().flat_map(git2::string_array::StringArray::iter_bytes) {
            let name = String::from_utf8_lossy(name).into_owned();
            if !remotes.contains(&name) {
                remotes.push(name);
            }
        }
        remotes
    }

    /// The default branch of a remote, as far as this clone knows it.
    pub(super) fn default_branch_of(&self, remote: &str) -> Option<Target> {
        self.default_branches_of(remote).find_map(|name| self.tip(&name))
    }

    /// What a remote's default branch may be called here, the likeliest first.
    fn default_branches_of(&self, remote: &str) -> impl Iterator<Item = String> + use<> {
        let prefix = format!("refs/remotes/{remote}/");
        let pointed = self.inner.find_reference(&format!("{prefix}HEAD")).ok();
        let pointed = pointed.and_then(|r| r.symbolic_target().ok().flatten().map(str::to_owned));
        pointed.into_iter().chain(["main", "master"].map(move |name| format!("{prefix}{name}")))
    }

    fn tip(&self, reference: &str) -> Option<Target> {
        let tip = self.inner.find_reference(reference).ok()?.peel_to_commit().ok()?.id();
        let name = reference
            .strip_prefix("refs/remotes/")
            .or_else(|| reference.strip_prefix("refs/heads/"))
            .unwrap_or(reference);
        let remote = reference.starts_with("refs/remotes/").then(|| {
            // A remote's name may itself hold slashes; git knows which part it is.
            let owner = self.inner.branch_remote_name(reference).ok();
            let owner = owner.and_then(|buf| buf.as_str().ok().map(str::to_owned));
            let owner = owner.or_else(|| name.split_once('/').map(|(first, _)| first.to_owned())).unwrap_or_default();
            let branch = name.strip_prefix(&owner).unwrap_or(name).trim_start_matches('/').to_owned();
            (owner, branch)
        });
        Some(Target { name: name.to_owned(), tip, remote })
    }

    /// Whether the current branch is the default one, as far as a repository without remotes can tell.
    fn is_only_line(&self, branch: Option<&str>) -> bool {
        let Some(branch) = branch else { return false };
        let configured = self.inner.config().ok().and_then(|c| c.get_string("init.defaultbranch").ok());
        let alone = self.inner.branches(None).is_ok_and(|branches| branches.count() == 1);
        alone || branch == "main" || branch == "master" || configured.as_deref() == Some(branch)
    }

    fn advice_on_unknown(&self, rev: &str) -> String {
        let remotes = self.inner.remotes();
        let names = remotes
            .iter()
            .flat_map(git2::string_array::StringArray::iter_bytes)
            .filter_map(|n| std::str::from_utf8(n).ok());
        let stem = rev.split(['~', '^', '@', ':']).next().unwrap_or(rev);
        let known_here = self.inner.revparse_single(stem).is_ok();
        for remote in names {
            if let Some(branch) = stem.strip_prefix(remote).and_then(|rest| rest.strip_prefix('/')) {
                if self.tip(&format!("refs/remotes/{stem}")).is_none() {
                    // With the target spelled out it works in single-branch clones too.
                    let fetch = format!("git fetch {remote} {branch}");
                    return if self.is_shallow() {
                        deepen(&format!("{fetch}:refs/remotes/{stem}"))
                    } else {
                        format!("run '{fetch}'")
                    };
                }
            } else if !known_here && self.tip(&format!("refs/remotes/{remote}/{stem}")).is_some() {
                return format!("the remote has a branch of this name: write '{remote}/{rev}'");
            }
        }
        if self.is_shallow() {
            return deepen("git fetch --deepen=50' or 'git fetch --unshallow");
        }
        "check the spelling, or run 'git fetch' if it is newer than this clone".to_owned()
    }
}

fn deepen(command: &str) -> String {
    format!("run '{command}' (in GitHub Actions: 'fetch-depth: 0' on actions/checkout)")
}
