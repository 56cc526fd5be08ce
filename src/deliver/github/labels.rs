//! Labels of a pull request.

use super::client::{Call, Client};
use super::encode;
use super::failure::{Failure, Kind};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Label {
    name: String,
}

/// Sets one set of labels and takes another away; what is right already is left alone. Answers what was changed: `+a -b`.
pub fn change(client: &Client<'_>, pull: u64, wanted: &[String], unwanted: &[String]) -> Result<Vec<String>, Failure> {
    let there: Vec<Label> = client.list("list the labels", &format!("issues/{pull}/labels"), None)?;
    // GitHub's labels know no case.
    let has = |name: &str| there.iter().any(|label| label.name.to_lowercase() == name.to_lowercase());
    let mut changed = Vec::new();
    let missing: Vec<&String> = wanted.iter().filter(|name| !has(name)).collect();
    if !missing.is_empty() {
        let body = json!({ "labels": missing });
        client.send(&Call::post("set a label", format!("issues/{pull}/labels"), body))?;
        changed.extend(missing.iter().map(|name| format!("+{name}")));
    }
    for name in unwanted.iter().filter(|name| has(name) && !wanted.contains(name)) {
        let call = Call::delete("take a label away", format!("issues/{pull}/labels/{}", encode(name)));
        match client.send(&call) {
            Err(failure) if failure.kind != Kind::Missing => return Err(failure),
            _ => changed.push(format!("-{name}")),
        }
    }
    Ok(changed)
}
