//! The deployments that a bucket remembers: each is a folder named by its time, with the template in it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{ObjectVersion, Objects};
use crate::aws::AwsError;

/// The template's file in the folder of a deployment.
const TEMPLATE: &str = "compiled-cloudformation-template.json";
/// How many pages of objects are read; a page has a thousand.
const MAX_PAGES: usize = 1000;

/// One deployment that the bucket remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// `1700000000000-2023-11-14T22:13:20.000Z`.
    pub name: String,
    pub at: Timestamp,
    /// Where its template is.
    pub key: String,
    /// The same for the same template; none when the bucket does not tell.
    pub tag: Option<String>,
}

/// The folder of a deployment in the bucket, as Serverless v3 names it: `1700000000000-2023-11-14T22:13:20.000Z`.
pub fn deployment_name(now: Timestamp) -> String {
    format!("{}-{}", now.as_millisecond(), now.strftime("%Y-%m-%dT%H:%M:%S.%3fZ"))
}

/// Where the template of a deployment is kept in the bucket.
pub fn deployment_key(prefix: &str, now: Timestamp) -> String {
    format!("{prefix}/{}/{TEMPLATE}", deployment_name(now))
}

/// Every object under a prefix, in all versions. None when there is no such bucket.
///
/// # Errors
/// What the cloud answers.
pub async fn objects(cloud: &impl Objects, bucket: &str, prefix: &str) -> Result<Option<Vec<ObjectVersion>>, AwsError> {
    let (mut found, mut after) = (Vec::new(), None);
    for _ in 0..MAX_PAGES {
        let Some(page) = cloud.versions(bucket, &format!("{prefix}/"), after.as_ref()).await? else { return Ok(None) };
        found.extend(page.objects);
        after = page.next;
        if after.is_none() {
            return Ok(Some(found));
        }
    }
    Err(AwsError::garbled("ListObjectVersions", format!("more than {MAX_PAGES} pages under {prefix}")))
}

/// The deployments among the objects under a prefix, the newest first.
pub fn deployments(objects: &[ObjectVersion], prefix: &str) -> Vec<Deployment> {
    let mut found = BTreeMap::new();
    for object in objects.iter().filter(|object| object.is_latest) {
        let Some((name, at)) = deployment_of(&object.key, prefix) else { continue };
        if object.key.ends_with(&format!("{name}/{TEMPLATE}")) {
            let (name, key, tag) = (name.to_owned(), object.key.clone(), object.tag.clone());
            found.insert(at, Deployment { name, at, key, tag });
        }
    }
    found.into_values().rev().collect()
}

/// The folder and the time of the deployment that a key belongs to.
pub fn deployment_of<'a>(key: &'a str, prefix: &str) -> Option<(&'a str, Timestamp)> {
    let name = key.strip_prefix(prefix)?.strip_prefix('/')?.split('/').next()?;
    let (millis, time) = name.split_once('-')?;
    let at = Timestamp::from_millisecond(millis.parse().ok()?).ok()?;
    // The time is written twice, so that no other folder is taken for a deployment.
    time.parse::<Timestamp>().is_ok_and(|time| time == at).then_some((name, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn latest(key: &str) -> ObjectVersion {
        ObjectVersion { key: key.into(), is_latest: true, ..ObjectVersion::default() }
    }

    #[test]
    fn deployments_are_told_the_newest_first_and_nothing_else_is_taken_for_one() {
        let time = |millis| Timestamp::from_millisecond(millis).unwrap();
        let (old, new) = (time(1_700_000_000_000), time(1_700_000_500_123));
        let prefix = "serverless/signup/dev";
        let objects = [
            latest(&deployment_key(prefix, old)),
            latest(&deployment_key(prefix, new)),
            latest(&format!("{prefix}/{}/hello.zip", deployment_name(new))),
            latest(&format!("{prefix}/0123abcd/hello.zip")),
            latest(&format!("{prefix}/swaps.json")),
            latest(&deployment_key("serverless/other/dev", new)),
            latest(&format!("{prefix}/17-2023-11-14T22:13:20.000Z/{TEMPLATE}")),
            ObjectVersion { key: deployment_key(prefix, time(5)), ..ObjectVersion::default() },
        ];
        let found = deployments(&objects, prefix);
        assert_eq!(found.iter().map(|one| one.at).collect::<Vec<_>>(), [new, old]);
        assert_eq!(found[1].name, "1700000000000-2023-11-14T22:13:20.000Z");
    }
}
