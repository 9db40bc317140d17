//! How often functions were called, how often they failed, and how long they took.

use jiff::Timestamp;

use super::cloud::Logs;
use super::log::{group_of, lines_between};
use crate::aws::AwsError;

/// What is counted of one function over a time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metrics {
    pub invocations: u64,
    pub errors: u64,
    pub throttles: u64,
    /// All calls together, in milliseconds.
    pub duration_ms: f64,
}

impl Metrics {
    /// How long a call took on average, in milliseconds; none without a call.
    pub fn average_ms(&self) -> Option<f64> {
        (self.invocations > 0).then(|| self.duration_ms / self.invocations as f64)
    }

    /// The sum of both.
    pub fn with(&self, other: &Metrics) -> Metrics {
        Metrics {
            invocations: self.invocations + other.invocations,
            errors: self.errors + other.errors,
            throttles: self.throttles + other.throttles,
            duration_ms: self.duration_ms + other.duration_ms,
        }
    }
}

/// CloudWatch metrics.
pub trait Monitoring {
    /// What is counted of a function between two times.
    fn metrics(
        &self,
        function: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> impl Future<Output = Result<Metrics, AwsError>> + Send;
}

/// The same from the lines that Lambda writes into a function's log after each call, for a cloud without CloudWatch metrics.
///
/// # Errors
/// What the cloud answers.
pub async fn metrics_of_log(
    cloud: &impl Logs,
    function: &str,
    from: Timestamp,
    to: Timestamp,
) -> Result<Metrics, AwsError> {
    let lines = lines_between(cloud, &group_of(function), from, Some(to), None).await?.unwrap_or_default();
    let reports = lines.iter().filter_map(|line| line.message.strip_prefix("REPORT RequestId: "));
    Ok(reports.map(report).fold(Metrics::default(), |sum, one| sum.with(&one)))
}

/// What one line says of its call.
///
/// Source: AWS Lambda Developer Guide, "Log function end and report lines".
fn report(line: &str) -> Metrics {
    let field = |name: &str| line.split('\t').find_map(|part| part.trim().strip_prefix(name)).map(str::trim);
    let duration = field("Duration:").and_then(|text| text.trim_end_matches(" ms").parse().ok());
    Metrics {
        invocations: 1,
        errors: u64::from(field("Status:").is_some_and(|status| status != "success")),
        throttles: 0,
        duration_ms: duration.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_counted_and_added_up() {
        let good = report("1\tDuration: 3.50 ms\tBilled Duration: 4 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\t");
        let bad = report("2\tDuration: 1000.50 ms\tBilled Duration: 1001 ms\tMemory Size: 128 MB\tStatus: timeout");
        let all = good.with(&bad);
        assert_eq!((all.invocations, all.errors), (2, 1));
        assert_eq!(all.average_ms(), Some(502.0));
        assert_eq!(Metrics::default().average_ms(), None);
    }
}
