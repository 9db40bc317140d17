//! An error answer in AWS's words.

use serde_json::{Map, Value};

/// Whose mistake a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    Sender,
    Receiver,
}

/// An error answer: AWS's code, HTTP status and message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Fault {
    /// The code as the service's model spells it: `ResourceNotFoundException`.
    pub code: String,
    pub status: u16,
    pub message: String,
    pub blame: Blame,
    /// Further members of the error's shape (`reason`, `Type`, …).
    pub members: Map<String, Value>,
}

impl Fault {
    /// A mistake of the caller, with HTTP status 400.
    pub fn sender(code: &str, message: impl Into<String>) -> Fault {
        Fault { code: code.to_owned(), status: 400, message: message.into(), blame: Blame::Sender, members: Map::new() }
    }

    /// A failure of the service, with HTTP status 500.
    pub fn receiver(code: &str, message: impl Into<String>) -> Fault {
        Fault { status: 500, blame: Blame::Receiver, ..Fault::sender(code, message) }
    }

    /// The same fault under another HTTP status.
    pub fn with_status(mut self, status: u16) -> Fault {
        self.status = status;
        self
    }

    /// An operation that the local AWS does not have, said by name.
    pub fn unknown_operation(service: &str, operation: &str) -> Fault {
        Fault::sender(
            "UnknownOperationException",
            format!("the local AWS does not support {service}:{operation}; see docs/local-aws.md"),
        )
    }
}

impl From<crate::store::StoreError> for Fault {
    fn from(error: crate::store::StoreError) -> Fault {
        Fault::receiver("InternalFailure", error.to_string())
    }
}
