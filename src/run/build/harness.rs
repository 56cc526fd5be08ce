//! Builds one side of a suite that another harness measures, and asks it once what it yields.

use super::{LAST_WORDS_LINES, Listed, Outcome, Site, products, run};
use crate::config::HarnessSuite;
use crate::harness::Results;
use crate::run::child::{self, Ending};
use crate::run::result::{Place, RESULT_BYTES_MAX, own_name, status_fits, words};
use anyhow::Result;
use std::collections::BTreeSet;
use std::ffi::OsString;

pub(super) fn build(site: &Site<'_>, settings: &HarnessSuite) -> Result<Outcome> {
    let mut built = match products::build(site, settings.build.as_ref(), &settings.artifacts)? {
        Outcome::Built(built) => built,
        failed @ Outcome::Failed(_) => return Ok(failed),
    };
    if let Some(known) = &settings.listed {
        let each = known.iter().flat_map(|(benchmark, metrics)| metrics.iter().map(move |metric| (benchmark, metric)));
        built.listed = each.map(|(name, metric)| Listed { benchmark: name.clone(), metric: metric.clone() }).collect();
        return Ok(Outcome::Built(built));
    }
    match list(site, settings)? {
        Ok((results, unexplained)) => {
            let own = |id: &crate::model::BenchmarkId| own_name(&settings.harness, id);
            let found = results.measurements.into_iter();
            let listed: BTreeSet<Listed> =
                found.map(|found| Listed { benchmark: own(&found.id), metric: found.metric }).collect();
            built.listed = listed.into_iter().collect();
            built.failed =
                results.failures.iter().map(|failure| (own(&failure.id), failure.error.to_string())).collect();
            built.unexplained = unexplained;
            Ok(Outcome::Built(built))
        }
        Err(why) => Ok(Outcome::Failed(why)),
    }
}

/// A result, and why its launch failed where nobody can tell who did.
type Asked = (Results, Option<String>);

/// Launches everything once; the inner error is the project's own fault.
fn list(site: &Site<'_>, settings: &HarnessSuite) -> Result<std::result::Result<Asked, String>> {
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
    let mut has_ended = false;
    let ended = run(&words, request, |ended| {
        results = place.read(&settings.harness, settings.writes_file(), &ended.stdout);
        has_ended = matches!(ended.ending, Ending::Exited(_));
        status_fits(ended, 0, &results)
    })?;
    Ok(match (ended, results) {
        (Ok(_), Ok(results)) => Ok((results, None)),
        (Err(why), Ok(results)) if has_ended => Ok((results, Some(why))),
        (Err(why), _) => Err(why),
        (Ok(ended), Err(error)) => {
            let last_words = ended.last_words(LAST_WORDS_LINES);
            Err(format!("'{}' left no result: {error}\n{last_words}", words.join(" ")))
        }
    })
}
