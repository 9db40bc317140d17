//! The world as it is on this machine: files, environment, git, node.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;
use std::time::Duration;

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use super::world::{Cloud, Refusal, Script, Scripted, World};
use crate::project::{Unread, read_text};

/// How long a script may run.
const SCRIPT_TIMEOUT: Duration = Duration::from_secs(60);
/// How many folders above the project are searched for the repository's root.
const FOLDERS_UP: usize = 64;

/// This machine, and a cloud.
#[derive(Debug)]
pub struct Machine<C> {
    root: PathBuf,
    /// None for the environment of the process.
    environment: Option<HashMap<String, String>>,
    ignored: Mutex<HashMap<PathBuf, Option<Gitignore>>>,
    cloud: C,
}

impl<C: Cloud> Machine<C> {
    /// The world of a project in the folder `root`, with the environment of the process.
    pub fn new(root: impl Into<PathBuf>, cloud: C) -> Machine<C> {
        Machine { root: root.into(), environment: None, ignored: Mutex::default(), cloud }
    }

    /// The same with another environment.
    pub fn with_environment(self, environment: HashMap<String, String>) -> Machine<C> {
        Machine { environment: Some(environment), ..self }
    }

    /// Whether the `.gitignore` of one folder says something of a path.
    fn said_in(&self, folder: &Path, path: &Path) -> Option<bool> {
        let mut known = self.ignored.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let rules = known.entry(folder.to_owned()).or_insert_with(|| {
            let mut builder = GitignoreBuilder::new(folder);
            for file in [folder.join(".gitignore"), folder.join(".git/info/exclude")] {
                if file.is_file() {
                    builder.add(file);
                }
            }
            builder.build().ok().filter(|rules| !rules.is_empty())
        });
        let said = rules.as_ref()?.matched_path_or_any_parents(path, false);
        if said.is_none() { None } else { Some(said.is_ignore()) }
    }
}

impl<C: Cloud> World for Machine<C> {
    type Cloud = C;

    fn read(&self, path: &Path) -> Result<String, Unread> {
        read_text(path)
    }

    fn ignored_by_git(&self, path: &Path) -> bool {
        for folder in path.ancestors().skip(1).take(FOLDERS_UP) {
            if let Some(ignored) = self.said_in(folder, path) {
                return ignored;
            }
            if folder.join(".git").exists() {
                return false;
            }
        }
        false
    }

    fn environment(&self, name: &str) -> Option<String> {
        match &self.environment {
            Some(environment) => environment.get(name).cloned(),
            None => std::env::var(name).ok(),
        }
    }

    fn git(&self, arguments: &[&str]) -> Result<String, Refusal> {
        let mut command = std::process::Command::new("git");
        command.args(arguments).current_dir(&self.root).stdin(Stdio::null()).env("LC_ALL", "C");
        let run = command.output();
        match run {
            Ok(output) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned()),
            Ok(output) => {
                let words = String::from_utf8_lossy(&output.stderr).lines().next().unwrap_or_default().to_owned();
                let refusal = Refusal::new(format!("git says: {words}"));
                Err(refusal.hint("run the same in this folder to see what git misses"))
            }
            Err(error) => Err(Refusal::new(format!("git cannot be run: {error}")).hint("install git")),
        }
    }

    async fn run(&self, script: &Script) -> Result<Scripted, Refusal> {
        let input = json!({
            "path": script.path.display().to_string(),
            "address": script.address,
            "options": script.options,
            "answers": script.answers.iter().cloned().collect::<serde_json::Map<String, Value>>(),
        });
        let mut node = tokio::process::Command::new("node");
        node.args(["--input-type=module", "--eval", RUNNER]).current_dir(&self.root);
        node.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = node.spawn().map_err(|error| {
            Refusal::new(format!("it is a script, and node cannot be run: {error}"))
                .hint("install Node.js, or write the values into a .yml or .json file")
        })?;
        let failed = |error: std::io::Error| Refusal::new(format!("node: {error}"));
        let mut stdin = child.stdin.take().ok_or_else(|| Refusal::new("node has no input"))?;
        let written = async {
            stdin.write_all(input.to_string().as_bytes()).await?;
            drop(stdin);
            child.wait_with_output().await
        };
        let output = match tokio::time::timeout(SCRIPT_TIMEOUT, written).await {
            Ok(output) => output.map_err(failed)?,
            Err(_) => {
                return Err(Refusal::new(format!("the script runs longer than {} seconds", SCRIPT_TIMEOUT.as_secs())));
            }
        };
        if !output.status.success() {
            let words = String::from_utf8_lossy(&output.stderr);
            let words: Vec<&str> = words.lines().filter(|line| !line.trim().is_empty()).take(6).collect();
            return Err(Refusal::new(format!("the script failed: {}", words.join(" | "))));
        }
        said(&String::from_utf8_lossy(&output.stdout))
    }

    fn cloud(&self) -> &C {
        &self.cloud
    }
}

