//! The functions over texts and JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::fmt::Write as _;

/// Longest text that Base64 and Hash take, in characters. Source: developer guide.
const MAX_CHARACTERS: usize = 10_000;

fn text<'a>(value: &'a Value, place: &str) -> Result<&'a str, String> {
    value.as_str().ok_or_else(|| format!("The {place} argument must be a string"))
}

fn short<'a>(value: &'a Value, place: &str) -> Result<&'a str, String> {
    let text = text(value, place)?;
    if text.chars().count() > MAX_CHARACTERS {
        return Err(format!("The {place} argument must not be longer than {MAX_CHARACTERS} characters"));
    }
    Ok(text)
}

/// Fills the `{}` of the first value. `literal`: it is written in the call, so `\{`, `\}`, `\'` and `\\` are escapes.
pub(super) fn format(values: &[Value], literal: bool) -> Result<Value, String> {
    let template = text(&values[0], "first")?;
    let mut given = values[1..].iter();
    let mut filled = String::new();
    let mut chars = template.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if literal => match chars.next() {
                Some(escaped @ ('\'' | '\\' | '{' | '}')) => filled.push(escaped),
                Some(other) => filled.extend(['\\', other]),
                None => filled.push('\\'),
            },
            '{' if chars.peek() == Some(&'}') => {
                chars.next();
                let value = given.next().ok_or("There are more '{}' than arguments")?;
                java(value, &mut filled);
            }
            c => filled.push(c),
        }
    }
    if given.next().is_some() {
        return Err("There are more arguments than '{}'".into());
    }
    Ok(Value::String(filled))
}

/// A value as Java prints it: `{a=1, b=[x, y]}`.
fn java(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => out.push_str(text),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                java(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (index, (name, member)) in members.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                _ = write!(out, "{name}=");
                java(member, out);
            }
            out.push('}');
        }
        other => _ = write!(out, "{other}"),
    }
}

pub(super) fn to_json(values: &[Value]) -> Result<Value, String> {
    let text = text(&values[0], "first")?;
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    if text.trim() == "-0" {
        return Ok(Value::from(0));
    }
    serde_json::from_str(text).map_err(|_| "Invalid JSON".into())
}

/// Every character of the second text separates; empty parts are dropped.
pub(super) fn split(values: &[Value]) -> Result<Value, String> {
    let (text, separators) = (text(&values[0], "first")?, text(&values[1], "second")?);
    let parts = text.split(|c| separators.contains(c)).filter(|part| !part.is_empty());
    Ok(parts.map(|part| Value::String(part.to_owned())).collect())
}

pub(super) fn base64_encode(values: &[Value]) -> Result<Value, String> {
    Ok(Value::String(STANDARD.encode(short(&values[0], "first")?)))
}

pub(super) fn base64_decode(values: &[Value]) -> Result<Value, String> {
    let bytes = STANDARD.decode(short(&values[0], "first")?).map_err(|_| "The argument is not valid Base64")?;
    Ok(Value::String(String::from_utf8_lossy(&bytes).into_owned()))
}

pub(super) fn hash(values: &[Value]) -> Result<Value, String> {
    let data = match &values[0] {
        Value::String(_) => short(&values[0], "first")?.to_owned(),
        other => crate::data::text::compact(other),
    };
    let algorithm = text(&values[1], "second")?;
    digest(&data, algorithm)
        .map(Value::String)
        .ok_or_else(|| "The second argument must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512".into())
}

pub(super) fn digest(data: &str, algorithm: &str) -> Option<String> {
    use sha2::Digest;
    let bytes = match algorithm {
        "MD5" => md5::Md5::digest(data).to_vec(),
        "SHA-1" => sha1(data.as_bytes()).to_vec(),
        "SHA-256" => sha2::Sha256::digest(data).to_vec(),
        "SHA-384" => sha2::Sha384::digest(data).to_vec(),
        "SHA-512" => sha2::Sha512::digest(data).to_vec(),
        _ => return None,
    };
    Some(bytes.iter().fold(String::new(), |mut hex, byte| {
        _ = write!(hex, "{byte:02x}");
        hex
    }))
}

/// SHA-1 by FIPS 180-4; the language asks for it, nothing else here does.
fn sha1(data: &[u8]) -> [u8; 20] {
    let mut state: [u32; 5] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0];
    let mut message = data.to_vec();
    message.push(0x80);
    while message.len() % 64 != 56 {
        message.push(0);
    }
    message.extend((data.len() as u64 * 8).to_be_bytes());
    for block in message.chunks_exact(64) {
        sha1_block(&mut state, block);
    }
    let mut digest = [0; 20];
    for (part, word) in digest.chunks_exact_mut(4).zip(state) {
        part.copy_from_slice(&word.to_be_bytes());
    }
    digest
}

fn sha1_block(state: &mut [u32; 5], block: &[u8]) {
    let mut words = [0u32; 80];
    for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
        *word = bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
    }
    for t in 16..80 {
        words[t] = (words[t - 3] ^ words[t - 8] ^ words[t - 14] ^ words[t - 16]).rotate_left(1);
    }
    let [mut a, mut b, mut c, mut d, mut e] = *state;
    for (t, word) in words.iter().enumerate() {
        let (f, k) = match t {
            0..20 => ((b & c) | (!b & d), 0x5A82_7999),
            20..40 => (b ^ c ^ d, 0x6ED9_EBA1),
            40..60 => ((b & c) | (b & d) | (c & d), 0x8F1B_BCDC),
            _ => (b ^ c ^ d, 0xCA62_C1D6),
        };
        let next = a.rotate_left(5).wrapping_add(f).wrapping_add(e).wrapping_add(k).wrapping_add(*word);
        (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
    }
    for (sum, part) in state.iter_mut().zip([a, b, c, d, e]) {
        *sum = sum.wrapping_add(part);
    }
}

/// The shallow merge of two objects; the second wins.
pub(super) fn merge(values: &[Value]) -> Result<Value, String> {
    match values[2].as_bool() {
        Some(false) => {}
        Some(true) => return Err("Deep merge is not supported: the third argument must be false".into()),
        None => return Err("The third argument must be a boolean".into()),
    }
    let (Value::Object(first), Value::Object(second)) = (&values[0], &values[1]) else {
        return Err("The first and second arguments must be JSON objects".into());
    };
    let mut merged = first.clone();
    merged.extend(second.iter().map(|(name, value)| (name.clone(), value.clone())));
    Ok(Value::Object(merged))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn digests_are_those_of_the_standards() {
        assert_eq!(digest("abc", "MD5").unwrap(), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(digest("abc", "SHA-1").unwrap(), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(
            digest("abc", "SHA-256").unwrap(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(digest("abc", "CRC"), None);
        let long = "a".repeat(1000);
        assert_eq!(digest(&long, "SHA-1").unwrap(), "291e9a6c66994949b57ba5e650361e98fc36b1ba");
    }

    #[test]
    fn an_object_is_formatted_as_java_prints_it() {
        let values = [json!("x={} \\{}"), json!({"Arg1": 1, "Arg2": []})];
        assert_eq!(format(&values, true), Ok(json!("x={Arg1=1, Arg2=[]} {}")));
    }
}
