//! The faults of `ssm`.

use crate::wire::Fault;

pub fn not_found() -> Fault {
    Fault::sender("ParameterNotFound", "")
}

pub fn invalid(message: impl Into<String>) -> Fault {
    Fault::sender("ValidationException", message)
}
