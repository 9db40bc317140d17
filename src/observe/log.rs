//! A function's log: its group, its lines, and how a line is shown.

use jiff::Timestamp;

use super::cloud::{LogLine, Logs};
use crate::aws::AwsError;

/// How many pages of a log are read for one question.
const MAX_PAGES: usize = 1000;

/// The log group of a function, by name or ARN.
pub fn group_of(function: &str) -> String {
    // arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]
    let name = match function.starts_with("arn:") {
        true => function.split(':').nth(6).unwrap_or(function),
        false => function.split(':').next().unwrap_or(function),
    };
    format!("/aws/lambda/{name}")
}

/// The lines of a group from `from` to `to`. None when there is no such group.
///
/// # Errors
/// What the cloud answers.
pub async fn lines_between(
    cloud: &impl Logs,
    group: &str,
    from: Timestamp,
    to: Option<Timestamp>,
    filter: Option<&str>,
) -> Result<Option<Vec<LogLine>>, AwsError> {
    let mut lines = Vec::new();
    let mut page = None;
    for _ in 0..MAX_PAGES {
        let Some(answer) = cloud.log(group, from, filter, page.as_deref()).await? else { return Ok(None) };
        lines.extend(answer.lines);
        page = answer.next;
        if page.is_none() {
            break;
        }
    }
    lines.retain(|line| to.is_none_or(|to| line.at <= to));
    lines.sort_by_key(|line| line.at);
    Ok(Some(lines))
}

/// How a line of a log is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// What the function said.
    Said(String),
    /// What Lambda says around it.
    Around(String),
    /// Nothing that helps.
    Dropped,
}

/// Lambda's own lines are shortened: `START` is set back, `END` is dropped, `REPORT` becomes one short line.
pub fn shown(message: &str) -> Shown {
    let message = message.trim_end();
    if message.starts_with("START RequestId: ") {
        return Shown::Around(message.split_whitespace().take(3).collect::<Vec<_>>().join(" "));
    }
    if message.starts_with("END RequestId: ") || message.starts_with("INIT_START ") {
        return Shown::Dropped;
    }
    match message.strip_prefix("REPORT RequestId: ") {
        Some(report) => Shown::Around(report_line(report)),
        None => Shown::Said(message.to_owned()),
    }
}

/// `END Duration: 3.21 ms (init: 112.00 ms) Memory Used: 64 MB`.
fn report_line(report: &str) -> String {
    let field = |name: &str| report.split('\t').find_map(|part| part.trim().strip_prefix(name)).map(str::trim);
    let mut line = format!("END Duration: {}", field("Duration:").unwrap_or("?"));
    if let Some(init) = field("Init Duration:") {
        line.push_str(&format!(" (init: {init})"));
    }
    if let Some(memory) = field("Max Memory Used:") {
        line.push_str(&format!(" Memory Used: {memory}"));
    }
    if let Some(status) = field("Status:") {
        line.push_str(&format!(" Status: {status}"));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_of_a_function_is_named_by_name_arn_and_qualified_arn() {
        for function in [
            "signup-dev-RecordAC",
            "arn:aws:lambda:us-east-1:000000000000:function:signup-dev-RecordAC",
            "arn:aws:lambda:us-east-1:000000000000:function:signup-dev-RecordAC:7",
        ] {
            assert_eq!(group_of(function), "/aws/lambda/signup-dev-RecordAC");
        }
    }

    #[test]
    fn a_report_becomes_one_short_line() {
        let report = "REPORT RequestId: 1-2\tDuration: 3.21 ms\tBilled Duration: 4 ms\tMemory Size: 128 MB\t\
                      Max Memory Used: 64 MB\tInit Duration: 112.00 ms\t\n";
        assert_eq!(
            shown(report),
            Shown::Around("END Duration: 3.21 ms (init: 112.00 ms) Memory Used: 64 MB".to_owned())
        );
        assert_eq!(shown("END RequestId: 1-2\n"), Shown::Dropped);
        assert_eq!(shown("hello\n"), Shown::Said("hello".to_owned()));
    }
}
