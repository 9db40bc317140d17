//! The lines of a list of requirements, as pip and uv read them.

use std::path::{Path, PathBuf};

use super::pyproject;
use crate::artifact::BuildFailure;

/// How deep lists may include one another.
const INCLUDE_LIMIT: usize = 16;

/// What names a repository rather than an index.
const REPOSITORIES: &[&str] = &["git+", "hg+", "svn+", "bzr+"];

/// Endings of packages that have to be built.
const SOURCES: &[&str] = &[".tar.gz", ".zip", ".tar.bz2", ".tgz"];

/// The lines of a list, those that it includes in their place, with paths of its own made absolute.
///
/// # Errors
/// A list that cannot be read, or that includes itself.
pub fn included(path: &Path, depth: usize) -> Result<Vec<String>, BuildFailure> {
    if depth > INCLUDE_LIMIT {
        return Err(BuildFailure::read(path, std::io::Error::other("lists include one another in a circle")));
    }
    let text = std::fs::read_to_string(path).map_err(|source| BuildFailure::read(path, source))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut lines = Vec::new();
    for line in logical(&text) {
        if let Some(other) = after(&line, &["--requirement", "-r"]) {
            lines.extend(included(&folder.join(other), depth + 1)?);
        } else if let Some(other) = after(&line, &["--constraint", "-c"]) {
            lines.push(format!("--constraint {}", folder.join(other).display()));
        } else {
            lines.push(settled(&line, folder));
        }
    }
    Ok(lines)
}

/// The lines with their continuations, without comments and empty ones.
pub fn logical(text: &str) -> Vec<String> {
    let joined = text.replace("\\\r\n", " ").replace("\\\n", " ");
    let bare = joined.lines().map(|line| {
        let line = if line.trim_start().starts_with('#') { "" } else { line };
        line.split_once(" #").map_or(line, |(before, _)| before).trim().to_owned()
    });
    bare.filter(|line| !line.is_empty()).collect()
}

/// A line with a path of its own made absolute. An editable install is an ordinary one here: what it links to is on this
/// machine, and not where the function runs.
pub fn settled(line: &str, folder: &Path) -> String {
    let edited = after(line, &["--editable", "-e"]);
    let plain = edited.as_deref().unwrap_or(line);
    let end = plain.find([' ', ';', '[']).unwrap_or(plain.len());
    let (path, rest) = plain.split_at(end);
    let may_be_path = edited.is_some() || path.contains('/');
    let is_path = path.starts_with('.') || (may_be_path && !path.contains(':') && folder.join(path).exists());
    let relative = is_path && !Path::new(path).is_absolute();
    if relative { format!("{}{rest}", folder.join(path).display()) } else { plain.to_owned() }
}

/// The path on this machine that a line names.
pub fn local(line: &str) -> Option<PathBuf> {
    let line = line.strip_prefix("--constraint ").unwrap_or(line);
    let url = line.split_once("file://").map(|(before, path)| (before, path.split('#').next().unwrap_or_default()));
    let text = match url {
        Some((before, path)) if !before.contains("git+") && !line.starts_with('-') => path,
        Some(_) => return None,
        None => line,
    };
    let path = Path::new(&text[..text.find([' ', ';', '[']).unwrap_or(text.len())]);
    path.is_absolute().then(|| path.to_owned())
}

/// The package that a line asks to be built, from a folder, an archive of sources, or a repository: none for a wheel, for
/// what comes from an index, and where the line does not tell the name.
pub fn built(line: &str) -> Option<String> {
    let url = line.split_once('@').map_or(line, |(_, url)| url).trim();
    let bare = url[..url.find([' ', ';']).unwrap_or(url.len())].to_owned();
    let in_repository = REPOSITORIES.iter().any(|start| bare.starts_with(start));
    if let Some((_, egg)) = bare.split_once("#egg=").filter(|_| in_repository) {
        return name(egg);
    }
    let path = local(line);
    let folder = path.as_deref().filter(|path| path.is_dir());
    let sources = SOURCES.iter().find_map(|ending| bare.strip_suffix(ending)).filter(|_| bare.contains('/'));
    if !in_repository && folder.is_none() && sources.is_none() {
        return None;
    }
    let of_archive = || {
        let file = sources?.rsplit('/').next()?;
        file.rsplit_once('-').map(|(name, _)| normal(name))
    };
    name(line).filter(|_| line.contains('@')).or_else(|| folder.and_then(pyproject::package_name)).or_else(of_archive)
}

