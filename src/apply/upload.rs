//! Puts artifacts into the deployment bucket: in parallel, and only those that are not there.

use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::{Event, Objects, Tell};
use crate::aws::AwsError;
use crate::plan::Upload;

/// How many files travel at once.
const AT_ONCE: usize = 8;

/// Uploads what is not in the bucket yet. In a bucket that is `new`, nothing is.
///
/// # Errors
/// What the cloud answers; files that are uploaded stay, so that the next attempt goes on from there.
pub async fn upload(
    cloud: &impl Objects,
    bucket: &str,
    uploads: &[Upload],
    new: bool,
    tell: Tell<'_>,
) -> Result<(), AwsError> {
    let missing: Vec<&Upload> = if new { uploads.iter().collect() } else { missing(cloud, bucket, uploads).await? };
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

async fn missing<'a>(cloud: &impl Objects, bucket: &str, uploads: &'a [Upload]) -> Result<Vec<&'a Upload>, AwsError> {
    let looks = uploads.iter().map(|upload| async move {
        let present = cloud.has_object(bucket, &upload.key).await?;
        Ok((!present).then_some(upload))
    });
    let found: Vec<Option<&Upload>> = stream::iter(looks).buffered(AT_ONCE).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}
