//! What is told while something is applied.

use std::time::Duration;

use super::{BegunBy, ResourceEvent};
use crate::plan::Change;

/// What is told while something is applied, in the order in which it happens.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A change set is being made.
    ChangeSet { stack: String },
    /// These resources will change.
    Changes(Vec<Change>),
    /// So many files of so many bytes are to be uploaded; the others are there already.
    Uploads { files: usize, size_bytes: u64, present: usize },
    /// One file is uploaded.
    Uploaded { key: String, size_bytes: u64 },
    /// An operation on the stack begins; so many resources change, when that is known.
    Begun { stack: String, resources: Option<usize> },
    /// Something happened to a resource, or to the stack.
    Resource(ResourceEvent),
    /// These buckets are emptied, because they go with the stack.
    Emptying { buckets: Vec<String> },
    /// Objects are being deleted from a bucket.
    Emptied { bucket: String, objects: usize },
    /// The cloud did not answer; another attempt follows.
    Retrying { message: String, pause: Duration },
    /// Watching ends, what was begun goes on.
    Unwatched {
        stack: String,
        /// It can be taken back by another press.
        cancellable: bool,
    },
    /// The update is being taken back because the user asked.
    Cancelling { stack: String },
    /// The operation was begun by somebody else, and is watched to its end first.
    Joined { stack: String, status: String, by: Option<BegunBy> },
    /// A function or state machine was changed directly, and is live.
    Swapped { logical_id: String },
    /// Old deployments' files were deleted.
    Pruned { objects: usize },
}

/// Who is told.
pub type Tell<'a> = &'a (dyn Fn(Event) + Send + Sync);
