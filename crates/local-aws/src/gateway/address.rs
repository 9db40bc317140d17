//! Which part of the data plane a request is for.

use bytes::Bytes;
use http::Request;
use http::header::HOST;

/// An address of the data plane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// An API, and the path behind it: `/STAGE/…`, still percent-encoded.
    Api { id: String, path: String },
    /// A function URL, and the path behind it.
    Url { id: String, path: String },
    /// The archive of a function's code or a layer.
    Code { digest: String },
    /// The handle of wait conditions.
    WaitCondition { id: String },
    /// Where the answer to a request for a custom resource is sent.
    CustomResource { id: String },
}

impl Address {
    /// The address of `request`, if it is one of the data plane.
    pub fn of(request: &Request<Bytes>) -> Option<Address> {
        let path = request.uri().path();
        if let Some(rest) = path.strip_prefix("/_aws/execute-api/") {
            let (id, rest) = rest.split_once('/').unwrap_or((rest, ""));
            return Some(Address::Api { id: id.to_owned(), path: format!("/{rest}") });
        }
        if let Some(rest) = path.strip_prefix("/_aws/lambda-url/") {
            let (id, rest) = rest.split_once('/').unwrap_or((rest, ""));
            return Some(Address::Url { id: id.to_owned(), path: format!("/{rest}") });
        }
        if let Some(id) = path.strip_prefix("/_aws/wait-condition/") {
            let plain = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
            return plain.then(|| Address::WaitCondition { id: id.to_owned() });
        }
        if let Some(id) = path.strip_prefix("/_aws/custom-resource/") {
            let plain = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
            return plain.then(|| Address::CustomResource { id: id.to_owned() });
        }
        if let Some(name) = path.strip_prefix("/_aws/lambda/code/") {
            let digest = name.strip_suffix(".zip")?;
            let hex = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
            return hex.then(|| Address::Code { digest: digest.to_owned() });
        }
        if let Some(rest) = path.strip_prefix("/restapis/") {
            let parts: Vec<&str> = rest.splitn(4, '/').collect();
            if let [id, stage, "_user_request_", rest @ ..] = parts.as_slice() {
                let rest = rest.first().copied().unwrap_or_default();
                return Some(Address::Api { id: (*id).to_owned(), path: format!("/{stage}/{rest}") });
            }
        }
        let host = request.headers().get(HOST)?.to_str().ok()?;
        let (id, rest) = host.split_once('.')?;
        let ours = rest.starts_with("execute-api.") && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        ours.then(|| Address::Api { id: id.to_owned(), path: path.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str, host: &str) -> Option<Address> {
        Address::of(&Request::builder().uri(path).header(HOST, host).body(Bytes::new()).unwrap())
    }

    #[test]
    fn an_api_has_three_addresses() {
        let expected = Some(Address::Api { id: "abc".to_owned(), path: "/dev/signup/x".to_owned() });
        assert_eq!(of("/_aws/execute-api/abc/dev/signup/x", "127.0.0.1:1"), expected);
        assert_eq!(of("/restapis/abc/dev/_user_request_/signup/x", "127.0.0.1:1"), expected);
        assert_eq!(of("/dev/signup/x", "abc.execute-api.us-east-1.amazonaws.com"), expected);
    }

    #[test]
    fn the_control_plane_is_not_ours() {
        assert_eq!(of("/restapis/abc/resources", "127.0.0.1:1"), None);
        assert_eq!(of("/restapis/abc/stages/dev", "127.0.0.1:1"), None);
        assert_eq!(of("/", "localhost:4566"), None);
        assert_eq!(of("/_aws/lambda/code/../../x.zip", "h"), None);
    }
}
