//! Follows an operation on a stack to its end by the stack's events.

use std::collections::HashSet;
use std::time::Duration;

use super::begun_by::is_beginning;
use super::failure::ApplyFailure;
use super::interrupt::Wish;
use super::{Event, Interrupt, Operations, ResourceEvent, Tell};
use crate::aws::{AwsError, Kind};
use crate::plan::Status;

/// How many pages of events are read for one poll; a page has a hundred.
const MAX_PAGES: usize = 100;
/// How many polls in a row may fail before the watching ends.
const MAX_FAILED_POLLS: u32 = 30;
/// How many polls one operation may take: days at the slowest pace.
const MAX_POLLS: u32 = 100_000;
/// After so many polls without anything new the stack itself is asked how it is.
const QUIET_POLLS: u32 = 12;
/// How many nested stacks are looked into after a failure.
const MAX_NESTED: usize = 50;
/// How long the second Ctrl-C is waited for after the first.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often the events are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The pause while things happen.
    pub first: Duration,
    /// The longest pause while nothing happens.
    pub longest: Duration,
}

impl Pace {
    /// For AWS: its API allows few calls a second.
    pub const AWS: Pace = Pace { first: Duration::from_secs(1), longest: Duration::from_secs(5) };
    /// For the local AWS: it answers in a millisecond.
    pub const LOCAL: Pace = Pace { first: Duration::from_millis(20), longest: Duration::from_millis(250) };

    fn slower(self, pause: Duration) -> Duration {
        (pause * 3 / 2).min(self.longest)
    }
}

/// Where the events of the operation begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Since {
    /// After this event, the newest one before the operation; the stack's very first when there was none.
    Event(Option<String>),
    /// At the last beginning of an operation: it was begun by somebody else.
    LastBeginning,
}

impl Since {
    /// Remembers where the events of a stack end now.
    ///
    /// # Errors
    /// What the cloud answers.
    pub async fn now(cloud: &impl Operations, stack: &str) -> Result<Since, AwsError> {
        let page = cloud.events(stack, None).await?;
        Ok(Since::Event(page.events.first().map(|event| event.id.clone())))
    }
}

/// An operation that has come to its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    pub status: Status,
    pub reason: Option<String>,
    /// All its events, the oldest first.
    pub events: Vec<ResourceEvent>,
    /// The user asked for it to be taken back.
    pub is_cancelled: bool,
}

/// Follows one operation on one stack.
pub struct Watch<'a, C> {
    pub cloud: &'a C,
    /// The stack's id, which names it also after its deletion.
    pub stack: &'a str,
    pub since: Since,
    pub pace: Pace,
    pub tell: Tell<'a>,
    pub interrupt: Interrupt,
    /// Whether the operation can be cancelled (an update can, a creation and a deletion cannot).
    pub cancellable: bool,
}

