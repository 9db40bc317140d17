//! Puts artifacts into the deployment bucket: in parallel, and only those that are not there.

use std::time::Duration;

use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::prune::UNTOUCHED_FOR;
use super::{Event, Manner, Objects};
use crate::aws::AwsError;
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
    let deployed = plan.before.as_ref().map(ToString::to_string).unwrap_or_default();
    let deployed = &deployed;
    let looks = plan.uploads.iter().map(|upload| async move {
        let is_used = deployed.contains(&upload.key);
        let Some(written) = cloud.written_at(bucket, &upload.key).await? else { return Ok(Some(upload)) };
        let is_old = manner.now.duration_since(written).unsigned_abs() > RENEWED_AFTER;
        Ok((is_old && !is_used).then_some(upload))
    });
    let found: Vec<Option<&Upload>> = stream::iter(looks).buffered(AT_ONCE).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}
