//! Drives `asl` executions: tasks, timers, history.
