//! The documents of S3's operations. Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html>.

use super::shape::Shape::{Boolean, Flat, Integer, List, Struct, Text, Time};
use super::shape::{Member, Shape, member, renamed};

const OWNER: Shape = Struct(&[member("ID", Text), member("DisplayName", Text)]);
const BUCKETS: Shape = List("Bucket", &BUCKET);
const BUCKET: Shape = Struct(&[
    member("Name", Text),
    member("CreationDate", Time),
    member("BucketRegion", Text),
    member("BucketArn", Text),
]);
const TAG: Shape = Struct(&[member("Key", Text), member("Value", Text)]);
const TAGGING: Shape = Struct(&[member("TagSet", List("Tag", &TAG))]);
const COMMON_PREFIX: Shape = Struct(&[member("Prefix", Text)]);
const CHECKSUMS: [Member; 5] = [
    member("ChecksumCRC32", Text),
    member("ChecksumCRC32C", Text),
    member("ChecksumCRC64NVME", Text),
    member("ChecksumSHA1", Text),
    member("ChecksumSHA256", Text),
];
const OBJECT: Shape = Struct(&[
    member("Key", Text),
    member("LastModified", Time),
    member("ETag", Text),
    member("ChecksumAlgorithm", Flat(&Text)),
    member("ChecksumType", Text),
    member("Size", Integer),
    member("StorageClass", Text),
    member("Owner", OWNER),
]);
const VERSION: Shape = Struct(&[
    member("ETag", Text),
    member("ChecksumAlgorithm", Flat(&Text)),
    member("Size", Integer),
    member("StorageClass", Text),
    member("Key", Text),
    member("VersionId", Text),
    member("IsLatest", Boolean),
    member("LastModified", Time),
    member("Owner", OWNER),
]);
const DELETE_MARKER: Shape = Struct(&[
    member("Owner", OWNER),
    member("Key", Text),
    member("VersionId", Text),
    member("IsLatest", Boolean),
    member("LastModified", Time),
]);
const ENCRYPTION: Shape = Struct(&[renamed("Rules", "Rule", Flat(&ENCRYPTION_RULE))]);
const ENCRYPTION_RULE: Shape = Struct(&[
    member(
        "ApplyServerSideEncryptionByDefault",
        Struct(&[member("SSEAlgorithm", Text), member("KMSMasterKeyID", Text)]),
    ),
    member("BucketKeyEnabled", Boolean),
    member("BlockedEncryptionTypes", Struct(&[member("EncryptionType", Flat(&Text))])),
]);
const PUBLIC_ACCESS_BLOCK: Shape = Struct(&[
    member("BlockPublicAcls", Boolean),
    member("IgnorePublicAcls", Boolean),
    member("BlockPublicPolicy", Boolean),
    member("RestrictPublicBuckets", Boolean),
]);
const VERSIONING: Shape = Struct(&[member("Status", Text), renamed("MFADelete", "MfaDelete", Text)]);
const OWNERSHIP: Shape = Struct(&[renamed("Rules", "Rule", Flat(&Struct(&[member("ObjectOwnership", Text)])))]);
const CORS: Shape = Struct(&[renamed(
    "CORSRules",
    "CORSRule",
    Flat(&Struct(&[
        member("ID", Text),
        renamed("AllowedHeaders", "AllowedHeader", Flat(&Text)),
        renamed("AllowedMethods", "AllowedMethod", Flat(&Text)),
        renamed("AllowedOrigins", "AllowedOrigin", Flat(&Text)),
        renamed("ExposeHeaders", "ExposeHeader", Flat(&Text)),
        member("MaxAgeSeconds", Integer),
    ])),
)]);
const NOTIFICATIONS: Shape = Struct(&[
    renamed(
        "TopicConfigurations",
        "TopicConfiguration",
        Flat(&Struct(&[ID, arn("TopicArn", "Topic"), EVENTS, FILTER])),
    ),
    renamed(
        "QueueConfigurations",
        "QueueConfiguration",
        Flat(&Struct(&[ID, arn("QueueArn", "Queue"), EVENTS, FILTER])),
    ),
    renamed(
        "LambdaFunctionConfigurations",
        "CloudFunctionConfiguration",
        Flat(&Struct(&[ID, arn("LambdaFunctionArn", "CloudFunction"), EVENTS, FILTER])),
    ),
    member("EventBridgeConfiguration", Struct(&[])),
]);
const ID: Member = member("Id", Text);
const EVENTS: Member = renamed("Events", "Event", Flat(&Text));
const FILTER: Member = member(
    "Filter",
    Struct(&[renamed(
        "Key",
        "S3Key",
        Struct(&[renamed("FilterRules", "FilterRule", Flat(&Struct(&[member("Name", Text), member("Value", Text)])))]),
    )]),
);
/// The destination of notifications, whose element does not say that it is an ARN.
const fn arn(name: &'static str, element: &'static str) -> Member {
    renamed(name, element, Text)
}
const LIFECYCLE: Shape = Struct(&[renamed("Rules", "Rule", Flat(&LIFECYCLE_RULE))]);
const LIFECYCLE_RULE: Shape = Struct(&[
    member(
        "Expiration",
        Struct(&[member("Date", Time), member("Days", Integer), member("ExpiredObjectDeleteMarker", Boolean)]),
    ),
    member("ID", Text),
    member("Prefix", Text),
    member(
        "Filter",
        Struct(&[
            member("Prefix", Text),
            member("Tag", TAG),
            member("ObjectSizeGreaterThan", Integer),
            member("ObjectSizeLessThan", Integer),
            member(
                "And",
                Struct(&[
                    member("Prefix", Text),
                    renamed("Tags", "Tag", Flat(&TAG)),
                    member("ObjectSizeGreaterThan", Integer),
                    member("ObjectSizeLessThan", Integer),
                ]),
            ),
        ]),
    ),
    member("Status", Text),
    renamed(
        "Transitions",
        "Transition",
        Flat(&Struct(&[member("Date", Time), member("Days", Integer), member("StorageClass", Text)])),
    ),
    renamed(
        "NoncurrentVersionTransitions",
        "NoncurrentVersionTransition",
        Flat(&Struct(&[
            member("NoncurrentDays", Integer),
            member("StorageClass", Text),
            member("NewerNoncurrentVersions", Integer),
        ])),
    ),
    member(
        "NoncurrentVersionExpiration",
        Struct(&[member("NoncurrentDays", Integer), member("NewerNoncurrentVersions", Integer)]),
    ),
    member("AbortIncompleteMultipartUpload", Struct(&[member("DaysAfterInitiation", Integer)])),
]);
const CREATE_BUCKET: Shape = Struct(&[
    member("LocationConstraint", Text),
    member("Tags", List("Tag", &TAG)),
    member("Location", Struct(&[member("Name", Text), member("Type", Text)])),
    member("Bucket", Struct(&[member("DataRedundancy", Text), member("Type", Text)])),
]);
const DELETE: Shape = Struct(&[
    renamed(
        "Objects",
        "Object",
        Flat(&Struct(&[
            member("Key", Text),
            member("VersionId", Text),
            member("ETag", Text),
            member("LastModifiedTime", Time),
            member("Size", Integer),
        ])),
    ),
    member("Quiet", Boolean),
]);
const PART: Shape = Struct(&[
    member("PartNumber", Integer),
    member("LastModified", Time),
    member("ETag", Text),
    member("Size", Integer),
    CHECKSUMS[0],
    CHECKSUMS[1],
    CHECKSUMS[2],
    CHECKSUMS[3],
    CHECKSUMS[4],
]);
const COMPLETE: Shape = Struct(&[renamed("Parts", "Part", Flat(&PART))]);

