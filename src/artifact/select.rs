//! Which files of a folder go into a zip.
//!
//! Source: the Serverless Framework's packaging rules: all files, less the default excludes, then the patterns in their
//! order, each adding or (with `!`) taking away; the last one that matches a file decides.

use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use super::manifest::{Content, Entry, Manifest};
use super::{BuildFailure, node_modules};

/// Never packaged unless a pattern asks for it.
pub const DEFAULT_EXCLUDES: &[&str] = &[
    ".git/**",
    ".gitignore",
    ".DS_Store",
    "**/.DS_Store",
    "npm-debug.log",
    "yarn-*.log",
    ".serverless/**",
    ".serverless_plugins/**",
    ".deploy/**",
    "stack.yaml",
    "stack.yml",
    "serverless.yml",
    "serverless.yaml",
    "serverless.json",
    "**/__pycache__/**",
    "**/*.pyc",
];

/// Folders that are not even looked into.
const PRUNED: &[&str] = &[".git", ".deploy", ".serverless"];

/// What may hold secrets: an artifact with one of these is refused.
const SECRETS: &[&str] = &[
    "**/env.yml",
    "**/env.yaml",
    "**/env.json",
    "**/.env",
    "**/.env.*",
    "**/.aws/credentials",
    "**/.npmrc",
    "**/.netrc",
    "**/id_rsa",
    "**/id_ed25519",
    "**/*.pem",
    "**/.git/**",
    "**/.deploy/**",
];

/// Names that look like secrets and hold none: examples, and certificate bundles that packages ship.
const NO_SECRETS: &[&str] =
    &["**/.env.example", "**/.env.sample", "**/.env.template", "**/cacert.pem", "**/ca-bundle.pem"];

/// What of a folder goes into the zip.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// `package.patterns`, in their order; `!` takes away.
    pub patterns: Vec<String>,
    /// Further excludes that come before the patterns (the layers' folders, development dependencies).
    pub excludes: Vec<String>,
    /// `package.allowSecretsInArtifact`.
    pub secrets_allowed: bool,
    /// Leave out what of `node_modules` is for development only.
    pub without_development: bool,
}

/// The manifest of the selected files of `root`.
///
/// # Errors
/// A pattern that is none, nothing selected, a file that may hold secrets, a link that leads out of `root`, or a file
/// that cannot be read.
pub fn manifest(root: &Path, selection: &Selection) -> Result<Manifest, BuildFailure> {
    let entries = entries(root, selection)?;
    if entries.is_empty() {
        return Err(BuildFailure::Empty { root: root.to_owned() });
    }
    Manifest::new(entries)
}

/// The selected files of `root` as entries; none when nothing is selected.
///
/// # Errors
/// As [`manifest`], but for nothing selected.
pub fn entries(root: &Path, selection: &Selection) -> Result<Vec<Entry>, BuildFailure> {
    let rules = Rules::new(root, selection)?;
    let mut entries = Vec::new();
    let walk = ignore::WalkBuilder::new(root)
        .standard_filters(false)
        .follow_links(false)
        .filter_entry(|entry| !(entry.depth() == 1 && PRUNED.iter().any(|name| entry.file_name() == *name)))
        .build();
    for found in walk {
        let found = found.map_err(|error| unreadable(root, error))?;
        if found.file_type().is_none_or(|kind| kind.is_dir()) {
            continue;
        }
        if let Some(path) = relative(root, found.path()).filter(|path| rules.selects(path)) {
            entries.push(entry(root, found.path(), path)?);
        }
    }
    if !selection.secrets_allowed {
        refuse_secrets(&entries)?;
    }
    Ok(entries)
}

fn refuse_secrets(entries: &[Entry]) -> Result<(), BuildFailure> {
    let secret = matchers(SECRETS)?;
    let harmless = matchers(NO_SECRETS)?;
    let matches = |globs: &[GlobMatcher], path: &str| globs.iter().any(|glob| glob.is_match(path));
    let files: Vec<String> = entries
        .iter()
        .filter(|entry| matches(&secret, &entry.path) && !matches(&harmless, &entry.path))
        .map(|entry| entry.path.clone())
        .collect();
    if files.is_empty() { Ok(()) } else { Err(BuildFailure::Secrets { files }) }
}

struct Rules(Vec<(bool, GlobMatcher)>);

impl Rules {
    fn new(root: &Path, selection: &Selection) -> Result<Rules, BuildFailure> {
        let mut rules = Vec::new();
        let development = if selection.without_development { node_modules::development_only(root) } else { Vec::new() };
        let excludes = selection.excludes.iter().chain(&development).map(String::as_str);
        for pattern in DEFAULT_EXCLUDES.iter().copied().chain(excludes) {
            rules.push((false, matcher(pattern)?));
        }
        for pattern in &selection.patterns {
            let (keeps, glob) = match pattern.strip_prefix('!') {
                Some(glob) => (false, glob),
                None => (true, pattern.as_str()),
            };
            rules.push((keeps, matcher(glob)?));
        }
        Ok(Rules(rules))
    }

