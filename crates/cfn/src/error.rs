//! What can be wrong with a template, in CloudFormation's words.

/// A mistake in a template or in the parameters given to it.
///
/// The text is what CloudFormation answers as the message of a `ValidationError`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The document does not have a template's form.
    #[error("Template format error: {0}")]
    Format(String),
    /// The form is right, but what it says cannot be.
    #[error("Template error: {0}")]
    Content(String),
    /// A top-level section that templates do not have.
    #[error("Invalid template property or properties [{0}]")]
    UnknownSection(String),
    /// An attribute that resources do not have.
    #[error("Invalid template resource property '{0}'")]
    UnknownAttribute(String),
    /// Resources that need each other.
    #[error("Circular dependency between resources: [{}]", .0.join(", "))]
    Circular(Vec<String>),
    /// Parameters without a value.
    #[error("Parameters: [{}] must have values", .0.join(", "))]
    MissingParameters(Vec<String>),
    /// Values for parameters that the template does not declare.
    #[error("Parameters: [{}] do not exist in the template", .0.join(", "))]
    UnknownParameters(Vec<String>),
    /// A parameter's value breaks its constraints.
    #[error("{0}")]
    Parameter(String),
    /// An export that nobody makes.
    #[error("No export named {0} found.")]
    NoExport(String),
}

impl TemplateError {
    /// A [`TemplateError::Format`] of any text.
    pub fn format(text: impl Into<String>) -> TemplateError {
        TemplateError::Format(text.into())
    }

    /// A [`TemplateError::Content`] of any text.
    pub fn content(text: impl Into<String>) -> TemplateError {
        TemplateError::Content(text.into())
    }
}
