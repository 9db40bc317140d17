//! The crate from outside.

mod conformance;
mod constructs;
mod drive;
mod fuzz;
mod jsonata_engines;
mod paths;
mod properties;
mod redrive;
mod rules;
mod simulation;
mod suite;
