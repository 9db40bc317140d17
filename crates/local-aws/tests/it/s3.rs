//! S3 through the real SDK.

use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, Delete, ObjectIdentifier, VersioningConfiguration};

use crate::support::{local_aws, s3};

#[tokio::test]
async fn a_file_comes_back_as_it_was_sent_in_signed_chunks_with_a_trailer() {
    let local = local_aws().await;
    let s3 = s3(&local);
    s3.create_bucket().bucket("artifacts").send().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("code.zip");
    let content: Vec<u8> = (0..300_000_u32).map(|n| (n.wrapping_mul(n) >> 7) as u8).collect();
    std::fs::write(&file, &content).unwrap();
    let body = ByteStream::from_path(&file).await.unwrap();
    let put = s3.put_object().bucket("artifacts").key("a b/ü+.zip").metadata("made-by", "test").body(body).send().await;
    let etag = put.unwrap().e_tag().unwrap().to_owned();
    let got = s3.get_object().bucket("artifacts").key("a b/ü+.zip").send().await.unwrap();
    assert_eq!(got.e_tag(), Some(etag.as_str()));
    assert_eq!(got.metadata().unwrap()["made-by"], "test");
    assert_eq!(got.body.collect().await.unwrap().to_vec(), content);
    let part = s3.get_object().bucket("artifacts").key("a b/ü+.zip").range("bytes=10-19").send().await.unwrap();
    assert_eq!(part.content_range(), Some("bytes 10-19/300000"));
    assert_eq!(part.body.collect().await.unwrap().to_vec(), content[10..20]);
}

#[tokio::test]
async fn an_empty_body_that_was_to_be_asked_for_ends_the_connection() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let local = local_aws().await;
    for (length, expect, closes) in
        [(0, "Expect: 100-continue\r\n", true), (0, "", false), (1, "Expect: 100-continue\r\n", false)]
    {
        let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", local.running().port)).await.unwrap();
        let head = format!("PUT /b/k HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n{expect}\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&b"x"[..length]).await.unwrap();
        let mut answer = Vec::new();
        while !String::from_utf8_lossy(&answer).contains("content-length") {
            assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0, "the answer has a head");
        }
        let answer = String::from_utf8_lossy(&answer).to_lowercase();
        assert_eq!(answer.contains("connection: close"), closes, "{answer}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_missed_by_its_name() {
    let local = local_aws().await;
    let s3 = s3(&local);
    let error = s3.get_object().bucket("nowhere").key("k").send().await.unwrap_err();
    assert_eq!(error.code(), Some("NoSuchBucket"));
    assert!(s3.head_bucket().bucket("nowhere").send().await.unwrap_err().into_service_error().is_not_found());
    s3.create_bucket().bucket("here").send().await.unwrap();
    assert!(s3.get_object().bucket("here").key("k").send().await.unwrap_err().into_service_error().is_no_such_key());
    assert!(s3.head_object().bucket("here").key("k").send().await.unwrap_err().into_service_error().is_not_found());
    s3.put_object().bucket("here").key("k").body(ByteStream::from_static(b"x")).send().await.unwrap();
    let error = s3.delete_bucket().bucket("here").send().await.unwrap_err();
    assert_eq!(error.code(), Some("BucketNotEmpty"));
    let error = s3.put_object().bucket("here").key("k").if_none_match("*").send().await.unwrap_err();
    assert_eq!(error.code(), Some("PreconditionFailed"));
    s3.delete_object().bucket("here").key("k").send().await.unwrap();
    s3.delete_bucket().bucket("here").send().await.unwrap();
}

#[tokio::test]
async fn keys_are_listed_by_page_and_rolled_up_at_the_delimiter() {
    let local = local_aws().await;
    let s3 = s3(&local);
    s3.create_bucket().bucket("many").send().await.unwrap();
    for key in ["a", "b/1", "b/2", "b/3", "c", "d/1 ü"] {
        s3.put_object().bucket("many").key(key).send().await.unwrap();
    }
    let mut pages = s3.list_objects_v2().bucket("many").max_keys(2).into_paginator().send();
    let mut keys = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        assert!(page.contents().len() <= 2);
        keys.extend(page.contents().iter().map(|object| object.key().unwrap().to_owned()));
    }
    assert_eq!(keys, ["a", "b/1", "b/2", "b/3", "c", "d/1 ü"]);
    let mut pages = s3.list_objects_v2().bucket("many").delimiter("/").max_keys(1).into_paginator().send();
    let (mut keys, mut prefixes) = (Vec::new(), Vec::new());
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        keys.extend(page.contents().iter().map(|object| object.key().unwrap().to_owned()));
        prefixes.extend(page.common_prefixes().iter().map(|prefix| prefix.prefix().unwrap().to_owned()));
    }
    assert_eq!(keys, ["a", "c"]);
    assert_eq!(prefixes, ["b/", "d/"]);
}

