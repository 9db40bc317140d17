//! What the data plane remembers between requests: decisions of authorizers, and what usage plans have used.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// More decisions than this are not kept.
const DECISIONS: usize = 10_000;

/// Decisions and counters; lost when the local AWS stops.
#[derive(Debug, Default)]
pub struct Memory {
    decisions: Mutex<HashMap<(String, String), (i64, Value)>>,
    usage: Mutex<HashMap<String, Usage>>,
    /// Key sets by issuer, with the time until which they are believed.
    keys: Mutex<HashMap<String, (i64, Value)>>,
}

#[derive(Debug, Default)]
struct Usage {
    tokens: f64,
    refilled_ms: i64,
    period: i64,
    used: i64,
}

/// Why a usage plan lets a request not through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exceeded {
    Rate,
    Quota,
}

impl Memory {
    /// What the authorizer of an API decided for an identity, unless it is too old.
    pub fn decision(&self, api: &str, identity: &str, now_ms: i64) -> Option<Value> {
        let decisions = self.decisions.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, decision) = decisions.get(&(api.to_owned(), identity.to_owned()))?;
        (now_ms < *until).then(|| decision.clone())
    }

    /// Keeps a decision until `until_ms`.
    pub fn decide(&self, api: &str, identity: &str, until_ms: i64, now_ms: i64, decision: Value) {
        let mut decisions = self.decisions.lock().unwrap_or_else(PoisonError::into_inner);
        if decisions.len() >= DECISIONS {
            decisions.retain(|_, (until, _)| *until > now_ms);
        }
        if decisions.len() < DECISIONS {
            decisions.insert((api.to_owned(), identity.to_owned()), (until_ms, decision));
        }
    }

    /// Forgets the decisions for an API.
    pub fn forget(&self, api: &str) {
        self.decisions.lock().unwrap_or_else(PoisonError::into_inner).retain(|(of, _), _| of != api);
    }

    /// The key set of an issuer of tokens, unless it is too old.
    pub fn keys(&self, issuer: &str, now_ms: i64) -> Option<Value> {
        let all = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(issuer).filter(|(until, _)| now_ms < *until).map(|(_, keys)| keys.clone())
    }

    /// Keeps the key set of an issuer until `until_ms`; there is one for each issuer that an API names.
    pub fn keep_keys(&self, issuer: &str, until_ms: i64, keys: Value) {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).insert(issuer.to_owned(), (until_ms, keys));
    }

    /// Counts one request of a key under a plan's `throttle` and `quota`.
    ///
    /// # Errors
    /// When it is one too many.
    pub fn count(&self, key: &str, plan: &Value, now_ms: i64) -> Result<(), Exceeded> {
        let mut all = self.usage.lock().unwrap_or_else(PoisonError::into_inner);
        let usage = all.entry(format!("{}/{key}", plan["id"])).or_default();
        if let Some(rate) = plan["throttle"]["rateLimit"].as_f64() {
            let burst = plan["throttle"]["burstLimit"].as_f64().unwrap_or(rate).max(1.0);
            let passed = now_ms.saturating_sub(usage.refilled_ms) as f64 / 1000.0;
            let tokens = if usage.refilled_ms == 0 { burst } else { (usage.tokens + passed * rate).min(burst) };
            usage.refilled_ms = now_ms;
            usage.tokens = tokens;
            if tokens < 1.0 {
                return Err(Exceeded::Rate);
            }
            usage.tokens -= 1.0;
        }
        if let Some(limit) = plan["quota"]["limit"].as_i64() {
            let period = period(plan["quota"]["period"].as_str().unwrap_or_default(), now_ms);
            if usage.period != period {
                (usage.period, usage.used) = (period, 0);
            }
            if usage.used >= limit {
                return Err(Exceeded::Quota);
            }
            usage.used += 1;
        }
        Ok(())
    }
}

/// A number that changes when a quota's period ends.
fn period(name: &str, now_ms: i64) -> i64 {
    let time = jiff::Timestamp::from_millisecond(now_ms).unwrap_or_default();
    let date = time.to_zoned(jiff::tz::TimeZone::UTC).date();
    let days = now_ms / 86_400_000;
    match name {
        "MONTH" => i64::from(date.year()) * 12 + i64::from(date.month()),
        // 1970-01-01 was a Thursday; AWS's weeks begin on Sunday.
        "WEEK" => (days + 4) / 7,
        _ => days,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_quota_ends_with_its_period() {
        let plan = json!({"id": "p", "quota": {"limit": 2, "period": "DAY"}});
        let memory = Memory::default();
        assert_eq!(memory.count("k", &plan, 1_000), Ok(()));
        assert_eq!(memory.count("k", &plan, 2_000), Ok(()));
        assert_eq!(memory.count("k", &plan, 3_000), Err(Exceeded::Quota));
        assert_eq!(memory.count("other", &plan, 3_000), Ok(()));
        assert_eq!(memory.count("k", &plan, 86_400_000), Ok(()));
    }

    #[test]
    fn a_throttled_key_gets_its_rate_back() {
        let plan = json!({"id": "p", "throttle": {"rateLimit": 1.0, "burstLimit": 2}});
        let memory = Memory::default();
        assert_eq!(memory.count("k", &plan, 1_000), Ok(()));
        assert_eq!(memory.count("k", &plan, 1_000), Ok(()));
        assert_eq!(memory.count("k", &plan, 1_000), Err(Exceeded::Rate));
        assert_eq!(memory.count("k", &plan, 2_100), Ok(()));
    }
}
