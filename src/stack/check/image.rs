//! Container images that functions name.

use crate::diagnostic::{Code, Diagnostic, listed};
use crate::source::Span;
use crate::stack::Stack;
use crate::stack::function::ImageReference;
use crate::stack::provider::ProviderImage;

/// Checks that the image of each function is there and need not be built.
pub(super) fn check(stack: &Stack, found: &mut Vec<Diagnostic>) {
    for function in stack.functions.iter() {
        let name = match &function.value.image {
            Some(ImageReference::Name(name)) => name.as_str().map(|text| (text, name.span)),
            Some(ImageReference::Detailed(image)) => image.name.as_ref().map(|name| (name.as_str(), name.span)),
            None => None,
        };
        // An address has a slash, a name of an image has none.
        if let Some((name, span)) = name.filter(|(name, _)| !name.contains('/')) {
            found.extend(one(stack, name, span));
        }
    }
}

fn one(stack: &Stack, name: &str, span: Span) -> Option<Diagnostic> {
    let images = stack.provider.ecr.as_ref().map(|ecr| &ecr.images);
    match images.and_then(|images| images.entry(name)) {
        Some(image) => match &image.value {
            ProviderImage::Detailed(details) if details.uri.is_none() => {
                let message = format!("the image `{name}` would have to be built, which is not supported");
                let diagnostic = Diagnostic::error(Code::UnsupportedKey, span, message);
                let hint = format!("build and push it, and give its address: `provider.ecr.images.{name}.uri`");
                Some(diagnostic.note(image.span, format!("`{name}` is here")).hint(hint))
            }
            _ => None,
        },
        None => {
            let names: Vec<&str> = images.into_iter().flat_map(|images| images.names()).collect();
            let diagnostic = Diagnostic::error(Code::UnknownReference, span, format!("there is no image `{name}`"));
            let hint = if names.is_empty() {
                "give the image's address, or name it under `provider.ecr.images`".to_owned()
            } else {
                format!("`provider.ecr.images` has {}", listed(names.iter().copied()))
            };
            Some(diagnostic.did_you_mean(name, names.iter().copied()).hint(hint))
        }
    }
}
