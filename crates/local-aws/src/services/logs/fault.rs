//! The faults of `logs`.

use crate::wire::Fault;

pub fn no_group() -> Fault {
    Fault::sender("ResourceNotFoundException", "The specified log group does not exist.")
}

pub fn no_stream() -> Fault {
    Fault::sender("ResourceNotFoundException", "The specified log stream does not exist.")
}

pub fn exists(what: &str) -> Fault {
    Fault::sender("ResourceAlreadyExistsException", format!("The specified {what} already exists"))
}

pub fn invalid(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidParameterException", message)
}
