//! What is remembered of a stack: on this machine, and beside its artifacts in the deployment bucket, where everybody who
//! deploys it finds it.
//!
//! One object tells everything that would take several calls otherwise. It is never believed against the cloud: see
//! [`Record::tells_of`].

use super::{Condition, Deployed, Record, Swaps, Texts};
use crate::aws::AwsError;
use crate::template::Bucket;

/// The output that names the bucket that a stack makes for its own artifacts.
pub const DEPLOYMENT_BUCKET_OUTPUT: &str = "ServerlessDeploymentBucketName";

/// What is remembered of a stack.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// The bucket that the record is kept in; none when the stack has none.
    pub bucket: Option<String>,
    /// The stack as it stands; none when something else has changed it since it was remembered.
    pub record: Option<Record>,
    /// What was changed past CloudFormation since the stack's last whole deployment.
    pub swaps: Option<Swaps>,
    /// The tag of the record in the bucket, also of one that no longer tells of the stack; none when there is none.
    pub tag: Option<String>,
}

/// What is remembered of a stack, in at most one call. `local` is what this machine remembers. When it is `trusting`, that
/// is enough; what somebody else has swapped since is then noticed when the record is written.
///
/// # Errors
/// What the cloud answers.
pub async fn recall(
    cloud: &impl Texts,
    stack: &Deployed,
    bucket: &Bucket,
    prefix: &str,
    local: Option<&Record>,
    trusting: bool,
) -> Result<Memory, AwsError> {
    let bucket = record_bucket(bucket, stack);
    let local = local.filter(|record| record.tells_of(stack));
    let Some(bucket) = bucket.filter(|_| stack.status.condition() == Condition::Ready) else {
        return Ok(Memory { record: local.cloned(), ..Memory::default() });
    };
    if let Some(record) = local.filter(|record| trusting && record.tag.is_some()) {
        let (tag, swaps) = (record.tag.clone(), record.swaps.clone());
        return Ok(Memory { bucket: Some(bucket), record: Some(record.clone()), swaps, tag });
    }
    let stored = cloud.text(&bucket, &record_key(prefix)).await?;
    let tag = stored.as_ref().and_then(|stored| stored.tag.clone());
    // A record that cannot be read tells nothing; the next deployment replaces it.
    let shared = match stored {
        Some(stored) => serde_json::from_str::<Record>(&stored.text).ok(),
        None => local.cloned(),
    };
    let shared = shared.filter(|record| record.stack_id == stack.id);
    // What was swapped stays so whatever else happened to the stack: CloudFormation does not see it.
    let swaps = shared.as_ref().and_then(|record| record.swaps.clone());
    let record = shared.filter(|record| record.tells_of(stack)).or_else(|| local.cloned());
    Ok(Memory { bucket: Some(bucket), record, swaps, tag })
}

/// The bucket that the record of a stack is kept in; none when it has none, and none is given.
pub fn record_bucket(bucket: &Bucket, stack: &Deployed) -> Option<String> {
    match bucket {
        Bucket::Named(name) => Some(name.clone()),
        Bucket::OfStack => stack.output(DEPLOYMENT_BUCKET_OUTPUT).map(str::to_owned),
    }
}

/// Where the record of a stack is in its deployment bucket.
pub fn record_key(prefix: &str) -> String {
    format!("{prefix}/deployed.json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Status, StoredText};
    use std::collections::BTreeMap;

    struct Stored(Option<String>);

    impl Texts for Stored {
        async fn text(&self, _: &str, _: &str) -> Result<Option<StoredText>, AwsError> {
            Ok(self.0.clone().map(|text| StoredText { text, tag: Some("tag".into()) }))
        }
    }

    fn stack(changed_at: &str) -> Deployed {
        Deployed {
            id: "arn:1".into(),
            name: "signup-dev".into(),
            status: Status::new("UPDATE_COMPLETE"),
            status_reason: None,
            outputs: Vec::new(),
            parameters: BTreeMap::new(),
            tags: BTreeMap::new(),
            termination_protection: false,
            changed_at: Some(changed_at.into()),
            change_set_id: Some("set:1".into()),
        }
    }

    fn record() -> Record {
        Record {
            stack_id: "arn:1".into(),
            changed_at: Some("2026-01-31T12:00:00Z".into()),
            change_set_id: Some("set:1".into()),
            swaps: Some(Swaps { by: "ann@laptop".into(), ..Swaps::default() }),
            ..Record::default()
        }
    }

    async fn recalled(stack: &Deployed, record: &Record) -> Memory {
        let stored = Stored(Some(serde_json::to_string(record).unwrap()));
        recall(&stored, stack, &Bucket::Named("bucket".into()), "p", None, false).await.unwrap()
    }

    #[tokio::test]
    async fn a_record_tells_of_the_stack_only_while_nothing_else_has_changed_it() {
        let found = recalled(&stack("2026-01-31T12:00:00Z"), &record()).await;
        assert!(found.record.is_some() && found.tag.as_deref() == Some("tag"));
        let later = stack("2026-01-31T12:00:01Z");
        let other = Deployed { change_set_id: Some("set:2".into()), ..stack("2026-01-31T12:00:00Z") };
        let anew = Deployed { id: "arn:2".into(), ..stack("2026-01-31T12:00:00Z") };
        for (stack, swapped) in [(later, true), (other, true), (anew, false)] {
            let found = recalled(&stack, &record()).await;
            assert!(found.record.is_none(), "{stack:?}");
            assert_eq!(found.swaps.is_some(), swapped, "what was swapped is not undone by another change: {stack:?}");
            assert!(found.tag.is_some(), "the next record takes the place of this one");
        }
    }

    #[tokio::test]
    async fn a_damaged_record_and_none_at_all_tell_nothing() {
        for stored in [Stored(None), Stored(Some("{".into()))] {
            let stack = stack("2026-01-31T12:00:00Z");
            let found = recall(&stored, &stack, &Bucket::Named("bucket".into()), "p", None, false).await.unwrap();
            assert!(found.record.is_none() && found.swaps.is_none());
        }
    }
}
