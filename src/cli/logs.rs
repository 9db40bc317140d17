//! `deploy logs`: what a function wrote.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;

use super::Context;
use super::info::deployed;
use super::invoke::function_name;
use super::session::Session;
use crate::aws::Clients;
use crate::failure::Usage;
use crate::observe;
use crate::project::Target;
use crate::{Failure, Outcome};

/// How late a line may come into a log after its own time.
const LATE: Duration = Duration::from_secs(10);

/// Show what a function wrote
#[derive(Debug, clap::Args)]
pub struct Logs {
    /// The function, as stack.yaml calls it
    #[arg(long, short, value_name = "FUNCTION")]
    function: String,
    /// Go on showing lines as they come, until Ctrl-C
    #[arg(long, short)]
    tail: bool,
    /// How far back: 30s, 10m, 5h, 2d, or a time as 2026-01-31T12:00:00Z [default: 10m; with --tail 10s]
    #[arg(long, visible_alias = "start-time", alias = "startTime", value_name = "TIME")]
    since: Option<String>,
    /// Only lines that this CloudWatch Logs filter pattern takes
    #[arg(long, value_name = "PATTERN")]
    filter: Option<String>,
    /// Milliseconds between two looks with --tail
    #[arg(long, short, value_name = "MS")]
    interval: Option<u64>,
}

impl Logs {
    pub fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        context.block_on(async {
            let now = Timestamp::now();
            let ago = if self.tail { Duration::from_secs(10) } else { Duration::from_secs(600) };
            let from = match &self.since {
                Some(text) => since(text, now)?,
                None => now - ago,
            };
            let session = Session::open(context).await?;
            let name = function_name(&session, &self.function)?;
            let (clients, _) = deployed(&session).await?;
            let group = observe::group_of(&name);
            match self.tail {
                true => self.follow(context, &clients, &group, from, session.stack.target).await,
                false => self.show(context, &clients, &group, from).await,
            }
        })
    }

    async fn show(
        &self,
        context: &Context,
        clients: &Clients,
        group: &str,
        from: Timestamp,
    ) -> Result<Outcome, Failure> {
        let lines = observe::lines_between(clients, group, from, None, self.filter.as_deref()).await?;
        match lines {
            Some(lines) if !lines.is_empty() => context.report.log(&lines),
            Some(_) => context.report.note(&format!("`{}` wrote nothing since {from}", self.function)),
            None => context.report.note(&format!("`{}` was never called: it has no log yet", self.function)),
        }
        Ok(Outcome::Done)
    }

    /// Ends only by Ctrl-C, or when the log cannot be read any more.
    async fn follow(
        &self,
        context: &Context,
        clients: &Clients,
        group: &str,
        mut from: Timestamp,
        target: Target,
    ) -> Result<Outcome, Failure> {
        let pause = self.interval.map(Duration::from_millis).unwrap_or(match target {
            Target::Local => Duration::from_millis(200),
            Target::Aws => Duration::from_secs(1),
        });
        let mut told: HashSet<String> = HashSet::new();
        loop {
            let lines = observe::lines_between(clients, group, from, None, self.filter.as_deref()).await?;
            let mut lines = lines.unwrap_or_default();
            // Lines that could still be met again are those not older than the next beginning.
            from = lines.last().map_or(from, |last| from.max(last.at - LATE));
            let again: HashSet<String> =
                lines.iter().filter(|line| line.at >= from).map(|line| line.id.clone()).collect();
            lines.retain(|line| !told.contains(&line.id));
            told = again;
            context.report.log(&lines);
            tokio::time::sleep(pause).await;
        }
    }
}

/// `5h` before now, or a time.
///
/// # Errors
/// It is neither.
pub fn since(text: &str, now: Timestamp) -> Result<Timestamp, Usage> {
    let wrong = || {
        Usage::new(format!("`{text}` is neither a length of time nor a time"))
            .hint("write 30s, 10m, 5h, 2d, or 2026-01-31T12:00:00Z")
    };
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds: u64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    let ago = number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(wrong)?;
    now.checked_sub(ago).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_is_a_length_of_time_or_a_time() {
        let now: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
        assert_eq!(since("5h", now).unwrap().to_string(), "2026-01-31T07:00:00Z");
        assert_eq!(since("2026-01-30T00:00:00Z", now).unwrap().to_string(), "2026-01-30T00:00:00Z");
        assert!(since("soon", now).is_err());
        assert!(since("", now).is_err());
        assert!(since("99999999999999999999d", now).is_err());
    }
}
