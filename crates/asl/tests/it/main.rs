//! The crate from outside.

mod conformance;
mod drive;
mod jsonata_engines;
mod paths;
mod properties;
mod redrive;
mod rules;
mod simulation;
mod suite;
