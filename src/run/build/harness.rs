//! Builds one side of a suite that another harness measures, and asks it once what it yields.

use super::{LAST_WORDS_LINES, Listed, Outcome, Site, products, run};
use crate::config::HarnessSuite;
use crate::harness::Results;
use crate::run::child;
use crate::run::result::{Place, RESULT_BYTES_MAX, own_name, status_fits, words};
use anyhow::Result;
use std::collections::BTreeSet;
use std::ffi::OsString;

pub(super) fn build(site: &Site<'_>, settings: &HarnessSuite) -> Result<Outcome> {
    let mut built = match products::build(site, settings.build.as_ref(), &settings.artifacts)? {
        Outcome::Built(built) => built,
        failed @ Outcome::Failed(_) => return Ok(failed),
    };
    match list(site, settings)? {
        Ok(results) => {
            let own = |id: &crate::model::BenchmarkId| own_name(&settings.harness, id);
            let found = results.measurements.into_iter();
            let listed: BTreeSet<Listed> =
                found.map(|found| Listed { benchmark: own(&found.id), metric: found.metric }).collect();
            built.listed = listed.into_iter().collect();
            built.failed =
                results.failures.iter().map(|failure| (own(&failure.id), failure.error.to_string())).collect();
            Ok(Outcome::Built(built))
        }
        Err(why) => Ok(Outcome::Failed(why)),
    }
}

/// Launches everything once; the inner error is the project's own fault.
fn list(site: &Site<'_>, settings: &HarnessSuite) -> Result<std::result::Result<Results, String>> {
    let place = Place::fresh(&site.scratch)?;
    let words = words(&settings.all(&place.path()));
    let request = child::Request {
        program: OsString::new(),
        arguments: Vec::new(),
        directory: site.root.clone(),
        environment: site.launching.clone(),
        timeout: site.suite.timeout,
        output_max: RESULT_BYTES_MAX,
        cpus: site.suite.cpus.clone(),
    };
    let mut results = Err(String::new());
    let ended = run(&words, request, |ended| {
        results = place.read(&settings.harness, settings.writes_file(), &ended.stdout);
        status_fits(ended, 0, &results)
    })?;
    Ok(ended.and_then(|ended| {
        let last_words = ended.last_words(LAST_WORDS_LINES);
        results.map_err(|error| format!("'{}' left no result: {error}\n{last_words}", words.join(" ")))
    }))
}
