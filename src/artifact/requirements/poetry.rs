//! The packages of a `poetry.lock`, read without poetry.

use std::collections::BTreeSet;

use super::lines;
use super::pyproject::Asked;

/// One `[[package]]` of `poetry.lock`.
#[derive(Default)]
struct Locked {
    name: String,
    version: String,
    groups: String,
    markers: String,
    optional: bool,
    foreign: bool,
    /// The index that it comes from, other than PyPI.
    index: Option<String>,
    needs: Vec<String>,
}

impl Locked {
    /// The requirement, or nothing for a package of another group; none when it takes more than the lock says.
    fn line(&self) -> Option<Option<String>> {
        if self.groups.is_empty() || self.foreign || self.name.is_empty() || self.version.is_empty() {
            return None;
        }
        if !self.is_main() {
            return Some(None);
        }
        match self.markers.as_str() {
            "" => Some(Some(format!("{}=={}", self.name, self.version))),
            markers if markers.starts_with('{') => None,
            markers => Some(Some(format!("{}=={} ; {markers}", self.name, self.version))),
        }
    }

    fn is_main(&self) -> bool {
        self.groups.contains("\"main\"") && !self.optional
    }
}

/// The packages of the main group of a lock that tells groups (poetry 2), with the indexes that they come from; none for
/// an older one, and where a package comes from elsewhere than an index. What `of_runtime` names is left out, if the
/// project (`asked`) takes any version of it and no other package needs it, with all that only it needs.
pub fn list(lock: &str, asked: &[Asked], of_runtime: &[&str]) -> Option<Vec<String>> {
    let packages = read(lock);
    let left_out = left_out(&packages, asked, of_runtime);
    let kept = packages.iter().filter(|package| !left_out.contains(&lines::normal(&package.name)));
    let listed: Option<Vec<Option<String>>> = kept.map(Locked::line).collect();
    let indexes: BTreeSet<&String> = packages.iter().filter_map(|package| package.index.as_ref()).collect();
    let indexes = indexes.into_iter().map(|url| format!("--extra-index-url {url}"));
    listed.map(|lines| indexes.chain(lines.into_iter().flatten()).collect())
}

fn read(lock: &str) -> Vec<Locked> {
    let mut packages: Vec<Locked> = Vec::new();
    let mut section = String::new();
    for line in lock.lines().map(str::trim) {
        if line == "[[package]]" {
            packages.push(Locked::default());
            section = "package".to_owned();
        } else if line.starts_with('[') && !line.contains('=') {
            section = line.to_owned();
        }
        let (Some(package), Some((key, value))) = (packages.last_mut(), line.split_once(" = ")) else { continue };
        let text = || unquoted(value);
        match (section.as_str(), key) {
            ("package", "name") => package.name = text(),
            ("package", "version") => package.version = text(),
            ("package", "groups") => package.groups = value.to_owned(),
            ("package", "markers") => package.markers = text(),
            ("package", "optional") => package.optional = value == "true",
            ("[package.source]", "type") => package.foreign = text() != "legacy",
            ("[package.source]", "url") => package.index = Some(text()),
            ("[package.dependencies]", name) => package.needs.extend(lines::name(name.trim_matches('"'))),
            _ => {}
        }
    }
    packages
}

/// The packages that the runtime brings and that only it was asked to bring.
fn left_out(packages: &[Locked], asked: &[Asked], of_runtime: &[&str]) -> BTreeSet<String> {
    let main: Vec<(String, &Locked)> = packages
        .iter()
        .filter(|package| package.is_main())
        .map(|package| (lines::normal(&package.name), package))
        .collect();
    let needed_by_kept = |name: &String, left_out: &BTreeSet<String>| {
        main.iter().any(|(by, package)| !left_out.contains(by) && package.needs.contains(name))
    };
    let unbound = asked.iter().filter(|asked| asked.any_version && of_runtime.contains(&asked.name.as_str()));
    let mut left_out: BTreeSet<String> = unbound.map(|asked| asked.name.clone()).collect();
    left_out.retain(|name| !needed_by_kept(name, &BTreeSet::new()));
    loop {
        let orphaned = main.iter().map(|(name, _)| name).find(|name| {
            !left_out.contains(*name)
                && !asked.iter().any(|asked| asked.name == **name)
                && main.iter().any(|(by, package)| left_out.contains(by) && package.needs.contains(name))
                && !needed_by_kept(name, &left_out)
        });
        let Some(name) = orphaned else { return left_out };
        left_out.insert(name.clone());
    }
}

/// The text of a TOML string.
fn unquoted(value: &str) -> String {
    match value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        Some(literal) => literal.to_owned(),
        None => {
            let inner = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
            inner.replace("\\\"", "\"").replace("\\\\", "\\")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn package(name: &str, needs: &[&str]) -> String {
        let needs: String = needs.iter().map(|need| format!("{need} = \"*\"\n")).collect();
        format!(
            "[[package]]\nname = \"{name}\"\nversion = \"1\"\noptional = false\ngroups = [\"main\"]\n\n\
             [package.dependencies]\n{needs}\n"
        )
    }

    #[test]
    fn the_main_group_of_a_poetry_lock_is_read_without_poetry() {
        let lock = "[[package]]\nname = \"six\"\nversion = \"1.17.0\"\noptional = false\ngroups = [\"main\", \"dev\"]\n\
                    markers = \"python_version < \\\"3.13\\\"\"\nfiles = [\n    {file = \"a\", hash = \"b\"},\n]\n\n\
                    [package.dependencies]\nname = \"1\"\n\n[[package]]\nname = \"pytest\"\nversion = \"8\"\n\
                    optional = false\ngroups = [\"dev\"]\n\n[metadata]\nlock-version = \"2.1\"\n";
        let list = |lock: &str| list(lock, &[], &[]);
        assert_eq!(list(lock).unwrap(), ["six==1.17.0 ; python_version < \"3.13\""]);
        assert_eq!(list(&lock.replace("groups", "g")), None);
        let from = |source: &str| lock.replace("[package.dependencies]", &format!("[package.source]\n{source}"));
        assert_eq!(list(&from("type = \"git\"")), None);
        let own = list(&from("type = \"legacy\"\nurl = \"https://example.com/simple\"")).unwrap();
        assert_eq!(own[0], "--extra-index-url https://example.com/simple");
    }

    #[test]
    fn what_the_runtime_brings_goes_with_all_that_only_it_needs() {
        let lock = package("boto3", &["botocore", "jmespath"])
            + &package("botocore", &["urllib3", "jmespath"])
            + &package("jmespath", &[])
            + &package("urllib3", &[])
            + &package("requests", &["urllib3"]);
        let with = |any_version: bool, more: &str| {
            let asked = [("boto3", any_version), ("requests", false)]
                .map(|(name, any_version)| Asked { name: name.to_owned(), any_version });
            list(&format!("{lock}{more}"), &asked, &["boto3"]).unwrap()
        };
        assert_eq!(with(true, ""), ["urllib3==1", "requests==1"]);
        assert_eq!(with(false, "").len(), 5);
        assert_eq!(with(true, &package("aioboto3", &["boto3"])).len(), 6);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            list(&text, &[], &["boto3"]);
        }
    }
}
