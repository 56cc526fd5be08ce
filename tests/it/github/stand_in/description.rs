//! GitHub's published `OpenAPI` description as a judge of requests and answers.

use jsonschema::Validator;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

const TEXT: &str = include_str!("../../../fixtures/github/openapi.json");

/// Schemas of one description, made when they are first needed.
pub(crate) struct Description {
    root: Value,
    made: Mutex<BTreeMap<String, Arc<Validator>>>,
}

/// One operation of the description.
#[derive(Clone)]
pub(crate) struct Operation {
    pub(crate) name: String,
    value: Value,
}

impl Description {
    /// The one of this process: making schemas takes a while.
    pub(crate) fn get() -> &'static Self {
        static ONE: LazyLock<Description> = LazyLock::new(Description::new);
        &ONE
    }

    fn new() -> Self {
        let root = as_json_schema(serde_json::from_str(TEXT).unwrap());
        Self { root, made: Mutex::default() }
    }

    /// An answer of the description's own, to be filled in.
    pub(crate) fn example(&self, name: &str) -> Value {
        self.root["components"]["examples"][name]["value"].clone()
    }

    /// What is wrong with a request; its operation if there is nothing.
    pub(crate) fn request(
        &self,
        method: &str,
        path: &str,
        query: &[(String, String)],
        body: &[u8],
    ) -> Result<Operation, String> {
        let found = self.root["paths"].as_object().unwrap().iter().find_map(|(template, methods)| {
            let places = matches(template, path)?;
            Some((template, methods.get(method.to_ascii_lowercase())?, places))
        });
        let Some((template, value, places)) = found else { return Err(format!("{method} {path} is not described")) };
        let name = format!("{method} {template}");
        let mut given: Vec<(String, String)> = places;
        given.extend(query.iter().cloned());
        let mut known = Vec::new();
        for parameter in value["parameters"].as_array().into_iter().flatten() {
            let parameter = self.resolve(parameter);
            let name_of = parameter["name"].as_str().unwrap();
            known.push(name_of.to_owned());
            match given.iter().find(|(key, _)| key == name_of) {
                Some((_, text)) => {
                    self.parameter(&parameter["schema"], text).map_err(|why| format!("{name}: {name_of}: {why}"))?;
                }
                None if parameter["required"] == true => return Err(format!("{name}: '{name_of}' is missing")),
                None => {}
            }
        }
        if let Some((odd, _)) = query.iter().find(|(key, _)| !known.contains(key)) {
            return Err(format!("{name}: '{odd}' is not described"));
        }
        self.body(&name, value, body)?;
        Ok(Operation { name, value: value.clone() })
    }

    fn body(&self, name: &str, operation: &Value, body: &[u8]) -> Result<(), String> {
        let described = operation.get("requestBody");
        match described {
            None if body.is_empty() => Ok(()),
            None => Err(format!("{name}: a body is not described")),
            Some(described) if body.is_empty() && described["required"] != true => Ok(()),
            Some(described) => {
                let body: Value = serde_json::from_slice(body).map_err(|error| format!("{name}: {error}"))?;
                let schema = &described["content"]["application/json"]["schema"];
                self.judge(&format!("{name} request"), schema, &body)
            }
        }
    }

    /// What is wrong with an answer. A status that is not described, as of an overloaded server, is not judged.
    pub(crate) fn answer(&self, operation: &Operation, status: u16, body: &[u8]) -> Result<(), String> {
        let name = format!("{} {status}", operation.name);
        let answers = &operation.value["responses"];
        let Some(answer) = answers.get(status.to_string()) else {
            return if status < 400 { Err(format!("{name} is not described")) } else { Ok(()) };
        };
        let Some(schema) = self.resolve(answer)["content"].get("application/json").map(|json| json["schema"].clone())
        else {
            return if body.is_empty() || status >= 300 {
                Ok(())
            } else {
                Err(format!("{name}: a body is not described"))
            };
        };
        let body: Value = serde_json::from_slice(body).map_err(|error| format!("{name}: {error}"))?;
        self.judge(&name, &schema, &body)
    }

    fn parameter(&self, schema: &Value, text: &str) -> Result<(), String> {
        let value = match schema["type"].as_str() {
            Some("integer") => text.parse::<i64>().map(Value::from).map_err(|_| format!("'{text}' is no number"))?,
            Some("boolean") => text.parse::<bool>().map(Value::from).map_err(|_| format!("'{text}' is no boolean"))?,
            _ => Value::from(text),
        };
        self.judge(&format!("parameter {schema}"), schema, &value)
    }

    fn judge(&self, name: &str, schema: &Value, value: &Value) -> Result<(), String> {
        let validator = {
            let mut made = self.made.lock().unwrap();
            let make = || {
                let mut whole = schema.as_object().cloned().unwrap_or_else(Map::new);
                // A reference beside other words would hide them.
                let own = std::mem::take(&mut whole);
                let whole = json!({ "allOf": [own], "components": self.root["components"] });
                let options = jsonschema::options().with_draft(jsonschema::Draft::Draft4);
                Arc::new(options.build(&whole).unwrap_or_else(|error| panic!("{name}: {error}")))
            };
            Arc::clone(made.entry(name.to_owned()).or_insert_with(make))
        };
        let complaints: Vec<String> =
            validator.iter_errors(value).take(5).map(|error| format!("{}: {error}", error.instance_path())).collect();
        if complaints.is_empty() {
            Ok(())
        } else {
            Err(format!("{name}: {}", complaints.join("; ").chars().take(600).collect::<String>()))
        }
    }

    fn resolve<'v>(&'v self, value: &'v Value) -> &'v Value {
        match value["$ref"].as_str() {
            Some(reference) => self.root.pointer(reference.trim_start_matches('#')).unwrap(),
            None => value,
        }
    }
}

