//! The local AWS as its users meet it.

mod accounts;
mod callers;
mod conformance;
mod custom_resources;
mod event_sources;
mod events;
mod gateway;
mod http_api;
mod http_authorizers;
mod lambda;
mod logs;
mod page;
mod runtime;
mod s3;
mod sns;
mod sqs;
mod states;
mod states_maps;
mod states_tasks;
mod support;
mod wire_auth;
