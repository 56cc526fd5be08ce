//! siege: its totals, as JSON (4.0.5 on) or as the table of older versions, in seconds with two decimals.

use super::error::{next_to, shown_value};
use super::gathered::{At, Gathered};
use super::load::{Latency, Load, Requests, seconds, stated};
use super::quantity::{has_decimal_comma, number};
use super::source::json;
use super::text::{lines, text};
use super::{Artifact, Format, ParseError, Results};
use serde::Deserialize;
use std::path::Path;

pub(super) const FORMAT: Format = Format { name: "siege", about: "what `siege -j` prints", detect, read };

/// The totals, in base units.
#[derive(Deserialize)]
struct Totals {
    /// Answers, without those of a failing status.
    transactions: u64,
    /// Per second.
    transaction_rate: f64,
    /// Mean.
    response_time: f64,
    successful_transactions: u64,
    failed_transactions: u64,
}

fn detect(artifact: &Artifact) -> bool {
    let head = String::from_utf8_lossy(artifact.head());
    let is_json = head.contains("\"transactions\":") && head.contains("\"availability\":");
    is_json || (head.contains("Transactions:") && head.contains("Availability:"))
}

fn read(artifact: &Artifact) -> Result<Results, ParseError> {
    let path = artifact.path.as_path();
    let bytes = artifact.file(FORMAT.name)?;
    let text = text(path, bytes)?;
    let totals = match text.lines().position(|line| line.starts_with('{')) {
        Some(lines_before) => json(path, &without_banner(bytes, lines_before))?,
        None => read_table(path, text)?,
    };
    let mut gathered = Gathered::new(path, FORMAT.name);
    totals.load().add(&mut gathered, &At::Inside("failed_transactions".into()))?;
    Ok(gathered.results())
}

/// The bytes with blanks in place of the lines before the JSON, so that complaints keep their places.
fn without_banner(bytes: &[u8], mut lines_before: usize) -> Vec<u8> {
    let mut blanked = bytes.to_vec();
    for byte in &mut blanked {
        if lines_before == 0 {
            break;
        }
        if *byte == b'\n' { lines_before -= 1 } else { *byte = b' ' }
    }
    blanked
}

fn read_table(path: &Path, text: &str) -> Result<Totals, ParseError> {
    const NAMES: [&str; 5] =
        ["Transactions", "Transaction rate", "Response time", "Successful transactions", "Failed transactions"];
    let mut found = [None; 5];
    for (line, content) in lines(text) {
        let Some((name, value)) = content.split_once(':') else { continue };
        let Some(index) = NAMES.iter().position(|known| *known == name.trim()) else { continue };
        let value = value.trim();
        let first = value.split_whitespace().next().and_then(number);
        let value =
            seconds(value).or(first).filter(|value| *value >= 0.0 && found[index].is_none()).ok_or_else(|| {
                let comma = has_decimal_comma(value).then(|| format!(", found {}", shown_value(value)));
                let problem = format!("expected one number behind '{}'{}", NAMES[index], comma.unwrap_or_default());
                let usual = "store what the tool prints as it is, each run in a file of its own";
                ParseError::line(path, (line, 1), problem, next_to(value, usual))
            })?;
        found[index] = Some(value);
    }
    // The last line, without which a number before it may have been cut.
    let has_end = text.contains("Shortest transaction:");
    let ([Some(transactions), Some(transaction_rate), Some(response_time), Some(succeeded), Some(failed)], true) =
        (found, has_end)
    else {
        let end = (text.lines().count().max(1), 1);
        let problem = format!("expected all of {}, Shortest transaction", NAMES.join(", "));
        return Err(ParseError::line(path, end, problem, "measure again: its writer was interrupted"));
    };
    Ok(Totals {
        transactions: transactions as u64,
        transaction_rate,
        response_time,
        successful_transactions: succeeded as u64,
        failed_transactions: failed as u64,
    })
}

impl Totals {
    fn load(self) -> Load {
        let requests = Requests { succeeded: self.successful_transactions, failed: self.failed_transactions };
        // Redirects are successes of their own, yet no transactions.
        let share = (requests.succeeded as f64 / self.transactions as f64).min(1.0);
        let throughput = (requests.succeeded > 0).then_some(self.transaction_rate * share);
        let mean = stated(Some(self.transactions), Some(self.response_time), None, &[]);
        let latency = Latency::of_all(requests, mean);
        Load { name: FORMAT.name.to_owned(), requests: Some(requests), throughput, latency }
    }
}

#[cfg(test)]
mod tests {
    use crate::harness::tests::{assert_loads, fixture, refused};

    #[test]
    fn reads_totals() {
        // A mean of 0.00 s says nothing.
        assert_loads(
            "siege/4.0.7/base_json.txt",
            "siege",
            &[("siege", 1, &[("error-rate", 0.0), ("throughput", 2_400.0)])],
        );
        assert_loads(
            "siege/4.0.7/head_delay4ms.txt",
            "siege",
            &[("siege", 1, &[("error-rate", 0.0), ("latency", 0.01), ("throughput", 521.74)])],
        );
    }

    #[test]
    fn reads_tables() {
        assert_loads(
            "siege/4.0.7/table_clean.txt",
            "siege",
            &[("siege", 1, &[("error-rate", 0.0), ("latency", 0.59), ("throughput", 39.78)])],
        );
        assert_loads(
            "siege/4.0.7/table.txt",
            "siege",
            &[("siege", 1, &[("error-rate", 109.0 / 8_145.0), ("throughput", 262.44)])],
        );
    }

    #[test]
    fn complaints_have_their_places() {
        let json = |succeeded: &str| {
            format!(
                "banner\n{{\"transactions\": 0,\n\"availability\": 0.0, \"transaction_rate\": 0.0, \"response_time\": 0.0,\n\
                 \"successful_transactions\": {succeeded}, \"failed_transactions\": 9}}"
            )
        };
        let error = refused("siege", &json("0"));
        assert!(error.starts_with("f: failed_transactions: none of 9 requests of 'siege' succeeded;"), "{error}");
        let error = refused("siege", &json("-1"));
        assert!(error.starts_with("f:4:29: invalid value: integer `-1`"), "{error}");
        let error = refused("siege", "Transactions: 5 hits\nAvailability: 100 %\n");
        assert!(error.starts_with("f:2:1: expected all of Transactions, Transaction rate,"), "{error}");
        let table = std::fs::read_to_string(fixture("siege/4.0.7/table.txt")).expect("fixture");
        let (cut, _) = table.split_once("09\n").expect("the failures");
        let error = refused("siege", cut);
        assert!(error.contains(": expected all of Transactions,"), "{error}");
        let error = refused("siege", "Transactions: nan hits\n");
        assert!(error.starts_with("f:1:1: expected one number behind 'Transactions';"), "{error}");
        let said = "expected one number behind 'Response time', found '0,125 secs', which has a decimal comma; write numbers with a point";
        let error = refused("siege", "Transactions: 5 hits\nResponse time: 0,125 secs\n");
        assert!(error.starts_with(&format!("f:2:1: {said}")), "{error}");
    }
}
