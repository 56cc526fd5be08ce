//! Comments, labels, issues, pull requests.

use super::description::Description;
use super::http::{Answer, Request};
use super::store::{Comment, Issue, Pull, Store, error, page, user};
use serde_json::{Value, json};

/// Characters of a comment.
const BODY_MAX: usize = 65_536;

impl Store {
    pub(super) fn issue_or_pull(
        &mut self,
        request: &Request,
        parts: &[&str],
        body: &Value,
        login: &str,
        d: &Description,
    ) -> Answer {
        let method = request.method.as_str();
        match (method, parts) {
            ("GET", ["issues", number, "comments"]) if self.has(number) => {
                let of_pull = self.comments.iter().filter(|comment| comment.pull.to_string() == *number);
                let all = of_pull.map(|comment| comment_json(d, comment)).collect();
                Answer::json(200, &page(request, all).into())
            }
            ("POST", ["issues", number, "comments"]) if self.has(number) => {
                let text = body["body"].as_str().unwrap();
                if too_long(text) {
                    return invalid();
                }
                let id = self.comment(number.parse().unwrap(), login, text);
                Answer::json(201, &comment_json(d, self.comments.iter().find(|comment| comment.id == id).unwrap()))
            }
            ("GET" | "PATCH" | "DELETE", ["issues", "comments", id]) => self.one_comment(method, id, body, d),
            ("GET", ["issues", number, "labels"]) => match self.pulls.get(&number.parse().unwrap()) {
                Some(pull) => Answer::json(200, &page(request, labels(d, pull)).into()),
                None => error(404, "Not Found"),
            },
            ("POST", ["issues", number, "labels"]) => {
                let Some(pull) = self.pulls.get_mut(&number.parse().unwrap()) else { return error(404, "Not Found") };
                for label in body["labels"].as_array().unwrap() {
                    pull.labels.insert(label.as_str().unwrap().to_owned());
                }
                Answer::json(200, &labels(d, pull).into())
            }
            ("DELETE", ["issues", number, "labels", name @ ..]) => {
                let Some(pull) = self.pulls.get_mut(&number.parse().unwrap()) else { return error(404, "Not Found") };
                if pull.labels.remove(&name.join("/")) {
                    Answer::json(200, &labels(d, pull).into())
                } else {
                    error(404, "Label does not exist")
                }
            }
            (_, ["issues"] | ["issues", _]) => self.issue(request, parts, body, login, d),
            ("GET", ["pulls", number]) => match self.pulls.get_key_value(&number.parse().unwrap()) {
                Some((number, pull)) => Answer::json(200, &pull_json(d, d.example("pull-request"), *number, pull)),
                None => error(404, "Not Found"),
            },
            ("GET", ["pulls"]) => {
                let head = request.query("head");
                let fits = |pull: &Pull| head.is_none_or(|head| head == format!("{}:{}", pull.owner, pull.branch));
                self.simple_pulls(request, d, |pull| fits(pull) && pull.open)
            }
            ("GET", ["commits", sha, "pulls"]) => {
                self.simple_pulls(request, d, |pull| pull.head == **sha && pull.owner == "octo")
            }
            _ => error(404, "Not Found"),
        }
    }

    fn has(&self, number: &str) -> bool {
        number.parse().is_ok_and(|number| self.pulls.contains_key(&number) || self.issues.contains_key(&number))
    }

    fn simple_pulls(&self, request: &Request, d: &Description, fits: impl Fn(&Pull) -> bool) -> Answer {
        let example = d.example("pull-request-simple-items")[0].clone();
        let all = self.pulls.iter().filter(|(_, pull)| fits(pull));
        let all = all.map(|(number, pull)| pull_json(d, example.clone(), *number, pull)).collect();
        Answer::json(200, &page(request, all).into())
    }

    fn one_comment(&mut self, method: &str, id: &str, body: &Value, d: &Description) -> Answer {
        let Some(at) = self.comments.iter().position(|comment| comment.id.to_string() == id) else {
            return error(404, "Not Found");
        };
        match method {
            "DELETE" => {
                self.comments.remove(at);
                Answer::empty(204)
            }
            "PATCH" => {
                let text = body["body"].as_str().unwrap();
                if too_long(text) {
                    return invalid();
                }
                text.clone_into(&mut self.comments[at].body);
                Answer::json(200, &comment_json(d, &self.comments[at]))
            }
            _ => Answer::json(200, &comment_json(d, &self.comments[at])),
        }
    }

