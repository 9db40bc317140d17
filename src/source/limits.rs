//! How much of a file is read. Each bound is named in the mistake that it makes.

/// The most bytes that one file may have: 8 MiB. CloudFormation's own template limit is 1 MiB.
pub const FILE_BYTES: usize = 8 * 1024 * 1024;
/// How deep lists and mappings may nest in one file.
pub const FILE_DEPTH: usize = 100;
/// The most values that one file may make, aliases written out.
pub const FILE_VALUES: usize = 500_000;
