//! Who is let in, through the SDK and by hand.

use aws_credential_types::Credentials;
use aws_sdk_sts::error::ProvideErrorMetadata;

use crate::support::{local_aws, sdk_config, sdk_config_with};

#[tokio::test]
async fn the_project_s_own_key_is_the_account() {
    let local = local_aws().await;
    let identity = aws_sdk_sts::Client::new(&sdk_config(&local)).get_caller_identity().send().await.unwrap();
    assert_eq!(identity.account(), Some("000000000000"));
    assert_eq!(identity.arn(), Some("arn:aws:iam::000000000000:root"));
}

#[tokio::test]
async fn a_wrong_secret_and_an_unknown_key_are_refused_in_each_protocol_s_words() {
    let local = local_aws().await;
    let key = local.running().access_key_id;
    let wrong_secret = sdk_config_with(&local, Credentials::new(key, "wrong", None, None, "test"));
    let unknown_key = sdk_config_with(&local, Credentials::new("AKIAUNKNOWN", "wrong", None, None, "test"));
    for (config, query, json, rest, s3) in [
        (
            &wrong_secret,
            "SignatureDoesNotMatch",
            "InvalidSignatureException",
            "InvalidSignatureException",
            "SignatureDoesNotMatch",
        ),
        (
            &unknown_key,
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "UnrecognizedClientException",
            "InvalidAccessKeyId",
        ),
    ] {
        let error = aws_sdk_sts::Client::new(config).get_caller_identity().send().await.unwrap_err();
        assert_eq!(error.code(), Some(query));
        let error = aws_sdk_cloudformation::Client::new(config).list_stacks().send().await.unwrap_err();
        assert_eq!(error.code(), Some(query));
        let error = aws_sdk_sfn::Client::new(config).list_state_machines().send().await.unwrap_err();
        assert_eq!(error.code(), Some(json));
        let error = aws_sdk_lambda::Client::new(config).list_functions().send().await.unwrap_err();
        assert_eq!(error.code(), Some(rest));
        let error = aws_sdk_s3::Client::new(config).list_buckets().send().await.unwrap_err();
        assert_eq!(error.code(), Some(s3));
    }
}
