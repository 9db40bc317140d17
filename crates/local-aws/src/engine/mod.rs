//! The CloudFormation engine: change sets, schedule, execute, roll back, journal.
