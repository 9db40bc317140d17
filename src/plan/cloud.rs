//! What planning asks of the cloud.

use super::{ChangeSetPage, ChangeSetRequest, Deployed};
use crate::aws::AwsError;

/// The stacks of an account and region, as far as planning goes.
pub trait Stacks {
    /// The stack of a name or id; none when there is none.
    fn stack(&self, stack: &str) -> impl Future<Output = Result<Option<Deployed>, AwsError>> + Send;

    /// The template of a stack, byte for byte as it was given.
    fn template(&self, stack: &str) -> impl Future<Output = Result<String, AwsError>> + Send;

    /// The policy of a stack, as JSON; none when it has none.
    fn stack_policy(&self, stack: &str) -> impl Future<Output = Result<Option<String>, AwsError>> + Send;

    /// Makes a change set; answers its ARN.
    fn create_change_set(&self, request: &ChangeSetRequest) -> impl Future<Output = Result<String, AwsError>> + Send;

    /// One page of a change set; the first without `page`.
    fn change_set(
        &self,
        change_set: &str,
        page: Option<&str>,
    ) -> impl Future<Output = Result<ChangeSetPage, AwsError>> + Send;

    /// Why a change set failed, in more words than its status reason has: the validation events of its creation.
    fn change_set_failures(&self, change_set: &str) -> impl Future<Output = Result<Vec<String>, AwsError>> + Send;

    /// Deletes a change set.
    fn delete_change_set(&self, change_set: &str) -> impl Future<Output = Result<(), AwsError>> + Send;
}

/// A text that is kept in a bucket.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredText {
    pub text: String,
    /// Differs where the content differs.
    pub tag: Option<String>,
}

/// Texts in buckets.
pub trait Texts {
    /// A text; none when it, or its bucket, is not there.
    fn text(&self, bucket: &str, key: &str) -> impl Future<Output = Result<Option<StoredText>, AwsError>> + Send;
}

/// Names of an account.
pub trait Names {
    /// Those of some names under which the account has something of that type.
    fn existing(&self, kind: &str, names: &[String]) -> impl Future<Output = Result<Vec<String>, AwsError>> + Send;
}
