//! The digests by which clients check that a message arrived as it was sent.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use serde_json::{Map, Value};

/// MD5 of a body, in hexadecimal.
pub fn of_body(body: &str) -> String {
    hex(Md5::digest(body.as_bytes()).as_slice())
}

/// MD5 of message attributes, in hexadecimal.
///
/// Source: SQS developer guide, "Calculating the MD5 message digest for message attributes".
pub fn of_attributes(attributes: &Map<String, Value>) -> String {
    let mut sorted: Vec<(&String, &Value)> = attributes.iter().collect();
    sorted.sort_by_key(|(name, _)| name.as_str());
    let mut digest = Md5::new();
    for (name, value) in sorted {
        part(&mut digest, name.as_bytes());
        part(&mut digest, value["DataType"].as_str().unwrap_or_default().as_bytes());
        match value["BinaryValue"].as_str() {
            Some(text) => {
                digest.update([2]);
                part(&mut digest, &STANDARD.decode(text).unwrap_or_default());
            }
            None => {
                digest.update([1]);
                part(&mut digest, value["StringValue"].as_str().unwrap_or_default().as_bytes());
            }
        }
    }
    hex(digest.finalize().as_slice())
}

fn part(digest: &mut Md5, bytes: &[u8]) {
    digest.update(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    digest.update(bytes);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bodies_and_attributes_have_the_digests_that_clients_compute() {
        assert_eq!(of_body("hello"), "5d41402abc4b2a76b9719d911017c592");
        let attributes = json!({"k": {"DataType": "String", "StringValue": "v"}});
        // MD5 over 00000001 'k' 00000006 'String' 01 00000001 'v'.
        let bytes = b"\0\0\0\x01k\0\0\0\x06String\x01\0\0\0\x01v";
        assert_eq!(of_attributes(attributes.as_object().unwrap()), hex(Md5::digest(bytes).as_slice()));
    }
}