    fn selects(&self, path: &str) -> bool {
        let decisive = self.0.iter().rev().find(|(_, glob)| glob.is_match(path));
        decisive.is_none_or(|(keeps, _)| *keeps)
    }
}

fn matchers(patterns: &[&str]) -> Result<Vec<GlobMatcher>, BuildFailure> {
    patterns.iter().map(|pattern| matcher(pattern)).collect()
}

/// A pattern that names a folder (`src/`, `./src`) means all that is below it only when written with `**`; `./` says
/// nothing.
fn matcher(pattern: &str) -> Result<GlobMatcher, BuildFailure> {
    let plain = pattern.strip_prefix("./").unwrap_or(pattern);
    let glob = GlobBuilder::new(plain)
        .literal_separator(true)
        .build()
        .map_err(|error| BuildFailure::Pattern { pattern: pattern.to_owned(), reason: error.kind().to_string() })?;
    Ok(glob.compile_matcher())
}

fn relative(root: &Path, path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path
        .strip_prefix(root)
        .ok()?
        .components()
        .map(|component| match component {
            Component::Normal(part) => part.to_str(),
            _ => None,
        })
        .collect();
    parts.map(|parts| parts.join("/"))
}

fn entry(root: &Path, path: &Path, name: String) -> Result<Entry, BuildFailure> {
    let failed = |source| BuildFailure::read(path, source);
    let metadata = std::fs::symlink_metadata(path).map_err(failed)?;
    if metadata.is_symlink() {
        let to = std::fs::read_link(path).map_err(failed)?;
        return Ok(Entry { path: name, executable: false, content: Content::Link(inside(root, path, &to)?) });
    }
    Ok(Entry { path: name, executable: executable(&metadata), content: Content::File(path.to_owned()) })
}

/// The target of a link as text, if following it stays in `root`.
fn inside(root: &Path, link: &Path, to: &Path) -> Result<String, BuildFailure> {
    let leaves = || BuildFailure::LinkLeavesFolder { link: link.to_owned(), to: to.to_owned(), root: root.to_owned() };
    let mut place: PathBuf =
        link.parent().and_then(|parent| parent.strip_prefix(root).ok()).ok_or_else(leaves)?.to_owned();
    for component in to.components() {
        match component {
            Component::Normal(part) => place.push(part),
            Component::CurDir => {}
            Component::ParentDir if place.pop() => {}
            _ => return Err(leaves()),
        }
    }
    to.to_str().map(str::to_owned).ok_or_else(leaves)
}

#[cfg(unix)]
fn executable(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn executable(_: &std::fs::Metadata) -> bool {
    false
}

fn unreadable(root: &Path, error: ignore::Error) -> BuildFailure {
    let source = error.into_io_error().unwrap_or_else(|| std::io::Error::other("the folder links to itself"));
    BuildFailure::read(root, source)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, file).unwrap();
        }
        folder
    }

    fn selected(files: &[&str], patterns: &[&str]) -> Result<Vec<String>, BuildFailure> {
        let folder = folder(files);
        let selection =
            Selection { patterns: patterns.iter().map(|text| (*text).to_owned()).collect(), ..Selection::default() };
        let manifest = manifest(folder.path(), &selection)?;
        Ok(manifest.entries().iter().map(|(entry, _)| entry.path.clone()).collect())
    }

    #[test]
    fn later_patterns_win_over_earlier_ones() {
        let files = ["a.py", "lib/b.py", "lib/keep.py", ".git/config", "stack.yaml"];
        assert_eq!(selected(&files, &["!lib/**", "lib/keep.py"]).unwrap(), ["a.py", "lib/keep.py"]);
    }

    #[test]
    fn a_star_stays_in_its_folder() {
        assert_eq!(selected(&["a.py", "lib/b.py"], &["!*.py"]).unwrap(), ["lib/b.py"]);
    }

    #[test]
    fn secrets_are_refused_by_name() {
        let refused = selected(&["a.py", "env.yml", "conf/.env.prod", ".env.example"], &[]).unwrap_err();
        assert!(
            matches!(&refused, BuildFailure::Secrets { files } if files == &["conf/.env.prod", "env.yml"]),
            "{refused}"
        );
    }

    #[test]
    fn secrets_that_a_pattern_takes_away_are_no_mistake() {
        assert_eq!(selected(&["a.py", "env.yml"], &["!env.yml"]).unwrap(), ["a.py"]);
    }

    #[test]
    fn nothing_selected_is_an_error() {
        assert!(matches!(selected(&["a.py"], &["!**"]).unwrap_err(), BuildFailure::Empty { .. }));
    }

    #[test]
    fn a_link_that_leads_outside_is_refused() {
        let folder = folder(&["a.py"]);
        std::os::unix::fs::symlink("../../etc/passwd", folder.path().join("passwd")).unwrap();
        let refused = manifest(folder.path(), &Selection::default()).unwrap_err();
        assert!(matches!(refused, BuildFailure::LinkLeavesFolder { .. }), "{refused}");
    }
}
