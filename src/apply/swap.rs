//! Changes functions and state machines directly, past CloudFormation.

use std::time::Duration;

use futures_util::stream::{self, StreamExt};

use super::{Event, Manner, Objects, Swapping};
use crate::aws::AwsError;
use crate::plan::{Code, FunctionSwap, MachineSwap};

/// How many functions and machines change at once.
const AT_ONCE: usize = 8;
/// How often a function is asked whether it is live.
const MAX_POLLS: u32 = 400;
/// How often a change is tried while another one of the same function goes on.
const MAX_CONFLICTS: u32 = 20;
/// The largest zip that is sent within the call; a larger one goes through the bucket.
///
/// Source: AWS Lambda Developer Guide, "Lambda quotas": 50 MB zipped, for direct upload; a third of a call is base64.
const MAX_INLINE_BYTES: u64 = 35 * 1024 * 1024;

/// One thing that is changed directly.
#[derive(Clone, Debug, PartialEq)]
pub enum Swap {
    Function(FunctionSwap),
    Machine(MachineSwap),
}

impl Swap {
    /// Its logical id.
    pub fn logical_id(&self) -> &str {
        match self {
            Swap::Function(swap) => &swap.logical_id,
            Swap::Machine(swap) => &swap.logical_id,
        }
    }
}

/// How a function stands after a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Liveness {
    Live,
    Changing,
    /// Lambda could not make it: why.
    Failed(String),
}

/// The code of a function, as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SentCode {
    Zip(Vec<u8>),
    Stored { bucket: String, key: String },
}

/// Changes everything at once, and waits until all of it is live. All are tried, whatever becomes of the others.
///
/// # Errors
/// The first failure.
pub async fn swap<C: Swapping + Objects>(
    cloud: &C,
    bucket: &str,
    swaps: &[Swap],
    manner: &Manner<'_>,
) -> Result<(), AwsError> {
    let changes = swaps.iter().map(|swap| async move {
        match swap {
            Swap::Function(swap) => function(cloud, bucket, swap, manner).await?,
            Swap::Machine(swap) => cloud.update_machine(&swap.arn, &swap.definition).await?,
        }
        (manner.tell)(Event::Swapped { logical_id: swap.logical_id().to_owned() });
        Ok(())
    });
    let done: Vec<Result<(), AwsError>> = stream::iter(changes).buffer_unordered(AT_ONCE).collect().await;
    done.into_iter().collect()
}

async fn function<C: Swapping + Objects>(
    cloud: &C,
    bucket: &str,
    swap: &FunctionSwap,
    manner: &Manner<'_>,
) -> Result<(), AwsError> {
    if let Some(code) = &swap.code {
        let code = sent(cloud, bucket, code).await?;
        let told = unhindered(manner, || cloud.update_code(&swap.function, &code)).await?;
        live(cloud, &swap.function, told, manner).await?;
    }
    if !swap.configuration.is_empty() {
        let told = unhindered(manner, || cloud.update_configuration(&swap.function, &swap.configuration)).await?;
        live(cloud, &swap.function, told, manner).await?;
    }
    Ok(())
}

async fn sent(cloud: &impl Objects, bucket: &str, code: &Code) -> Result<SentCode, AwsError> {
    match code {
        Code::File { path, size_bytes, .. } if *size_bytes <= MAX_INLINE_BYTES => {
            let read = tokio::fs::read(path).await;
            read.map(SentCode::Zip).map_err(|error| {
                AwsError::garbled("UpdateFunctionCode", format!("cannot read {}: {error}", path.display()))
            })
        }
        Code::File { path, key, digest, .. } => {
            if cloud.written_at(bucket, key).await?.is_none() {
                cloud.put_file(bucket, key, path, digest).await?;
            }
            Ok(SentCode::Stored { bucket: bucket.to_owned(), key: key.clone() })
        }
        Code::Stored(key) => Ok(SentCode::Stored { bucket: bucket.to_owned(), key: key.clone() }),
    }
}

/// A function takes one change at a time: another one is waited for.
///
/// Source: Lambda API Reference, `ResourceConflictException` of `UpdateFunctionCode`.
async fn unhindered<F: Future<Output = Result<Liveness, AwsError>>>(
    manner: &Manner<'_>,
    change: impl Fn() -> F,
) -> Result<Liveness, AwsError> {
    let mut pause = first_pause(manner);
    for _ in 1..MAX_CONFLICTS {
        match change().await {
            Err(error) if error.code == "ResourceConflictException" => tokio::time::sleep(pause).await,
            done => return done,
        }
        pause = (pause * 3 / 2).min(manner.pace.longest);
    }
    change().await
}

/// Waits until a function is live; `told` is how it stood right after the change.
async fn live(cloud: &impl Swapping, function: &str, mut told: Liveness, manner: &Manner<'_>) -> Result<(), AwsError> {
    let mut pause = first_pause(manner);
    for _ in 0..MAX_POLLS {
        match told {
            Liveness::Live => return Ok(()),
            Liveness::Failed(why) => {
                return Err(AwsError::answered(
                    "UpdateFunctionCode",
                    400,
                    "UpdateFailed",
                    &format!("`{function}`: {why}"),
                ));
            }
            Liveness::Changing => tokio::time::sleep(pause).await,
        }
        told = cloud.liveness(function).await?;
        pause = (pause * 3 / 2).min(manner.pace.longest);
    }
    Err(AwsError::garbled("GetFunctionConfiguration", format!("`{function}` does not become live")))
}

fn first_pause(manner: &Manner<'_>) -> Duration {
    manner.pace.first.min(Duration::from_millis(300))
}
