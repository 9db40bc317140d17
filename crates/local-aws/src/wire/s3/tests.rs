use http::Request;
use proptest::prelude::*;

use super::*;

fn read(method: &str, uri: &str, host: &str, body: &str) -> Result<Call, Fault> {
    let request = Request::builder().method(method).uri(uri).header("host", host).body(()).unwrap();
    let mut call = Call::internal("s3", "", "us-east-1", Value::Null, Bytes::new());
    decode(&mut call, &request.into_parts().0, Bytes::copy_from_slice(body.as_bytes()))?;
    Ok(call)
}

#[test]
fn the_bucket_stands_in_the_path_or_before_the_host() {
    for (uri, host) in [
        ("/b/k/%C3%BC", "127.0.0.1:4566"),
        ("/k/%C3%BC", "b.s3.us-east-1.amazonaws.com"),
        ("/k/%C3%BC", "b.localhost:4566"),
        ("/k/%C3%BC", "b.127.0.0.1:4566"),
        ("/b/k/%C3%BC", "localhost:4566"),
    ] {
        let call = read("GET", uri, host, "").unwrap();
        assert_eq!(call.operation, "GetObject");
        assert_eq!(call.input, json!({ "Bucket": "b", "Key": "k/ü" }), "{uri} at {host}");
    }
}

#[test]
fn the_operation_follows_method_path_and_query() {
    for (method, uri, operation) in [
        ("GET", "/", "ListBuckets"),
        ("PUT", "/b", "CreateBucket"),
        ("GET", "/b?list-type=2&prefix=a", "ListObjectsV2"),
        ("GET", "/b/?versions", "ListObjectVersions"),
        ("PUT", "/b?versioning", "PutBucketVersioning"),
        ("POST", "/b?delete", "DeleteObjects"),
        ("PUT", "/b/k", "PutObject"),
        ("PUT", "/b/k?partNumber=1&uploadId=u", "UploadPart"),
        ("POST", "/b/k?uploads", "CreateMultipartUpload"),
        ("POST", "/b/k?uploadId=u", "CompleteMultipartUpload"),
        ("DELETE", "/b/k?uploadId=u", "AbortMultipartUpload"),
        ("PUT", "/b?notification", "PutBucketNotificationConfiguration"),
    ] {
        assert_eq!(read(method, uri, "127.0.0.1", "").unwrap().operation, operation, "{method} {uri}");
    }
}

#[test]
fn a_document_becomes_members_and_back() {
    let xml = "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Object><Key>a&amp;b</Key></Object>\
               <Object><Key>c</Key><VersionId>1</VersionId></Object><Quiet>true</Quiet></Delete>";
    let call = read("POST", "/b?delete", "127.0.0.1", xml).unwrap();
    let delete = json!({ "Objects": [{ "Key": "a&b" }, { "Key": "c", "VersionId": "1" }], "Quiet": true });
    assert_eq!(call.input["Delete"], delete);
    let answer = answer("GetBucketLocation", Output::json(json!({ "LocationConstraint": "eu-west-1" })));
    let text = String::from_utf8(answer.body().to_vec()).unwrap();
    assert!(text.ends_with(">eu-west-1</LocationConstraint>"), "{text}");
}

#[test]
fn documents_that_are_none_are_refused() {
    for xml in ["<Delete>", "<Delete></Other>", "<Delete><What/></Delete>", "text", "<!DOCTYPE a><Delete/>", "<a/><b/>"]
    {
        assert_eq!(read("POST", "/b?delete", "127.0.0.1", xml).unwrap_err().code, "MalformedXML", "{xml}");
    }
    let deep = "<Delete>".repeat(100);
    assert_eq!(read("POST", "/b?delete", "127.0.0.1", &deep).unwrap_err().code, "MalformedXML");
}

proptest! {
    #[test]
    fn no_document_breaks_the_reading(xml in "(<[/A-Za-z!]{0,8}>|&[a-z#0-9]{0,4};|[a-z ]{0,3}){0,10}") {
        let _ = read("POST", "/b?delete", "127.0.0.1", &xml);
    }

    #[test]
    fn every_text_survives_xml(text in "[\\PC\t\n\r]{0,20}") {
        let mut out = String::new();
        xml::open(&mut out, "Tagging");
        out.push_str("<TagSet><Tag><Key>");
        out.push_str(&xml::escape(&text));
        out.push_str("</Key><Value>v</Value></Tag></TagSet></Tagging>");
        let call = read("PUT", "/b?tagging", "127.0.0.1", &out).unwrap();
        prop_assert_eq!(call.input["Tagging"]["TagSet"][0]["Key"].as_str(), Some(text.as_str()));
    }
}
