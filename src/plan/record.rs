//! What is remembered of the last deployment of a stack; on this machine it is kept under `.deploy/stacks/`.
//!
//! It saves calls, and lets a plan be made without an account. It is never believed against the cloud: a stack that was
//! changed since is seen by its id, the time of its last change and the change set that made it.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Deployed, StackResource, Swaps};
use crate::template::StageSettings;

/// What is remembered of the last deployment of a stack.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    pub stack_id: String,
    /// When CloudFormation last changed the stack, as it says itself.
    pub changed_at: Option<String>,
    /// The change set that it was changed by.
    #[serde(default)]
    pub change_set_id: Option<String>,
    pub template: Value,
    pub resources: Vec<StackResource>,
    /// Where each resource came from then.
    pub places: BTreeMap<String, String>,
    /// What was changed past CloudFormation since then.
    #[serde(default)]
    pub swaps: Option<Swaps>,
    /// What the stage of the REST API was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage_settings: Option<StageSettings>,
    /// The tag of the record in the deployment bucket, when this machine wrote that one or has seen it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
}

/// A template may hold secrets.
impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Record")
            .field("stack_id", &self.stack_id)
            .field("changed_at", &self.changed_at)
            .field("resources", &self.resources.len())
            .field("template", &"***")
            .finish_non_exhaustive()
    }
}

impl Record {
    /// Whether another record has the same template and settings.
    pub fn says_as(&self, other: &Record) -> bool {
        self.template == other.template && self.stage_settings == other.stage_settings
    }

    /// Whether it tells of the stack as it stands: CloudFormation has not changed it since, by whomever it was asked.
    pub fn tells_of(&self, stack: &Deployed) -> bool {
        self.stack_id == stack.id
            && self.changed_at.is_some()
            && self.changed_at == stack.changed_at
            && self.change_set_id == stack.change_set_id
    }
}

/// The records of a project on this machine.
#[derive(Clone, Debug)]
pub struct Records {
    folder: PathBuf,
}

impl Records {
    /// The records under `.deploy`.
    pub fn of(deploy_dir: &Path) -> Records {
        Records { folder: deploy_dir.join("stacks") }
    }

    /// Where the record of a stack is; `at` tells stacks of one name apart: `aws-us-east-1`, `local-us-east-1`.
    fn file(&self, at: &str, stack: &str) -> PathBuf {
        self.folder.join(at).join(format!("{stack}.json"))
    }

    /// The record of a stack. One that cannot be read is as good as none.
    pub fn read(&self, at: &str, stack: &str) -> Option<Record> {
        serde_json::from_slice(&std::fs::read(self.file(at, stack)).ok()?).ok()
    }

    /// Keeps a record, readable by its owner only.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, at: &str, stack: &str, record: &Record) -> std::io::Result<()> {
        let path = self.file(at, stack);
        std::fs::create_dir_all(self.folder.join(at))?;
        let draft = path.with_extension(format!("{}.new", std::process::id()));
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(serde_json::to_string(record)?.as_bytes())?;
        std::fs::rename(&draft, &path)
    }

    /// Forgets a stack, and the folders that are empty then.
    ///
    /// # Errors
    /// The file cannot be deleted.
    pub fn forget(&self, at: &str, stack: &str) -> std::io::Result<()> {
        match std::fs::remove_file(self.file(at, stack)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // A folder that holds another stack's record stays.
        let _ = std::fs::remove_dir(self.folder.join(at));
        let _ = std::fs::remove_dir(&self.folder);
        Ok(())
    }

    /// Whether nothing is remembered of any stack.
    pub fn is_empty(&self) -> bool {
        !self.folder.exists()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written_and_leaves_nothing_when_it_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let records = Records::of(folder.path());
        let record = Record { stack_id: "arn".into(), tag: Some("t".into()), ..Record::default() };
        records.write("aws-us-east-1", "signup-dev", &record).unwrap();
        assert_eq!(records.read("aws-us-east-1", "signup-dev"), Some(record));
        assert_eq!(records.read("aws-eu-west-1", "signup-dev"), None);
        records.forget("aws-us-east-1", "signup-dev").unwrap();
        assert!(records.is_empty());
    }
}
