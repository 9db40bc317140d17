//! `file(x.js)`: what a script exports, by the user's own node.

use std::path::PathBuf;

use super::{Call, Found, missing};
use crate::source::{Kind, Node};
use crate::variables::answer::{Answer, Question};
use crate::variables::resolver::{Resolver, Site, Stop};
use crate::variables::syntax;
use crate::variables::world::{Script, Scripted, World};

/// How many questions one script may ask.
const QUESTIONS: usize = 100;

impl<'a, W: World> Resolver<'a, '_, W> {
    /// The value of a script's export. A function is called, and may ask for variables: then it is run again with them.
    pub(super) fn script(&mut self, call: &Call<'_>, given: &str, path: PathBuf) -> Result<Found<'a>, Stop> {
        if self.world.read(&path) == Err(crate::project::Unread::Missing) {
            let hint = format!("create `{given}`, or name what is taken without it: `…, file(OTHER):…`");
            return Ok(missing(call, format!("there is no file `{given}`"), hint));
        }
        let options = self.options().into_iter().map(|(name, value)| (name, value.into()));
        let address = call.address.as_deref().map(|address| address.split('.').map(str::to_owned).collect());
        let mut script = Script {
            path,
            address: address.unwrap_or_default(),
            options: serde_json::Value::Object(options.collect()),
            answers: Vec::new(),
        };
        let span = self.place(call.site, call.at.clone());
        for _ in 0..QUESTIONS {
            let answer = match self.ask(Question::Script(script.clone()))? {
                Ok(answer) => answer,
                Err(refusal) => return self.refused(call, &refusal),
            };
            let needs = match answer {
                Answer::Script(Scripted::Value(value)) if value.is_null() => {
                    return Ok(missing(call, format!("`{}` comes to nothing", call.written()), None));
                }
                Answer::Script(Scripted::Value(value)) => {
                    let node = Node::from_json(&value, span);
                    return Ok(self.keep_outside(node));
                }
                Answer::Script(Scripted::Needs(needs)) => needs,
                _ => return Ok(missing(call, format!("`{given}` was not run"), None)),
            };
            for variable in needs {
                let value = self.asked_by_script(call, &variable)?;
                script.answers.push((variable, value));
            }
        }
        self.misused(call, format!("`{given}` asks for variables without end"), "let its function ask less")
    }

    /// The value of a variable that a script asks for, null if there is none.
    fn asked_by_script(&mut self, call: &Call<'_>, variable: &str) -> Result<serde_json::Value, Stop> {
        let text = format!("${{{variable}, null}}");
        let Ok(parsed) = syntax::parse(&text, false) else {
            return self.misused(
                call,
                format!("the script asks for `{variable}`, which is no variable"),
                "ask as in `self:service`",
            );
        };
        let Some(variable) = parsed.single() else { return Ok(serde_json::Value::Null) };
        let span = self.place(call.site, call.at.clone());
        let shallow = self.variable(Site { text: &text, span }, variable)?;
        let value = self.full(shallow.node)?;
        Ok(if value.kind == Kind::Null { serde_json::Value::Null } else { value.to_json() })
    }
}
