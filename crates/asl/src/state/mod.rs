//! What each state type does. One file a type.

pub(crate) mod choice;
mod fail;
mod map;
mod map_run;
mod number;
mod parallel;
mod pass;
mod succeed;
mod task;
mod wait;
