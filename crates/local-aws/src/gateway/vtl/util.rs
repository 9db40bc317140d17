//! `$util`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;

use super::TemplateError;
use super::evaluate::Evaluator;
use super::value::Value;

/// Calls `$util.name(…)`.
///
/// # Errors
/// For functions that `$util` has not, and texts that cannot be decoded.
pub fn call(evaluator: &mut Evaluator<'_>, name: &str, arguments: &[Value]) -> Result<Option<Value>, TemplateError> {
    let [argument] = arguments else {
        return Err(TemplateError::Evaluation(format!(
            "$util has no method {name} with {} arguments",
            arguments.len()
        )));
    };
    let text = evaluator.text(argument)?;
    let failed = |what: &str| TemplateError::Evaluation(format!("$util.{name}: {what}"));
    let result = match name {
        "escapeJavaScript" => Value::Text(escape_java_script(&text)),
        "parseJson" => {
            let parsed: serde_json::Value = serde_json::from_str(&text).map_err(|error| failed(&error.to_string()))?;
            Value::of(&parsed)
        }
        "urlEncode" => Value::Text(url_encode(&text)),
        "urlDecode" => Value::Text(url_decode(&text)),
        "base64Encode" => Value::Text(STANDARD.encode(text)),
        "base64Decode" => {
            let bytes = STANDARD.decode(text.trim()).map_err(|_| failed("the argument is not Base64"))?;
            Value::Text(String::from_utf8_lossy(&bytes).into_owned())
        }
        _ => return Err(TemplateError::Evaluation(format!("$util has no method {name}"))),
    };
    Ok(Some(result))
}

/// Escapes as JavaScript strings want it. A single quote becomes `\'`, which JSON does not know: API Gateway's guide
/// tells to take it back with `.replaceAll("\\'", "'")`.
///
/// Source: Apache Commons Lang 2, `StringEscapeUtils.escapeJavaScript`, which API Gateway's guide describes.
fn escape_java_script(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\'' => out.push_str("\\'"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '/' => out.push_str("\\/"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if (' '..='\u{7e}').contains(&c) => out.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04X}"));
                }
            }
        }
    }
    out
}

/// As Java's `URLEncoder` does it.
fn url_encode(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            b'.' | b'-' | b'*' | b'_' => out.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn url_decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}
