//! The ARNs of Step Functions: parsed with AWS's words when they are not one.

use crate::wire::Fault;

/// What an ARN of `states` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    StateMachine,
    Execution,
    Express,
    Activity,
    MapRun,
}

impl Resource {
    fn named(word: &str) -> Option<Resource> {
        Some(match word {
            "stateMachine" => Resource::StateMachine,
            "execution" => Resource::Execution,
            "express" => Resource::Express,
            "activity" => Resource::Activity,
            "mapRun" => Resource::MapRun,
            _ => return None,
        })
    }
}

/// An ARN of `states`, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    pub whole: &'a str,
    pub region: &'a str,
    pub account: &'a str,
    pub resource: Resource,
    /// The machine's or activity's name, with `/label` where a map state's label follows.
    pub name: &'a str,
    /// What follows the name: a version, an alias, an execution's name.
    pub qualifier: Option<&'a str>,
}

impl<'a> Arn<'a> {
    /// Takes `text` apart.
    ///
    /// # Errors
    /// `InvalidArn` in AWS's words.
    pub fn parse(text: &'a str) -> Result<Arn<'a>, Fault> {
        if !text.starts_with("arn:") {
            return Err(invalid(&format!("Invalid ARN prefix: {text}")));
        }
        let parts: Vec<&str> = text.splitn(8, ':').collect();
        let [_, partition, service, region, account, kind, name, ..] = parts.as_slice() else {
            return Err(invalid(&format!("Invalid ARN: {text}")));
        };
        if !partition.starts_with("aws") || *service != "states" || region.is_empty() || !is_account(account) {
            return Err(invalid(&format!("Invalid ARN: {text}")));
        }
        let Some(resource) = Resource::named(kind) else {
            return Err(invalid(&format!("Resource type not valid in this context: {kind}")));
        };
        if name.is_empty() {
            return Err(invalid(&format!("Invalid ARN: {text}")));
        }
        Ok(Arn { whole: text, region, account, resource, name, qualifier: parts.get(7).copied() })
    }

    /// Takes `text` apart where only an ARN of one of `expected` makes sense.
    ///
    /// # Errors
    /// `InvalidArn`, as [`Arn::parse`], or because it names something else.
    pub fn of(text: &'a str, expected: &[Resource]) -> Result<Arn<'a>, Fault> {
        let arn = Arn::parse(text)?;
        if expected.contains(&arn.resource) {
            return Ok(arn);
        }
        let word = text.split(':').nth(5).unwrap_or_default();
        Err(invalid(&format!("Resource type not valid in this context: {word}")))
    }

    /// The state machine's ARN of a state machine, version or alias.
    pub fn unqualified(&self) -> String {
        machine(self.region, self.account, self.name)
    }
}

/// `arn:aws:states:REGION:ACCOUNT:stateMachine:NAME`
pub fn machine(region: &str, account: &str, name: &str) -> String {
    format!("arn:aws:states:{region}:{account}:stateMachine:{name}")
}

/// `arn:aws:states:REGION:ACCOUNT:activity:NAME`
pub fn activity(region: &str, account: &str, name: &str) -> String {
    format!("arn:aws:states:{region}:{account}:activity:{name}")
}

/// The ARN of a Standard execution of the machine called `machine` (`NAME` or `NAME/LABEL`).
pub fn execution(region: &str, account: &str, machine: &str, name: &str) -> String {
    format!("arn:aws:states:{region}:{account}:execution:{machine}:{name}")
}

/// The ARN of an Express execution; `id` makes it unique, because names need not be.
pub fn express(region: &str, account: &str, machine: &str, name: &str, id: &str) -> String {
    format!("arn:aws:states:{region}:{account}:express:{machine}:{name}:{id}")
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn invalid(why: &str) -> Fault {
    Fault::sender("InvalidArn", format!("Invalid Arn: '{why}'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_no_arn_are_quoted_back() {
        let fault = Arn::parse("invalid_arn").unwrap_err();
        assert_eq!(fault.code, "InvalidArn");
        assert_eq!(fault.message, "Invalid Arn: 'Invalid ARN prefix: invalid_arn'");
    }

    #[test]
    fn an_execution_is_no_state_machine() {
        let text = "arn:aws:states:eu-west-1:000000000000:execution:m:e";
        let fault = Arn::of(text, &[Resource::StateMachine]).unwrap_err();
        assert_eq!(fault.message, "Invalid Arn: 'Resource type not valid in this context: execution'");
    }

    #[test]
    fn a_version_knows_its_machine() {
        let arn = Arn::parse("arn:aws:states:eu-west-1:000000000000:stateMachine:m:3").unwrap();
        assert_eq!(arn.qualifier, Some("3"));
        assert_eq!(arn.unqualified(), "arn:aws:states:eu-west-1:000000000000:stateMachine:m");
    }
}
