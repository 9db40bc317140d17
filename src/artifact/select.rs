//! Which files of a folder go into a zip.
//!
//! Source: the Serverless Framework's packaging rules: all files, less the default excludes, then the patterns in their
//! order, each adding or (with `!`) taking away; the last one that matches a file decides.

use std::path::{Component, Path, PathBuf};

use super::BuildFailure;
use super::manifest::{Content, Entry};
use super::rules::{Pattern, Rules, excluded_by_default};
use super::secret::{self, Secrets};
use super::tree::{Found, Kind, Tree};

/// Folders that are not even looked into.
const PRUNED: &[&str] = &[".git", ".deploy", ".serverless"];

/// How many folders deep the walk goes; no project comes near, a circle of links does.
const DEPTH_LIMIT: usize = 128;

/// What of a folder goes into the zip.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Selection {
    /// `package.patterns`, in their order; `!` takes away.
    pub patterns: Vec<String>,
    /// Further excludes that come before the patterns (the layers' folders, the configuration file).
    pub excludes: Vec<String>,
    pub secrets: Secrets,
    /// Leave out what of `node_modules` is for development only.
    pub without_development: bool,
    /// Nothing goes in but what a pattern asks for.
    pub only_patterns: bool,
}

/// What was selected.
#[derive(Debug, Default)]
pub struct Selected {
    pub entries: Vec<Entry>,
    /// Files that may hold secrets and were left out for it.
    pub left_out: Vec<String>,
}

/// The selected files of `root`; none when nothing is selected. What is neither file nor link (a socket, a pipe) is not
/// looked at.
///
/// # Errors
/// A pattern that is none, a file that may hold secrets, a link that leads out of `root`, a name that is not Unicode, or
/// a file that cannot be read.
pub fn select(root: &Path, selection: &Selection) -> Result<Selected, BuildFailure> {
    select_from(&Tree::new(root), selection)
}

/// Like [`select`], for a root that others select from as well.
///
/// # Errors
/// As [`select`].
pub fn select_from(tree: &Tree, selection: &Selection) -> Result<Selected, BuildFailure> {
    let development = if selection.without_development { tree.development()? } else { Default::default() };
    let rules = Rules::new(selection, development)?;
    let mut entries = walked(tree, &rules, DEPTH_LIMIT)?;
    for pattern in selection.patterns.iter().filter(|pattern| pattern.starts_with("../")) {
        entries.extend(outside(tree.root(), pattern, &rules)?);
    }
    let left_out = secret::sift(&mut entries, selection.secrets)?;
    Ok(Selected { entries, left_out })
}

/// Like [`select_from`], for a folder that has to hold something.
///
/// # Errors
/// As [`select`], and [`BuildFailure::Empty`].
pub fn some(tree: &Tree, selection: &Selection) -> Result<Selected, BuildFailure> {
    let selected = select_from(tree, selection)?;
    if selected.entries.is_empty() { Err(BuildFailure::Empty { root: tree.root().to_owned() }) } else { Ok(selected) }
}

/// What the rules select of a tree, of folders that are no deeper than this.
fn walked(tree: &Tree, rules: &Rules, deepest: usize) -> Result<Vec<Entry>, BuildFailure> {
    let mut walk = Walk { tree, rules, entries: Vec::new(), deepest };
    walk.below("", tree.root(), 0)?;
    Ok(walk.entries)
}

struct Walk<'a> {
    tree: &'a Tree,
    rules: &'a Rules,
    entries: Vec<Entry>,
    /// Nothing that is asked for is below so many folders.
    deepest: usize,
}

