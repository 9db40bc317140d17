//! The codes of mistakes: stable words, each with a section in docs/errors.md.

/// The code of a kind of mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// Text that is not YAML.
    YamlSyntax,
    /// A variable whose value is nowhere.
    VariableNotFound,
    /// A key that means nothing.
    UnknownKey,
    /// A value of another kind than its key wants.
    WrongType,
    /// A key that must be there.
    MissingKey,
    /// An old spelling of a key.
    DeprecatedKey,
    /// A known key whose effect is not supported.
    UnsupportedKey,
    /// A value beyond a limit of AWS.
    OutOfRange,
    /// A path of the configuration that leads nowhere.
    FileNotFound,
}

impl Code {
    /// The word that people see.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::YamlSyntax => "yaml-syntax",
            Code::VariableNotFound => "variable-not-found",
            Code::UnknownKey => "unknown-key",
            Code::WrongType => "wrong-type",
            Code::MissingKey => "missing-key",
            Code::DeprecatedKey => "deprecated-key",
            Code::UnsupportedKey => "unsupported-key",
            Code::OutOfRange => "out-of-range",
            Code::FileNotFound => "file-not-found",
        }
    }
}
