//! The names that CloudFormation invents for resources without one.

use sha2::{Digest, Sha256};

/// Letters of invented names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letters {
    /// `A–Z0–9`
    Upper,
    /// `a–z0–9`
    Lower,
    /// `A–Za–z0–9`
    Mixed,
}

impl Letters {
    fn alphabet(self) -> &'static [u8] {
        match self {
            Letters::Upper => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
            Letters::Lower => b"abcdefghijklmnopqrstuvwxyz0123456789",
            Letters::Mixed => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        }
    }
}

/// `count` letters (at most 32) that depend on `seed` only.
pub fn letters(seed: &str, count: usize, letters: Letters) -> String {
    let alphabet = letters.alphabet();
    Sha256::digest(seed.as_bytes())
        .iter()
        .take(count)
        .map(|byte| char::from(alphabet[usize::from(*byte) % alphabet.len()]))
        .collect()
}

/// `<stack>-<logical id>-<13 letters>`, no longer than `most`: first the stack's name is cut, then the logical id.
pub fn physical(stack: &str, logical: &str, seed: &str, most: usize, kind: Letters) -> String {
    let suffix = letters(seed, 13, kind);
    let room = most.saturating_sub(suffix.len() + 2);
    // CloudFormation shares the room: a long half is cut to what the other leaves, at least half of all.
    let half = room / 2;
    let stack_room = if logical.len() < room - half { room - logical.len() } else { half };
    let stack: String = stack.chars().take(stack_room).collect();
    let logical: String = logical.chars().take(room - stack.len()).collect();
    let name = format!("{stack}-{logical}-{suffix}");
    if kind == Letters::Lower { name.to_lowercase() } else { name }
}

/// `<logical id, at most 27>-<12 letters>`, as a state machine is named.
pub fn state_machine(logical: &str, seed: &str) -> String {
    let logical: String = logical.chars().take(27).collect();
    format!("{logical}-{}", letters(seed, 12, Letters::Mixed))
}

/// A UUID that depends on `seed` only.
pub fn token(seed: &str) -> String {
    let digest = Sha256::digest(seed.as_bytes());
    let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_stack_logical_id_and_letters() {
        let name = physical("signup-dev", "UsersTable", "seed", 255, Letters::Upper);
        assert!(name.starts_with("signup-dev-UsersTable-"), "{name}");
        assert_eq!(name.len(), "signup-dev-UsersTable-".len() + 13);
    }

    #[test]
    fn a_long_name_is_cut_to_its_limit() {
        let name = physical(&"s".repeat(100), &"L".repeat(100), "seed", 63, Letters::Lower);
        assert_eq!(name.len(), 63);
        assert_eq!(name, name.to_lowercase());
    }

    #[test]
    fn a_state_machine_is_named_as_aws_does() {
        let name = state_machine("SignupStepFunctionsStateMachine", "seed");
        assert!(name.starts_with("SignupStepFunctionsStateMac-"), "{name}");
        assert_eq!(name.len(), 40);
    }
}
