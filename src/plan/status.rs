//! The status of a stack, and what can be done with a stack that has it.

/// The status of a stack as CloudFormation names it: `UPDATE_COMPLETE`.
///
/// Source: AWS CloudFormation User Guide, "Stack status codes".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status(String);

/// What can be done with a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It stands; an update can begin.
    Ready,
    /// An operation goes on.
    Busy,
    /// A change set was made for a stack that was never created.
    OnlyReviewed,
    /// Its creation failed; it can only be deleted.
    Stillborn,
    /// An update failed and so did going back; it must be continued.
    Stuck,
    /// A deletion did not reach its end.
    HalfDeleted,
    /// It is gone.
    Gone,
}

impl Status {
    /// A status as CloudFormation spells it.
    pub fn new(word: impl Into<String>) -> Status {
        Status(word.into())
    }

    /// As CloudFormation spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What can be done with a stack of this status. A word that AWS adds tomorrow counts as ready unless it ends as
    /// those of a running operation do.
    pub fn condition(&self) -> Condition {
        match self.as_str() {
            "REVIEW_IN_PROGRESS" => Condition::OnlyReviewed,
            "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED" => Condition::Stillborn,
            "UPDATE_ROLLBACK_FAILED" => Condition::Stuck,
            "DELETE_FAILED" => Condition::HalfDeleted,
            "DELETE_COMPLETE" => Condition::Gone,
            word if word.ends_with("_IN_PROGRESS") => Condition::Busy,
            _ => Condition::Ready,
        }
    }

    /// Whether an operation has ended with this status.
    pub fn is_final(&self) -> bool {
        !self.0.ends_with("_IN_PROGRESS")
    }

    /// Whether an operation has ended with this status and did what was asked.
    pub fn is_success(&self) -> bool {
        matches!(self.as_str(), "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "DELETE_COMPLETE" | "IMPORT_COMPLETE")
    }

    /// Whether what goes on is a way back.
    pub fn is_rollback(&self) -> bool {
        self.0.contains("ROLLBACK")
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_of_the_user_guide_has_its_condition() {
        for (word, condition) in [
            ("CREATE_COMPLETE", Condition::Ready),
            ("UPDATE_COMPLETE", Condition::Ready),
            ("UPDATE_ROLLBACK_COMPLETE", Condition::Ready),
            ("UPDATE_FAILED", Condition::Ready),
            ("IMPORT_ROLLBACK_COMPLETE", Condition::Ready),
            ("CREATE_IN_PROGRESS", Condition::Busy),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", Condition::Busy),
            ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", Condition::Busy),
            ("REVIEW_IN_PROGRESS", Condition::OnlyReviewed),
            ("ROLLBACK_COMPLETE", Condition::Stillborn),
            ("ROLLBACK_FAILED", Condition::Stillborn),
            ("UPDATE_ROLLBACK_FAILED", Condition::Stuck),
            ("DELETE_FAILED", Condition::HalfDeleted),
            ("DELETE_COMPLETE", Condition::Gone),
        ] {
            assert_eq!(Status::new(word).condition(), condition, "{word}");
        }
    }
}