impl<C: Operations> Watch<'_, C> {
    /// Waits until the operation has ended, telling every event once.
    ///
    /// # Errors
    /// [`ApplyFailure::Lost`] when the cloud does not answer any more, [`ApplyFailure::Interrupted`] when the user
    /// stops watching. The operation itself goes on in both cases.
    pub async fn to_end(self) -> Result<Ended, ApplyFailure> {
        let mut interrupt = self.interrupt.clone();
        let mut told: HashSet<String> = HashSet::new();
        let mut events: Vec<ResourceEvent> = Vec::new();
        let mut pause = self.pace.first;
        let (mut failed, mut quiet, mut is_cancelled) = (0, 0, false);
        for _ in 0..MAX_POLLS {
            // An answer that does not come must not keep the user waiting who has pressed Ctrl-C.
            let polled = tokio::select! {
                polled = self.poll(&told) => polled,
                () = interrupt.pressed() => {
                    is_cancelled |= self.interrupted(&mut interrupt).await?;
                    continue;
                }
            };
            match polled {
                Ok(new) => {
                    failed = 0;
                    quiet = if new.is_empty() { quiet + 1 } else { 0 };
                    pause = if new.is_empty() { self.pace.slower(pause) } else { self.pace.first };
                    for event in new {
                        told.insert(event.id.clone());
                        (self.tell)(Event::Resource(event.clone()));
                        events.push(event);
                    }
                    // Events of the same moment may come late, below those that are known.
                    events.sort_by_key(|event| event.at);
                    if let Some((status, reason)) = self.end(&events, quiet).await {
                        events.extend(self.of_nested(&events, &status).await);
                        events.sort_by_key(|event| event.at);
                        return Ok(Ended { status, reason, events, is_cancelled });
                    }
                }
                Err(error) if error.is_passing() && failed < MAX_FAILED_POLLS => {
                    failed += 1;
                    pause = self.pace.slower(pause);
                    (self.tell)(Event::Retrying { message: error.to_string(), pause });
                }
                Err(error) => return Err(self.lost(error)),
            }
            if interrupt.sleep(pause).await {
                is_cancelled |= self.interrupted(&mut interrupt).await?;
            }
        }
        let message = format!("no end after {MAX_POLLS} looks at the events");
        Err(self.lost(AwsError::garbled("DescribeStackEvents", message)))
    }

    /// The events of the operation that are not told yet, the oldest first.
    async fn poll(&self, told: &HashSet<String>) -> Result<Vec<ResourceEvent>, AwsError> {
        let mut new = Vec::new();
        let mut page = None;
        for _ in 0..MAX_PAGES {
            let answer = self.cloud.events(self.stack, page.as_deref()).await?;
            let mut meets_known = false;
            for event in answer.events {
                if self.since == Since::Event(Some(event.id.clone())) {
                    new.reverse();
                    return Ok(new);
                }
                let is_known = told.contains(&event.id);
                let begins = self.since == Since::LastBeginning && is_beginning(&event);
                meets_known |= is_known;
                if !is_known {
                    new.push(event);
                }
                if begins {
                    new.reverse();
                    return Ok(new);
                }
            }
            page = answer.next;
            if page.is_none() || meets_known {
                break;
            }
        }
        new.reverse();
        Ok(new)
    }

    /// How the operation has ended, if it has: as the newest event of the stack says. When nothing new has come for long,
    /// the stack says it itself: events can be lost, and a stack can be taken away by somebody else.
    async fn end(&self, events: &[ResourceEvent], quiet: u32) -> Option<(Status, Option<String>)> {
        if let Some(last) = end(events) {
            return Some((Status::new(&last.status), last.reason.clone()));
        }
        if quiet == 0 || !quiet.is_multiple_of(QUIET_POLLS) {
            return None;
        }
        // When it does not answer, the next poll tells of that.
        match self.cloud.stack(self.stack).await.ok()? {
            None => Some((Status::new("DELETE_COMPLETE"), Some("the stack is not there any more".to_owned()))),
            Some(stack) => {
                let rests = !events.is_empty() && stack.status.is_final();
                rests.then_some((stack.status, stack.status_reason))
            }
        }
    }

    /// What happened in the nested stacks that failed. What cannot be read is left out: the parent's own words remain.
    async fn of_nested(&self, events: &[ResourceEvent], status: &Status) -> Vec<ResourceEvent> {
        let Some(begun) = events.first().map(|event| event.at).filter(|_| !status.is_success()) else {
            return Vec::new();
        };
        let mut found: Vec<ResourceEvent> = Vec::new();
        let mut stacks: Vec<String> = vec![self.stack.to_owned()];
        stacks.extend(events.iter().filter_map(failed_stack));
        // The stack itself is known; from it on, each is read once.
        for index in 1..MAX_NESTED {
            let mut met = HashSet::new();
            stacks.retain(|stack| met.insert(stack.clone()));
            let Some(stack) = stacks.get(index).cloned() else { break };
            let mut page = None;
            for _ in 0..MAX_PAGES {
                let Ok(answer) = self.cloud.events(&stack, page.as_deref()).await else { break };
                let mut of_now: Vec<ResourceEvent> =
                    answer.events.into_iter().filter(|event| event.at >= begun).collect();
                of_now.reverse();
                stacks.extend(of_now.iter().filter_map(failed_stack));
                found.extend(of_now);
                page = answer.next;
                if page.is_none() {
                    break;
                }
            }
        }
        found
    }

    /// After a press: whether another one has taken the update back.
    ///
    /// # Errors
    /// [`ApplyFailure::Interrupted`] without another one.
    async fn interrupted(&self, interrupt: &mut Interrupt) -> Result<bool, ApplyFailure> {
        let cancellable = self.cancellable;
        (self.tell)(Event::Unwatched { stack: self.stack.to_owned(), cancellable });
        if cancellable && interrupt.wish(PATIENCE).await == Wish::Cancel {
            (self.tell)(Event::Cancelling { stack: self.stack.to_owned() });
            return match self.cloud.cancel_update(self.stack).await {
                // It has ended in the meantime, or goes back already: the events tell.
                Err(error) if error.kind == Kind::Refused => Ok(false),
                Err(error) => Err(self.lost(error)),
                Ok(()) => Ok(true),
            };
        }
        Err(ApplyFailure::Interrupted { stack: self.stack.to_owned(), cancellable: self.cancellable })
    }

    fn lost(&self, error: AwsError) -> ApplyFailure {
        ApplyFailure::Lost { stack: self.stack.to_owned(), error }
    }
}

/// The id of the nested stack that a failure tells of.
fn failed_stack(event: &ResourceEvent) -> Option<String> {
    let nested = !event.of_stack && event.kind == "AWS::CloudFormation::Stack" && event.status.ends_with("_FAILED");
    event.physical_id.clone().filter(|id| nested && id.starts_with("arn:"))
}

/// The event that ends the operation: the newest one, when it tells that the stack has come to rest.
fn end(events: &[ResourceEvent]) -> Option<&ResourceEvent> {
    let last = events.iter().rev().find(|event| event.of_stack)?;
    Status::new(&last.status).is_final().then_some(last)
}
