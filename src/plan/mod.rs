//! What would change: change set, difference, warnings.