/// The member and shape of the document in a request's body.
pub fn input(operation: &str) -> Option<(&'static str, &'static Shape)> {
    Some(match operation {
        "CreateBucket" => ("CreateBucketConfiguration", &CREATE_BUCKET),
        "PutBucketVersioning" => ("VersioningConfiguration", &VERSIONING),
        "PutBucketTagging" | "PutObjectTagging" => ("Tagging", &TAGGING),
        "PutBucketEncryption" => ("ServerSideEncryptionConfiguration", &ENCRYPTION),
        "PutPublicAccessBlock" => ("PublicAccessBlockConfiguration", &PUBLIC_ACCESS_BLOCK),
        "PutBucketLifecycleConfiguration" => ("LifecycleConfiguration", &LIFECYCLE),
        "PutBucketOwnershipControls" => ("OwnershipControls", &OWNERSHIP),
        "PutBucketCors" => ("CORSConfiguration", &CORS),
        "PutBucketNotificationConfiguration" => ("NotificationConfiguration", &NOTIFICATIONS),
        "DeleteObjects" => ("Delete", &DELETE),
        "CompleteMultipartUpload" => ("MultipartUpload", &COMPLETE),
        _ => return None,
    })
}

/// An answer's document.
#[derive(Clone, Copy, Debug)]
pub struct Document {
    pub root: &'static str,
    /// The only member that stands in the document, when it is not the whole output.
    pub payload: Option<&'static str>,
    pub shape: &'static Shape,
}

