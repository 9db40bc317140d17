//! `env:`: the environment, and the `.env` files with `useDotenv: true`.

use super::{Call, Found, dotenv, missing};
use crate::project::Unread;
use crate::source::Kind;
use crate::variables::resolver::{Resolver, Shallow, Stop, id};
use crate::variables::world::World;

impl<'a, W: World> Resolver<'a, '_, W> {
    /// `env:NAME`. The environment of the process wins over every file.
    pub(super) fn environment(&mut self, call: &Call<'_>) -> Result<Found<'a>, Stop> {
        let name = self.address(call, "env:NAME")?.to_owned();
        if let Some(value) = self.world.environment(&name) {
            return Ok(self.outside(call, value, false));
        }
        if !self.uses_dotenv() {
            let hint = format!("set `{name}`, or give a value for when it is not set: `…, 'value'`");
            return Ok(missing(call, format!("`{name}` is not set in the environment"), hint));
        }
        for file in self.dotenv_files()? {
            if let Some(node) = file.get(&name) {
                return Ok(Found::Value(Shallow { node, origin: None, secret: node.secret }));
            }
        }
        let hint = format!("set `{name}` in one of them, or give a value for when it is not set: `…, 'value'`");
        Ok(missing(call, format!("`{name}` is set neither in the environment nor in a `.env` file"), hint))
    }

    /// Whether the configuration says `useDotenv: true`.
    fn uses_dotenv(&self) -> bool {
        self.root.get("useDotenv").is_some_and(|node| node.kind == Kind::Bool(true))
    }

    /// The `.env` files that are there, the winning one first.
    fn dotenv_files(&mut self) -> Result<Vec<&'a crate::source::Node>, Stop> {
        if let Some(files) = &self.memory.dotenv {
            return Ok(files.clone());
        }
        let stage = self.stage()?;
        let mut files = Vec::new();
        for name in [format!(".env.{stage}.local"), format!(".env.{stage}"), ".env.local".to_owned(), ".env".to_owned()]
        {
            let path = self.project.root.join(&name);
            if self.world.read(&path) == Err(Unread::Missing) {
                continue;
            }
            files.extend(self.load(&path, None)?);
        }
        let lookup = |name: &str| match self.world.environment(name) {
            Some(value) => Some((value, false)),
            None => files.iter().find_map(|file| {
                let node = file.get(name)?;
                Some((node.as_str()?.to_owned(), node.secret))
            }),
        };
        let text = |file: &crate::source::Node| self.memory.sources.file(file.span.file).text.as_str();
        let expanded: Vec<_> = files.iter().map(|file| dotenv::expanded(file, text(file), &lookup)).collect();
        let files: Vec<_> = expanded.into_iter().map(|file| self.trees.keep(file)).collect();
        self.memory.foreign.extend(files.iter().flat_map(|file| file.entries()).map(|entry| id(&entry.value)));
        self.memory.dotenv = Some(files.clone());
        Ok(files)
    }
}
