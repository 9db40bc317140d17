//! Start, find and stop the local AWS of a project.
