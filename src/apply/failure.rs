//! What applying can end with when it does not do what was planned.

use super::{BegunBy, Cause};
use crate::aws::AwsError;
use crate::failure::Account;
use crate::plan::{Condition, Status};

/// Applying did not do what was planned.
#[derive(Debug, thiserror::Error)]
pub enum ApplyFailure {
    /// A call failed, and nothing of what it asked for was begun.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// CloudFormation refused the change set.
    #[error("CloudFormation refused the change set of `{stack}`")]
    ChangeSet {
        stack: String,
        reasons: Vec<String>,
        /// The stack was made for it, with nothing but its deployment bucket.
        bucket_stands: bool,
    },
    /// The operation was begun, and failed.
    #[error(transparent)]
    Stack(Box<StackFailure>),
    /// The operation goes on, but the cloud does not answer any more.
    #[error("lost sight of the stack `{}`", stack_name(.stack))]
    Lost { stack: String, error: AwsError },
    /// The user stopped watching; the operation goes on.
    #[error("stopped watching the stack `{}`", stack_name(.stack))]
    Interrupted { stack: String, cancellable: bool },
    /// The user took the update back, and it went back.
    #[error("the update of the stack `{stack}` was cancelled")]
    Cancelled { stack: String, ended: Status },
    /// The user pressed Ctrl-C before anything was begun in the stack.
    #[error("interrupted before the stack `{stack}` was touched")]
    NotBegun { stack: String },
    /// Another operation goes on in the stack.
    #[error("another operation goes on in the stack `{stack}` ({status})")]
    Busy { stack: String, status: Status, by: Option<BegunBy> },
    /// Somebody else deployed between the change set and its execution.
    #[error("the stack `{stack}` was changed meanwhile")]
    Overtaken { stack: String, by: Option<BegunBy> },
    /// There is no bucket to put artifacts into.
    #[error("the stack `{stack}` has no deployment bucket")]
    NoBucket { stack: String },
    /// The stack is protected from being deleted.
    #[error("the stack `{stack}` is protected from being removed")]
    Protected { stack: String },
}

/// What was being done to a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    Create,
    Update,
    Delete,
}

/// An operation on a stack that failed, and what is left of it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}", self.headline())]
pub struct StackFailure {
    pub stack: String,
    pub doing: Doing,
    /// The first failures of resources, the very first first.
    pub causes: Vec<Cause>,
    pub ended: Status,
    /// The cloud's reason for that status.
    pub reason: Option<String>,
}

impl StackFailure {
    fn headline(&self) -> String {
        let done = match self.doing {
            Doing::Create => "created",
            Doing::Update => "updated",
            Doing::Delete => "removed",
        };
        match self.causes.first() {
            Some(Cause { logical_id, kind, .. }) => {
                format!("the stack `{}` was not {done}: `{logical_id}` ({kind}) failed", self.stack)
            }
            None => format!("the stack `{}` was not {done}", self.stack),
        }
    }

    fn account(&self) -> Account {
        let first = self.causes.first();
        let mut causes: Vec<String> = first.map(said).into_iter().collect();
        if let (None, Some(reason)) = (first, &self.reason) {
            causes.push(format!("CloudFormation says: {reason}"));
        }
        let others = self.causes.iter().skip(1);
        causes.extend(others.map(|cause| {
            let how = if cause.on_the_way_back { "failed on the way back" } else { "failed too" };
            format!("`{}` ({}) {how}: {}", cause.logical_id, cause.kind, cause.reason)
        }));
        Account {
            place: first.and_then(|cause| cause.place.clone()),
            causes,
            now: vec![state(&self.stack, &self.ended)],
            hints: self.hints(),
            ..Account::new("stack-failed", self.headline())
        }
    }

    fn hints(&self) -> Vec<String> {
        let mut hints: Vec<String> = self.causes.first().and_then(advice).into_iter().collect();
        match self.ended.condition() {
            Condition::Stillborn => {
                hints.push("put it right and run `deploy repair`: it takes the rest away and deploys again".to_owned());
            }
            Condition::Stuck => hints.push(
                "put right what the way back needs and run `deploy repair`: it continues the way back".to_owned(),
            ),
            Condition::HalfDeleted => hints.push("put it right and run `deploy remove` again".to_owned()),
            _ => {}
        }
        hints
    }
}

fn tells_of_a_taken_name(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    reason.contains("already exist") || reason.contains("resourceexistencecheck")
}

fn in_the_way() -> String {
    "`deploy plan` names what is in the way; `deploy repair` takes a table, bucket or log group into the stack"
        .to_owned()
}

fn said(cause: &Cause) -> String {
    format!("AWS says of it: {} ({})", cause.reason, cause.status)
}

/// What to do about reasons that are met often.
fn advice(cause: &Cause) -> Option<String> {
    let reason = cause.reason.to_lowercase();
    let name = cause.physical_id.as_deref().unwrap_or(&cause.logical_id);
    if reason.contains("already exists") {
        return Some(format!(
            "something named like `{name}` is in the account already, outside of this stack: `deploy repair` takes a table, \
             bucket or log group into the stack; else remove it, or give the resource another name"
        ));
    }
    if reason.contains("not authorized to perform")
        || reason.contains("accessdenied")
        || reason.contains("access denied")
    {
        return Some("the message names the action that a policy of yours must allow".to_owned());
    }
    None
}

