//! `deploy package`: what would be deployed, as files.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::Context;
use super::deploy::render;
use super::session::Session;
use crate::artifact::Artifact;
use crate::failure::MachineFailure;
use crate::project::Dialect;
use crate::template::{Rendered, artifact_key};
use crate::{Failure, Outcome};

/// How many bytes of two files are compared at once.
const PIECE_BYTES: usize = 1 << 18;

/// Write template.json, the zips and a manifest; needs no account
#[derive(Debug, clap::Args)]
pub struct Package {
    /// Folder to write to [default: `package.path`, else .deploy/package/STAGE]
    #[arg(long, short, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Package {
    pub fn run(&self, context: &Context) -> Result<Outcome, Failure> {
        context.block_on(async {
            let session = Session::open(context).await?;
            let (artifacts, rendered) = render(context, &session, session.stack.dialect == Dialect::Serverless)?;
            let own = session.stack.package.as_ref().and_then(|package| package.path.as_ref());
            let out = match (&self.out, own) {
                (Some(out), _) => out.clone(),
                (None, Some(path)) => session.stack.root.join(&path.text),
                (None, None) => session.deploy_dir().join("package").join(&session.stack.stage),
            };
            write(&out, &artifacts, &rendered)?;
            mark(&out, &session)?;
            context.report.packaged(&session.stack.service, &out, &artifacts);
            Ok(Outcome::Done)
        })
    }
}

fn write(out: &Path, artifacts: &[Artifact], rendered: &Rendered) -> Result<(), Failure> {
    make(out)?;
    let template = pretty(&rendered.template)?;
    file(&out.join("template.json"), template.as_bytes())?;
    for artifact in artifacts {
        let to = out.join(&artifact.file_name);
        if !same(&artifact.path, &to).unwrap_or(false) {
            copy(&artifact.path, &to)?;
        }
    }
    file(&out.join("manifest.json"), pretty(&manifest(artifacts, rendered))?.as_bytes())?;
    Ok(())
}

/// Whether two files hold the same bytes.
fn same(one: &Path, other: &Path) -> std::io::Result<bool> {
    let (mut one, mut other) = (File::open(one)?, File::open(other)?);
    let length = one.metadata()?.len();
    if other.metadata()?.len() != length {
        return Ok(false);
    }
    let piece = usize::try_from(length).unwrap_or(usize::MAX).min(PIECE_BYTES);
    let (mut left, mut right) = (vec![0; piece], vec![0; piece]);
    let mut rest = length;
    while rest > 0 {
        let count = usize::try_from(rest).unwrap_or(usize::MAX).min(piece);
        one.read_exact(&mut left[..count])?;
        other.read_exact(&mut right[..count])?;
        if left[..count] != right[..count] {
            return Ok(false);
        }
        rest -= count as u64;
    }
    Ok(true)
}

/// Copies a file in the place of what is there: to a new one, so that what reads the old one keeps it.
fn copy(from: &Path, to: &Path) -> Result<(), MachineFailure> {
    let doing = || MachineFailure::while_doing(format!("cannot copy {} to {}", from.display(), to.display()));
    match std::fs::remove_file(to) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(doing()(error)),
        _ => {}
    }
    std::fs::copy(from, to).map_err(doing())?;
    Ok(())
}

/// Says of a folder inside the project that it was made, so that the next package does not hold this one.
///
/// Source: the Cache Directory Tagging Specification.
fn mark(out: &Path, session: &Session) -> Result<(), Failure> {
    let inside = |path: &Path| {
        path.canonicalize()
            .is_ok_and(|path| path.starts_with(&session.stack.root) && !path.starts_with(session.deploy_dir()))
    };
    if inside(out) {
        file(&out.join("CACHEDIR.TAG"), b"Signature: 8a477f597d28d172789f06886806bc55\n")?;
    }
    Ok(())
}

/// What is in the folder, and where in the bucket each zip belongs.
fn manifest(artifacts: &[Artifact], rendered: &Rendered) -> serde_json::Value {
    let artifacts: Vec<serde_json::Value> = artifacts
        .iter()
        .map(|artifact| {
            json!({
                "file": artifact.file_name,
                "owners": artifact.owners,
                "key": artifact_key(&rendered.prefix, artifact),
                "digest": artifact.digest,
                "codeSha256": artifact.code_sha256,
                "sizeBytes": artifact.size_bytes,
                "unzippedBytes": artifact.unzipped_bytes,
            })
        })
        .collect();
    json!({"stack": rendered.stack_name, "template": "template.json", "artifacts": artifacts})
}

fn pretty(value: &impl serde::Serialize) -> Result<String, MachineFailure> {
    let text = serde_json::to_string_pretty(value);
    let text = text.map_err(|error| MachineFailure::while_doing("cannot write JSON")(error.into()))?;
    Ok(format!("{text}\n"))
}

/// Makes a folder and those above it.
pub fn make(folder: &Path) -> Result<(), MachineFailure> {
    let doing = format!("cannot make the folder {}", folder.display());
    std::fs::create_dir_all(folder).map_err(MachineFailure::while_doing(doing))
}

/// Writes a file whole.
pub fn file(path: &Path, bytes: &[u8]) -> Result<(), MachineFailure> {
    std::fs::write(path, bytes).map_err(MachineFailure::while_doing(format!("cannot write {}", path.display())))
}
