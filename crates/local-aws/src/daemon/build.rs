//! Which build of a program runs: a local AWS of another build is not spoken to but replaced.

use std::path::Path;
use std::sync::OnceLock;
use std::time::UNIX_EPOCH;

static OWN: OnceLock<String> = OnceLock::new();

/// What tells a program's builds apart: version, size and time of its file. Empty when the file cannot be seen.
pub fn build_of(program: &Path) -> String {
    let Ok(file) = std::fs::metadata(program) else { return String::new() };
    let modified = file.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let millis = modified.map(|time| time.as_millis()).unwrap_or_default();
    format!("{}-{}-{millis}", env!("CARGO_PKG_VERSION"), file.len())
}

/// The build of this process, as it was when it was asked for first: its file may be replaced while it runs.
pub fn own_build() -> &'static str {
    OWN.get_or_init(|| std::env::current_exe().map(|program| build_of(&program)).unwrap_or_default())
}
