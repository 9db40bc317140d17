//! Questions to the world that take time, and their answers: each is asked once.

use std::collections::HashMap;

use futures_util::future::join_all;

use super::world::{At, Cloud, Parameter, Refusal, Script, Scripted, World};

/// A question that takes time.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Question {
    Account(At),
    Parameter { at: At, name: String, decrypt: bool },
    Output { at: At, stack: String, output: String },
    Object { at: At, bucket: String, key: String },
    Script(Script),
}

/// What came back.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    Text(Option<String>),
    Parameter(Option<Parameter>),
    Script(Scripted),
}

/// Everything that was asked so far.
#[derive(Debug, Default)]
pub(super) struct Answers {
    known: HashMap<String, Result<Answer, Refusal>>,
}

impl Question {
    /// The same for equal questions only.
    fn key(&self) -> String {
        format!("{self:?}")
    }
}

impl Answers {
    /// The answer, if the question was asked.
    pub(super) fn get(&self, question: &Question) -> Option<&Result<Answer, Refusal>> {
        self.known.get(&question.key())
    }

    /// Asks all questions at the same time.
    pub(super) async fn ask(&mut self, world: &impl World, questions: Vec<Question>) {
        let mut unique: HashMap<String, Question> = HashMap::new();
        for question in questions {
            unique.entry(question.key()).or_insert(question);
        }
        let asked =
            join_all(unique.into_iter().map(|(key, question)| async move { (key, ask(world, question).await) }));
        self.known.extend(asked.await);
    }
}

async fn ask(world: &impl World, question: Question) -> Result<Answer, Refusal> {
    let cloud = world.cloud();
    Ok(match question {
        Question::Account(at) => Answer::Text(Some(cloud.account(&at).await?)),
        Question::Parameter { at, name, decrypt } => Answer::Parameter(cloud.parameter(&at, &name, decrypt).await?),
        Question::Output { at, stack, output } => Answer::Text(cloud.output(&at, &stack, &output).await?),
        Question::Object { at, bucket, key } => Answer::Text(cloud.object(&at, &bucket, &key).await?),
        Question::Script(script) => Answer::Script(world.run(&script).await?),
    })
}
