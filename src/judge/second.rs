//! A second look before red: what fresh launches, under fresh link orders where there are any, say of a row that was about to
//! turn red. It can clear a row, never accuse one.

use super::Policy;
use super::evidence::with_ratio;
use crate::model::{Better, Row, SecondLook, Varied, Warning};
use crate::stats::blocks::blocked;
use crate::stats::{Looks, PairedInput, Settings, paired};

/// Two-sided level of the interval that confirms a red row. The row has already been called at the run's alpha, so this need
/// not be strict: both together must err, and they err independently (`docs/method.md`).
const ALPHA_CONFIRM: f64 = 0.1;

/// Two-sided level of the interval that clears a row before every batch is spent: milder, as it only saves time.
const ALPHA_CLEAR: f64 = 0.2;

/// Where a second look stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The change is there again: the row turns red.
    Confirmed,
    /// It is not: the row is inconclusive.
    Cleared,
    /// More of the same would tell. If nothing more comes, the row is not confirmed.
    Open,
}

/// Where the second look of a row stands, and its change as a fraction; none if there was none or it says nothing.
#[must_use]
pub fn standing(row: &Row, policy: &Policy) -> Option<(Standing, f64)> {
    let row = with_ratio(row);
    let seen = row.second_look.as_ref()?;
    let delta = policy.threshold_for(&row.id, &row.metric.name).ln_1p();
    let (estimate, strict) = interval(seen, ALPHA_CONFIRM, delta)?;
    let (_, mild) = interval(seen, ALPHA_CLEAR, delta)?;
    // On the worse side: the end nearest to no change, and the one farthest from it.
    let (near, far) = if row.metric.better == Better::Higher { (-strict.1, -mild.0) } else { (strict.0, mild.1) };
    let standing = match (near > delta, far > delta) {
        (true, _) => Standing::Confirmed,
        (false, true) => Standing::Open,
        (false, false) => Standing::Cleared,
    };
    Some((standing, estimate.exp_m1()))
}

/// The doubt that a second look casts on a row that is about to turn red.
pub(super) fn doubt(row: &Row, policy: &Policy) -> Option<Warning> {
    let seen = row.second_look.as_ref()?;
    let (standing, change) = standing(row, policy)?;
    let n = seen.base.len() as u32;
    (standing != Standing::Confirmed).then_some(match seen.varied {
        Varied::Links => Warning::CodeLayout { links: n, change },
        Varied::Launches => Warning::NotConfirmed { pairs: n, change },
    })
}

/// Estimate and interval, ln scale, at one level and one look: blocks of links, or the paired interval over launches.
fn interval(seen: &SecondLook, alpha: f64, delta: f64) -> Option<(f64, (f64, f64))> {
    match seen.varied {
        Varied::Links => {
            let all = blocked(&seen.base, &seen.head, seen.batch as usize)?;
            Some((all.estimate, all.interval(alpha)))
        }
        Varied::Launches => {
            let pairs = seen.base.len().min(seen.head.len());
            let settings = Settings { alpha, alpha_equivalence: 0.5 * alpha, delta };
            let looks = Looks::new(&[u32::try_from(pairs).ok()?]).ok()?;
            let all = paired(PairedInput { base: &seen.base, head: &seen.head }, settings, &looks);
            Some((all.estimate, all.interval?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::tests::{policy, row};

    fn seen(varied: Varied, change: f64, spread: f64, n: usize) -> SecondLook {
        let wave = |i: usize| 1.0 + spread * ((i as f64 * 2.4).sin());
        let base = (0..n).map(wave).collect();
        let head = (0..n).map(|i| change * wave(i + 7)).collect();
        SecondLook { varied, batch: 4, base, head }
    }

    #[test]
    fn both_kinds_confirm_clear_or_ask_for_more() {
        for varied in [Varied::Links, Varied::Launches] {
            let of = |change: f64, spread: f64, n: usize| {
                let row = Row { second_look: Some(seen(varied, change, spread, n)), ..row("slower", 1.1) };
                standing(&row, &policy()).map(|(standing, _)| standing)
            };
            assert_eq!(of(1.1, 0.01, 8), Some(Standing::Confirmed));
            assert_eq!(of(1.0, 0.01, 8), Some(Standing::Cleared));
            assert_eq!(of(1.04, 0.03, 8), Some(Standing::Open));
            assert_eq!(of(1.1, 0.01, 1), None, "one number a side says nothing");
        }
    }

    #[test]
    fn higher_is_better_is_the_mirror() {
        let mut throughput = row("slower", 1.1);
        throughput.metric.better = Better::Higher;
        let of = |change: f64| {
            let row = Row { second_look: Some(seen(Varied::Links, change, 0.01, 8)), ..throughput.clone() };
            standing(&row, &policy()).map(|(standing, _)| standing)
        };
        assert_eq!(of(1.1), Some(Standing::Cleared));
        assert_eq!(of(1.0 / 1.1), Some(Standing::Confirmed));
    }
}
