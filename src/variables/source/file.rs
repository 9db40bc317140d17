//! `file(PATH):ADDRESS`.

use std::path::{Component, Path, PathBuf};

use super::{Call, Found, as_text, dotenv, missing};
use crate::diagnostic::{Code, Diagnostic, from_yaml};
use crate::project::Unread;
use crate::source::{Kind, Node, SourceFile, Span, yaml};
use crate::variables::limits;
use crate::variables::resolver::{Found as Source, Missing, Resolver, Shallow, Stop, id, taint};
use crate::variables::world::World;

/// What is read as a tree, by the end of the name.
const TREES: &[&str] = &["yml", "yaml", "json", "tfstate"];
/// What is run.
const SCRIPTS: &[&str] = &["js", "cjs", "mjs", "ts", "mts", "cts"];

impl<'a, W: World> Resolver<'a, '_, W> {
    /// `file(PATH)` or `file(PATH):ADDRESS`; the path is relative to the project's root.
    pub(super) fn file(&mut self, call: &Call<'_>) -> Result<Found<'a>, Stop> {
        let path = call.parameters.first();
        let Some(given) = path.and_then(as_text).filter(|path| !path.is_empty()) else {
            let message = match path {
                Some(other) if as_text(other).is_none() => {
                    format!("the path of `file` is {}, not a text", other.noun())
                }
                _ => "`file` does not say which file".to_owned(),
            };
            return self.misused(call, message, "write `file(PATH):ADDRESS`");
        };
        let path = self.located(&given);
        let span = self.place(call.site, call.at.clone());
        if has_extension(&path, SCRIPTS) {
            return self.script(call, &given, path);
        }
        let Some(tree) = self.load(&path, Some(span))? else {
            let why = format!("there is no file `{given}`");
            let hint = format!("create `{given}`, or name what is taken without it: `…, file(OTHER):…`");
            return Ok(Source::Missing(Missing { hint: Some(hint), ..Missing::new(why) }));
        };
        if call.address.is_some() && !is_tree(&path) {
            return Ok(missing(call, format!("`{given}` is read as plain text, which has no keys"), None));
        }
        if tree.kind == Kind::Null {
            return Ok(missing(call, format!("`{given}` is empty"), None));
        }
        if !is_tree(&path) {
            return Ok(Source::Value(Shallow { node: tree, origin: None, secret: tree.secret }));
        }
        self.in_tree(call, tree)
    }

    /// The absolute path of a file; `~` is the home folder.
    fn located(&self, given: &str) -> PathBuf {
        let home =
            given.strip_prefix("~/").and_then(|rest| Some(Path::new(&self.world.environment("HOME")?).join(rest)));
        let joined = home.unwrap_or_else(|| self.project.root.join(given));
        let mut path = PathBuf::new();
        for part in joined.components() {
            match part {
                Component::CurDir => {}
                Component::ParentDir => {
                    path.pop();
                }
                other => path.push(other),
            }
        }
        path
    }

    /// A file's content as a tree, read once; nothing if there is no such file. `asked` is where its name stands.
    pub(super) fn load(&mut self, path: &Path, asked: Option<Span>) -> Result<Option<&'a Node>, Stop> {
        if let Some(known) = self.memory.files.get(path) {
            return *known;
        }
        let read = self.read(path, asked);
        self.memory.files.insert(path.to_owned(), read);
        read
    }

    fn read(&mut self, path: &Path, asked: Option<Span>) -> Result<Option<&'a Node>, Stop> {
        let shown = path.strip_prefix(&self.project.root).unwrap_or(path).to_owned();
        if self.memory.files.len() >= limits::FILES {
            let message = format!("variables bring in more than {} files", limits::FILES);
            return self.unreadable(asked, Code::LimitExceeded, message);
        }
        let text = match self.world.read(path) {
            Ok(text) => text,
            Err(Unread::Missing) => return Ok(None),
            Err(unread) => {
                let code = if unread == Unread::TooLarge { Code::LimitExceeded } else { Code::FileUnreadable };
                return self.unreadable(asked, code, format!("`{}` cannot be read: {unread}", shown.display()));
            }
        };
        let secret = self.world.ignored_by_git(path);
        let mut source = SourceFile::new(&shown, text);
        source.secret = secret;
        let file = self.memory.sources.add(source);
        let text = &self.memory.sources.file(file).text;
        let mut node = if has_extension(path, TREES) {
            let (node, problems) = yaml::read(file, text);
            if !problems.is_empty() {
                self.memory.file_diagnostics.extend(problems.iter().map(from_yaml));
                return Err(Stop::Failed);
            }
            node.unwrap_or(Node::new(Span { file, start: 0, end: 0 }, Kind::Null))
        } else if is_dotenv(path) {
            dotenv::read(file, text)
        } else {
            let span = Span { file, start: 0, end: text.len() as u32 };
            Node::new(span, Kind::String(text.clone()))
        };
        if secret {
            taint(&mut node);
        }
        mark_secrets(&mut node, &self.memory.secrets);
        let node = self.trees.keep(node);
        if !has_extension(path, TREES) {
            self.memory.foreign.insert(id(node));
        }
        Ok(Some(node))
    }

    fn unreadable<T>(&mut self, asked: Option<Span>, code: Code, message: String) -> Result<T, Stop> {
        let diagnostic = match asked {
            Some(span) => Diagnostic::error(code, span, message),
            None => Diagnostic::nowhere(code, message),
        };
        self.memory.file_diagnostics.push(diagnostic.hint("name a text file in UTF-8 that this user may read"));
        Err(Stop::Failed)
    }
}

fn has_extension(path: &Path, of: &[&str]) -> bool {
    path.extension().is_some_and(|extension| of.iter().any(|known| extension.eq_ignore_ascii_case(known)))
}

fn is_dotenv(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name == ".env" || name.starts_with(".env.") || name.ends_with(".env")
}

fn is_tree(path: &Path) -> bool {
    has_extension(path, TREES) || is_dotenv(path)
}

/// Marks what `secrets:` names: a key of that name wherever it is, or the value at an address with dots.
pub(in crate::variables) fn mark_secrets(node: &mut Node, names: &[String]) {
    if names.is_empty() {
        return;
    }
    for address in names.iter().filter(|name| name.contains('.')) {
        let keys: Vec<&str> = address.split('.').collect();
        mark_address(node, &keys);
    }
    mark_keys(node, names);
}

fn mark_address(node: &mut Node, keys: &[&str]) {
    let Some((first, rest)) = keys.split_first() else { return taint(node) };
    if let Kind::Mapping(entries) = &mut node.kind {
        for entry in entries.iter_mut().filter(|entry| entry.key.text == *first) {
            mark_address(&mut entry.value, rest);
        }
    }
}

fn mark_keys(node: &mut Node, names: &[String]) {
    match &mut node.kind {
        Kind::Sequence(items) => items.iter_mut().for_each(|item| mark_keys(item, names)),
        Kind::Mapping(entries) => {
            for entry in entries {
                if names.contains(&entry.key.text) {
                    taint(&mut entry.value)
                } else {
                    mark_keys(&mut entry.value, names)
                }
            }
        }
        _ => {}
    }
}