/// The package that a line asks for, in its normal spelling.
pub fn name(line: &str) -> Option<String> {
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(line.len());
    let is_url = line[end..].starts_with(['+', ':']);
    (!line.starts_with('-') && !line.starts_with(['.', '/']) && !is_url && end > 0).then(|| normal(&line[..end]))
}

/// Source: Python packaging specification, "Names and normalization".
pub fn normal(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for character in name.trim().chars() {
        let character = if "-_.".contains(character) { '-' } else { character.to_ascii_lowercase() };
        if !(character == '-' && normal.ends_with('-')) {
            normal.push(character);
        }
    }
    normal
}

/// What stands after an option at the beginning of a line.
fn after(line: &str, options: &[&str]) -> Option<String> {
    let rest = options.iter().find_map(|option| line.strip_prefix(option))?;
    Some(rest.trim_start_matches(['=', ' ']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_edited_in_place_is_installed_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("libs/own")).unwrap();
        let with = |line: &str| settled(line, folder.path());
        let own = folder.path().join("libs/own").display().to_string();
        for line in ["-e libs/own", "--editable=libs/own", "libs/own"] {
            assert_eq!(with(line), own);
        }
        assert_eq!(with("libs/own[extra] ; python_version > '3'"), format!("{own}[extra] ; python_version > '3'"));
        assert_eq!(with("-e git+https://example.com/a.git#egg=a"), "git+https://example.com/a.git#egg=a");
        assert_eq!(with("-e libs"), folder.path().join("libs").display().to_string());
        assert_eq!(with("libs"), "libs");
        assert_eq!(with("-e file:///tmp/own ; a"), "file:///tmp/own ; a");
        assert_eq!(with("six==1"), "six==1");
    }

    #[test]
    fn paths_are_known_in_every_form() {
        assert_eq!(local("/a/own[x] ; y"), Some(PathBuf::from("/a/own")));
        assert_eq!(local("own @ file:///a/own ; y"), Some(PathBuf::from("/a/own")));
        assert_eq!(local("--constraint /a/c.txt"), Some(PathBuf::from("/a/c.txt")));
        assert!(local("six").is_none() && local("a @ git+file:///a/b").is_none());
    }

    #[test]
    fn what_has_to_be_built_is_told_from_wheels_and_indexes() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("pyproject.toml"), "[project]\nname = \"own\"\n").unwrap();
        let path = folder.path().display().to_string();
        for (line, expected) in [
            (path.clone(), Some("own")),
            (format!("{path}[extra] ; a == 'b'"), Some("own")),
            (format!("Own_One @ file://{path}"), Some("own-one")),
            ("a.b @ git+ssh://git@example.com/a.git@v1 ; x".to_owned(), Some("a-b")),
            ("git+https://example.com/a.git#egg=a".to_owned(), Some("a")),
            ("git+https://example.com/a.git".to_owned(), None),
            ("/wheels/a_b-1.0.tar.gz".to_owned(), Some("a-b")),
            ("a @ https://example.com/a-1.0.zip".to_owned(), Some("a")),
            ("/wheels/a-1-py3-none-any.whl".to_owned(), None),
            ("six==1.17.0".to_owned(), None),
        ] {
            assert_eq!(built(&line).as_deref(), expected, "{line}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            for line in logical(&text) {
                name(&line);
                built(&settled(&line, Path::new("/a")));
            }
        }
    }
}
