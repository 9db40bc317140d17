use proptest::prelude::*;

use super::*;

fn framed(chunks: &[Vec<u8>], trailer: &str) -> Vec<u8> {
    let mut stream = Vec::new();
    for chunk in chunks.iter().filter(|chunk| !chunk.is_empty()) {
        stream.extend(format!("{:x}\r\n", chunk.len()).bytes());
        stream.extend(chunk);
        stream.extend(b"\r\n");
    }
    stream.extend(format!("0\r\n{trailer}\r\n").bytes());
    stream
}

#[test]
fn trailers_come_after_the_last_chunk() {
    let stream = framed(&[b"hello ".to_vec(), b"world".to_vec()], "x-amz-checksum-crc32:AAAA\r\n");
    let (body, trailers) = decode(&stream, None).unwrap();
    assert_eq!(body, b"hello world");
    assert_eq!(trailers, [("x-amz-checksum-crc32".to_owned(), "AAAA".to_owned())]);
}

#[test]
fn a_stream_that_is_cut_anywhere_before_its_end_is_refused() {
    let stream = framed(&[b"hello".to_vec()], "");
    let last_chunk = stream.len() - 2;
    for end in 0..last_chunk {
        assert!(decode(&stream[..end], None).is_err(), "cut at {end}");
    }
}

/// Source: the example of
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>, with its key and signatures.
#[test]
fn the_documented_chunk_signatures_are_the_ones_computed() {
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_369_353_600);
    let key = aws_sigv4::sign::v4::generate_signing_key(secret, time, "us-east-1", "s3").as_ref().to_vec();
    let signer = Signer::for_test(
        key,
        "20130524T000000Z",
        "20130524/us-east-1/s3/aws4_request",
        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    );
    let first = signer.chunk(&signer.seed, &[b'a'; 65_536]);
    assert_eq!(first, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648");
    let second = signer.chunk(&first, &[b'a'; 1_024]);
    assert_eq!(second, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497");
    let last = signer.chunk(&second, b"");
    assert_eq!(last, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9");
    let mut stream = Vec::new();
    for (data, signature) in [(vec![b'a'; 65_536], &first), (vec![b'a'; 1_024], &second), (Vec::new(), &last)] {
        stream.extend(format!("{:x};chunk-signature={signature}\r\n", data.len()).bytes());
        stream.extend(data);
        stream.extend(b"\r\n");
    }
    assert_eq!(decode(&stream, Some(&signer)).unwrap().0.len(), 66_560);
    let at = stream.iter().position(|byte| *byte == b'a' && stream.len() > 70_000).unwrap_or(100);
    stream[at + 200] = b'b';
    assert_eq!(decode(&stream, Some(&signer)).unwrap_err().code, "SignatureDoesNotMatch");
}

proptest! {
    #[test]
    fn what_is_framed_is_read_back(chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..50), 0..6)) {
        let (body, trailers) = decode(&framed(&chunks, ""), None).unwrap();
        prop_assert_eq!(body, chunks.concat());
        prop_assert!(trailers.is_empty());
    }

    #[test]
    fn no_stream_breaks_the_reading(stream in proptest::collection::vec(any::<u8>(), 0..100)) {
        let _ = decode(&stream, None);
    }

    #[test]
    fn no_framed_looking_stream_breaks_the_reading(text in "([0-9a-fA-F]{0,20}(;chunk-signature=)?\r\n[a-z:]{0,5}(\r\n)?){0,4}") {
        let _ = decode(text.as_bytes(), None);
    }
}