const fn whole(root: &'static str, shape: &'static Shape) -> Document {
    Document { root, payload: None, shape }
}

const fn of(payload: &'static str, root: &'static str, shape: &'static Shape) -> Document {
    Document { root, payload: Some(payload), shape }
}

/// The document of an operation's answer; `None` where the answer is headers and payload.
pub fn output(operation: &str) -> Option<Document> {
    Some(match operation {
        "ListBuckets" => whole("ListAllMyBucketsResult", &LIST_BUCKETS),
        "GetBucketLocation" => of("LocationConstraint", "LocationConstraint", &Text),
        "GetBucketVersioning" => whole("VersioningConfiguration", &VERSIONING),
        "GetBucketTagging" | "GetObjectTagging" => whole("Tagging", &TAGGING),
        "GetBucketEncryption" => {
            of("ServerSideEncryptionConfiguration", "ServerSideEncryptionConfiguration", &ENCRYPTION)
        }
        "GetPublicAccessBlock" => {
            of("PublicAccessBlockConfiguration", "PublicAccessBlockConfiguration", &PUBLIC_ACCESS_BLOCK)
        }
        "GetBucketLifecycleConfiguration" => whole("LifecycleConfiguration", &LIFECYCLE),
        "GetBucketOwnershipControls" => of("OwnershipControls", "OwnershipControls", &OWNERSHIP),
        "GetBucketCors" => whole("CORSConfiguration", &CORS),
        "GetBucketLogging" => whole("BucketLoggingStatus", &NOTHING),
        "GetBucketAccelerateConfiguration" => whole("AccelerateConfiguration", &NOTHING),
        "GetBucketNotificationConfiguration" => whole("NotificationConfiguration", &NOTIFICATIONS),
        "GetBucketRequestPayment" => whole("RequestPaymentConfiguration", &REQUEST_PAYMENT),
        "ListObjects" => whole("ListBucketResult", &LIST_OBJECTS),
        "ListObjectsV2" => whole("ListBucketResult", &LIST_OBJECTS_V2),
        "ListObjectVersions" => whole("ListVersionsResult", &LIST_VERSIONS),
        "DeleteObjects" => whole("DeleteResult", &DELETE_RESULT),
        "CopyObject" => of("CopyObjectResult", "CopyObjectResult", &COPY_RESULT),
        "UploadPartCopy" => of("CopyPartResult", "CopyPartResult", &COPY_RESULT),
        "CreateMultipartUpload" => whole("InitiateMultipartUploadResult", &INITIATE),
        "CompleteMultipartUpload" => whole("CompleteMultipartUploadResult", &COMPLETED),
        "ListParts" => whole("ListPartsResult", &LIST_PARTS),
        "ListMultipartUploads" => whole("ListMultipartUploadsResult", &LIST_UPLOADS),
        _ => return None,
    })
}