impl Walk<'_> {
    /// Collects what is below a folder, which the zip calls `name` (empty for the root itself).
    fn below(&mut self, name: &str, path: &Path, depth: usize) -> Result<(), BuildFailure> {
        if depth > DEPTH_LIMIT {
            let circle = std::io::Error::other(format!("it is more than {DEPTH_LIMIT} folders deep"));
            return Err(BuildFailure::read(path, circle));
        }
        let folder = self.tree.folder(name, path)?;
        if folder.cache && depth > 0 && !name.contains("node_modules") {
            return Ok(());
        }
        for found in &folder.found {
            match &found.kind {
                Kind::Folder => self.folder(found, depth)?,
                Kind::Link(to) => self.link(found, to, depth)?,
                Kind::File if self.rules.selects(&found.name, found.excluded) => {
                    self.entries.push(Entry {
                        path: found.name.clone(),
                        executable: found.executable()?,
                        content: Content::File(found.path.clone()),
                    });
                }
                Kind::File => {}
            }
        }
        Ok(())
    }

    fn folder(&mut self, found: &Found, depth: usize) -> Result<(), BuildFailure> {
        let state = depth == 0 && PRUNED.contains(&found.name.as_str());
        if state || depth >= self.deepest || self.rules.skips(&found.name) {
            Ok(())
        } else {
            self.below(&found.name, &found.path, depth + 1)
        }
    }

    /// A link stays one. One of a package manager that leads elsewhere (to a package of a workspace, or to the packages of
    /// another folder) becomes what it leads to.
    fn link(&mut self, found: &Found, to: &Path, depth: usize) -> Result<(), BuildFailure> {
        let Found { name, path, .. } = found;
        if self.rules.skips(name) {
            return Ok(());
        }
        let packages = name.split('/').any(|part| part == "node_modules");
        let selected = self.rules.selects(name, found.excluded);
        match inside(self.tree.root(), path, to) {
            Some(to) if selected => {
                self.entries.push(Entry { path: name.clone(), executable: false, content: Content::Link(to) });
                Ok(())
            }
            Some(_) => Ok(()),
            None if packages && path.is_dir() => self.folder(found, depth),
            None if selected => Err(BuildFailure::LinkLeavesFolder {
                link: path.clone(),
                to: to.to_owned(),
                root: self.tree.root().to_owned(),
            }),
            None => Ok(()),
        }
    }
}

/// The files that a pattern `../…` asks for; in the zip they stand without the `../`.
fn outside(root: &Path, pattern: &str, rules: &Rules) -> Result<Vec<Entry>, BuildFailure> {
    let wanted = Pattern::new(pattern)?;
    let literal = pattern.split('/').take_while(|part| !part.contains(['*', '?', '[', '{', '('])).collect::<Vec<_>>();
    let above = literal.iter().take_while(|part| **part == "..").count();
    let mut base = literal.join("/");
    if root.join(&base).is_file() {
        base = literal[..literal.len() - 1].join("/");
    }
    let folder = root.join(&base);
    if !folder.is_dir() {
        // As inside of the project, and as the framework has it: a pattern that nothing fits selects nothing.
        return Ok(Vec::new());
    }
    if above == literal.len() && pattern.contains("**") {
        return Err(refused(pattern, "it would take in everything beside the project".to_owned()));
    }
    // What is beside the project and not asked for is nobody's business, links that lead elsewhere among it.
    let below = pattern.strip_prefix(&format!("{base}/")).unwrap_or(pattern);
    let deepest = if below.contains("**") { DEPTH_LIMIT } else { below.matches('/').count() };
    let only = Selection { patterns: vec![below.to_owned()], only_patterns: true, ..Selection::default() };
    let only = Rules::new(&only, Default::default())?;
    let found = walked(&Tree::new(&folder), &only, deepest)?;
    let named = found.into_iter().map(|entry| Entry { path: format!("{base}/{}", entry.path), ..entry });
    let selected = named
        .filter(|entry| wanted.matches(&entry.path) && rules.selects(&entry.path, excluded_by_default(&entry.path)));
    Ok(selected.map(|entry| Entry { path: entry.path.trim_start_matches("../").to_owned(), ..entry }).collect())
}

fn refused(pattern: &str, reason: String) -> BuildFailure {
    BuildFailure::Pattern { pattern: pattern.to_owned(), reason }
}