    fn issue(&mut self, request: &Request, parts: &[&str], body: &Value, login: &str, d: &Description) -> Answer {
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        let number: Option<u64> = parts.get(1).and_then(|number| number.parse().ok());
        match (request.method.as_str(), number) {
            ("GET", None) => {
                let by = |issue: &Issue| request.query("creator").is_none_or(|login| login == issue.login);
                let all = self
                    .issues
                    .iter()
                    .rev()
                    .filter(|(_, issue)| by(issue))
                    .map(|(number, issue)| issue_json(d, *number, issue))
                    .collect();
                Answer::json(200, &page(request, all).into())
            }
            ("POST", None) => {
                let number = self.id() + 1000;
                let labels =
                    body["labels"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
                let issue = Issue {
                    login: login.to_owned(),
                    title: text("title").unwrap(),
                    body: text("body").unwrap_or_default(),
                    open: true,
                    labels: labels.collect(),
                };
                let answer = issue_json(d, number, &issue);
                self.issues.insert(number, issue);
                Answer::json(201, &answer)
            }
            (method, Some(number)) => {
                let Some(issue) = self.issues.get_mut(&number) else { return error(404, "Not Found") };
                if method == "PATCH" {
                    issue.title = text("title").unwrap_or_else(|| issue.title.clone());
                    issue.body = text("body").unwrap_or_else(|| issue.body.clone());
                    issue.open = text("state").map_or(issue.open, |state| state == "open");
                }
                Answer::json(200, &issue_json(d, number, issue))
            }
            _ => error(404, "Not Found"),
        }
    }
}

fn too_long(text: &str) -> bool {
    text.chars().count() > BODY_MAX
}

fn invalid() -> Answer {
    let said = "body is too long (maximum is 65536 characters)";
    let errors = json!([{ "resource": "IssueComment", "code": "unprocessable", "field": "data", "message": said }]);
    let body = json!({ "message": "Validation Failed", "errors": errors, "documentation_url": "https://docs.github.com/rest" });
    Answer::json(422, &body)
}

fn comment_json(d: &Description, comment: &Comment) -> Value {
    let mut value = d.example("issue-comment");
    value["id"] = comment.id.into();
    value["body"] = comment.body.as_str().into();
    value["user"] = user(d, &comment.login);
    value["html_url"] =
        format!("https://github.com/octo/repo/pull/{}#issuecomment-{}", comment.pull, comment.id).into();
    value
}

fn labels(d: &Description, pull: &Pull) -> Vec<Value> {
    let label = |name: &String| {
        let mut value = d.example("label-items")[0].clone();
        value["name"] = name.as_str().into();
        value
    };
    pull.labels.iter().map(label).collect()
}

fn pull_json(d: &Description, mut value: Value, number: u64, pull: &Pull) -> Value {
    value["labels"] = labels(d, pull).into();
    // The description's own example is not valid by it.
    value["requested_teams"] = json!([]);
    value["number"] = number.into();
    value["state"] = if pull.open { "open" } else { "closed" }.into();
    value["head"]["sha"] = pull.head.as_str().into();
    value["head"]["ref"] = pull.branch.as_str().into();
    value["head"]["repo"]["full_name"] = format!("{}/repo", pull.owner).into();
    value["base"]["repo"]["full_name"] = "octo/repo".into();
    if let Some(base) = &pull.base {
        value["base"]["sha"] = base.as_str().into();
    }
    value
}

fn issue_json(d: &Description, number: u64, issue: &Issue) -> Value {
    let mut value = d.example("issue");
    let fields = value.as_object_mut().unwrap();
    fields.remove("pull_request");
    value["number"] = number.into();
    value["title"] = issue.title.as_str().into();
    value["body"] = issue.body.as_str().into();
    value["state"] = if issue.open { "open" } else { "closed" }.into();
    value["user"] = user(d, &issue.login);
    value["html_url"] = format!("https://github.com/octo/repo/issues/{number}").into();
    value
}
