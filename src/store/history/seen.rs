//! Where what was last seen of other repositories is kept, and where earlier versions kept it: under names that may tell a password.

use super::pack::{part_of_ref, slug};
use crate::git::{GitError, Ledger};

/// Below this, each repository has a folder of refs.
const SEEN: &str = "refs/benchgate/seen/";

/// The ref that holds what was last seen of a remote: its name, its address or its path.
pub(super) fn reference(remote: &str) -> String {
    format!("{SEEN}{}/history", part_of_ref(remote))
}

/// Moves what an earlier version left under a name of this remote to the present one, removes what it left of other addresses,
/// and says so, without any of the names.
pub(super) fn leave_old_names(ledger: &Ledger, remote: &str) -> Option<String> {
    let place = "refs whose names may hold a password, below refs/benchgate/seen, as an earlier version made them";
    let next = "whoever could read this repository's refs may know the password: change it";
    match old_names(ledger, remote).and_then(|old| leave(ledger, remote, &old)) {
        Ok(0) => None,
        Ok(gone) => Some(format!("{gone} {place}, were renamed or removed; {next}")),
        // Neither the name nor what git says of it.
        Err(_) => Some(format!("{place}, cannot be removed; `git for-each-ref {SEEN}` shows them; {next}")),
    }
}

/// The refs of an earlier version that are this remote's, or another address's. Only those have dots in their folder's name.
fn old_names(ledger: &Ledger, remote: &str) -> Result<Vec<String>, GitError> {
    let mut found = ledger.references(SEEN)?;
    let own = slug(remote);
    let is_old = |folder: &str| (folder == own && own != part_of_ref(remote)) || is_address(folder);
    found.retain(|name| name.strip_prefix(SEEN).and_then(|rest| rest.split('/').next()).is_some_and(is_old));
    Ok(found)
}

fn is_address(folder: &str) -> bool {
    folder.contains('.') && ["http___", "https___", "ssh___"].iter().any(|scheme| folder.starts_with(scheme))
}

fn leave(ledger: &Ledger, remote: &str, old: &[String]) -> Result<usize, GitError> {
    let (present, own) = (reference(remote), format!("{SEEN}{}/history", slug(remote)));
    for name in old {
        if let (true, None, Some(tip)) = (*name == own, ledger.tip(&present)?, ledger.tip(name)?) {
            ledger.advance(&present, None, &tip)?;
        }
        ledger.forget(name)?;
    }
    Ok(old.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_may_tell_a_password_go_and_what_was_seen_stays() {
        let place = tempfile::tempdir().unwrap();
        git2::Repository::init_bare(place.path()).unwrap();
        let ledger = Ledger::open(place.path()).unwrap();
        let commit = ledger.write(None, None, &crate::git::Changes::new(), "seen").unwrap();
        let put = |name: &str| assert!(ledger.advance(&format!("{SEEN}{name}"), None, &commit).unwrap());
        let remote = "https://ada:hunter2@h/r";
        let own = slug(remote);
        assert!(own.starts_with("https___ada_hunter2_h_r-"), "{own}");
        let stay = ["origin/history", "_elsewhere.git-01234567/history", "https___h_r-01234567/history"];
        stay.into_iter().for_each(put);
        for name in [own.as_str(), "https___bob_secret_h.example.org_r.git-01234567"] {
            put(&format!("{name}/history"));
            put(&format!("{name}/arrived"));
        }
        let said = leave_old_names(&ledger, remote).unwrap();
        assert!(said.starts_with("4 refs whose names may hold a password") && !said.contains("hunter2"), "{said}");
        assert_eq!(ledger.tip(&reference(remote)).unwrap(), Some(commit.clone()));
        let left = ledger.references("refs/").unwrap();
        assert!(left.len() == 4 && !left.concat().contains("hunter2") && !left.concat().contains("secret"), "{left:?}");
        assert_eq!(leave_old_names(&ledger, remote), None);
        assert_eq!(leave_old_names(&ledger, "origin"), None);
    }
}
