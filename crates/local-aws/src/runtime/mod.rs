//! Lambda over host processes.
