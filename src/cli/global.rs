//! The options that every command has.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::project::Target;

/// The options that every command has.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Global {
    /// Stage to work on; else the one that the file names, else dev
    #[arg(long, short, global = true, value_name = "STAGE", help_heading = "Options of every command")]
    pub stage: Option<String>,
    /// Region to work in; else the one that the file names, else the profile's, else us-east-1
    #[arg(long, short, global = true, value_name = "REGION", help_heading = "Options of every command")]
    pub region: Option<String>,
    /// Where the stage runs, whatever `stages:` says
    #[arg(long, global = true, value_enum, help_heading = "Options of every command")]
    pub target: Option<TargetName>,
    /// Profile of ~/.aws/config to take credentials from
    #[arg(
        long,
        alias = "aws-profile",
        global = true,
        value_name = "PROFILE",
        help_heading = "Options of every command"
    )]
    pub profile: Option<String>,
    /// Configuration file, when it is not stack.yaml or serverless.yml here or in a folder above
    #[arg(long, short, global = true, value_name = "FILE", help_heading = "Options of every command")]
    pub config: Option<PathBuf>,
    /// Value of `$<param:KEY>`; may be given several times
    #[arg(long = "param", global = true, value_name = "KEY=VALUE", value_parser = parameter)]
    #[arg(help_heading = "Options of every command")]
    pub params: Vec<(String, String)>,
    /// Print JSON, one object a line
    #[arg(long, global = true, help_heading = "Options of every command")]
    pub json: bool,
    /// Tell more
    #[arg(long, global = true, help_heading = "Options of every command")]
    pub verbose: bool,
}

/// A target as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TargetName {
    /// The AWS that is built into this program
    Local,
    /// An AWS account
    Aws,
}

impl From<TargetName> for Target {
    fn from(name: TargetName) -> Target {
        match name {
            TargetName::Local => Target::Local,
            TargetName::Aws => Target::Aws,
        }
    }
}

/// Splits `KEY=VALUE` at its first `=`.
fn parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write it as KEY=VALUE".to_owned()),
    }
}
