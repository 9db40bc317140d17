//! The configuration file: which one, and its content.

use std::path::{Path, PathBuf};

use super::{Dialect, Options, Project, Unread, read_text};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Invalid, from_yaml};
use crate::source::{Kind, SourceFile, Sources, yaml};

/// The names that a configuration file may have, the first that is there wins.
pub const NAMES: &[&str] = &["stack.yaml", "stack.yml", "serverless.yml", "serverless.yaml", "serverless.json"];

/// Configurations that are programs; they are not run.
const PROGRAMS: &[&str] = &["serverless.js", "serverless.ts", "serverless.cjs", "serverless.mjs", "serverless.mts"];

/// Reads the project of the options' folder or the nearest one above it that has a configuration file, or of `--config`.
///
/// # Errors
/// There is no configuration file, or it cannot be read, is not YAML, or is not a mapping.
pub fn read(options: Options) -> Result<Project, Invalid> {
    let mut sources = Sources::default();
    match read_into(options, &mut sources) {
        Ok(project) => Ok(Project { sources, ..project }),
        Err(diagnostics) => Err(Invalid { diagnostics: diagnostics.sorted(), sources }),
    }
}

fn read_into(options: Options, sources: &mut Sources) -> Result<Project, Diagnostics> {
    let path = locate(&options)?;
    let name = PathBuf::from(path.file_name().unwrap_or_default());
    let text = read_text(&path).map_err(|unread| unreadable(&path, &unread))?;
    let root = path.parent().map(Path::to_owned).unwrap_or_default();
    let file = sources.add(SourceFile::new(&name, text));
    let (document, problems) = yaml::read(file, &sources.file(file).text);
    let mut diagnostics = Diagnostics(problems.iter().map(from_yaml).collect());
    let Some(document) = document.filter(|_| diagnostics.errors() == 0) else { return Err(diagnostics) };
    if !matches!(document.kind, Kind::Mapping(_)) {
        let noun = if document.kind == Kind::Null { "empty" } else { document.noun() };
        let message = format!("`{}` has to be a mapping of keys, and it is {noun}", name.display());
        let diagnostic = Diagnostic::error(Code::WrongType, document.span, message);
        diagnostics.push(diagnostic.hint("begin with `service: NAME`"));
        return Err(diagnostics);
    }
    let dialect = dialect(&name);
    Ok(Project { root, dialect, sources: Sources::default(), document, options })
}

fn dialect(name: &Path) -> Dialect {
    if name.to_string_lossy().starts_with("serverless") { Dialect::Serverless } else { Dialect::Stack }
}

/// The path of the configuration file.
fn locate(options: &Options) -> Result<PathBuf, Diagnostic> {
    if let Some(config) = &options.config {
        let path = options.directory.join(config);
        return if path.is_file() { Ok(path) } else { Err(absent_config(&path, config)) };
    }
    let folders = options.directory.ancestors();
    let mut candidates = folders.flat_map(|folder| NAMES.iter().map(move |name| folder.join(name)));
    if let Some(found) = candidates.find(|path| path.is_file()) {
        return Ok(found);
    }
    let message = format!("there is no configuration file in `{}` or a folder above", options.directory.display());
    let diagnostic = Diagnostic::nowhere(Code::ProjectNotFound, message);
    if let Some(program) = PROGRAMS.iter().find(|name| options.directory.join(name).is_file()) {
        let hint = format!("`{program}` is a program, which deploy does not run: print it as YAML into serverless.yml");
        return Err(diagnostic.hint(hint));
    }
    let names = NAMES.join(", ");
    Err(diagnostic
        .remark(format!("looked for {names}"))
        .hint("go to the project's folder, or name the file with `--config`"))
}

fn absent_config(path: &Path, config: &Path) -> Diagnostic {
    let diagnostic = Diagnostic::nowhere(Code::ProjectNotFound, format!("there is no file `{}`", config.display()));
    let folder = path.parent().map(Path::to_owned).unwrap_or_default();
    let names: Vec<String> = std::fs::read_dir(&folder)
        .map(|entries| entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect())
        .unwrap_or_default();
    let wanted = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    diagnostic.did_you_mean(&wanted, names.iter().map(String::as_str))
}

fn unreadable(path: &Path, unread: &Unread) -> Diagnostic {
    let code = if *unread == Unread::TooLarge { Code::LimitExceeded } else { Code::FileUnreadable };
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let diagnostic = Diagnostic::nowhere(code, format!("`{name}` cannot be read: {unread}"));
    diagnostic.hint("a configuration is a text file in UTF-8 that this user may read")
}
