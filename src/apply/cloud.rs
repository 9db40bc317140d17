//! What applying asks of the cloud.

use std::path::Path;

use jiff::Timestamp;

use crate::aws::AwsError;
use crate::plan::Stacks;

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
    /// It tells of the stack itself and not of one of its resources.
    pub of_stack: bool,
}

/// One page of a stack's events, the newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventPage {
    pub events: Vec<ResourceEvent>,
    pub next: Option<String>,
}

/// One resource of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackResource {
    pub logical_id: String,
    pub physical_id: Option<String>,
    pub kind: String,
    pub status: String,
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

    /// One page of the events of a stack, the newest first.
    fn events(&self, stack: &str, page: Option<&str>) -> impl Future<Output = Result<EventPage, AwsError>> + Send;

    /// All resources of a stack.
    fn resources(&self, stack: &str) -> impl Future<Output = Result<Vec<StackResource>, AwsError>> + Send;
}

/// One version of an object, or the mark that it was deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectVersion {
    pub key: String,
    /// None in a bucket without versions.
    pub version: Option<String>,
    pub size_bytes: u64,
}

/// One page of a bucket's objects in all their versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectPage {
    pub objects: Vec<ObjectVersion>,
    /// Key and version to go on after.
    pub next: Option<(String, String)>,
}

/// Buckets and what is in them.
pub trait Objects {
    /// Whether an object is there.
    fn has_object(&self, bucket: &str, key: &str) -> impl Future<Output = Result<bool, AwsError>> + Send;

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
