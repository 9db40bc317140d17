//! S3's faults. Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>.

use serde_json::json;

use crate::wire::Fault;

pub fn no_such_bucket(bucket: &str) -> Fault {
    let mut fault = Fault::sender("NoSuchBucket", "The specified bucket does not exist").with_status(404);
    fault.members.insert("BucketName".to_owned(), json!(bucket));
    fault
}

pub fn no_such_key(key: &str) -> Fault {
    let mut fault = Fault::sender("NoSuchKey", "The specified key does not exist.").with_status(404);
    fault.members.insert("Key".to_owned(), json!(key));
    fault
}

pub fn no_such_version(key: &str, version: &str) -> Fault {
    let mut fault = Fault::sender("NoSuchVersion", "The specified version does not exist.").with_status(404);
    fault.members.insert("Key".to_owned(), json!(key));
    fault.members.insert("VersionId".to_owned(), json!(version));
    fault
}

pub fn no_such_upload(upload: &str) -> Fault {
    let message = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been \
                   aborted or completed.";
    let mut fault = Fault::sender("NoSuchUpload", message).with_status(404);
    fault.members.insert("UploadId".to_owned(), json!(upload));
    fault
}

pub fn precondition_failed(condition: &str) -> Fault {
    let message = "At least one of the pre-conditions you specified did not hold";
    let mut fault = Fault::sender("PreconditionFailed", message).with_status(412);
    fault.members.insert("Condition".to_owned(), json!(condition));
    fault
}

pub fn invalid_argument(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidArgument", message)
}
