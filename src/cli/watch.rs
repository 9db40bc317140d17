//! `deploy watch`: deploys what changes, as it changes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use ignore::WalkBuilder;

use super::{Context, fast};
use crate::project;
use crate::{Failure, Outcome};

/// How often the project's files are looked at.
const PAUSE: Duration = Duration::from_millis(300);
/// Files are deployed when they have been left alone that long, so that a half-saved set is not built.
const QUIET: Duration = Duration::from_millis(200);
/// How often files that go on changing are waited for.
const MAX_QUIET_LOOKS: u32 = 50;
/// How many files are watched at most.
const MAX_FILES: usize = 50_000;

/// Deploy functions and state machines whenever a file of the project changes
///
/// Each change is deployed as `deploy --fast` does it. What only CloudFormation can do is said, and waits for `deploy`.
#[derive(Debug, clap::Args)]
pub struct Watch {}

/// What tells that a file has changed.
type Stamp = (u64, Option<SystemTime>);

impl Watch {
    pub fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        let project = project::read(super::session::options(context)?)?;
        context.block_on(watch(context, &project.root))
    }
}

/// Ends by Ctrl-C only.
async fn watch(context: &Context, root: &Path) -> Result<Outcome, Failure> {
    let mut before = stamps(root);
    context.report.note(&format!("Watching {} files in {}; Ctrl-C ends it", before.len(), root.display()));
    let mut goes_on = deploy(context).await;
    while goes_on {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => break,
            () = tokio::time::sleep(PAUSE) => {}
        }
        let mut now = stamps(root);
        if now == before {
            continue;
        }
        for _ in 0..MAX_QUIET_LOOKS {
            tokio::time::sleep(QUIET).await;
            let again = stamps(root);
            if again == now {
                break;
            }
            now = again;
        }
        context.report.note(&format!("{} changed", changed(&before, &now, root)));
        goes_on = deploy(context).await;
        // What a build writes beside its sources is no change of them.
        before = stamps(root);
    }
    Ok(Outcome::Done)
}

/// A failure is told, and the watching goes on; false after Ctrl-C.
async fn deploy(context: &Context) -> bool {
    match fast::run(context, false).await {
        Ok(_) => true,
        Err(failure) => {
            context.report.failure(&failure);
            failure.exit_code() != 130
        }
    }
}

/// Every file that is the author's own.
fn stamps(root: &Path) -> BTreeMap<PathBuf, Stamp> {
    let skipped = ["target", "node_modules", ".deploy", ".serverless", ".git", "__pycache__"];
    let walk = WalkBuilder::new(root)
        .hidden(false)
        .filter_entry(move |entry| entry.file_name().to_str().is_none_or(|name| !skipped.contains(&name)))
        .build();
    let files = walk.flatten().filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
    let stamped = files.filter_map(|entry| {
        let metadata = entry.metadata().ok()?;
        Some((entry.into_path(), (metadata.len(), metadata.modified().ok())))
    });
    stamped.take(MAX_FILES).collect()
}

/// The files that changed, in words: the first one, and how many others.
fn changed(before: &BTreeMap<PathBuf, Stamp>, now: &BTreeMap<PathBuf, Stamp>, root: &Path) -> String {
    let new = now.iter().filter(|(path, stamp)| before.get(*path) != Some(stamp)).map(|(path, _)| path);
    let gone = before.keys().filter(|path| !now.contains_key(*path));
    let all: Vec<&PathBuf> = new.chain(gone).collect();
    let first = all.first().map(|path| path.strip_prefix(root).unwrap_or(path).display().to_string());
    match all.len() {
        0 | 1 => first.unwrap_or_default(),
        count => format!("{} and {} more", first.unwrap_or_default(), count - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_written_is_seen_and_what_builds_write_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::write(root.join("a.rs"), "1").unwrap();
        let before = stamps(root);
        std::fs::create_dir(root.join("target")).unwrap();
        std::fs::write(root.join("target/x"), "1").unwrap();
        assert_eq!(stamps(root), before);
        std::fs::write(root.join("a.rs"), "22").unwrap();
        std::fs::write(root.join("b.rs"), "1").unwrap();
        assert_eq!(changed(&before, &stamps(root), root), "a.rs and 1 more");
    }
}
