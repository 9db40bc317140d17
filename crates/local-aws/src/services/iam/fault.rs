//! IAM's faults. Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html>.

use crate::wire::Fault;

pub fn no_such_entity(message: String) -> Fault {
    Fault::sender("NoSuchEntity", message).with_status(404)
}

pub fn no_such_role(name: &str) -> Fault {
    no_such_entity(format!("The role with name {name} cannot be found."))
}

pub fn no_such_policy(arn: &str) -> Fault {
    no_such_entity(format!("Policy {arn} was not found."))
}

pub fn exists(message: String) -> Fault {
    Fault::sender("EntityAlreadyExists", message).with_status(409)
}

pub fn delete_conflict(message: &str) -> Fault {
    Fault::sender("DeleteConflict", message).with_status(409)
}

pub fn limit_exceeded(message: String) -> Fault {
    Fault::sender("LimitExceeded", message).with_status(409)
}

pub fn invalid(message: impl Into<String>) -> Fault {
    Fault::sender("ValidationError", message)
}

pub fn malformed(message: impl Into<String>) -> Fault {
    Fault::sender("MalformedPolicyDocument", message)
}
