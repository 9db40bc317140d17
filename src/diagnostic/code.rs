//! The codes of mistakes: stable words, each with a section in docs/errors.md.

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal,)+) => {
        /// The code of a kind of mistake.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Code {
            /// Every code, in the order of docs/errors.md.
            pub const ALL: &'static [Code] = &[$(Code::$name,)+];

            /// The word that people see.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Code::$name => $word,)+
                }
            }
        }
    };
}

codes! {
    /// No configuration file where one was looked for.
    ProjectNotFound = "project-not-found",
    /// A file that is there and cannot be read.
    FileUnreadable = "file-unreadable",
    /// Text that is not YAML.
    YamlSyntax = "yaml-syntax",
    /// A tab where YAML wants spaces.
    YamlTab = "yaml-tab",
    /// A key that its mapping has already.
    DuplicateKey = "duplicate-key",
    /// YAML that has no meaning here: a key that is a list, a wrong merge, a second document.
    YamlUnsupported = "yaml-unsupported",
    /// `*name` without `&name`.
    UnknownAnchor = "unknown-anchor",
    /// A tag that is neither YAML's nor CloudFormation's.
    UnknownTag = "unknown-tag",
    /// A bound on size, depth or number was reached.
    LimitExceeded = "limit-exceeded",
    /// A variable that is not written as one.
    VariableSyntax = "variable-syntax",
    /// A variable source that does not exist.
    UnknownSource = "unknown-source",
    /// A variable whose value is nowhere.
    VariableNotFound = "variable-not-found",
    /// Variables that need each other.
    VariableCycle = "variable-cycle",
    /// A stage that `stages` does not have.
    UnknownStage = "unknown-stage",
    /// A value that has no place inside a text.
    VariableNotText = "variable-not-text",
    /// A source of a variable that could not be asked.
    SourceFailed = "source-failed",
    /// A key that means nothing.
    UnknownKey = "unknown-key",
    /// A value of another kind than its key wants.
    WrongType = "wrong-type",
    /// A key that must be there.
    MissingKey = "missing-key",
    /// An old spelling of a key.
    DeprecatedKey = "deprecated-key",
    /// A key of Serverless that does nothing here.
    WithoutEffect = "without-effect",
    /// A known key whose effect is not supported.
    UnsupportedKey = "unsupported-key",
    /// A value beyond a limit of AWS.
    OutOfRange = "out-of-range",
    /// A plugin whose work is not done here.
    UnknownPlugin = "unknown-plugin",
    /// Plugins whose work is done without them.
    NativePlugin = "native-plugin",
    /// A runtime that Lambda does not have.
    UnknownRuntime = "unknown-runtime",
    /// Two events for one request.
    DuplicateRoute = "duplicate-route",
    /// Two times that contradict each other.
    TimeoutMismatch = "timeout-mismatch",
    /// A function of this service at another stage.
    OtherStage = "other-stage",
    /// A function of another account.
    OtherAccount = "other-account",
    /// A state machine that Step Functions would refuse.
    StateMachine = "state-machine",
    /// A path of the configuration that leads nowhere.
    FileNotFound = "file-not-found",
    /// A name that nothing has.
    UnknownReference = "unknown-reference",
    /// Rights of a task that cannot be derived.
    UnknownRights = "unknown-rights",
    /// The template is weaker than it could be, for the sake of existing stacks.
    WeakTemplate = "weak-template",
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
