//! Builds one side of a suite that another harness measures, and asks it once what it yields.

use super::{LAST_WORDS_LINES, Listed, Outcome, Site, products};
use crate::config::HarnessSuite;
use crate::harness::Results;
use crate::run::child::{self, Ending};
use crate::run::launch::locate;
use crate::run::result::{Place, RESULT_BYTES_MAX, own_name, words};
use anyhow::Result;
use std::collections::BTreeSet;

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
    let Some((program, arguments)) = words.split_first() else { return Ok(Err("'run' is empty".to_owned())) };
    let request = child::Request {
        program: locate(program, &site.root),
        arguments: arguments.iter().map(Into::into).collect(),
        directory: site.root.clone(),
        environment: site.launching.clone(),
        timeout: site.suite.timeout,
        output_max: RESULT_BYTES_MAX,
        cpus: site.suite.cpus.clone(),
    };
    let ended = match child::run(&request) {
        Ok(ended) => ended,
        Err(error) => return Ok(Err(format!("cannot start '{program}': {error}"))),
    };
    child::sweep();
    let last_words = || ended.last_words(LAST_WORDS_LINES);
    match ended.ending {
        Ending::Exited(0) => {}
        Ending::Interrupted => return Err(crate::run::Interrupted.into()),
        _ => return Ok(Err(format!("'{}' {}\n{}", words.join(" "), ended.describe(request.timeout), last_words()))),
    }
    let read = place.read(&settings.harness, settings.writes_file(), &ended.stdout);
    Ok(read.map_err(|error| format!("'{}' left no result: {error}\n{}", words.join(" "), last_words())))
}
