//! Step Functions' limits.

/// Largest input, output or result, in bytes of UTF-8. Source: Step Functions quotas.
pub(crate) const MAX_PAYLOAD: usize = 262_144;
/// Largest variable, in bytes. Source: developer guide, "Passing data between states with variables".
pub(crate) const MAX_VARIABLE: usize = 262_144;
/// Largest `Assign` of one state, in bytes.
pub(crate) const MAX_ASSIGN: usize = 262_144;
/// All variables of an execution, in bytes.
pub(crate) const MAX_VARIABLES: usize = 10_485_760;
/// Iterations of an inline Map that run at once. Source: developer guide, "Map state in Inline mode".
pub(crate) const INLINE_CONCURRENCY: u64 = 40;
/// Child executions of a distributed Map that run at once. Source: developer guide, "Map state in Distributed mode".
pub(crate) const DISTRIBUTED_CONCURRENCY: u64 = 10_000;
/// Most bytes that the evaluation of one template or expression may come to, long before the payload limit is checked: a
/// template of a thousand paths must not copy its input a thousand times.
pub(crate) const MAX_EVALUATION: usize = 16 * MAX_PAYLOAD;