/// The places of a template that a path fills; the last of a git reference or of a file may hold slashes.
fn matches(template: &str, path: &str) -> Option<Vec<(String, String)>> {
    let (mut places, mut parts) = (Vec::new(), path.split('/').peekable());
    let wanted: Vec<&str> = template.split('/').collect();
    for (i, part) in wanted.iter().enumerate() {
        match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name @ ("ref" | "path")) if i + 1 == wanted.len() => {
                let rest: Vec<&str> = parts.by_ref().collect();
                (!rest.is_empty()).then(|| places.push((name.to_owned(), rest.join("/"))))?;
            }
            Some(name) => places.push((name.to_owned(), parts.next().filter(|part| !part.is_empty())?.to_owned())),
            None => (parts.next()? == *part).then_some(())?,
        }
    }
    parts.next().is_none().then_some(places)
}

/// `OpenAPI` 3.0 says `nullable` where JSON Schema has a type.
fn as_json_schema(value: Value) -> Value {
    match value {
        Value::Array(all) => Value::Array(all.into_iter().map(as_json_schema).collect()),
        Value::Object(fields) => {
            let nullable = fields.get("nullable") == Some(&Value::Bool(true));
            let mut fields: Map<String, Value> =
                fields
                    .into_iter()
                    .filter(|(name, value)| name != "nullable" || !value.is_boolean())
                    .map(|(name, value)| {
                        if name == "value" || name == "example" { (name, value) } else { (name, as_json_schema(value)) }
                    })
                    .collect();
            if !nullable {
                return Value::Object(fields);
            }
            if let Some(Value::Array(choices)) = fields.get_mut("enum") {
                choices.push(Value::Null);
            }
            match fields.get("type").cloned() {
                Some(kind) => {
                    fields.insert("type".to_owned(), json!([kind, "null"]));
                    Value::Object(fields)
                }
                None => json!({ "anyOf": [fields, { "type": "null" }] }),
            }
        }
        other => other,
    }
}

#[test]
fn the_description_refuses_what_github_would() {
    let description = Description::get();
    let ask = |method: &str, path: &str, query: &str, body: &str| {
        let query: Vec<(String, String)> =
            query.split('&').filter_map(|pair| pair.split_once('=')).map(|(a, b)| (a.into(), b.into())).collect();
        description.request(method, path, &query, body.as_bytes()).map(|operation| operation.name)
    };
    let comments = "/repos/o/r/issues/1/comments";
    assert!(ask("GET", comments, "per_page=100&page=2", "").is_ok());
    assert!(ask("GET", "/repos/o/r/git/ref/heads/a/b", "", "").is_ok());
    assert!(ask("POST", comments, "", "{\"body\":\"x\"}").is_ok());
    for (method, path, query, body) in [
        ("GET", comments, "per_page=abc", ""),
        ("GET", comments, "pages=2", ""),
        ("GET", "/repos/o/r/issues/one/comments", "", ""),
        ("POST", comments, "", ""),
        ("POST", comments, "", "{\"text\":\"x\"}"),
        // octocrab's own way to edit a comment.
        ("POST", "/repos/o/r/issues/comments/1", "", "{\"body\":\"x\"}"),
        ("POST", "/repos/o/r/check-runs", "", "{\"name\":\"n\"}"),
        ("POST", "/repos/o/r/check-runs", "", "{\"name\":\"n\",\"head_sha\":\"a\",\"conclusion\":\"red\"}"),
        ("POST", "/repos/o/r/statuses/abc", "", "{\"state\":\"bad\"}"),
        ("GET", "/repos/o/r/nothing", "", ""),
    ] {
        assert!(ask(method, path, query, body).is_err(), "{method} {path}?{query} {body}");
    }
}

#[test]
fn the_examples_are_answers() {
    let description = Description::get();
    for (method, path, status, example) in [
        ("GET", "/repos/o/r/issues/1/comments", 200, "issue-comment-items"),
        ("GET", "/repos/o/r/check-runs/1", 200, "check-run"),
        ("GET", "/repos/o/r/git/commits/1", 200, "git-commit-2"),
    ] {
        let operation = description.request(method, path, &[], b"").unwrap();
        let body = description.example(example).to_string();
        description.answer(&operation, status, body.as_bytes()).unwrap();
        assert!(description.answer(&operation, status, b"{\"id\":\"x\"}").is_err());
    }
}
