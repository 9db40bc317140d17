//! What a `pyproject.toml` itself asks for: the packages that the project names, and whether it says which versions.

use std::path::Path;

use super::lines;

/// A package that the project names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// In its normal spelling.
    pub name: String,
    /// Any version will do.
    pub any_version: bool,
}

/// Whether a folder's `pyproject.toml` names packages that the code needs when it runs.
pub fn names_dependencies(folder: &Path) -> bool {
    !asked(&text(folder)).is_empty()
}

/// The `pyproject.toml` of a folder; empty when there is none.
pub fn text(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("pyproject.toml")).unwrap_or_default()
}

/// The packages under `project.dependencies` and `tool.poetry.dependencies`, in their order.
pub fn asked(pyproject: &str) -> Vec<Asked> {
    let mut found = Vec::new();
    let mut section = "";
    let mut in_list = false;
    for line in pyproject.lines().map(str::trim) {
        if in_list {
            found.extend(requirements(line));
            in_list = !closes(line);
        } else if line.starts_with('[') {
            section = line.trim_end_matches(|c: char| c != ']');
        } else if let Some((key, value)) = line.split_once('=') {
            match (section, key.trim()) {
                ("[project]", "dependencies") => {
                    found.extend(requirements(value));
                    in_list = !closes(value);
                }
                ("[tool.poetry.dependencies]", name) if name != "python" => found.extend(of_poetry(name, value)),
                _ => {}
            }
        }
    }
    found
}

/// The name of a folder's own package, for those that are told from outside by nothing else.
pub fn package_name(folder: &Path) -> Option<String> {
    let quoted = |line: &str| {
        let (key, value) = line.split_once('=')?;
        let name = value.trim().trim_end_matches(',').trim_matches(['"', '\'']);
        (key.trim() == "name" && !name.is_empty()).then(|| lines::normal(name))
    };
    let of_section = |file: &str, wanted: &[&str]| {
        let text = std::fs::read_to_string(folder.join(file)).ok()?;
        let mut section = String::new();
        text.lines().map(str::trim).find_map(|line| {
            if line.starts_with('[') {
                section = line.to_owned();
            }
            quoted(line).filter(|_| wanted.contains(&section.as_str()))
        })
    };
    let called = || std::fs::read_to_string(folder.join("setup.py")).ok()?.split(['(', ',', '\n']).find_map(quoted);
    of_section("pyproject.toml", &["[project]", "[tool.poetry]"])
        .or_else(|| of_section("setup.cfg", &["[metadata]"]))
        .or_else(called)
}

/// The quoted requirements of a line of a list.
fn requirements(line: &str) -> Vec<Asked> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(start) = rest.find(['"', '\'', '#']) {
        let Some(quote) = rest[start..].chars().next().filter(|quote| *quote != '#') else { break };
        let Some((text, after)) = rest[start + 1..].split_once(quote) else { break };
        let without_marker = text.split(';').next().unwrap_or_default();
        if let Some(name) = lines::name(without_marker) {
            found.push(Asked { name, any_version: !without_marker.contains(['=', '<', '>', '~', '@']) });
        }
        rest = after;
    }
    found
}

fn of_poetry(name: &str, value: &str) -> Option<Asked> {
    let name = lines::name(name.trim().trim_matches('"'))?;
    let version = value.split_once("version").map_or(value, |(_, version)| version);
    let version = version.trim_start_matches([' ', '=']).trim_start_matches(['"', '\'']);
    let optional = value.contains("optional") && value.contains("true");
    (!optional).then_some(Asked { name, any_version: version.starts_with('*') })
}

/// Whether a list ends in this line: a `]` that is neither quoted nor an extra of a package.
fn closes(line: &str) -> bool {
    let mut quote = None;
    for character in line.chars() {
        match quote {
            Some(open) if character == open => quote = None,
            Some(_) => {}
            None if character == '"' || character == '\'' => quote = Some(character),
            None if character == '#' => return false,
            None if character == ']' => return true,
            None => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(text: &str) -> Vec<(String, bool)> {
        asked(text).into_iter().map(|asked| (asked.name, asked.any_version)).collect()
    }

    #[test]
    fn packages_are_read_from_both_ways_of_writing_them() {
        let standard = "[project]\nname = \"a\"\ndependencies = [\n  \"Boto3\", # any\n  'requests[socks]>=2',\n]\n\
                        [project.optional-dependencies]\nmore = [\"rich\"]\n";
        assert_eq!(names(standard), [("boto3".to_owned(), true), ("requests".to_owned(), false)]);
        let poetry = "[tool.poetry.dependencies]\npython = \"^3.11\"\nboto3 = \"*\"\nrich = {version = \"^13\", extras = []}\n\
                      six = {version = \"1\", optional = true}\n[tool.poetry.group.dev.dependencies]\npytest = \"*\"\n";
        assert_eq!(names(poetry), [("boto3".to_owned(), true), ("rich".to_owned(), false)]);
    }

    #[test]
    fn dependencies_of_a_pyproject_are_told_from_settings_of_tools() {
        assert_eq!(names("[project]\nname = \"a\"\ndependencies = [\"six\"]\n"), [("six".to_owned(), true)]);
        assert!(names("[project]\nname = \"a\"\ndependencies = []\n").is_empty());
        assert!(names("[tool.ruff]\nline-length = 1\n").is_empty());
    }

    #[test]
    fn a_package_says_its_name_in_one_of_three_files() {
        let folder = tempfile::tempdir().unwrap();
        let with = |file: &str, text: &str| {
            std::fs::write(folder.path().join(file), text).unwrap();
            package_name(folder.path())
        };
        assert_eq!(with("setup.py", "setup(name=\"own_one\", version='1')").as_deref(), Some("own-one"));
        assert_eq!(with("setup.cfg", "[metadata]\nname = own.two\n").as_deref(), Some("own-two"));
        assert_eq!(with("pyproject.toml", "[project]\nname = 'Own-Three'\n").as_deref(), Some("own-three"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(\\[project\\]\ndependencies = \\[)?.*") {
            asked(&text);
        }
    }
}
