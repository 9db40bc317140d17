//! One file a command: its arguments, and `run`, which reads as the pipeline.
