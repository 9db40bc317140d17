//! The typed model of a stack: every key decoded, with its place.
