//! What a command can end with, and the exit code of each.

mod execution;

pub use execution::{ExecutionFailure, FunctionFailure};

use local_aws::daemon::DaemonError;

use crate::apply::{ApplyFailure, aws_account};
use crate::artifact::BuildFailure;
use crate::aws::AwsError;
use crate::diagnostic::{Diagnostics, Invalid};
use crate::plan::{Classified, PlanFailure, Taken, Verdict};
use crate::source::Sources;

/// A command that did what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done, or there was nothing to do.
    Done,
    /// A plan has changes and `--exit-code` asked to be told by the exit code.
    Changes,
}

impl Outcome {
    /// The exit code of the process.
    pub fn exit_code(self) -> u8 {
        match self {
            Outcome::Done => 0,
            Outcome::Changes => 2,
        }
    }
}

/// A command that did not.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The command line asks for something that there is not.
    #[error(transparent)]
    Usage(#[from] Usage),
    /// The project has mistakes; each is a diagnostic.
    #[error("the project has {}", count(.diagnostics.errors(), "mistake"))]
    Invalid { diagnostics: Diagnostics, sources: Box<Sources> },
    /// An artifact could not be made.
    #[error("{failure}")]
    Build {
        failure: BuildFailure,
        /// `file:line:column` of the function that it was made for.
        place: Option<String>,
    },
    /// There is nothing to look at.
    #[error("the stack `{stack}` is not deployed to {place}")]
    NotDeployed { stack: String, place: String },
    /// The credentials belong to an account that the project does not allow.
    #[error("the credentials belong to the account {account}, which `provider.allowedAccounts` does not name")]
    WrongAccount { account: String, allowed: Vec<String>, stage: String },
    /// New resources want names that something outside of the stack has.
    #[error("the stack `{stack}` cannot be deployed: {} {} in the way", .taken.first().map(Taken::thing).unwrap_or_default(), match .taken.len() { 0 | 1 => "is".to_owned(), more => format!("and {} more are", more - 1) })]
    NamesTaken { stack: String, taken: Vec<Taken> },
    /// Not all that changes can be changed directly.
    #[error("`--fast` cannot make all of these changes")]
    NotSwappable { found: Vec<Classified> },
    /// Somebody else changed functions directly at the same time.
    #[error("somebody else changed functions directly at the same time")]
    SwappedMeanwhile,
    /// There is no plan.
    #[error(transparent)]
    Plan(#[from] PlanFailure),
    /// A plan was not carried out.
    #[error(transparent)]
    Apply(#[from] ApplyFailure),
    /// AWS did not do what was asked.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// A function that was called failed.
    #[error(transparent)]
    Function(#[from] FunctionFailure),
    /// An execution failed.
    #[error(transparent)]
    Execution(Box<ExecutionFailure>),
    /// The local AWS does not start, or does not end.
    #[error(transparent)]
    LocalAws(#[from] DaemonError),
    /// Something of this machine refused: a file, a folder, the runtime.
    #[error(transparent)]
    Machine(#[from] MachineFailure),
}

impl From<ExecutionFailure> for Failure {
    fn from(failure: ExecutionFailure) -> Failure {
        Failure::Execution(Box::new(failure))
    }
}

impl From<Invalid> for Failure {
    fn from(Invalid { diagnostics, sources }: Invalid) -> Failure {
        Failure::Invalid { diagnostics, sources: Box::new(sources) }
    }
}

/// A command line that names something that is not there, or two things that exclude each other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Usage {
    pub message: String,
    /// What to type instead.
    pub hint: Option<String>,
}

impl Usage {
    /// A usage failure without a hint.
    pub fn new(message: impl Into<String>) -> Usage {
        Usage { message: message.into(), hint: None }
    }

    /// The same with what to type instead.
    pub fn hint(mut self, hint: impl Into<String>) -> Usage {
        self.hint = Some(hint.into());
        self
    }

    /// `what` of that name is not among `known`: names the nearest, else all of them.
    pub fn unknown<'a>(what: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Usage {
        let known: Vec<&str> = known.into_iter().collect();
        let usage = Usage::new(format!("there is no {what} `{name}`"));
        match nearest(name, &known) {
            Some(near) => usage.hint(format!("did you mean `{near}`?")),
            None if known.is_empty() => usage.hint(format!("this project has no {what} at all")),
            None => usage.hint(format!("there is {}", listing(&known))),
        }
    }
}

/// This machine refused something.
#[derive(Debug, thiserror::Error)]
#[error("{doing}")]
pub struct MachineFailure {
    /// What was being done, as `cannot write .deploy/dev/template.json`.
    pub doing: String,
    #[source]
    pub source: std::io::Error,
}

impl MachineFailure {
    /// Says what was being done when an I/O error came.
    pub fn while_doing(doing: impl Into<String>) -> impl FnOnce(std::io::Error) -> MachineFailure {
        let doing = doing.into();
        move |source| MachineFailure { doing, source }
    }
}

/// What a person reads about a failure: the same form for all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// A stable word, with its section in docs/errors.md.
    pub code: &'static str,
    /// One sentence that names the thing.
    pub headline: String,
    /// `file:line:column` of what is behind it.
    pub place: Option<String>,
    /// Why, from the nearest cause to the first one.
    pub causes: Vec<String>,
    /// Captured output that shows it, line by line.
    pub excerpt: Vec<String>,
    /// What is now true of the world.
    pub now: Vec<String>,
    /// What to do next; each can be acted on as it is.
    pub hints: Vec<String>,
}

impl Account {
    /// An account that has only its first line.
    pub fn new(code: &'static str, headline: impl Into<String>) -> Account {
        Account { code, headline: headline.into(), ..Account::default() }
    }
}

impl Failure {
    /// The exit code of the process.
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::Usage(_) => 2,
            Failure::Invalid { .. } => 3,
            Failure::Build { .. } => 4,
            Failure::LocalAws(_) => 5,
            Failure::Plan(PlanFailure::Aws(error)) | Failure::Aws(error) if error.is_unreachable() => 5,
            Failure::Apply(failure) => failure.exit_code(),
            Failure::WrongAccount { .. } => 5,
            Failure::NotDeployed { .. }
            | Failure::NamesTaken { .. }
            | Failure::NotSwappable { .. }
            | Failure::SwappedMeanwhile
            | Failure::Plan(_)
            | Failure::Aws(_)
            | Failure::Function(_)
            | Failure::Execution(_)
            | Failure::Machine(_) => 1,
        }
    }

    /// What a person reads about it. (The diagnostics of [`Failure::Invalid`] are shown before.)
    pub fn account(&self) -> Account {
        match self {
            Failure::Usage(usage) => {
                Account { hints: usage.hint.iter().cloned().collect(), ..Account::new("usage", usage.message.clone()) }
            }
            Failure::Invalid { .. } => Account::new("project-invalid", self.to_string()),
            Failure::Build { failure, place } => Account { place: place.clone(), ..build(failure) },
            Failure::NotDeployed { .. } => Account {
                hints: vec!["`deploy` deploys it; `--stage` and `--target` name another place".to_owned()],
                ..Account::new("not-deployed", self.to_string())
            },
            Failure::NamesTaken { taken, .. } => Account {
                place: taken.first().and_then(|one| one.place.clone()),
                causes: taken.iter().map(Taken::words).collect(),
                now: vec!["nothing was changed".to_owned()],
                hints: names_taken(taken),
                ..Account::new("name-taken", self.to_string())
            },
            Failure::NotSwappable { found } => Account {
                causes: found.iter().filter_map(not_swappable).collect(),
                now: vec!["nothing was changed".to_owned()],
                hints: vec!["`deploy` changes all of it, through CloudFormation".to_owned()],
                ..Account::new("not-swappable", self.to_string())
            },
            Failure::SwappedMeanwhile => Account {
                now: vec!["nothing was changed by this command".to_owned()],
                hints: vec!["run the command again: it looks at what runs now".to_owned()],
                ..Account::new("swapped-meanwhile", self.to_string())
            },
            Failure::WrongAccount { allowed, stage, .. } => Account {
                now: vec!["nothing was changed".to_owned()],
                hints: vec![format!(
                    "the stage {stage} goes to {}: choose that account's credentials with `--profile`, or `--stage` for \
                     another stage",
                    listing(allowed)
                )],
                ..Account::new("wrong-account", self.to_string())
            },
            Failure::Plan(PlanFailure::Aws(error)) | Failure::Aws(error) => aws_account(error),
            Failure::Plan(failure) => failure.account(),
            Failure::Apply(failure) => failure.account(),
            Failure::Function(failure) => failure.account(),
            Failure::Execution(failure) => failure.account(),
            Failure::LocalAws(error) => local_aws(error),
            Failure::Machine(failure) => {
                Account { causes: causes(failure), ..Account::new("machine-refused", failure.to_string()) }
            }
        }
    }
}

