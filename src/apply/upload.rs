//! Puts artifacts into the deployment bucket: in parallel, and only those that are not there.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;

use super::history::objects;
use super::prune::UNTOUCHED_FOR;
use super::{Event, Manner, Objects};
use crate::aws::{AwsError, Kind};
use crate::plan::{Plan, Upload};

/// How many files travel at once.
const AT_ONCE: usize = 8;

/// A file that no deployment uses may be deleted by another deployment's pruning when it is that old, so it is uploaded
/// again well before.
const RENEWED_AFTER: Duration = Duration::from_secs(UNTOUCHED_FOR.as_secs() / 2);

/// Uploads what is not in the bucket yet. In a bucket that is `new`, nothing is.
///
/// # Errors
/// What the cloud answers; files that are uploaded stay, so that the next attempt goes on from there.
pub async fn upload(
    cloud: &impl Objects,
    bucket: &str,
    plan: &Plan,
    new: bool,
    manner: &Manner<'_>,
) -> Result<(), AwsError> {
    let uploads = &plan.uploads;
    let missing: Vec<&Upload> = match new {
        true => uploads.iter().collect(),
        false => missing(cloud, bucket, plan, manner).await?,
    };
    let tell = manner.tell;
    tell(Event::Uploads {
        files: missing.len(),
        size_bytes: missing.iter().map(|upload| upload.size_bytes).sum(),
        present: uploads.len() - missing.len(),
    });
    let transfers = missing.into_iter().map(|upload| async move {
        cloud.put_file(bucket, &upload.key, &upload.path, &upload.digest).await?;
        tell(Event::Uploaded { key: upload.key.clone(), size_bytes: upload.size_bytes });
        Ok(())
    });
    stream::iter(transfers).buffer_unordered(AT_ONCE).try_collect().await
}

/// The files that are not in the bucket. What the stack's own template names is never pruned, so its age does not matter.
async fn missing<'a>(
    cloud: &impl Objects,
    bucket: &str,
    plan: &'a Plan,
    manner: &Manner<'_>,
) -> Result<Vec<&'a Upload>, AwsError> {
    if plan.uploads.is_empty() {
        return Ok(Vec::new());
    }
    let deployed = plan.before.as_ref().map(ToString::to_string).unwrap_or_default();
    let written = written(cloud, bucket, plan).await?;
    let is_missing = |upload: &&Upload| {
        let Some(written) = written.get(&upload.key) else { return true };
        let is_old = manner.now.duration_since(*written).unsigned_abs() > RENEWED_AFTER;
        is_old && !deployed.contains(&upload.key)
    };
    Ok(plan.uploads.iter().filter(is_missing).collect())
}

/// When each file that is there was written: by one listing, or one by one where listing is not allowed.
async fn written(cloud: &impl Objects, bucket: &str, plan: &Plan) -> Result<BTreeMap<String, Timestamp>, AwsError> {
    match objects(cloud, bucket, &plan.prefix).await {
        Ok(found) => {
            let latest = found.unwrap_or_default().into_iter().filter(|object| object.is_latest);
            Ok(latest.filter_map(|object| Some((object.key, object.modified?))).collect())
        }
        Err(error) if error.kind == Kind::Refused => {
            let looks = plan.uploads.iter().map(|upload| upload.key.clone()).map(|key| async move {
                let written = cloud.written_at(bucket, &key).await?;
                Ok(written.map(|written| (key, written)))
            });
            let found: Vec<Option<_>> = stream::iter(looks).buffered(AT_ONCE).try_collect().await?;
            Ok(found.into_iter().flatten().collect())
        }
        Err(error) => Err(error),
    }
}
