//! What a hook needs to know: where hooks lie, and what the commits of a push are to be compared with.

use super::{BaseResolution, Commit, GitError, Repo};
use git2::{ConfigLevel, ErrorCode, Oid};
use std::path::PathBuf;

/// Where git looks for the hooks of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hooks {
    /// The folder; it may not exist yet.
    pub folder: PathBuf,
    /// Whether the user's or the system's configuration names it, so that other repositories run them too.
    pub shared: bool,
}

impl Repo {
    /// Where hooks lie: `core.hooksPath`, else the folder that all worktrees share.
    pub fn hooks(&self) -> Result<Hooks, GitError> {
        let fail = |e: git2::Error| GitError::git("cannot read 'core.hooksPath'", &e);
        let config = self.inner.config().map_err(fail)?;
        let own = |level| matches!(level, ConfigLevel::Local | ConfigLevel::Worktree | ConfigLevel::App);
        match config.get_path("core.hooksPath") {
            // Git starts a relative one where it starts the hooks: at the root of the work tree.
            Ok(path) => {
                let shared = config.get_entry("core.hooksPath").is_ok_and(|entry| !own(entry.level()));
                Ok(Hooks { folder: self.root.join(path), shared })
            }
            Err(e) if e.code() == ErrorCode::NotFound => {
                Ok(Hooks { folder: self.inner.commondir().join("hooks"), shared: false })
            }
            Err(e) => Err(fail(e)),
        }
    }

    /// What a pushed commit is to be compared with: what the remote's branch holds (`old`), if the push goes on from there,
    /// else where it left the remote's default branch. `None`: the remote has it already.
    pub fn base_of_push(
        &self,
        remote: &str,
        pushed: &Commit,
        old: Option<&str>,
    ) -> Result<Option<BaseResolution>, GitError> {
        let id = pushed.oid()?;
        let old = old.and_then(|old| Oid::from_str(old).ok()).and_then(|old| self.inner.find_commit(old).ok());
        if let Some(old) = old {
            if self.inner.graph_descendant_of(id, old.id()).unwrap_or(false) {
                return Ok(Some(BaseResolution { commit: Commit::from(&old), how: "what the remote has".to_owned() }));
            }
            if id == old.id() {
                return Ok(None);
            }
        }
        let Some(target) = self.default_branch_of(remote) else {
            let what = format!("cannot choose a base for {}", pushed.short());
            return Err(GitError::new(what, format!("no default branch of '{remote}' is known here")));
        };
        let base = match self.inner.merge_base(id, target.tip) {
            Ok(base) if base == id => return Ok(None),
            Ok(base) => base,
            Err(_) => return Err(self.no_merge_base(pushed, &target)),
        };
        let fail = |e| GitError::git(format!("cannot read commit '{base}'"), &e);
        let commit = Commit::from(&self.inner.find_commit(base).map_err(fail)?);
        Ok(Some(BaseResolution { commit, how: format!("merge-base with {}", target.name) }))
    }
}
