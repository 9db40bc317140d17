//! The faults of `sqs`.

use crate::wire::Fault;

/// The code that the older query protocol has for `code`; clients show it as `Error.Code`.
///
/// Source: the service's model, `awsQueryError` of each error.
pub fn query_code(code: &str) -> Option<&'static str> {
    Some(match code {
        "QueueDoesNotExist" => "AWS.SimpleQueueService.NonExistentQueue",
        "QueueNameExists" => "QueueAlreadyExists",
        "MessageNotInflight" => "AWS.SimpleQueueService.MessageNotInflight",
        "EmptyBatchRequest" => "AWS.SimpleQueueService.EmptyBatchRequest",
        "TooManyEntriesInBatchRequest" => "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
        "BatchEntryIdsNotDistinct" => "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
        "InvalidBatchEntryId" => "AWS.SimpleQueueService.InvalidBatchEntryId",
        "MissingRequiredParameterException" => "MissingParameter",
        "InvalidParameterValueException" => "InvalidParameterValue",
        "UnsupportedOperation" => "AWS.SimpleQueueService.UnsupportedOperation",
        _ => return None,
    })
}

pub fn no_queue() -> Fault {
    Fault::sender("QueueDoesNotExist", "The specified queue does not exist.")
}

pub fn missing(name: &str) -> Fault {
    Fault::sender("MissingRequiredParameterException", format!("The request must contain the parameter {name}."))
}

pub fn invalid_value(value: &str, name: &str, reason: &str) -> Fault {
    let message = format!("Value {value} for parameter {name} is invalid. Reason: {reason}");
    Fault::sender("InvalidParameterValueException", message)
}

pub fn attribute_name(name: &str) -> Fault {
    Fault::sender("InvalidAttributeName", format!("Unknown Attribute {name}."))
}

pub fn attribute_value(name: &str) -> Fault {
    Fault::sender("InvalidAttributeValue", format!("Invalid value for the parameter {name}."))
}

pub fn receipt(handle: &str) -> Fault {
    let message = format!("The input receipt handle \"{handle}\" is not a valid receipt handle.");
    Fault::sender("ReceiptHandleIsInvalid", message)
}

pub fn unsupported(what: &str) -> Fault {
    let message = format!("the local AWS does not support {what}; see docs/local-aws.md");
    Fault::sender("UnsupportedOperation", message)
}
