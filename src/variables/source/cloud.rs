//! What is asked of AWS: `aws:`, `cf:`, `ssm:`, `s3:`.

use std::path::Path;

use super::{Call, Found, missing};
use crate::source::{Kind, Node, SourceFile, yaml};
use crate::variables::answer::{Answer, Question};
use crate::variables::resolver::{Resolver, Shallow, Stop, taint};
use crate::variables::world::{ParameterKind, World};

/// Where Systems Manager shows the secrets of Secrets Manager.
///
/// Source: <https://docs.aws.amazon.com/systems-manager/latest/userguide/integration-ps-secretsmanager.html>
const SECRETS_MANAGER: &str = "/aws/reference/secretsmanager/";

impl<'a, W: World> Resolver<'a, '_, W> {
    /// `aws:accountId` and `aws:region`.
    pub(super) fn aws(&mut self, call: &Call<'_>) -> Result<Found<'a>, Stop> {
        match self.address(call, "aws:accountId")? {
            "region" => {
                let region = self.region()?;
                Ok(self.outside(call, region, false))
            }
            "accountId" => {
                let at = self.cloud_at(None)?;
                match self.ask(Question::Account(at))? {
                    Ok(Answer::Text(Some(account))) => Ok(self.outside(call, account, false)),
                    Ok(_) => Ok(missing(call, "the account is not known".to_owned(), None)),
                    Err(refusal) => self.refused(call, &refusal),
                }
            }
            other => {
                let hint = crate::diagnostic::nearest(other, ["accountId", "region"]).map_or_else(
                    || "there are `aws:accountId` and `aws:region`".to_owned(),
                    |found| format!("did you mean `aws:{found}`?"),
                );
                let message = format!("`aws:` knows no `{other}`");
                self.misused(call, message, &hint)
            }
        }
    }

    /// `cf:STACK.OUTPUT`, `cf(REGION):…`, `cf(REGION, ACCOUNT):…`.
    pub(super) fn output(&mut self, call: &Call<'_>) -> Result<Found<'a>, Stop> {
        let address = self.address(call, "cf:STACK.OUTPUT")?.to_owned();
        let Some((stack, output)) = address.split_once('.') else {
            let message = format!("`{address}` does not name an output of a stack");
            return self.misused(call, message, &format!("write `cf:{address}.OUTPUT`"));
        };
        let words = call.words();
        let is_account = |word: &String| word.len() == 12 && word.bytes().all(|byte| byte.is_ascii_digit());
        let mut at = self.cloud_at(words.iter().find(|word| !word.is_empty() && !is_account(word)).cloned())?;
        at.account = words.iter().find(|word| is_account(word)).cloned();
        let region = at.region.clone();
        let question = Question::Output { at, stack: stack.to_owned(), output: output.to_owned() };
        match self.ask(question)? {
            Ok(Answer::Text(Some(text))) => Ok(self.outside(call, text, false)),
            Ok(_) => {
                let why = format!("in {region} there is no stack `{stack}` with an output `{output}`");
                Ok(missing(
                    call,
                    why,
                    Some(format!("deploy `{stack}` first, or give a value for when it is not there: `…, 'value'`")),
                ))
            }
            Err(refusal) => self.refused(call, &refusal),
        }
    }

    /// `ssm:NAME`, with a region, `raw`, `noDecrypt` or `json` as parameters.
    pub(super) fn stored_parameter(&mut self, call: &Call<'_>) -> Result<Found<'a>, Stop> {
        let name = self.address(call, "ssm:/PATH")?.to_owned();
        let words = call.words();
        let has = |flag: &str| words.iter().any(|word| word == flag);
        let region =
            words.iter().find(|word| !word.is_empty() && !["raw", "noDecrypt", "json"].contains(&word.as_str()));
        let at = self.cloud_at(region.cloned())?;
        let region = at.region.clone();
        let question = Question::Parameter { at, name: name.clone(), decrypt: !has("noDecrypt") };
        let parameter = match self.ask(question)? {
            Ok(Answer::Parameter(Some(parameter))) => parameter,
            Ok(_) => {
                let why = format!("in {region} there is no parameter `{name}`");
                return Ok(missing(call, why, None));
            }
            Err(refusal) => return self.refused(call, &refusal),
        };
        let secret = parameter.kind == ParameterKind::SecureString || name.starts_with(SECRETS_MANAGER);
        let span = self.place(call.site, call.at.clone());
        if parameter.kind == ParameterKind::StringList && !has("raw") {
            let items = parameter.value.split(',').map(|item| Node::new(span, Kind::String(item.to_owned()))).collect();
            return Ok(self.keep_outside(Node::new(span, Kind::Sequence(items))));
        }
        let as_json = has("json") || (secret && !has("raw") && parameter.value.starts_with('{'));
        if as_json {
            if let Some(node) = self.parsed(&format!("ssm:{name}"), &parameter.value, secret) {
                return Ok(Found::Value(Shallow { node, origin: None, secret }));
            }
            if has("json") {
                let message = format!("the parameter `{name}` is not JSON");
                return self.misused(call, message, "take `json` out of the parentheses");
            }
        }
        Ok(self.outside(call, parameter.value, secret))
    }

    /// `s3:BUCKET/KEY`.
    pub(super) fn object(&mut self, call: &Call<'_>) -> Result<Found<'a>, Stop> {
        let address = self.address(call, "s3:BUCKET/KEY")?.to_owned();
        let Some((bucket, key)) = address.split_once('/').filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty())
        else {
            let message = format!("`{address}` does not name an object in a bucket");
            return self.misused(call, message, "write `s3:BUCKET/KEY`");
        };
        let region = call.words().into_iter().find(|word| !word.is_empty());
        let at = self.cloud_at(region)?;
        match self.ask(Question::Object { at, bucket: bucket.to_owned(), key: key.to_owned() })? {
            Ok(Answer::Text(Some(text))) => Ok(self.outside(call, text, false)),
            Ok(_) => Ok(missing(call, format!("in the bucket `{bucket}` there is no object `{key}`"), None)),
            Err(refusal) => self.refused(call, &refusal),
        }
    }

    /// A text from outside as a tree with places of its own, if it is JSON.
    fn parsed(&mut self, name: &str, text: &str, secret: bool) -> Option<&'a Node> {
        if let Some(known) = self.memory.outside.get(name) {
            return Some(known);
        }
        serde_json::from_str::<serde::de::IgnoredAny>(text).ok()?;
        let mut file = SourceFile::new(Path::new(name), text.to_owned());
        file.secret = secret;
        let file = self.memory.sources.add(file);
        let (node, problems) = yaml::read(file, text);
        let mut node = node.filter(|_| problems.is_empty())?;
        if secret {
            taint(&mut node);
        }
        let node = self.trees.keep(node);
        self.memory.outside.insert(name.to_owned(), node);
        Some(node)
    }
}
