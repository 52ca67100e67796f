//! How long to wait before another attempt.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::thread;
use std::time::Duration;

use crate::observer::Observer;

/// How often to look whether to stop.
const NAP: Duration = Duration::from_millis(100);

/// How patiently a failed attempt is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Attempts at most without headway between them.
    pub attempts: u32,
    /// Pause before the second attempt; each further one doubles it.
    pub first: Duration,
    /// No pause is longer.
    pub longest: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { attempts: 6, first: Duration::from_millis(500), longest: Duration::from_mins(1) }
    }
}

impl Backoff {
    /// The pause after `failures` failed attempts. A server's wish is granted up to [`Backoff::longest`]; otherwise the
    /// pause lies anywhere in the upper half of what doubling gives, so that many clients do not come back at once.
    pub(crate) fn pause(&self, failures: u32, wished: Option<Duration>) -> Duration {
        let doubled =
            self.first.saturating_mul(2u32.saturating_pow(failures.saturating_sub(1))).min(self.longest);
        match wished {
            Some(wished) => wished.min(self.longest),
            None => doubled.mul_f64(0.5 + 0.5 * chance()),
        }
    }
}

/// Waits, unless asked to stop; says whether the pause was over.
pub(crate) fn wait(pause: Duration, observer: &dyn Observer) -> bool {
    let mut left = pause;
    loop {
        if observer.stop_requested() {
            return false;
        }
        if left.is_zero() {
            return true;
        }
        let nap = left.min(NAP);
        thread::sleep(nap);
        left -= nap;
    }
}

/// Anything from 0 to 1: hash maps are seeded at random, which is chance enough for a pause.
fn chance() -> f64 {
    RandomState::new().build_hasher().finish() as f64 / u64::MAX as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff =
        Backoff { attempts: 9, first: Duration::from_secs(1), longest: Duration::from_secs(10) };

    #[test]
    fn pauses_double_up_to_the_longest() {
        for (failures, full) in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 10), (500, 10)] {
            let pause = BACKOFF.pause(failures, None);
            let full = Duration::from_secs(full);
            assert!(pause >= full / 2 && pause <= full, "{failures}: {pause:?}");
        }
    }

    #[test]
    fn a_servers_wish_is_granted_within_reason() {
        let wish = |seconds| BACKOFF.pause(1, Some(Duration::from_secs(seconds)));
        assert_eq!([wish(0), wish(7), wish(3600)], [0, 7, 10].map(Duration::from_secs));
    }

    #[test]
    fn whoever_asks_to_stop_does_not_wait() {
        struct Hasty;
        impl Observer for Hasty {
            fn report(&self, _: &crate::Event<'_>) {}
            fn stop_requested(&self) -> bool {
                true
            }
        }
        assert!(!wait(Duration::from_hours(1), &Hasty));
        assert!(wait(Duration::ZERO, &()));
    }
}
