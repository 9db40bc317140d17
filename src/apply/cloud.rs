//! What applying asks of the cloud.

use std::path::Path;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::swap::{Liveness, SentCode};
use crate::aws::AwsError;
use crate::plan::{StackResource, Stacks, Texts};

/// One event of a stack.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceEvent {
    pub id: String,
    pub logical_id: String,
    pub physical_id: Option<String>,
    /// `AWS::Lambda::Function`.
    pub kind: String,
    /// `CREATE_IN_PROGRESS`, `UPDATE_FAILED`, …
    pub status: String,
    pub reason: Option<String>,
    pub at: Timestamp,
    /// The token of the call that began the operation.
    pub token: Option<String>,
    /// It tells of the stack itself and not of one of its resources.
    pub of_stack: bool,
}

/// One page of a stack's events, the newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventPage {
    pub events: Vec<ResourceEvent>,
    pub next: Option<String>,
}

/// Operations on stacks.
pub trait Operations: Stacks {
    /// Begins to execute a change set.
    fn execute_change_set(
        &self,
        change_set: &str,
        token: &str,
        disable_rollback: bool,
    ) -> impl Future<Output = Result<(), AwsError>> + Send;

    /// Begins to delete a stack; the resources of `retain` stay (allowed only after a deletion failed).
    fn delete_stack(
        &self,
        stack: &str,
        token: &str,
        retain: &[String],
        role_arn: Option<&str>,
    ) -> impl Future<Output = Result<(), AwsError>> + Send;

    /// Begins to cancel an update.
    fn cancel_update(&self, stack: &str) -> impl Future<Output = Result<(), AwsError>> + Send;

    /// Begins to continue the rollback of an update; the resources of `skip` count as rolled back.
    fn continue_rollback(
        &self,
        stack: &str,
        token: &str,
        skip: &[String],
        role_arn: Option<&str>,
    ) -> impl Future<Output = Result<(), AwsError>> + Send;

    /// Sets the policy of a stack, as JSON.
    fn set_stack_policy(&self, stack: &str, policy: &str) -> impl Future<Output = Result<(), AwsError>> + Send;

    /// Protects a stack from being deleted, or no longer.
    fn set_termination_protection(
        &self,
        stack: &str,
        protected: bool,
    ) -> impl Future<Output = Result<(), AwsError>> + Send;

    /// One page of the events of a stack, the newest first.
    fn events(&self, stack: &str, page: Option<&str>) -> impl Future<Output = Result<EventPage, AwsError>> + Send;

    /// All resources of a stack.
    fn resources(&self, stack: &str) -> impl Future<Output = Result<Vec<StackResource>, AwsError>> + Send;
}

/// One version of an object, or the mark that it was deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectVersion {
    pub key: String,
    /// None in a bucket without versions.
    pub version: Option<String>,
    pub size_bytes: u64,
    /// Differs where the content differs; none for the mark of a deletion.
    pub tag: Option<String>,
    pub modified: Option<Timestamp>,
    /// It is what readers get.
    pub is_latest: bool,
}

/// What must hold of an object for it to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unless {
    /// Somebody has written it before.
    There,
    /// Somebody has written it since it had this tag.
    Changed(String),
}

/// One page of a bucket's objects in all their versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectPage {
    pub objects: Vec<ObjectVersion>,
    /// Key and version to go on after.
    pub next: Option<(String, String)>,
}

/// Buckets and what is in them.
pub trait Objects: Texts {
    /// When an object was written; none when it is not there.
    fn written_at(&self, bucket: &str, key: &str) -> impl Future<Output = Result<Option<Timestamp>, AwsError>> + Send;

    /// Writes a text unless somebody else did; answers its tag. Refused with `PreconditionFailed` else.
    fn put_text_unless(
        &self,
        bucket: &str,
        key: &str,
        text: &str,
        unless: &Unless,
    ) -> impl Future<Output = Result<Option<String>, AwsError>> + Send;

    /// Uploads a file.
    fn put_file(
        &self,
        bucket: &str,
        key: &str,
        file: &Path,
        digest: &str,
    ) -> impl Future<Output = Result<(), AwsError>> + Send;

    /// Uploads a text.
    fn put_text(&self, bucket: &str, key: &str, text: &str) -> impl Future<Output = Result<(), AwsError>> + Send;

    /// One page of the objects under a prefix, in all their versions. None when there is no such bucket.
    fn versions(
        &self,
        bucket: &str,
        prefix: &str,
        after: Option<&(String, String)>,
    ) -> impl Future<Output = Result<Option<ObjectPage>, AwsError>> + Send;

    /// Deletes objects, at most 1000.
    fn delete_objects(
        &self,
        bucket: &str,
        objects: &[ObjectVersion],
    ) -> impl Future<Output = Result<(), AwsError>> + Send;

    /// The URL under which CloudFormation finds an object.
    fn object_url(&self, bucket: &str, key: &str) -> String;
}

/// Functions and state machines that are changed past CloudFormation.
pub trait Swapping {
    /// Gives a function other code; how it stands then.
    fn update_code(&self, function: &str, code: &SentCode) -> impl Future<Output = Result<Liveness, AwsError>> + Send;

    /// Gives a function other settings, in CloudFormation's shape; how it stands then.
    fn update_configuration(
        &self,
        function: &str,
        configuration: &Map<String, Value>,
    ) -> impl Future<Output = Result<Liveness, AwsError>> + Send;

    /// Whether the last change of a function is live.
    fn liveness(&self, function: &str) -> impl Future<Output = Result<Liveness, AwsError>> + Send;

    /// Gives a state machine another definition, as JSON text.
    fn update_machine(&self, arn: &str, definition: &str) -> impl Future<Output = Result<(), AwsError>> + Send;
}
