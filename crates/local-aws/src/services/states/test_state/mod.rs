//! TestState

mod shapes;
