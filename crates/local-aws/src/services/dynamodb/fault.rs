//! The engine's errors as faults.

use dynoxide::DynoxideError;
use serde_json::Value;

use crate::wire::Fault;

/// Operations whose request validation AWS words with this prefix.
const ENVELOPED: &[&str] = &["PutItem", "UpdateItem", "DeleteItem"];
const ENVELOPE: &str = "1 validation error detected: ";

/// Marks that the engine's readers put before a message, and the code that each means.
const MARKS: &[(&str, &str)] = &[
    ("VALIDATION_REQUEST:", "ValidationException"),
    ("VALIDATION_AS_READ:", "ValidationException"),
    ("VALIDATION:", "ValidationException"),
    ("SERIALIZATION_AS_READ:", "SerializationException"),
    ("SERIALIZATION:", "SerializationException"),
];

/// Messages of the readers that AWS answers as a validation error although they carry no mark.
const VALIDATION_WORDS: &[&str] =
    &["missing field", "unknown variant", "invalid type: null", "Supplied AttributeValue", "empty AttributeValue"];

/// The fault of an input that does not fit the operation's shape.
pub fn of_input(operation: &str, message: &str) -> Fault {
    for (mark, code) in MARKS {
        if let Some(words) = message.strip_prefix(mark) {
            let enveloped = *mark == "VALIDATION_REQUEST:" && ENVELOPED.contains(&operation);
            let words = if enveloped { format!("{ENVELOPE}{words}") } else { words.to_owned() };
            return Fault::sender(code, words);
        }
    }
    let validation = VALIDATION_WORDS.iter().any(|words| message.contains(words));
    Fault::sender(if validation { "ValidationException" } else { "SerializationException" }, message)
}

/// The fault of an operation that the engine refused, with the members of its error shape.
pub fn of_engine(operation: &str, error: &DynoxideError) -> Fault {
    let code = error.error_type().rsplit('#').next().unwrap_or_default();
    let message = match error {
        DynoxideError::EnvelopedValidation(words) if ENVELOPED.contains(&operation) => format!("{ENVELOPE}{words}"),
        other => other.to_string(),
    };
    let status = error.status_code();
    let fault = if status >= 500 { Fault::receiver(code, message) } else { Fault::sender(code, message) };
    let mut fault = fault.with_status(status);
    if let Ok(Value::Object(members)) = serde_json::from_str(&error.to_json()) {
        let shape = members.into_iter().filter(|(name, _)| !matches!(name.as_str(), "__type" | "message" | "Message"));
        fault.members.extend(shape);
    }
    fault
}
