//! Takes a stack down: empties its buckets, deletes it, follows the deletion to its end.

use std::collections::BTreeMap;

use super::cause::causes;
use super::failure::{ApplyFailure, Doing, StackFailure};
use super::{Event, Manner, Objects, Operations, Since, StackResource, Watch};
use crate::aws::AwsError;
use crate::plan::{Condition, Deployed};

/// How many pages of objects are deleted from one bucket; a page has at most a thousand.
const MAX_OBJECT_PAGES: usize = 100_000;

/// What was taken down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// There was a stack.
    pub stood: bool,
    /// What the template asked to keep, and still is there.
    pub kept: Vec<Kept>,
}

/// A resource that outlives its stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub logical_id: String,
    pub physical_id: String,
    pub kind: String,
}

/// Takes a stack down. A stack that is not there is no failure.
///
/// Buckets that go with the stack are emptied before.
///
/// # Errors
/// [`ApplyFailure::Protected`] before anything is done; [`ApplyFailure::Stack`] with the first cause when the
/// deletion fails.
pub async fn remove<C: Operations + Objects>(
    cloud: &C,
    stack: &str,
    role_arn: Option<&str>,
    places: &BTreeMap<String, String>,
    manner: &Manner<'_>,
) -> Result<Removed, ApplyFailure> {
    let Some(deployed) = cloud.stack(stack).await?.filter(|stack| stack.status.condition() != Condition::Gone) else {
        return Ok(Removed::default());
    };
    if deployed.termination_protection {
        return Err(ApplyFailure::Protected { stack: stack.to_owned() });
    }
    let run = Run { cloud, deployed: &deployed, places, manner };
    if deployed.status.condition() == Condition::Busy {
        run.join().await?;
    }
    let kept = run.delete(role_arn).await?;
    Ok(Removed { stood: true, kept })
}

struct Run<'a, C> {
    cloud: &'a C,
    deployed: &'a Deployed,
    places: &'a BTreeMap<String, String>,
    manner: &'a Manner<'a>,
}

impl<C: Operations + Objects> Run<'_, C> {
    /// What goes on in the stack is watched to its end, whatever that is.
    async fn join(&self) -> Result<(), ApplyFailure> {
        let status = self.deployed.status.to_string();
        (self.manner.tell)(Event::Joined { stack: self.deployed.name.clone(), status });
        self.watch(Since::LastBeginning).to_end().await.map(|_| ())
    }

    async fn delete(&self, role_arn: Option<&str>) -> Result<Vec<Kept>, ApplyFailure> {
        let id = &self.deployed.id;
        // A deletion that was watched to its end leaves nothing to do.
        let resources = match self.cloud.stack(id).await? {
            Some(stack) if stack.status.condition() != Condition::Gone => self.cloud.resources(id).await?,
            _ => return Ok(Vec::new()),
        };
        for bucket in self.own_buckets(&resources).await? {
            self.empty(&bucket).await?;
        }
        let since = Since::now(self.cloud, id).await?;
        let token = format!("deploy-remove-{}", self.manner.now.as_millisecond());
        self.cloud.delete_stack(id, &token, &[], role_arn).await?;
        (self.manner.tell)(Event::Begun { stack: self.deployed.name.clone(), resources: Some(resources.len()) });
        let ended = self.watch(since).to_end().await?;
        if ended.status.as_str() != "DELETE_COMPLETE" {
            return Err(ApplyFailure::Stack(Box::new(StackFailure {
                stack: self.deployed.name.clone(),
                doing: Doing::Delete,
                causes: causes(&ended.events, self.places),
                ended: ended.status,
                reason: ended.reason,
            })));
        }
        let skipped = ended.events.iter().filter(|event| event.status == "DELETE_SKIPPED");
        Ok(skipped
            .map(|event| Kept {
                logical_id: event.logical_id.clone(),
                physical_id: event.physical_id.clone().unwrap_or_default(),
                kind: event.kind.clone(),
            })
            .collect())
    }

    /// The buckets that will be deleted with the stack: all that it has but those to be retained.
    async fn own_buckets(&self, resources: &[StackResource]) -> Result<Vec<String>, AwsError> {
        let buckets = resources.iter().filter(|resource| {
            resource.kind == "AWS::S3::Bucket"
                && !matches!(resource.status.as_str(), "DELETE_COMPLETE" | "CREATE_FAILED")
        });
        let buckets: Vec<&StackResource> = buckets.collect();
        if buckets.is_empty() {
            return Ok(Vec::new());
        }
        let template = self.cloud.template(&self.deployed.id).await?;
        let template: serde_json::Value = serde_json::from_str(&template).unwrap_or_default();
        let goes = |logical_id: &str| {
            let policy = template.pointer(&format!("/Resources/{logical_id}/DeletionPolicy"));
            policy.and_then(serde_json::Value::as_str).is_none_or(|policy| policy == "Delete")
        };
        let going = buckets.into_iter().filter(|bucket| goes(&bucket.logical_id));
        Ok(going.filter_map(|bucket| bucket.physical_id.clone()).collect())
    }

    /// Deletes every version of every object of a bucket.
    async fn empty(&self, bucket: &str) -> Result<(), AwsError> {
        let mut deleted = 0;
        for _ in 0..MAX_OBJECT_PAGES {
            // Always the first page: what was on it before is gone.
            let Some(page) = self.cloud.versions(bucket, "", None).await? else { return Ok(()) };
            if page.objects.is_empty() {
                break;
            }
            self.cloud.delete_objects(bucket, &page.objects).await?;
            deleted += page.objects.len();
        }
        if deleted > 0 {
            (self.manner.tell)(Event::Emptied { bucket: bucket.to_owned(), objects: deleted });
        }
        Ok(())
    }

    fn watch(&self, since: Since) -> Watch<'_, C> {
        Watch {
            cloud: self.cloud,
            stack: &self.deployed.id,
            since,
            pace: self.manner.pace,
            tell: self.manner.tell,
            interrupt: self.manner.interrupt.clone(),
            cancellable: false,
        }
    }
}