/// What the runner printed last: the scripts themselves may print before.
fn said(printed: &str) -> Result<Scripted, Refusal> {
    let line = printed.rsplit(MARK).next().filter(|_| printed.contains(MARK));
    let said: Option<Value> = line.and_then(|line| serde_json::from_str(line).ok());
    let Some(mut said) = said else { return Err(Refusal::new("the script ended without a value")) };
    let text = |key: &str| said.get(key).and_then(Value::as_str).map(str::to_owned);
    if let Some(message) = text("error") {
        return Err(Refusal { hint: text("hint"), ..Refusal::new(format!("the script failed: {message}")) });
    }
    if let Some(needs) = said.get("needs").and_then(Value::as_array) {
        return Ok(Scripted::Needs(needs.iter().filter_map(|need| need.as_str().map(str::to_owned)).collect()));
    }
    Ok(Scripted::Value(said.get_mut("value").map(Value::take).unwrap_or_default()))
}

/// What stands before the runner's own line.
const MARK: &str = "\u{1}deploy-variable\u{1}";

/// Loads the script, calls what it exports if that is a function, and prints the value, or the variables it asked for.
const RUNNER: &str = r#"
import { pathToFileURL } from 'node:url';
import Module, { createRequire } from 'node:module';
import { dirname } from 'node:path';
let text = '';
for await (const chunk of process.stdin) text += chunk;
const { path, address, options, answers } = JSON.parse(text);
const needs = [];
const never = new Promise(() => {});
const ask = async (variable) => {
  if (Object.hasOwn(answers, variable)) return answers[variable];
  needs.push(variable);
  return never;
};
const context = {
  options,
  resolveVariable: ask,
  resolveConfigurationProperty: (keys) => ask('self:' + keys.join('.')),
};
const finish = (said) => process.stdout.write('\u0001deploy-variable\u0001' + JSON.stringify(said), () => process.exit(0));
const bundled = () => {
  const require = createRequire(pathToFileURL(path));
  let esbuild;
  try { esbuild = require('esbuild'); } catch {
    throw Object.assign(new Error(`node ${process.version} does not run TypeScript`),
      { hint: 'install Node.js 22.18 or newer, or esbuild in the project, or write the values into a .yml file' });
  }
  const options = { entryPoints: [path], bundle: true, platform: 'node', format: 'cjs', packages: 'external', write: false };
  const made = new Module(path);
  made.filename = path;
  made.paths = Module._nodeModulePaths(dirname(path));
  made._compile(esbuild.buildSync(options).outputFiles[0].text, path);
  return made.exports;
};
const load = async () => {
  if (/\.c?js$/.test(path)) {
    try { return createRequire(pathToFileURL(path))(path); } catch (error) {
      if (error.code !== 'ERR_REQUIRE_ESM' && !/Cannot use import statement|Unexpected token 'export'/.test(error.message)) throw error;
    }
  }
  let module;
  try { module = await import(pathToFileURL(path).href); } catch (error) {
    if (error.code !== 'ERR_UNKNOWN_FILE_EXTENSION') throw error;
    module = bundled();
  }
  return 'default' in module ? module.default : module;
};
const work = async () => {
  let called = false;
  const value = async (found) => {
    found = await found;
    if (typeof found !== 'function' || called) return found;
    called = true;
    return await found(context);
  };
  let found = await value(await load());
  for (const key of address) {
    if (found === null || found === undefined) break;
    found = await value(found[key]);
  }
  return found === undefined ? null : found;
};
const idle = async () => {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (needs.length > 0) return finish({ needs });
  }
};
// A syntax error begins its stack with the place; any other error names it in the lines that begin with "at".
const failure = (error) => {
  if (!(error instanceof Error)) return { error: String(error) };
  const lines = String(error.stack).split('\n');
  const place = lines[0].startsWith(path) ? lines[0].slice(path.length) : lines.find((line) => line.includes(path))?.split(path)[1];
  const at = /^:(\d+)/.exec(place ?? '')?.[1];
  return { error: `${at ? `line ${at}: ` : ''}${error.message}`, hint: error.hint ?? 'correct the script: a fallback does not hide that it fails' };
};
idle();
try { finish({ value: await work() }); } catch (error) { finish(failure(error)); }
"#;