/// What helps against names that are taken.
fn names_taken(taken: &[Taken]) -> Vec<String> {
    let mut hints = Vec::new();
    if taken.iter().any(Taken::is_importable) {
        hints.push(
            "`deploy repair` takes tables, buckets and log groups into the stack, with what is in them".to_owned(),
        );
    }
    if taken.iter().any(|one| !one.is_importable()) {
        hints.push("remove what is in the way, or give the resource another name".to_owned());
    }
    hints
}

fn not_swappable(one: &Classified) -> Option<String> {
    match &one.verdict {
        Verdict::Not(why) => Some(format!("{} ({}): {why}", one.what, one.kind)),
        _ => None,
    }
}

fn build(failure: &BuildFailure) -> Account {
    let output = match failure {
        BuildFailure::Builder { output, .. } => output.trim_end().lines().map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    Account {
        excerpt: output,
        hints: failure.hint().into_iter().collect(),
        ..Account::new("build-failed", failure.to_string())
    }
}

fn local_aws(error: &DaemonError) -> Account {
    let hint = match error {
        DaemonError::StateDir { path, .. } => {
            format!("make {} a folder that you may write to, then run `deploy` again", path.display())
        }
        DaemonError::PortTaken { .. } => "then run `deploy` again: what is deployed is kept".to_owned(),
        DaemonError::Damaged { path, .. } => format!("`rm {}`, then run `deploy` again", path.display()),
        DaemonError::AlreadyRunning { .. } => "`deploy local stop` stops it".to_owned(),
        DaemonError::Died { log, .. } => {
            let state = log.parent().unwrap_or(log);
            format!("if its state is damaged, `rm -r {}` forgets all that is deployed here", state.display())
        }
        _ => "`deploy local status` says how it stands".to_owned(),
    };
    Account { hints: vec![hint], ..Account::new("local-aws", error.to_string()) }
}

/// The causes of an error, from the nearest to the first.
pub fn causes(error: &dyn std::error::Error) -> Vec<String> {
    let mut causes: Vec<String> = Vec::new();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if causes.last() != Some(&words) {
            causes.push(words);
        }
        source = cause.source();
    }
    causes
}