/// The target of a link as text, if following it stays in `root`.
fn inside(root: &Path, link: &Path, to: &Path) -> Option<String> {
    let mut place: PathBuf = link.parent()?.strip_prefix(root).ok()?.to_owned();
    for component in to.components() {
        match component {
            Component::Normal(part) => place.push(part),
            Component::CurDir => {}
            Component::ParentDir if place.pop() => {}
            _ => return None,
        }
    }
    to.to_str().map(str::to_owned)
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

    fn names(selected: Selected) -> Vec<String> {
        let mut names: Vec<String> = selected.entries.into_iter().map(|entry| entry.path).collect();
        names.sort();
        names
    }

    fn selected(files: &[&str], patterns: &[&str]) -> Result<Vec<String>, BuildFailure> {
        let folder = folder(files);
        let selection =
            Selection { patterns: patterns.iter().map(|text| (*text).to_owned()).collect(), ..Selection::default() };
        some(&Tree::new(folder.path()), &selection).map(names)
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
    fn caches_and_virtual_environments_stay_out() {
        let files = ["a.py", "target/CACHEDIR.TAG", "target/debug/a", ".venv/pyvenv.cfg", ".venv/lib/b.py"];
        assert_eq!(selected(&files, &[]).unwrap(), ["a.py"]);
    }

    #[test]
    fn only_what_a_pattern_asks_for_goes_in_when_nothing_else_shall() {
        let folder = folder(&["a.ts", "data/b.json", "data/c.txt"]);
        let patterns = vec!["data/*.json".to_owned()];
        let selection = Selection { patterns, only_patterns: true, ..Selection::default() };
        assert_eq!(names(select(folder.path(), &selection).unwrap()), ["data/b.json"]);
    }

    #[test]
    fn secrets_are_refused_by_name() {
        let refused = selected(&["a.py", "env.yml", "conf/.env.prod", ".env.example"], &[]).unwrap_err();
        assert!(
            matches!(&refused, BuildFailure::Secrets { files, .. } if files == &["conf/.env.prod", "env.yml"]),
            "{refused}"
        );
    }

    #[test]
    fn secrets_that_a_pattern_takes_away_are_no_mistake() {
        assert_eq!(selected(&["a.py", "env.yml"], &["!env.yml"]).unwrap(), ["a.py"]);
    }

    #[test]
    fn secrets_go_in_only_when_they_are_allowed() {
        let folder = folder(&["a.py", "env.yml"]);
        let with = |secrets| select(folder.path(), &Selection { secrets, ..Selection::default() }).unwrap();
        assert_eq!(names(with(Secrets::Allowed)), ["a.py", "env.yml"]);
        let without = with(Secrets::LeftOut);
        assert_eq!(without.left_out, ["env.yml"]);
        assert_eq!(names(without), ["a.py"]);
    }

    #[test]
    fn nothing_selected_is_an_error() {
        assert!(matches!(selected(&["a.py"], &["!**"]).unwrap_err(), BuildFailure::Empty { .. }));
    }

    #[test]
    fn a_link_that_leads_outside_is_refused() {
        let folder = folder(&["a.py"]);
        std::os::unix::fs::symlink("../../etc/passwd", folder.path().join("passwd")).unwrap();
        let refused = select(folder.path(), &Selection::default()).unwrap_err();
        assert!(matches!(refused, BuildFailure::LinkLeavesFolder { .. }), "{refused}");
    }

    #[test]
    fn a_package_of_a_workspace_is_what_its_link_leads_to() {
        let folder = folder(&["app/index.js", "app/node_modules/a/index.js", "shared/index.js", "shared/sub/b.js"]);
        std::os::unix::fs::symlink("../../shared", folder.path().join("app/node_modules/shared")).unwrap();
        let selected = select(&folder.path().join("app"), &Selection::default()).unwrap();
        let expected =
            ["index.js", "node_modules/a/index.js", "node_modules/shared/index.js", "node_modules/shared/sub/b.js"];
        assert_eq!(names(selected), expected);
    }

    #[test]
    fn a_linked_folder_of_packages_is_followed_or_left_out_as_a_whole() {
        let folder = folder(&["app/index.js", "tools/node_modules/a/index.js"]);
        std::os::unix::fs::symlink("../tools/node_modules", folder.path().join("app/node_modules")).unwrap();
        let all = select(&folder.path().join("app"), &Selection::default()).unwrap();
        assert_eq!(names(all), ["index.js", "node_modules/a/index.js"]);
        let selection = Selection { patterns: vec!["!node_modules/**".to_owned()], ..Selection::default() };
        assert_eq!(names(select(&folder.path().join("app"), &selection).unwrap()), ["index.js"]);
    }

    #[test]
    fn a_pattern_reaches_files_beside_the_project() {
        let folder = folder(&["app/index.js", "shared/a.js", "shared/b.txt", "other/c.js"]);
        let patterns = vec!["../shared/**".to_owned(), "!../shared/*.txt".to_owned()];
        let selection = Selection { patterns, ..Selection::default() };
        assert_eq!(names(select(&folder.path().join("app"), &selection).unwrap()), ["index.js", "shared/a.js"]);
        std::os::unix::fs::symlink("/etc/hostname", folder.path().join("other/link")).unwrap();
        std::fs::write(folder.path().join("beside.js"), "").unwrap();
        for pattern in ["../beside.js", "../*.js"] {
            let selection = Selection { patterns: vec![pattern.to_owned()], ..Selection::default() };
            assert_eq!(names(select(&folder.path().join("app"), &selection).unwrap()), ["beside.js", "index.js"]);
        }
        let patterns = vec!["../nowhere/**".to_owned()];
        let selection = Selection { patterns, ..Selection::default() };
        assert_eq!(names(select(&folder.path().join("app"), &selection).unwrap()), ["index.js"]);
    }
}
