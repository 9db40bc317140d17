//! Applies a plan: upload, execute, follow, report the first cause.
