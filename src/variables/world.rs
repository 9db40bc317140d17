//! What variables may ask of the world outside the project's document.

use std::future::Future;
use std::path::Path;

use serde_json::Value;

use crate::project::{Target, Unread};

/// Where a question to a cloud goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct At {
    pub target: Target,
    pub region: String,
    /// `--profile`, else `provider.profile`.
    pub profile: Option<String>,
    /// Another account, from the account form of `cf`.
    pub account: Option<String>,
}

/// Why a question has no answer: no credentials, no permission, no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// One sentence; AWS's own words where it was AWS that refused.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Nobody could be asked, because there are no credentials.
    pub without_account: bool,
}

impl Refusal {
    /// The same with something to do about it.
    pub fn hint(self, hint: impl Into<String>) -> Refusal {
        Refusal { hint: Some(hint.into()), ..self }
    }

    /// A refusal without a hint.
    pub fn new(message: impl Into<String>) -> Refusal {
        Refusal { message: message.into(), hint: None, without_account: false }
    }
}

/// A parameter of Systems Manager's parameter store.
#[derive(Clone, PartialEq, Eq)]
pub struct Parameter {
    pub kind: ParameterKind,
    pub value: String,
}

impl std::fmt::Debug for Parameter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parameter").field("kind", &self.kind).field("value", &"***").finish()
    }
}

/// What a parameter holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    String,
    /// Several texts with commas between.
    StringList,
    SecureString,
}

/// A JavaScript or TypeScript file to run, and what it may ask.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    /// The file, absolute.
    pub path: std::path::PathBuf,
    /// The property of what the file exports; empty for the whole.
    pub address: Vec<String>,
    /// The command line's options, for a function that is exported.
    pub options: Value,
    /// What the function asked in an earlier run, with the answers: `variable text → value`.
    pub answers: Vec<(String, Value)>,
}

/// What running a script came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Scripted {
    /// Its value; null if it has none.
    Value(Value),
    /// It cannot go on without the values of these variables (`self:service`).
    Needs(Vec<String>),
}

/// The questions that variables ask. Those that are `async` are asked once each, all that are known at a time together,
/// and only when a value is needed.
pub trait World: Send + Sync {
    type Cloud: Cloud;

    /// The text of a file.
    ///
    /// # Errors
    /// [`Unread`], also for a file that is not there.
    fn read(&self, path: &Path) -> Result<String, Unread>;

    /// Whether git leaves a file out of the repository (`.gitignore` and its kin); false outside of a repository.
    fn ignored_by_git(&self, path: &Path) -> bool;

    /// A variable of the environment.
    fn environment(&self, name: &str) -> Option<String>;

    /// What `git ARGUMENTS` prints in the project's folder, without the last line break.
    ///
    /// # Errors
    /// git's own words, or that there is no git.
    fn git(&self, arguments: &[&str]) -> Result<String, Refusal>;

    /// Runs a script with the user's node.
    ///
    /// # Errors
    /// There is no node, or the script failed.
    fn run(&self, script: &Script) -> impl Future<Output = Result<Scripted, Refusal>> + Send;

    /// The cloud that the project may ask.
    fn cloud(&self) -> &Self::Cloud;
}

/// The questions that go to AWS, or to the embedded local AWS.
pub trait Cloud: Send + Sync {
    /// The region of the environment (`AWS_REGION`, `AWS_DEFAULT_REGION`) or of the profile.
    fn default_region(&self, profile: Option<&str>) -> Option<String>;

    /// The account of the credentials.
    ///
    /// # Errors
    /// See [`Refusal`].
    fn account(&self, at: &At) -> impl Future<Output = Result<String, Refusal>> + Send;

    /// A parameter of the parameter store; none if it does not exist. The name may be
    /// `/aws/reference/secretsmanager/ID`.
    ///
    /// # Errors
    /// See [`Refusal`].
    fn parameter(
        &self,
        at: &At,
        name: &str,
        decrypt: bool,
    ) -> impl Future<Output = Result<Option<Parameter>, Refusal>> + Send;

    /// An output of a stack; none if the stack or the output does not exist.
    ///
    /// # Errors
    /// See [`Refusal`].
    fn output(
        &self,
        at: &At,
        stack: &str,
        output: &str,
    ) -> impl Future<Output = Result<Option<String>, Refusal>> + Send;

    /// The text of an object in S3; none if the bucket or the object does not exist.
    ///
    /// # Errors
    /// See [`Refusal`].
    fn object(&self, at: &At, bucket: &str, key: &str) -> impl Future<Output = Result<Option<String>, Refusal>> + Send;
}

/// No cloud at all: every question is refused with the same words.
#[derive(Clone, Copy, Debug)]
pub struct NoCloud;

impl NoCloud {
    fn refusal<T>() -> Result<T, Refusal> {
        Err(Refusal::new("this command asks no cloud"))
    }
}

impl Cloud for NoCloud {
    fn default_region(&self, _: Option<&str>) -> Option<String> {
        None
    }

    async fn account(&self, _: &At) -> Result<String, Refusal> {
        NoCloud::refusal()
    }

    async fn parameter(&self, _: &At, _: &str, _: bool) -> Result<Option<Parameter>, Refusal> {
        NoCloud::refusal()
    }

    async fn output(&self, _: &At, _: &str, _: &str) -> Result<Option<String>, Refusal> {
        NoCloud::refusal()
    }

    async fn object(&self, _: &At, _: &str, _: &str) -> Result<Option<String>, Refusal> {
        NoCloud::refusal()
    }
}
