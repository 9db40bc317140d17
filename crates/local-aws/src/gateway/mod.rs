//! API Gateway's data plane.
