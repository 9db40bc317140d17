//! Parts of logical ids and names, as the framework makes them.
//!
//! Source: the naming rules of Serverless Framework v3, on which ids of deployed stacks rest.

use md5::{Digest, Md5};

/// Text with nothing but letters and digits.
pub fn alphanumeric(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// Text with nothing but letters and digits, and the first upper case.
pub fn alphanumeric_upper(text: &str) -> String {
    upper_first(&alphanumeric(text))
}

/// The same text with its first letter upper case.
pub fn upper_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// Each word's first letter upper case, what is between them left out: `application/json` is `ApplicationJson`.
pub fn words_upper(text: &str) -> String {
    text.split(|letter: char| !letter.is_ascii_alphanumeric()).map(upper_first).collect()
}

/// The first letter upper case, all others lower.
pub fn capitalized(text: &str) -> String {
    upper_first(&text.to_lowercase())
}

/// A path as part of a logical id: `/posts/{id}` is `PostsIdVar`.
pub fn path_id(path: &str) -> String {
    path.split('/').map(path_part).collect()
}

fn path_part(part: &str) -> String {
    let text = capitalized(part).replace('-', "Dash");
    let text = match (text.find('{'), text.rfind('}')) {
        (Some(open), Some(close)) if open < close => {
            format!("{}{}Var{}", &text[..open], &text[open + 1..close], &text[close + 1..])
        }
        _ => text,
    };
    alphanumeric_upper(&text)
}

/// The MD5 of a text in hex: a name, not a protection.
pub fn md5_hex(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A name for some content, 40 hex digits.
pub fn content_hash(content: &str) -> String {
    blake3::hash(content.as_bytes()).to_hex()[..40].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_parts_become_words() {
        assert_eq!(path_id("posts/{id}"), "PostsIdVar");
        assert_eq!(path_id("startFlow"), "Startflow");
        assert_eq!(path_id("my-path/{proxy+}"), "MyDashpathProxyVar");
        assert_eq!(path_id(""), "");
    }
}
