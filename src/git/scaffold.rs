use super::GitError;
use git2::{Repository, RepositoryInitOptions, Signature};
use std::path::Path;

/// A commit to make: its message, and the files that it adds or replaces.
pub type Commitment<'a> = (&'a str, &'a [(&'a str, &'a str)]);

/// Makes a new repository with these commits on branch `main`. The only place that writes a repository: one of our own.
pub fn scaffold(folder: &Path, commits: &[Commitment<'_>]) -> Result<(), GitError> {
    let what = || format!("cannot make a repository in '{}'", folder.display());
    let fail = |error: git2::Error| GitError::git(what(), &error);
    let repo = Repository::init_opts(folder, RepositoryInitOptions::new().initial_head("main")).map_err(fail)?;
    let author = Signature::now("benchgate try", "try@benchgate.invalid").map_err(fail)?;
    for (message, files) in commits {
        for (name, content) in *files {
            let path = folder.join(name);
            let written =
                std::fs::create_dir_all(path.parent().unwrap_or(folder)).and_then(|()| std::fs::write(&path, content));
            written.map_err(|error| GitError::new(what(), format!("cannot write '{}': {error}", path.display())))?;
        }
        let mut index = repo.index().map_err(fail)?;
        index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).map_err(fail)?;
        index.write().map_err(fail)?;
        let tree = index.write_tree().and_then(|id| repo.find_tree(id)).map_err(fail)?;
        let parent = repo.head().ok().and_then(|head| head.peel_to_commit().ok());
        let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
        repo.commit(Some("HEAD"), &author, &author, message, &tree, &parents).map_err(fail)?;
    }
    Ok(())
}
