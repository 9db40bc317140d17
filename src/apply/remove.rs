//! Takes a stack down: empties its buckets, deletes it, follows the deletion to its end.

use std::collections::{BTreeMap, HashSet};

use super::begun_by::{begun_by, token};
use super::deploy::failure;
use super::failure::{ApplyFailure, Doing};
use super::keep::keep_data;
use super::{Event, Manner, Objects, Operations, ResourceEvent, Since, StackResource, Watch};
use crate::aws::AwsError;
use crate::plan::{Condition, Deployed};
use crate::template::Bucket;

/// How many pages of objects are deleted from one bucket; a page has at most a thousand.
const MAX_OBJECT_PAGES: usize = 100_000;

/// What was taken down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// There was a stack.
    pub stood: bool,
    /// What the template asked to keep, and still is there.
    pub kept: Vec<Kept>,
    /// Buckets that were emptied, with the number of their objects.
    pub emptied: Vec<(String, usize)>,
}

/// What is to be taken down, and how.
#[derive(Clone, Debug)]
pub struct Removal<'a> {
    pub stack: &'a str,
    /// The role that CloudFormation works under.
    pub role_arn: Option<&'a str>,
    pub bucket: &'a Bucket,
    /// Where the bucket keeps what belongs to this service and stage.
    pub prefix: &'a str,
    /// Everything that holds data outlives the stack.
    pub keeps_data: bool,
    pub places: &'a BTreeMap<String, String>,
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
/// Buckets that go with the stack are emptied before. In a bucket that the user gave, only what belongs to this service
/// and stage is deleted.
///
/// # Errors
/// [`ApplyFailure::Protected`] before anything is done; [`ApplyFailure::Stack`] with the first cause when the
/// deletion fails.
pub async fn remove<C: Operations + Objects>(
    cloud: &C,
    removal: &Removal<'_>,
    manner: &Manner<'_>,
) -> Result<Removed, ApplyFailure> {
    let Removal { stack, role_arn, places, .. } = *removal;
    let mut removed = Removed::default();
    let found = cloud.stack(stack).await?.filter(|stack| stack.status.condition() != Condition::Gone);
    if let Some(deployed) = found {
        if deployed.termination_protection {
            return Err(ApplyFailure::Protected { stack: stack.to_owned() });
        }
        let run = Run { cloud, deployed: &deployed, places, manner };
        if deployed.status.condition() == Condition::Busy {
            run.join().await?;
        }
        // Only a stack that stands takes another template; in the others there is little that could hold data.
        if removal.keeps_data && deployed.status.condition() == Condition::Ready {
            keep_data(cloud, &deployed, removal.bucket, removal.prefix, role_arn, manner).await?;
        }
        run.delete(role_arn, &mut removed).await?;
        removed.stood = true;
    }
    if let Bucket::Named(bucket) = removal.bucket {
        let deleted = empty(cloud, bucket, &format!("{}/", removal.prefix)).await?;
        if deleted > 0 {
            (manner.tell)(Event::Emptied { bucket: format!("{bucket}/{}", removal.prefix), objects: deleted });
        }
    }
    Ok(removed)
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
        let by = begun_by(self.cloud, &self.deployed.id).await?;
        let (stack, status) = (self.deployed.name.clone(), self.deployed.status.clone());
        if !self.manner.waits {
            return Err(ApplyFailure::Busy { stack, status, by });
        }
        (self.manner.tell)(Event::Joined { stack, status: status.to_string(), by });
        self.watch(Since::LastBeginning).to_end().await.map(|_| ())
    }

    async fn delete(&self, role_arn: Option<&str>, removed: &mut Removed) -> Result<(), ApplyFailure> {
        let id = &self.deployed.id;
        // A deletion that was watched to its end leaves nothing to do.
        let resources = match self.cloud.stack(id).await? {
            Some(stack) if stack.status.condition() != Condition::Gone => self.cloud.resources(id).await?,
            _ => return Ok(()),
        };
        let buckets = self.manner.race(&self.deployed.name, self.own_buckets(&resources)).await?;
        if !buckets.is_empty() {
            (self.manner.tell)(Event::Emptying { buckets: buckets.clone() });
        }
        for bucket in buckets {
            let objects = self.manner.race(&self.deployed.name, empty(self.cloud, &bucket, "")).await?;
            if objects > 0 {
                (self.manner.tell)(Event::Emptied { bucket: bucket.clone(), objects });
            }
            removed.emptied.push((bucket, objects));
        }
        let since = Since::now(self.cloud, id).await?;
        let token = token(&self.manner.who, "Remove", self.manner.now);
        self.cloud.delete_stack(id, &token, &[], role_arn).await?;
        (self.manner.tell)(Event::Begun { stack: self.deployed.name.clone(), resources: Some(resources.len()) });
        let ended = self.watch(since).to_end().await?;
        if ended.status.as_str() != "DELETE_COMPLETE" {
            return Err(failure(&self.deployed.name, Doing::Delete, ended, self.places));
        }
        let gone: HashSet<String> = ended.events.iter().filter_map(deleted_function).collect();
        let skipped = ended.events.into_iter().filter(|event| event.status == "DELETE_SKIPPED");
        let kept = skipped.filter(|event| function_of_version(event).is_none_or(|name| !gone.contains(name)));
        removed.kept.extend(kept.map(|event| Kept {
            logical_id: event.logical_id,
            physical_id: event.physical_id.unwrap_or_default(),
            kind: event.kind,
        }));
        Ok(())
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

/// The name of a function that was deleted.
fn deleted_function(event: &ResourceEvent) -> Option<String> {
    let deleted = event.kind == "AWS::Lambda::Function" && event.status == "DELETE_COMPLETE";
    event.physical_id.clone().filter(|_| deleted)
}

/// The name of the function that a retained version is of: it goes with its function, whatever its policy says.
///
/// Source: Lambda API Reference, `DeleteFunction`: without a qualifier all versions are deleted.
fn function_of_version(event: &ResourceEvent) -> Option<&str> {
    let physical_id = event.physical_id.as_deref().filter(|_| event.kind == "AWS::Lambda::Version")?;
    physical_id.split(':').nth(6)
}

/// Deletes every version of every object under a prefix; how many there were.
pub(super) async fn empty(cloud: &impl Objects, bucket: &str, prefix: &str) -> Result<usize, AwsError> {
    let mut deleted = 0;
    for _ in 0..MAX_OBJECT_PAGES {
        // Always the first page: what was on it before is gone.
        let Some(page) = cloud.versions(bucket, prefix, None).await? else { return Ok(deleted) };
        if page.objects.is_empty() {
            return Ok(deleted);
        }
        cloud.delete_objects(bucket, &page.objects).await?;
        deleted += page.objects.len();
    }
    Err(AwsError::garbled("ListObjectVersions", format!("the bucket {bucket} does not become empty")))
}