#[tokio::test]
async fn versions_stay_until_each_is_removed() {
    let local = local_aws().await;
    let s3 = s3(&local);
    s3.create_bucket().bucket("kept").send().await.unwrap();
    let on = VersioningConfiguration::builder().status("Enabled".into()).build();
    s3.put_bucket_versioning().bucket("kept").versioning_configuration(on).send().await.unwrap();
    for body in ["one", "two"] {
        s3.put_object().bucket("kept").key("k").body(ByteStream::from_static(body.as_bytes())).send().await.unwrap();
    }
    s3.delete_object().bucket("kept").key("k").send().await.unwrap();
    assert!(s3.get_object().bucket("kept").key("k").send().await.unwrap_err().into_service_error().is_no_such_key());
    let listed = s3.list_object_versions().bucket("kept").send().await.unwrap();
    assert_eq!(listed.versions().len(), 2);
    assert_eq!(listed.delete_markers().len(), 1);
    let first = listed.versions()[1].version_id().unwrap();
    let old = s3.get_object().bucket("kept").key("k").version_id(first).send().await.unwrap();
    assert_eq!(old.body.collect().await.unwrap().to_vec(), b"one");
    let ids = listed.versions().iter().map(|version| version.version_id().unwrap());
    let ids = ids.chain(listed.delete_markers().iter().map(|marker| marker.version_id().unwrap()));
    let objects = ids.map(|id| ObjectIdentifier::builder().key("k").version_id(id).build().unwrap()).collect();
    let delete = Delete::builder().set_objects(Some(objects)).build().unwrap();
    let deleted = s3.delete_objects().bucket("kept").delete(delete).send().await.unwrap();
    assert_eq!((deleted.deleted().len(), deleted.errors().len()), (3, 0));
    s3.delete_bucket().bucket("kept").send().await.unwrap();
}

#[tokio::test]
async fn an_object_in_parts_is_one_object_in_the_end() {
    let local = local_aws().await;
    let s3 = s3(&local);
    s3.create_bucket().bucket("large").send().await.unwrap();
    let upload = s3.create_multipart_upload().bucket("large").key("k").send().await.unwrap();
    let id = upload.upload_id().unwrap();
    let mut parts = Vec::new();
    for (number, size) in [(1, 5 * 1024 * 1024), (2, 10)] {
        let body = ByteStream::from(vec![number as u8; size]);
        let part = s3.upload_part().bucket("large").key("k").upload_id(id).part_number(number).body(body).send().await;
        let etag = part.unwrap().e_tag().unwrap().to_owned();
        parts.push(CompletedPart::builder().part_number(number).e_tag(etag).build());
    }
    let listed = s3.list_parts().bucket("large").key("k").upload_id(id).send().await.unwrap();
    assert_eq!(listed.parts().len(), 2);
    let all = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
    let done = s3.complete_multipart_upload().bucket("large").key("k").upload_id(id).multipart_upload(all).send().await;
    assert!(done.unwrap().e_tag().unwrap().ends_with("-2\""));
    let head = s3.head_object().bucket("large").key("k").send().await.unwrap();
    assert_eq!(head.content_length(), Some(5 * 1024 * 1024 + 10));
    let error = s3.list_parts().bucket("large").key("k").upload_id(id).send().await.unwrap_err();
    assert_eq!(error.code(), Some("NoSuchUpload"));
}

#[tokio::test]
async fn a_presigned_address_works_without_a_header_until_it_expires() {
    use aws_sdk_s3::presigning::PresigningConfig;
    let local = local_aws().await;
    let s3 = s3(&local);
    s3.create_bucket().bucket("shared").send().await.unwrap();
    s3.put_object().bucket("shared").key("k").body(ByteStream::from_static(b"hello")).send().await.unwrap();
    let minute = std::time::Duration::from_secs(60);
    let address =
        s3.get_object().bucket("shared").key("k").presigned(PresigningConfig::expires_in(minute).unwrap()).await;
    let address = address.unwrap().uri().to_owned();
    assert_eq!(fetch(&address).await, (200, "hello".to_owned()));
    let (status, body) = fetch(&address.replace("X-Amz-Expires=60", "X-Amz-Expires=61")).await;
    assert_eq!((status, body.contains("SignatureDoesNotMatch")), (403, true));
    let past = std::time::SystemTime::now() - std::time::Duration::from_secs(3_600);
    let old = PresigningConfig::builder().start_time(past).expires_in(minute).build().unwrap();
    let old = s3.get_object().bucket("shared").key("k").presigned(old).await.unwrap();
    let (status, body) = fetch(old.uri()).await;
    assert_eq!((status, body.contains("Request has expired")), (403, true));
}

/// Status and body of an unsigned GET.
async fn fetch(address: &str) -> (u16, String) {
    use http_body_util::BodyExt;
    use hyper_util::client::legacy::Client;
    use hyper_util::rt::TokioExecutor;
    let client = Client::builder(TokioExecutor::new()).build_http::<http_body_util::Empty<bytes::Bytes>>();
    let response = client.get(address.parse().unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8_lossy(&body).into_owned())
}