const NOTHING: Shape = Struct(&[]);
const REQUEST_PAYMENT: Shape = Struct(&[member("Payer", Text)]);
const LIST_BUCKETS: Shape = Struct(&[
    member("Buckets", BUCKETS),
    member("Owner", OWNER),
    member("ContinuationToken", Text),
    member("Prefix", Text),
]);
const LIST_OBJECTS: Shape = Struct(&[
    member("IsTruncated", Boolean),
    member("Marker", Text),
    member("NextMarker", Text),
    member("Contents", Flat(&OBJECT)),
    member("Name", Text),
    member("Prefix", Text),
    member("Delimiter", Text),
    member("MaxKeys", Integer),
    member("CommonPrefixes", Flat(&COMMON_PREFIX)),
    member("EncodingType", Text),
]);
const LIST_OBJECTS_V2: Shape = Struct(&[
    member("IsTruncated", Boolean),
    member("Contents", Flat(&OBJECT)),
    member("Name", Text),
    member("Prefix", Text),
    member("Delimiter", Text),
    member("MaxKeys", Integer),
    member("CommonPrefixes", Flat(&COMMON_PREFIX)),
    member("EncodingType", Text),
    member("KeyCount", Integer),
    member("ContinuationToken", Text),
    member("NextContinuationToken", Text),
    member("StartAfter", Text),
]);
const LIST_VERSIONS: Shape = Struct(&[
    member("IsTruncated", Boolean),
    member("KeyMarker", Text),
    member("VersionIdMarker", Text),
    member("NextKeyMarker", Text),
    member("NextVersionIdMarker", Text),
    renamed("Versions", "Version", Flat(&VERSION)),
    renamed("DeleteMarkers", "DeleteMarker", Flat(&DELETE_MARKER)),
    member("Name", Text),
    member("Prefix", Text),
    member("Delimiter", Text),
    member("MaxKeys", Integer),
    member("CommonPrefixes", Flat(&COMMON_PREFIX)),
    member("EncodingType", Text),
]);
const DELETE_RESULT: Shape = Struct(&[
    member(
        "Deleted",
        Flat(&Struct(&[
            member("Key", Text),
            member("VersionId", Text),
            member("DeleteMarker", Boolean),
            member("DeleteMarkerVersionId", Text),
        ])),
    ),
    renamed(
        "Errors",
        "Error",
        Flat(&Struct(&[member("Key", Text), member("VersionId", Text), member("Code", Text), member("Message", Text)])),
    ),
]);
const COPY_RESULT: Shape = Struct(&[member("ETag", Text), member("LastModified", Time)]);
const INITIATE: Shape = Struct(&[member("Bucket", Text), member("Key", Text), member("UploadId", Text)]);
const COMPLETED: Shape = Struct(&[
    member("Location", Text),
    member("Bucket", Text),
    member("Key", Text),
    member("ETag", Text),
    CHECKSUMS[0],
    CHECKSUMS[1],
    CHECKSUMS[2],
    CHECKSUMS[3],
    CHECKSUMS[4],
    member("ChecksumType", Text),
]);
const LIST_PARTS: Shape = Struct(&[
    member("Bucket", Text),
    member("Key", Text),
    member("UploadId", Text),
    member("PartNumberMarker", Integer),
    member("NextPartNumberMarker", Integer),
    member("MaxParts", Integer),
    member("IsTruncated", Boolean),
    renamed("Parts", "Part", Flat(&PART)),
    member("Initiator", OWNER),
    member("Owner", OWNER),
    member("StorageClass", Text),
]);
const LIST_UPLOADS: Shape = Struct(&[
    member("Bucket", Text),
    member("KeyMarker", Text),
    member("UploadIdMarker", Text),
    member("NextKeyMarker", Text),
    member("NextUploadIdMarker", Text),
    member("MaxUploads", Integer),
    member("IsTruncated", Boolean),
    member("Prefix", Text),
    renamed(
        "Uploads",
        "Upload",
        Flat(&Struct(&[
            member("Key", Text),
            member("UploadId", Text),
            member("Initiated", Time),
            member("StorageClass", Text),
            member("Owner", OWNER),
            member("Initiator", OWNER),
        ])),
    ),
]);
