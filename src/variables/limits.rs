//! How far variables are followed. Each bound is named in the mistake that it makes.

/// How deep variables may stand inside the parameters and addresses of others.
pub const NESTING: usize = 16;
/// How many values may lie inside each other, or stand behind each other through variables, on the way to one value.
pub const DEPTH: usize = 120;
/// The most values that all variables together may make.
pub const VALUES: usize = 500_000;
/// The most bytes that all texts built of variables may have together: 8 MiB.
pub const TEXT_BYTES: usize = 8 * 1024 * 1024;
/// The most files that variables may bring.
pub const FILES: usize = 1_000;
/// How often answers from outside may lead to further questions to the outside.
pub const ROUNDS: usize = 32;
