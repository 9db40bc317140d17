//! How much memory a function's processes use.

/// The resident memory of a process and its descendants, in bytes; 0 where the system has no `/proc`.
///
/// `RLIMIT_AS` would kill runtimes that map much more than they use, so the limit is watched instead.
pub fn resident_bytes(id: u32) -> u64 {
    let mut total = 0;
    let mut pending = vec![id];
    // No function has more processes than this; a fork bomb must not keep us here.
    for _ in 0..1024 {
        let Some(id) = pending.pop() else { break };
        total += own_bytes(id);
        pending.extend(children(id));
    }
    total
}

fn own_bytes(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|number| number.parse().ok());
    kilobytes.map_or(0, |kilobytes: u64| kilobytes * 1024)
}

fn children(id: u32) -> Vec<u32> {
    let list = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
    list.split_whitespace().filter_map(|child| child.parse().ok()).collect()
}
