//! Artifacts that stand for code that is not built: enough to render a template.

use std::path::PathBuf;

use crate::artifact::{Artifact, ArtifactKind, source_maps};
use crate::stack::{Builder, Stack, helper};

/// One artifact for every function and layer, named as the built one would be, with nothing inside.
pub fn placeholders(stack: &Stack) -> Vec<Artifact> {
    let functions = stack.functions.iter().filter(|function| stack.builder(&function.value) != Builder::Image);
    let functions = functions.map(|function| {
        let file = match stack.builder(&function.value) {
            Builder::Prebuilt(path) => path.rsplit('/').next().unwrap_or("").to_owned(),
            _ if stack.is_individual(&function.value) => format!("{}.zip", function.name),
            _ => format!("{}.zip", stack.service),
        };
        let stands = placeholder(&function.name, ArtifactKind::Function, file);
        Artifact { source_maps: source_maps(stack, function), ..stands }
    });
    let layers = stack.layers.names().map(|key| placeholder(key, ArtifactKind::Layer, format!("{key}.zip")));
    let helpers = (!stack.helpers().is_empty()).then(|| helper::FILE_NAME.to_owned());
    let helpers = helpers.map(|file| Artifact { owners: Vec::new(), ..placeholder("", ArtifactKind::Helper, file) });
    functions.chain(layers).chain(helpers).collect()
}

fn placeholder(owner: &str, kind: ArtifactKind, file_name: String) -> Artifact {
    Artifact {
        owners: vec![owner.to_owned()],
        kind,
        path: PathBuf::new(),
        digest: blake3::hash(file_name.as_bytes()).to_hex().to_string(),
        file_name,
        code_sha256: String::new(),
        size_bytes: 0,
        unzipped_bytes: 0,
        source_maps: false,
    }
}
