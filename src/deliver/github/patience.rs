//! How long to wait before trying again, and when to stop.

use super::failure::Kind;
use std::time::{Duration, Instant};

/// How often one request is tried.
pub(super) const TRIES_MAX: u32 = 5;
/// All pauses of a publication together.
pub(super) const WAITED_MAX: Duration = Duration::from_mins(5);
/// After this nothing is tried again.
const WITHIN: Duration = Duration::from_mins(10);
/// The first pause; each is twice as long as the one before.
const PAUSE_FIRST: Duration = Duration::from_secs(1);
/// The pause after a limit that does not say how long it holds: what GitHub's documentation asks for.
const PAUSE_LIMITED: Duration = Duration::from_mins(1);

/// The pauses of one publication.
pub(super) struct Patience {
    began: Instant,
    waited: Duration,
}

impl Patience {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), waited: Duration::ZERO }
    }

    /// How long to wait after so many tries; `None` to stop. `luck` lies in 0..1 and keeps two publishers from marching in step.
    pub(super) fn pause(&mut self, tries: u32, kind: &Kind, luck: f64) -> Option<Duration> {
        if tries >= TRIES_MAX || self.began.elapsed() >= WITHIN {
            return None;
        }
        let stretch = 1.0 + luck.clamp(0.0, 1.0) / 2.0;
        let pause = match kind {
            Kind::Limited { wait } => wait.unwrap_or(PAUSE_LIMITED) + PAUSE_FIRST.mul_f64(stretch - 1.0),
            _ => (PAUSE_FIRST * 2_u32.pow(tries.saturating_sub(1))).mul_f64(stretch),
        };
        let waited = self.waited + pause;
        (waited <= WAITED_MAX).then(|| {
            self.waited = waited;
            pause
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let mut patience = Patience::new();
        let pauses: Vec<_> = (1..=TRIES_MAX).map(|tries| patience.pause(tries, &Kind::Server, 0.0)).collect();
        let seconds = |n| Some(Duration::from_secs(n));
        assert_eq!(pauses, [seconds(1), seconds(2), seconds(4), seconds(8), None]);
        assert!(Patience::new().pause(1, &Kind::Cut, 1.0) <= Some(Duration::from_millis(1500)));
    }

    #[test]
    fn what_github_asks_for_is_kept_within_bounds() {
        let asks = |seconds| Kind::Limited { wait: Some(Duration::from_secs(seconds)) };
        let mut patience = Patience::new();
        assert!(patience.pause(1, &asks(7), 0.5) >= Some(Duration::from_secs(7)));
        assert_eq!(patience.pause(2, &asks(3600), 0.0), None, "an hour is too long");
        assert!(patience.pause(2, &Kind::Limited { wait: None }, 0.0) >= Some(Duration::from_mins(1)));
        assert_eq!(patience.pause(2, &asks(240), 0.0), None, "all pauses together are bounded");
    }
}
