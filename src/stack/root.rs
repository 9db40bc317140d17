//! The top level of the configuration.

use crate::source::{Kind, Node};

use super::function::Function;
use super::package::{Layer, Package};
use super::provider::Provider;
use super::reader::{Decode, Reader};
use super::section::{section, words};
use super::shape::Shape;
use super::state_machine::StepFunctions;
use super::value::{Any, Flag, Map, Refused, Text, WithoutEffect};

section! {
    /// The top level of `stack.yaml`.
    Root, "the file" {
        /// The service's name.
        "service" => service: ServiceName;
        /// What holds for the whole stack.
        "provider" => provider: Option<ProviderChoice>;
        /// Functions by key.
        "functions" => functions: Map<Function>;
        /// State machines and activities.
        "stepFunctions" => step_functions: Option<StepFunctions>;
        /// CloudFormation resources, outputs, conditions, parameters; one mapping or a list that is merged.
        "resources" => resources: Vec<Any>;
        /// Layers by key.
        "layers" => layers: Map<Layer>;
        /// What goes into zips.
        "package" => package: Option<Package>;
        /// Values of the author's own, for variables.
        "custom" => custom: Option<Any>;
        /// Settings of stages, by name; `default` holds for all.
        "stages" => stages: Map<Stage>;
        /// Parameters by stage, for `param:`.
        "params" => params: Option<Any>;
        /// Plugins of a `serverless.yml`.
        "plugins" => plugins: Option<Plugins>;
        /// `v3` makes the template that Serverless v3 makes, `safe` the one without its weaknesses.
        "compatibility" => compatibility: Option<Compatibility>;
        /// Keys whose values are secret.
        "secrets" => secrets: Vec<Text>;
        /// How mistakes of the file are taken: `error`, `warn` or `off`.
        "configValidationMode" => config_validation_mode: Option<ValidationMode>;
        /// Read `.env` files.
        "useDotenv" => use_dotenv: Option<Flag>;
        /// How functions are built.
        "build" => build: Option<Any>;
        /// The version of the framework that the file was written for.
        "frameworkVersion" => framework_version: WithoutEffect;
        /// How the framework warned.
        "deprecationNotificationMode" => deprecation_notification_mode: WithoutEffect;
        /// Warnings that the framework left out.
        "disabledDeprecations" => disabled_deprecations: WithoutEffect;
        /// How the framework resolved variables.
        "variablesResolutionMode" => variables_resolution_mode: WithoutEffect;
        /// How the framework warned about variables.
        "unresolvedVariablesNotificationMode" => unresolved_variables_mode: WithoutEffect;
        /// The framework's dashboard.
        "app" => app: WithoutEffect;
        /// The framework's dashboard.
        "org" => org: WithoutEffect;
        /// The framework's dashboard.
        "tenant" => tenant: WithoutEffect;
        /// The framework's dashboard.
        "tenantUid" => tenant_uid: WithoutEffect;
        /// Where the whole repository begins, of former versions.
        "projectDir" => project_dir: WithoutEffect;
        /// The framework's console.
        "console" => console: WithoutEffect;
        /// Where plugins were read from.
        "pluginsLocalPath" => plugins_local_path: WithoutEffect;
        /// Resources of serverless-lift.
        "constructs" => constructs: Refused;
        /// Values that other services of a compose file read.
        "outputs" => outputs: WithoutEffect;
    }
}

words! {
    /// Which template is made.
    Compatibility { V3 = "v3", Safe = "safe" }
}

words! {
    /// How mistakes of the file are taken.
    ValidationMode { Error = "error", Warn = "warn", Off = "off" }
}

words! {
    /// Where a stage runs.
    StageTarget { Local = "local", Aws = "aws" }
}

section! {
    /// Settings of a stage.
    Stage, "a stage" {
        /// `local` runs on this machine, `aws` in the account.
        "target" => target: Option<StageTarget>;
        /// Parameters, for `param:`.
        "params" => params: Option<Any>;
        /// Only whole deployments; no `--fast`, no removal without a question.
        "protected" => protected: Option<Flag>;
        /// Values of stages of version 4.
        "observability" => observability: WithoutEffect;
        /// Resolvers of version 4.
        "resolvers" => resolvers: Refused;
    }
}

/// The service's name: text, or `{name}` of old files.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceName(pub Text);

impl Decode for ServiceName {
    fn shape() -> Shape {
        Shape::Text
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<ServiceName> {
        match node.get("name") {
            Some(name) => Text::decode(name, reader).map(ServiceName),
            None => Text::decode(node, reader).map(ServiceName),
        }
    }
}

/// The provider: its settings, or only its name.
#[derive(Clone, Debug, PartialEq)]
pub enum ProviderChoice {
    Name(Text),
    Settings(Box<Provider>),
}

super::alternative::short_or_long!(ProviderChoice, Name(Text), Settings(Box<Provider>));

/// Plugins: a list, or `{modules, localPath}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Plugins(pub Vec<Text>);

impl Decode for Plugins {
    fn shape() -> Shape {
        Shape::List(Box::new(Shape::Text))
    }

    fn decode(node: &Node, reader: &mut Reader) -> Option<Plugins> {
        match &node.kind {
            Kind::Mapping(_) => {
                node.get("modules").map_or(Some(Plugins(Vec::new())), |list| Plugins::decode(list, reader))
            }
            _ => Vec::decode(node, reader).map(Plugins),
        }
    }
}
