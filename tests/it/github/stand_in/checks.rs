//! Check runs and statuses.

use super::description::Description;
use super::http::{Answer, Request};
use super::store::{Status, Store, error, page};
use serde_json::{Value, json};

impl Store {
    pub(super) fn checks(
        &mut self,
        request: &Request,
        parts: &[&str],
        body: &Value,
        login: &str,
        d: &Description,
    ) -> Answer {
        match (request.method.as_str(), parts) {
            ("POST", ["check-runs"]) if !login.ends_with("[bot]") => {
                error(403, "You must authenticate via a GitHub App.")
            }
            ("POST", ["check-runs"]) => {
                let id = self.id();
                let mut run = d.example("check-run");
                run["id"] = id.into();
                run["html_url"] = format!("https://github.com/octo/repo/runs/{id}").into();
                run["status"] = "queued".into();
                for name in ["conclusion", "external_id", "completed_at"] {
                    run[name] = Value::Null;
                }
                run["output"] = json!({
                    "title": null, "summary": null, "text": null, "annotations_count": 0,
                    "annotations_url": format!("https://api.github.com/repos/octo/repo/check-runs/{id}/annotations"),
                });
                self.check_runs.push(run);
                Answer::json(201, &self.change(id, body))
            }
            ("PATCH", ["check-runs", id]) => match self.check_run(id) {
                Some(id) => Answer::json(200, &self.change(id, body)),
                None => error(404, "Not Found"),
            },
            ("GET", ["check-runs", id]) => {
                match self.check_runs.iter().find(|run| run["id"].as_u64() == id.parse().ok()) {
                    Some(run) => Answer::json(200, run),
                    None => error(404, "Not Found"),
                }
            }
            ("GET", ["commits", sha, "check-runs"]) => {
                let named = |run: &&Value| request.query("check_name").is_none_or(|name| run["name"] == name);
                let mut all: Vec<Value> =
                    self.check_runs.iter().filter(|run| run["head_sha"] == **sha).filter(named).cloned().collect();
                if request.query("filter") != Some("all") {
                    all = all.split_off(all.len().saturating_sub(1));
                }
                Answer::json(200, &json!({ "total_count": all.len(), "check_runs": page(request, all) }))
            }
            ("POST", ["statuses", sha]) => {
                let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
                if text("description").chars().count() > 140 {
                    return error(422, "Validation Failed");
                }
                let status = Status {
                    sha: (*sha).to_owned(),
                    state: text("state"),
                    context: text("context"),
                    description: text("description"),
                };
                let mut value = d.example("status");
                for name in ["state", "context", "description"] {
                    value[name] = body[name].clone();
                }
                self.statuses.push(status);
                Answer::json(201, &value)
            }
            _ => error(404, "Not Found"),
        }
    }

    /// What GitHub may show of a commit: the newest check run, and the one that was completed last.
    pub(crate) fn shown_checks(&self, sha: &str) -> Vec<Value> {
        let of_commit = || self.check_runs.iter().filter(|run| run["head_sha"] == sha);
        let completed = |run: &&Value| (run["completed_at"].as_str().map(str::to_owned), run["id"].as_u64());
        let last = of_commit().filter(|run| run["status"] == "completed").max_by_key(completed);
        of_commit().next_back().into_iter().chain(last).cloned().collect()
    }

    fn check_run(&self, id: &str) -> Option<u64> {
        self.check_runs.iter().find_map(|run| run["id"].as_u64().filter(|own| own.to_string() == id))
    }

    /// Takes over what a request says; annotations are added to those that are there.
    fn change(&mut self, id: u64, body: &Value) -> Value {
        // Its clock goes on by a second with each change.
        let seconds = self.id() % 3600;
        let run = self.check_runs.iter_mut().find(|run| run["id"] == id).unwrap();
        for name in ["name", "head_sha", "external_id", "details_url", "status", "conclusion"] {
            if let Some(value) = body.get(name) {
                run[name] = value.clone();
            }
        }
        if body["status"] == "completed" {
            run["completed_at"] = format!("2026-11-22T10:{:02}:{:02}Z", seconds / 60, seconds % 60).into();
        }
        if let Some(output) = body.get("output") {
            (run["output"]["title"], run["output"]["summary"]) = (output["title"].clone(), output["summary"].clone());
            let all = self.annotations.entry(id).or_default();
            all.extend(output["annotations"].as_array().cloned().unwrap_or_default());
            run["output"]["annotations_count"] = all.len().into();
        }
        run.clone()
    }
}