/// `1 mistake`, `3 mistakes`.
pub fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

/// `` `a`, `b` and `c` ``.
pub fn listing<S: AsRef<str>>(names: &[S]) -> String {
    match names {
        [] => String::new(),
        [one] => format!("`{}`", one.as_ref()),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(|name| format!("`{}`", name.as_ref())).collect();
            format!("{} and `{}`", first.join(", "), last.as_ref())
        }
    }
}

/// The name among `known` that `name` was probably meant to be.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let near = known.iter().map(|known| (strsim::damerau_levenshtein(&lower, &known.to_lowercase()), *known));
    let (distance, best) = near.min_by_key(|(distance, _)| *distance)?;
    (distance <= name.chars().count().div_ceil(3)).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest_one() {
        let usage = Usage::unknown("function", "RecrodDB", ["RecordDB", "RecordAC"]);
        assert_eq!(usage.message, "there is no function `RecrodDB`");
        assert_eq!(usage.hint.as_deref(), Some("did you mean `RecordDB`?"));
    }

    #[test]
    fn a_name_that_is_near_to_nothing_is_answered_with_all_there_are() {
        let usage = Usage::unknown("stage", "production", ["dev", "test"]);
        assert_eq!(usage.hint.as_deref(), Some("there is `dev` and `test`"));
    }

    #[test]
    fn causes_are_told_once_each() {
        let failure = MachineFailure { doing: "cannot write a".into(), source: std::io::Error::other("disk full") };
        assert_eq!(Failure::Machine(failure).account().causes, ["disk full"]);
    }
}
