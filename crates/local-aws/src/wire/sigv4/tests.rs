use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use proptest::prelude::*;

use super::*;

const KEY: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const NOW_S: i64 = 1_790_000_000;

/// A request as AWS's own signer leaves it.
fn signed(service: &str, method: &str, uri: &str, body: &'static [u8], location: SignatureLocation) -> (Parts, Bytes) {
    let identity = Credentials::new(KEY, SECRET, None, None, "test").into();
    let mut settings = SigningSettings::default();
    settings.signature_location = location;
    if service == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    if location == SignatureLocation::QueryParams {
        settings.expires_in = Some(Duration::from_secs(60));
    }
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("eu-west-1")
        .name(service)
        .time(SystemTime::UNIX_EPOCH + Duration::from_secs(NOW_S as u64))
        .settings(settings)
        .build()
        .unwrap()
        .into();
    let address = format!("http://127.0.0.1:4566{uri}");
    let payload = if service == "s3" && location == SignatureLocation::QueryParams {
        SignableBody::UnsignedPayload
    } else {
        SignableBody::Bytes(body)
    };
    let headers = [("host", "127.0.0.1:4566"), ("x-amz-meta-a", " two   words ")];
    let signable = SignableRequest::new(method, address.clone(), headers.into_iter(), payload).unwrap();
    let (instructions, _) = sign(signable, &params).unwrap().into_parts();
    let mut request = http::Request::builder().method(method).uri(&address).body(()).unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    instructions.apply_to_request_http1x(&mut request);
    let (mut parts, ()) = request.into_parts();
    // On the socket a request has no host in its first line.
    parts.uri = parts.uri.path_and_query().unwrap().as_str().parse().unwrap();
    (parts, Bytes::from_static(body))
}

fn check(parts: &Parts, body: &Bytes, secret: &str, now_s: i64) -> Result<(), Refusal> {
    let claim = Claim::read(parts)?;
    verify(parts, body, &claim, secret, Timestamp::from_second(now_s).unwrap()).map(|_| ())
}

#[test]
fn what_aws_s_signer_signs_is_let_in_in_both_forms() {
    for service in ["s3", "lambda", "states"] {
        for location in [SignatureLocation::Headers, SignatureLocation::QueryParams] {
            let uri = "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aa/invocations?b=2&a=%20x&a=&flag";
            let (parts, body) = signed(service, "POST", uri, b"{}", location);
            assert_eq!(check(&parts, &body, SECRET, NOW_S), Ok(()), "{service} {location:?}");
            assert_eq!(check(&parts, &body, "other", NOW_S), Err(Refusal::WrongSignature));
        }
    }
}

#[test]
fn a_changed_method_path_query_header_or_body_is_not_let_in() {
    let (parts, body) = signed("states", "POST", "/a/b?c=d", b"{}", SignatureLocation::Headers);
    let mut other = parts.clone();
    other.method = http::Method::PUT;
    assert_eq!(check(&other, &body, SECRET, NOW_S), Err(Refusal::WrongSignature));
    for uri in ["/a/c?c=d", "/a/b?c=e", "/a/b"] {
        let mut other = parts.clone();
        other.uri = uri.parse().unwrap();
        assert_eq!(check(&other, &body, SECRET, NOW_S), Err(Refusal::WrongSignature), "{uri}");
    }
    let mut other = parts.clone();
    other.headers.insert("x-amz-meta-a", "three".parse().unwrap());
    assert_eq!(check(&other, &body, SECRET, NOW_S), Err(Refusal::WrongSignature));
    assert_eq!(check(&parts, &Bytes::from_static(b"[]"), SECRET, NOW_S), Err(Refusal::WrongSignature));
    let (parts, _) = signed("s3", "PUT", "/b/k", b"{}", SignatureLocation::Headers);
    assert_eq!(check(&parts, &Bytes::from_static(b"[]"), SECRET, NOW_S), Err(Refusal::WrongPayload));
}

#[test]
fn clocks_may_differ_by_minutes_and_presigned_addresses_live_as_long_as_they_say() {
    let (parts, body) = signed("states", "POST", "/", b"", SignatureLocation::Headers);
    for off in [-299, 0, 299] {
        assert_eq!(check(&parts, &body, SECRET, NOW_S + off), Ok(()));
    }
    for off in [-301, 301] {
        assert!(matches!(check(&parts, &body, SECRET, NOW_S + off), Err(Refusal::Skew { .. })));
    }
    let (parts, body) = signed("s3", "GET", "/b/k", b"", SignatureLocation::QueryParams);
    assert_eq!(check(&parts, &body, SECRET, NOW_S + 60), Ok(()));
    assert_eq!(check(&parts, &body, SECRET, NOW_S + 61), Err(Refusal::Expired));
}

#[test]
fn a_signature_that_is_missing_or_cut_is_named_as_such() {
    let (mut parts, body) = signed("states", "POST", "/", b"", SignatureLocation::Headers);
    let whole = parts.headers["authorization"].to_str().unwrap().to_owned();
    parts.headers.remove("authorization");
    assert_eq!(check(&parts, &body, SECRET, NOW_S), Err(Refusal::Missing));
    for cut in [whole.split(", Signature").next().unwrap(), "AWS4-HMAC-SHA256 Credential=a/b", "AWS4-HMAC-SHA256"] {
        parts.headers.insert("authorization", cut.parse().unwrap());
        assert!(matches!(check(&parts, &body, SECRET, NOW_S), Err(Refusal::Incomplete(_))), "{cut}");
    }
    parts.headers.insert("authorization", "Bearer token".parse().unwrap());
    assert_eq!(check(&parts, &body, SECRET, NOW_S), Err(Refusal::Unsupported("Bearer".to_owned())));
}

proptest! {
    #[test]
    fn no_authorization_header_breaks_the_reading(text in "(AWS4-HMAC-SHA256 )?[ -~]{0,80}", date in "[0-9TZ]{0,18}") {
        let request = http::Request::builder().uri("/").header("authorization", text).header("x-amz-date", date);
        if let Ok(request) = request.body(()) {
            let _ = Claim::read(&request.into_parts().0);
        }
    }

    #[test]
    fn every_object_key_that_is_signed_is_let_in(key in "[ -~äü/]{1,20}") {
        let uri = format!("/bucket/{}", uri_of(&key));
        let (parts, body) = signed("s3", "GET", &uri, b"", SignatureLocation::Headers);
        prop_assert_eq!(check(&parts, &body, SECRET, NOW_S), Ok(()));
    }
}

fn uri_of(key: &str) -> String {
    crate::wire::uri::encode_path(key.as_bytes())
}
