//! The only place that names `aws_sdk_*`.
