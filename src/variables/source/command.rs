//! What the command line says: `opt:`, `param:`, `sls:`; and the stage, the region and the target, which follow from it.

use super::{Call, Found, as_text, missing};
use crate::diagnostic::{Code, Diagnostic, listed, nearest};
use crate::project::Target;
use crate::source::{Kind, Node};
use crate::variables::resolver::{Dug, Found as Source, Resolver, Stop};
use crate::variables::world::{At, Cloud, World};

/// The stage when nothing says another, as in Serverless.
pub(in crate::variables) const DEFAULT_STAGE: &str = "dev";
/// The region when nothing says another, as in Serverless.
pub(in crate::variables) const DEFAULT_REGION: &str = "us-east-1";

impl<'a, W: World> Resolver<'a, '_, W> {
    /// `opt:name`, or all options.
    pub(super) fn option(&mut self, call: &Call<'_>) -> Result<Found<'a>, Stop> {
        let options = self.options();
        let Some(name) = call.address.as_deref() else {
            let span = self.place(call.site, call.at.clone());
            let members = options.into_iter().map(|(name, value)| (name, serde_json::Value::String(value)));
            return Ok(self.keep_outside(Node::from_json(&serde_json::Value::Object(members.collect()), span)));
        };
        match options.into_iter().find(|(known, _)| known == name) {
            Some((_, value)) => Ok(self.outside(call, value, false)),
            None => Ok(missing(call, format!("the option `--{name}` is not given"), None)),
        }
    }

    /// Every option that was given, by its long name.
    pub(in crate::variables) fn options(&self) -> Vec<(String, String)> {
        let given = &self.project.options;
        let own =
            [("stage", given.stage.clone()), ("region", given.region.clone()), ("aws-profile", given.profile.clone())];
        let own = own.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        let target = given.target.map(|target| ("target".to_owned(), target.as_str().to_owned()));
        own.chain(target).chain(given.others.iter().cloned()).collect()
    }

    /// `param:name`: the command line's, else the stage's, else the default one.
    pub(super) fn parameter(&mut self, call: &Call<'_>) -> Result<Found<'a>, Stop> {
        let name = self.address(call, "param:NAME")?.to_owned();
        if let Some((_, value)) = self.project.options.params.iter().rev().find(|(known, _)| *known == name) {
            let value = value.clone();
            return Ok(self.outside(call, value, false));
        }
        let stage = self.stage()?;
        let mut known = Vec::new();
        let groups: [&[&str]; 4] = [
            &["params", &stage],
            &["stages", &stage, "params"],
            &["params", "default"],
            &["stages", "default", "params"],
        ];
        for group in groups {
            let Dug::Found(found) = self.dig(self.root, group)? else { continue };
            known.extend(found.node.entries().iter().map(|entry| entry.key.text.clone()));
            let Dug::Found(value) = self.dig(found.node, &[&name])? else { continue };
            if value.node.kind != Kind::Null {
                return Ok(Source::Value(value));
            }
        }
        let hint =
            nearest(&name, known.iter().map(String::as_str)).map(|found| format!("did you mean `param:{found}`?"));
        let hint = hint
            .or_else(|| Some(format!("set it under `params.{stage}` or `params.default`, or with `--param {name}=…`")));
        Ok(missing(call, format!("the parameter `{name}` is not set for the stage `{stage}`"), hint))
    }

    /// `sls:stage` and `sls:instanceId`.
    pub(super) fn run_facts(&mut self, call: &Call<'_>) -> Result<Found<'a>, Stop> {
        match self.address(call, "sls:stage")? {
            "stage" => {
                let stage = self.stage()?;
                Ok(self.outside(call, stage, false))
            }
            "instanceId" => {
                let stage = self.stage()?;
                let text = &self.memory.sources.file(self.root.span.file).text;
                let id = blake3::hash(format!("{stage}\n{text}").as_bytes()).to_hex()[..20].to_owned();
                Ok(self.outside(call, id, false))
            }
            other => {
                let message = format!("`sls:` knows no `{other}`");
                self.misused(call, message, "there are `sls:stage` and `sls:instanceId`")
            }
        }
    }

    /// `--stage`, else `provider.stage`, else `dev`.
    pub(in crate::variables) fn stage(&mut self) -> Result<String, Stop> {
        if let Some(stage) = &self.stage {
            return stage.clone();
        }
        let given = self.project.options.stage.clone();
        let found = match given {
            Some(stage) => Ok(stage),
            None => self.provider_text("stage").map(|found| found.unwrap_or_else(|| DEFAULT_STAGE.to_owned())),
        };
        if found != Err(Stop::Waiting) {
            self.stage = Some(found.clone());
        }
        found
    }

    /// `--region`, else `provider.region`, else the environment's or the profile's, else `us-east-1`.
    pub(in crate::variables) fn region(&mut self) -> Result<String, Stop> {
        if let Some(region) = &self.region {
            return region.clone();
        }
        let given = self.project.options.region.clone();
        let found = match given {
            Some(region) => Ok(region),
            None => self.provider_text("region").and_then(|found| match found {
                Some(region) => Ok(region),
                None => {
                    let profile = self.profile()?;
                    let default = self.world.cloud().default_region(profile.as_deref());
                    Ok(default.unwrap_or_else(|| DEFAULT_REGION.to_owned()))
                }
            }),
        };
        if found != Err(Stop::Waiting) {
            self.region = Some(found.clone());
        }
        found
    }

    /// `--profile`, else `provider.profile`.
    pub(in crate::variables) fn profile(&mut self) -> Result<Option<String>, Stop> {
        match self.project.options.profile.clone() {
            Some(profile) => Ok(Some(profile)),
            None => self.provider_text("profile"),
        }
    }

    /// A text of `provider`, if it is set.
    fn provider_text(&mut self, key: &str) -> Result<Option<String>, Stop> {
        let Dug::Found(found) = self.dig(self.root, &["provider", key])? else { return Ok(None) };
        let value = self.full(found.node)?;
        match (as_text(&value), &value.kind) {
            (Some(text), _) => Ok(Some(text)),
            (None, Kind::Null) => Ok(None),
            (None, _) => {
                let message = format!("`provider.{key}` has to be a text, and it is {}", value.noun());
                let diagnostic = Diagnostic::error(Code::WrongType, value.span, message).came_through(&value.origin);
                self.report(diagnostic.hint(format!("write `{key}: NAME`")))
            }
        }
    }

    /// `--target`, else what `stages` says of the stage, else AWS.
    pub(in crate::variables) fn target(&mut self) -> Result<Target, Stop> {
        if let Some(target) = self.project.options.target {
            return Ok(target);
        }
        let stage = self.stage()?;
        for name in [stage.as_str(), "default"] {
            let Dug::Found(found) = self.dig(self.root, &["stages", name, "target"])? else { continue };
            let value = self.full(found.node)?;
            return match value.as_str() {
                Some("local") => Ok(Target::Local),
                Some("aws") => Ok(Target::Aws),
                _ => {
                    let message = format!("the target of the stage `{name}` has to be `local` or `aws`");
                    let diagnostic =
                        Diagnostic::error(Code::WrongType, value.span, message).came_through(&value.origin);
                    let word = value.as_str().unwrap_or_default().to_owned();
                    self.report(
                        diagnostic.did_you_mean(&word, ["local", "aws"]).hint("write `target: local` or `target: aws`"),
                    )
                }
            };
        }
        Ok(Target::Aws)
    }

    /// In a `stack.yaml` with `stages`, a stage has to be one of them unless `--target` says where it runs.
    pub(in crate::variables) fn check_stage(&mut self) -> Result<(), Stop> {
        if self.project.options.target.is_some() || self.project.dialect != crate::project::Dialect::Stack {
            return Ok(());
        }
        let stage = self.stage()?;
        let Dug::Found(stages) = self.dig(self.root, &["stages"])? else { return Ok(()) };
        let known: Vec<&str> = stages.node.entries().iter().map(|entry| entry.key.text.as_str()).collect();
        if known.is_empty() || known.contains(&stage.as_str()) || known.contains(&"default") {
            return Ok(());
        }
        let message = format!("there is no stage `{stage}`: `stages` has {}", listed(known.iter().copied()));
        let span = stages.node.span;
        let diagnostic = Diagnostic::error(Code::UnknownStage, span, message).did_you_mean(&stage, known);
        self.report(
            diagnostic.hint(format!(
                "add `{stage}: {{ target: aws }}` to `stages`, or say `--target local` or `--target aws`"
            )),
        )
    }

    /// Where questions to the cloud go; `region` for another one than the project's.
    pub(super) fn cloud_at(&mut self, region: Option<String>) -> Result<At, Stop> {
        let region = match region {
            Some(region) => region,
            None => self.region()?,
        };
        Ok(At { target: self.target()?, region, profile: self.profile()?, account: None })
    }
}

/// Sets `provider.stage` and `provider.region` where they are missing.
pub(in crate::variables) fn fill(document: &mut Node, stage: &str, region: &str) {
    use crate::source::{Entry, Key};
    let span = document.span;
    let Kind::Mapping(entries) = &mut document.kind else { return };
    let at = entries.iter().position(|entry| entry.key.text == "provider").unwrap_or_else(|| {
        entries.push(Entry {
            key: Key { text: "provider".to_owned(), span },
            value: Node::new(span, Kind::Mapping(Vec::new())),
        });
        entries.len() - 1
    });
    let provider = &mut entries[at];
    let span = provider.key.span;
    if provider.value.kind == Kind::Null {
        provider.value.kind = Kind::Mapping(Vec::new());
    }
    let Kind::Mapping(entries) = &mut provider.value.kind else { return };
    for (key, text) in [("stage", stage), ("region", region)] {
        let value = Node::new(span, Kind::String(text.to_owned()));
        match entries.iter_mut().find(|entry| entry.key.text == key) {
            Some(entry) if entry.value.kind == Kind::Null => entry.value = value,
            Some(_) => {}
            None => entries.push(Entry { key: Key { text: key.to_owned(), span }, value }),
        }
    }
}
