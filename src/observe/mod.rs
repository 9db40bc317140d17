//! What is running and what went wrong: info, logs, executions.
