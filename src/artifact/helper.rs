//! The code of the stack's helpers: one zip, the same for every stack.

use super::{BuildFailure, Content, Entry, Manifest};

/// Each file of the zip. They need nothing but Lambda's own AWS SDK.
const FILES: [(&str, &str); 5] = [
    ("cloudformation.js", include_str!("helper/cloudformation.js")),
    ("s3/handler.js", include_str!("helper/s3/handler.js")),
    ("cognito-user-pool/handler.js", include_str!("helper/cognito-user-pool/handler.js")),
    ("event-bridge/handler.js", include_str!("helper/event-bridge/handler.js")),
    ("api-gateway-cloud-watch-role/handler.js", include_str!("helper/api-gateway-cloud-watch-role/handler.js")),
];

/// The entries of the zip.
///
/// # Errors
/// None in fact; a manifest can fail to read files, and this one has none.
pub fn manifest() -> Result<Manifest, BuildFailure> {
    let entry = |(path, text): &(&str, &str)| Entry {
        path: (*path).to_owned(),
        executable: false,
        content: Content::Bytes(text.as_bytes().to_vec()),
    };
    Manifest::new(FILES.iter().map(entry).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::Helper;

    #[test]
    fn every_helper_finds_its_handler_in_the_zip() {
        for helper in [Helper::Buckets, Helper::UserPools, Helper::Rules, Helper::ApiAccount] {
            let file = helper.handler().replace("handler.handler", "handler.js");
            let (_, text) = FILES.iter().find(|(path, _)| *path == file).unwrap();
            assert!(text.contains("exports.handler = resource("), "{file}");
        }
    }
}
