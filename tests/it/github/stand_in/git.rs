//! Blobs, trees, commits, references.

use super::description::Description;
use super::http::Answer;
use super::store::{Store, error};
use serde_json::{Value, json};
use std::fmt::Write;

impl Store {
    pub(super) fn git(&mut self, method: &str, parts: &[&str], body: &Value, d: &Description) -> Answer {
        match (method, &parts[1..]) {
            ("POST", ["blobs"]) => {
                let content = body["content"].as_str().unwrap().to_owned();
                let sha = digest(&content);
                self.blobs.insert(sha.clone(), content);
                Answer::json(201, &json!({ "url": url("blobs", &sha), "sha": sha }))
            }
            ("POST", ["trees"]) => {
                let entries = body["tree"].as_array().unwrap().clone();
                if entries.iter().any(|entry| !self.blobs.contains_key(entry["sha"].as_str().unwrap_or_default())) {
                    return error(422, "tree.sha is not a valid blob");
                }
                let sha = digest(&body["tree"].to_string());
                self.trees.insert(sha.clone(), entries);
                Answer::json(201, &self.tree(&sha))
            }
            ("GET", ["trees", sha]) if self.trees.contains_key(*sha) => Answer::json(200, &self.tree(sha)),
            ("POST", ["commits"]) => {
                let text = |name: &str| body[name].as_str().unwrap_or_default();
                if !self.trees.contains_key(text("tree")) {
                    return error(422, "Tree SHA does not exist");
                }
                // Two commits of the same content at different moments differ.
                let sha = digest(&format!("{body}{}", self.id()));
                let mut commit = d.example("git-commit");
                commit["sha"] = sha.as_str().into();
                commit["message"] = text("message").into();
                commit["tree"] = json!({ "sha": text("tree"), "url": url("trees", text("tree")) });
                commit["parents"] = body["parents"].as_array().into_iter().flatten().map(parent).collect();
                self.commits.insert(sha, commit.clone());
                Answer::json(201, &commit)
            }
            ("GET", ["commits", sha]) => match self.commits.get(*sha) {
                Some(commit) => Answer::json(200, commit),
                None => error(404, "Not Found"),
            },
            ("GET", ["ref", rest @ ..]) => self.reference(&format!("refs/{}", rest.join("/")), d),
            ("POST", ["refs"]) => {
                let name = body["ref"].as_str().unwrap();
                if self.refs.contains_key(name) {
                    return error(422, "Reference already exists");
                }
                self.refs.insert(name.to_owned(), body["sha"].as_str().unwrap().to_owned());
                Answer { status: 201, ..self.reference(name, d) }
            }
            ("PATCH", ["refs", rest @ ..]) => {
                let name = format!("refs/{}", rest.join("/"));
                if !self.refs.contains_key(&name) {
                    return error(422, "Reference does not exist");
                }
                let sha = body["sha"].as_str().unwrap();
                let onto = |parent: &Value| parent["sha"] == self.refs[&name].as_str();
                let forward = self.commits[sha]["parents"].as_array().unwrap().iter().any(onto);
                if body["force"] != true && !forward {
                    return error(422, "Update is not a fast forward");
                }
                self.refs.insert(name.clone(), sha.to_owned());
                self.reference(&name, d)
            }
            _ => error(404, "Not Found"),
        }
    }

    fn reference(&self, name: &str, d: &Description) -> Answer {
        let Some(sha) = self.refs.get(name) else { return error(404, "Not Found") };
        let mut value = d.example("git-ref");
        value["ref"] = name.into();
        value["object"]["sha"] = sha.as_str().into();
        Answer::json(200, &value)
    }

    fn tree(&self, sha: &str) -> Value {
        let entry = |entry: &Value| {
            let (path, blob) = (entry["path"].as_str().unwrap(), entry["sha"].as_str().unwrap());
            let size = self.blobs[blob].len() / 4 * 3;
            json!({ "path": path, "mode": "100644", "type": "blob", "sha": blob, "size": size, "url": url("blobs", blob) })
        };
        let entries: Vec<Value> = self.trees[sha].iter().map(entry).collect();
        json!({ "sha": sha, "url": url("trees", sha), "tree": entries, "truncated": false })
    }

    /// The commit of the branch of pictures.
    pub(crate) fn tip(&self) -> Value {
        self.commits[&self.refs["refs/heads/benchgate-pictures"]].clone()
    }

    /// Adds a file to the branch of pictures, as if its history were long.
    pub(crate) fn add_picture(&mut self, path: &str) {
        let before = self.refs.get("refs/heads/benchgate-pictures").map(|sha| self.commits[sha]["tree"]["sha"].clone());
        let mut entries = before.map(|tree| self.trees[tree.as_str().unwrap()].clone()).unwrap_or_default();
        self.blobs.insert("b10b".to_owned(), "AAAA".to_owned());
        entries.push(json!({ "path": path, "mode": "100644", "type": "blob", "sha": "b10b" }));
        let tree = digest(path);
        self.trees.insert(tree.clone(), entries);
        let mut commit = Description::get().example("git-commit");
        commit["message"] = "Pictures of benchgate 20\n".into();
        commit["tree"]["sha"] = tree.as_str().into();
        self.commits.insert(tree.clone(), commit);
        self.refs.insert("refs/heads/benchgate-pictures".to_owned(), tree);
    }

    /// The files of the branch of pictures.
    pub(crate) fn pictures(&self) -> Vec<String> {
        let Some(commit) = self.refs.get("refs/heads/benchgate-pictures").and_then(|sha| self.commits.get(sha)) else {
            return Vec::new();
        };
        let entries = &self.trees[commit["tree"]["sha"].as_str().unwrap()];
        entries.iter().map(|entry| entry["path"].as_str().unwrap().to_owned()).collect()
    }
}

fn parent(sha: &Value) -> Value {
    let sha = sha.as_str().unwrap();
    json!({ "sha": sha, "url": url("commits", sha), "html_url": url("commits", sha) })
}

fn url(kind: &str, sha: &str) -> String {
    format!("https://api.github.com/repos/octo/repo/git/{kind}/{sha}")
}

/// Forty digits that stand for a content: not git's, but as unlikely to meet.
fn digest(content: &str) -> String {
    let mut digits = String::new();
    for seed in 0..3_u64 {
        let hash = content.bytes().fold(0xcbf2_9ce4_8422_2325 ^ seed, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let _ = write!(digits, "{hash:016x}");
    }
    digits[..40].to_owned()
}
