//! The operations of `s3`: buckets and objects, bodies as files.

mod body;
mod bucket;
mod conditions;
mod configuration;
mod copy_object;
mod delete_object;
mod fault;
mod get_object;
mod list_objects;
mod multipart;
mod notification;
mod object;
mod put_object;
mod range;
mod tagging;

use tokio::sync::{Mutex, MutexGuard};

use crate::cloud::Config;
use crate::operation;
use crate::services::Operation;
use crate::store::{Store, StoreError};
use body::Bodies;

/// The operations that are there.
#[rustfmt::skip]
pub const OPERATIONS: &[Operation] = &[
    operation!("AbortMultipartUpload", multipart::abort),
    operation!("CompleteMultipartUpload", multipart::complete),
    operation!("CopyObject", copy_object::copy_object),
    operation!("CreateBucket", bucket::create_bucket),
    operation!("CreateMultipartUpload", multipart::create),
    operation!("DeleteBucket", bucket::delete_bucket),
    operation!("DeleteBucketCors", configuration::delete),
    operation!("DeleteBucketEncryption", configuration::delete),
    operation!("DeleteBucketLifecycle", configuration::delete),
    operation!("DeleteBucketOwnershipControls", configuration::delete),
    operation!("DeleteBucketPolicy", configuration::delete),
    operation!("DeleteBucketTagging", configuration::delete),
    operation!("DeleteObject", delete_object::delete_object),
    operation!("DeleteObjects", delete_object::delete_objects),
    operation!("DeleteObjectTagging", tagging::delete_object_tagging),
    operation!("DeletePublicAccessBlock", configuration::delete),
    operation!("GetBucketAccelerateConfiguration", configuration::get),
    operation!("GetBucketCors", configuration::get),
    operation!("GetBucketEncryption", configuration::get),
    operation!("GetBucketLifecycleConfiguration", configuration::get),
    operation!("GetBucketLocation", bucket::get_bucket_location),
    operation!("GetBucketLogging", configuration::get),
    operation!("GetBucketNotificationConfiguration", configuration::get),
    operation!("GetBucketOwnershipControls", configuration::get),
    operation!("GetBucketPolicy", configuration::get),
    operation!("GetBucketReplication", configuration::get),
    operation!("GetBucketRequestPayment", configuration::get),
    operation!("GetBucketTagging", configuration::get),
    operation!("GetBucketVersioning", bucket::get_bucket_versioning),
    operation!("GetBucketWebsite", configuration::get),
    operation!("GetObject", get_object::get_object),
    operation!("GetObjectLockConfiguration", configuration::get),
    operation!("GetObjectTagging", tagging::get_object_tagging),
    operation!("GetPublicAccessBlock", configuration::get),
    operation!("HeadBucket", bucket::head_bucket),
    operation!("HeadObject", get_object::head_object),
    operation!("ListBuckets", bucket::list_buckets),
    operation!("ListMultipartUploads", multipart::list_uploads),
    operation!("ListObjects", list_objects::list_objects),
    operation!("ListObjectsV2", list_objects::list_objects_v2),
    operation!("ListObjectVersions", list_objects::list_object_versions),
    operation!("ListParts", multipart::list_parts),
    operation!("PutBucketCors", configuration::put),
    operation!("PutBucketEncryption", configuration::put),
    operation!("PutBucketLifecycleConfiguration", configuration::put),
    operation!("PutBucketNotificationConfiguration", configuration::put),
    operation!("PutBucketOwnershipControls", configuration::put),
    operation!("PutBucketPolicy", configuration::put),
    operation!("PutBucketTagging", configuration::put),
    operation!("PutBucketVersioning", bucket::put_bucket_versioning),
    operation!("PutObject", put_object::put_object),
    operation!("PutObjectTagging", tagging::put_object_tagging),
    operation!("PutPublicAccessBlock", configuration::put),
    operation!("UploadPart", multipart::upload_part),
    operation!("UploadPartCopy", multipart::upload_part_copy),
];

/// Bucket records by name, version lists by `BUCKET/KEY`, uploads by `BUCKET/ID`.
const BUCKETS: &str = "s3.buckets";
const OBJECTS: &str = "s3.objects";
const UPLOADS: &str = "s3.uploads";

/// What this service remembers between calls beside the store.
#[derive(Debug)]
pub struct State {
    bodies: Bodies,
    /// Held while a bucket or a key's versions are read and written again.
    changing: Mutex<()>,
}

impl State {
    /// The state over what `store` remembers; bodies that nothing refers to are removed.
    ///
    /// # Errors
    /// When what was stored cannot be read.
    pub fn open(config: &Config, store: &Store) -> Result<State, StoreError> {
        let bodies = Bodies::at(config.state_dir.join("s3"), store.clone());
        bodies.sweep(&object::all_bodies(store)?);
        Ok(State { bodies, changing: Mutex::new(()) })
    }

    async fn change(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().await
    }
}
