//! The only place that names `aws_sdk_*`: clients from region, profile and endpoint, and what they answer in our nouns.

mod account;
mod apis;
mod clients;
mod drifts;
mod error;
mod functions;
mod json;
mod logs;
mod lookup;
mod machines;
mod metrics;
mod names;
mod objects;
mod patience;
mod profile;
mod stacks;
mod swaps;

pub use clients::{Clients, Destination, local_destination};
pub use error::{AwsError, Kind};
pub use lookup::{LOCAL_ACCOUNT, Lookup};
pub use profile::unknown_profile;