/// What is true of a stack of that status, in words.
pub fn state(stack: &str, status: &Status) -> String {
    let words = match status.condition() {
        Condition::Stillborn => "it never came to life and can only be removed",
        Condition::Stuck => "the way back failed too, so it stands between the old and the new",
        Condition::HalfDeleted => "some of its resources are still there",
        Condition::Gone => "it is gone",
        Condition::OnlyReviewed => "it was never created",
        Condition::Busy => "an operation goes on in it",
        Condition::Ready if status.is_rollback() => "it is again as it was before",
        Condition::Ready if status.is_success() => "it stands",
        Condition::Ready => "what failed was left as it is",
    };
    format!("the stack `{stack}` is {status}: {words}")
}

/// The name inside a stack's ARN; a name stays what it is.
pub fn stack_name(id: &str) -> &str {
    match id.starts_with("arn:") {
        true => id.split('/').nth(1).unwrap_or(id),
        false => id,
    }
}

impl ApplyFailure {
    /// Whether what was begun may still come to a good end.
    pub fn goes_on(&self) -> bool {
        matches!(self, ApplyFailure::Lost { .. } | ApplyFailure::Interrupted { .. })
    }

    /// The same failure, when the deployment bucket was made before it.
    pub(super) fn after_bucket(self) -> ApplyFailure {
        match self {
            ApplyFailure::ChangeSet { stack, reasons, .. } => {
                ApplyFailure::ChangeSet { stack, reasons, bucket_stands: true }
            }
            other => other,
        }
    }

    /// The exit code of the process.
    pub fn exit_code(&self) -> u8 {
        match self {
            ApplyFailure::Aws(error) | ApplyFailure::Lost { error, .. } if error.is_unreachable() => 5,
            ApplyFailure::Interrupted { .. } | ApplyFailure::Cancelled { .. } | ApplyFailure::NotBegun { .. } => 130,
            _ => 1,
        }
    }

    /// What a person reads about it.
    pub fn account(&self) -> Account {
        match self {
            ApplyFailure::Aws(error) => {
                let mut account = aws_account(error);
                account.now.push("nothing further was begun; what was uploaded or made before stays".to_owned());
                account.hints.push("the same command goes on from there".to_owned());
                account
            }
            ApplyFailure::ChangeSet { stack, reasons, bucket_stands } => Account {
                causes: reasons.iter().map(|reason| format!("CloudFormation says: {reason}")).collect(),
                now: vec![match bucket_stands {
                    true => format!(
                        "the stack `{stack}` has its deployment bucket and nothing further was changed; `deploy` goes on from \
                         there, `deploy remove` takes it away"
                    ),
                    false => "nothing was changed".to_owned(),
                }],
                hints: reasons
                    .iter()
                    .filter(|reason| tells_of_a_taken_name(reason))
                    .take(1)
                    .map(|_| in_the_way())
                    .collect(),
                ..Account::new("change-set-refused", self.to_string())
            },
            ApplyFailure::Stack(failure) => failure.account(),
            ApplyFailure::Lost { stack, error } => Account {
                causes: vec![error.to_string()],
                now: vec![format!("the operation on the stack `{}` goes on without being watched", stack_name(stack))],
                hints: error
                    .hint()
                    .into_iter()
                    .chain(["run the same command again: it watches the operation to its end first".to_owned()])
                    .collect(),
                ..Account::new("lost-sight", self.to_string())
            },
            ApplyFailure::NotBegun { .. } => Account {
                now: vec![
                    "nothing was changed in the stack; files that were uploaded stay for the next time".to_owned(),
                ],
                ..Account::new("interrupted", self.to_string())
            },
            ApplyFailure::Cancelled { stack, ended } => {
                Account { now: vec![state(stack, ended)], ..Account::new("cancelled", self.to_string()) }
            }
            ApplyFailure::Interrupted { stack, cancellable } => interrupted(self, stack_name(stack), *cancellable),
            ApplyFailure::Busy { stack, status, by } => Account {
                causes: by.iter().map(|by| format!("it was {}", by.words())).collect(),
                now: vec![state(stack, status), "nothing was changed".to_owned()],
                hints: vec!["run the command again without `--no-wait`, or when it has ended".to_owned()],
                ..Account::new("stack-busy", self.to_string())
            },
            ApplyFailure::Overtaken { by, .. } => Account {
                causes: by.iter().map(|by| format!("the last operation was {}", by.words())).collect(),
                now: vec!["nothing of this deployment was changed".to_owned()],
                hints: vec!["look at `deploy plan`, then run the command again".to_owned()],
                ..Account::new("stack-overtaken", self.to_string())
            },
            ApplyFailure::NoBucket { stack } => Account {
                now: vec!["nothing was changed".to_owned()],
                hints: vec![format!(
                    "it was deployed with a bucket of its own: name that bucket under `provider.deploymentBucket`, or remove the \
                     stack `{stack}` and deploy again"
                )],
                ..Account::new("no-deployment-bucket", self.to_string())
            },
            ApplyFailure::Protected { stack } => Account {
                now: vec!["nothing was removed".to_owned()],
                hints: vec![format!(
                    "take the protection away first: `aws cloudformation update-termination-protection \
                     --no-enable-termination-protection --stack-name {stack}`"
                )],
                ..Account::new("stack-protected", self.to_string())
            },
        }
    }
}

fn interrupted(failure: &ApplyFailure, stack: &str, cancellable: bool) -> Account {
    let mut hints = vec!["run the same command again: it watches the operation to its end first".to_owned()];
    if cancellable {
        hints.push(format!("or take it back: `aws cloudformation cancel-update-stack --stack-name {stack}`"));
    }
    Account {
        now: vec![format!("the operation on the stack `{stack}` goes on without being watched")],
        hints,
        ..Account::new("interrupted", failure.to_string())
    }
}

/// What a person reads about a call that failed.
pub fn aws_account(error: &AwsError) -> Account {
    Account { hints: error.hint().into_iter().collect(), ..Account::new(error.word(), error.to_string()) }
}
