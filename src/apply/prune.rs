//! Deletes the files of old deployments from the bucket.

use std::collections::HashSet;
use std::time::Duration;

use super::history::{deployment_of, deployments, objects};
use super::{Deployment, Event, Manner, ObjectVersion, Objects};
use crate::aws::AwsError;
use crate::plan::Plan;

/// A file that no kept deployment uses is deleted only when it was not written for that long: somebody else may be
/// deploying it right now.
pub const UNTOUCHED_FOR: Duration = Duration::from_secs(24 * 3600);

/// How many objects one call deletes.
///
/// Source: Amazon S3 API Reference, `DeleteObjects`.
const MAX_DELETED: usize = 1000;

/// How many characters the digest of an artifact has, which is the name of its folder.
const DIGEST_LENGTHS: std::ops::RangeInclusive<usize> = 32..=64;

/// Deletes the folders of all deployments but the newest ones, and the artifacts that no kept deployment names. Only what
/// this program or Serverless v3 has put there is looked at.
///
/// # Errors
/// What the cloud answers.
pub async fn prune(cloud: &impl Objects, bucket: &str, plan: &Plan, manner: &Manner<'_>) -> Result<usize, AwsError> {
    let Some(all) = objects(cloud, bucket, &plan.prefix).await? else { return Ok(0) };
    let known = deployments(&all, &plan.prefix);
    // The current one, and those before it that are kept.
    let kept = &known[..known.len().min(plan.keep_deployments + 1)];
    if kept.len() == known.len() {
        return Ok(0);
    }
    let mut templates = plan.template.clone();
    for deployment in kept {
        templates.push_str(&cloud.text(bucket, &deployment.key).await?.map(|stored| stored.text).unwrap_or_default());
    }
    let names: HashSet<&str> = kept.iter().map(|deployment| deployment.name.as_str()).collect();
    let old: Vec<ObjectVersion> = all
        .into_iter()
        .filter(|object| is_old(object, plan, known_before(&known, object, plan), &names, &templates, manner))
        .collect();
    for part in old.chunks(MAX_DELETED) {
        cloud.delete_objects(bucket, part).await?;
    }
    if !old.is_empty() {
        (manner.tell)(Event::Pruned { objects: old.len() });
    }
    Ok(old.len())
}

/// Whether the folder of a deployment is older than the newest one: one that came while this runs stays.
fn known_before(known: &[Deployment], object: &ObjectVersion, plan: &Plan) -> bool {
    let newest = known.first().map(|deployment| deployment.at);
    deployment_of(&object.key, &plan.prefix).zip(newest).is_some_and(|((_, at), newest)| at < newest)
}

fn is_old(
    object: &ObjectVersion,
    plan: &Plan,
    is_before: bool,
    kept: &HashSet<&str>,
    templates: &str,
    manner: &Manner<'_>,
) -> bool {
    if let Some((name, _)) = deployment_of(&object.key, &plan.prefix) {
        return is_before && !kept.contains(name) && !templates.contains(&object.key);
    }
    let rest = object.key.strip_prefix(&plan.prefix).and_then(|rest| rest.strip_prefix('/')).unwrap_or_default();
    let Some((digest, _)) = rest.split_once('/') else { return false };
    let is_artifact = DIGEST_LENGTHS.contains(&digest.len()) && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    let age = object.modified.map(|written| manner.now.duration_since(written).unsigned_abs());
    is_artifact && !templates.contains(&object.key) && age.is_some_and(|age| age > UNTOUCHED_FOR)
}
