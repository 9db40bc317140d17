//! The only place where the local AWS learns the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

/// The time of day: the system's, or one that a test sets.
///
/// Waiting is done with `tokio::time`, which tests pause; this clock only answers "what time is it".
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The system's clock.
    pub fn system() -> Clock {
        Clock(None)
    }

    /// A clock that stands at `start` until [`Clock::set`] moves it.
    pub fn fixed(start: Timestamp) -> Clock {
        Clock(Some(Arc::new(AtomicI64::new(start.as_millisecond()))))
    }

    /// Moves a fixed clock; the system's clock does not move.
    pub fn set(&self, time: Timestamp) {
        if let Some(millis) = &self.0 {
            millis.store(time.as_millisecond(), Ordering::SeqCst);
        }
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            None => Timestamp::now(),
            Some(millis) => Timestamp::from_millisecond(millis.load(Ordering::SeqCst)).unwrap_or(Timestamp::UNIX_EPOCH),
        }
    }

    /// The time now as milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        self.now().as_millisecond()
    }
}
