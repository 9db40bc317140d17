//! The region that the environment or a profile names.

use std::path::PathBuf;

/// The region of the environment, else of a profile in AWS's configuration file.
///
/// Source: AWS SDKs and Tools Reference Guide, "AWS Region" and "Location of the shared config and credentials files".
pub(super) fn region_of(profile: Option<&str>) -> Option<String> {
    let of_environment = || ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().find_map(|name| variable(name));
    let chosen = profile.map(str::to_owned);
    // A profile that was asked for rules; the environment rules over the default one.
    match chosen {
        Some(profile) => in_file(&profile).or_else(of_environment),
        None => of_environment().or_else(|| in_file(&variable("AWS_PROFILE").unwrap_or_else(|| "default".to_owned()))),
    }
}

fn in_file(profile: &str) -> Option<String> {
    let path =
        variable("AWS_CONFIG_FILE").map(PathBuf::from).or_else(|| Some(std::env::home_dir()?.join(".aws/config")));
    let text = std::fs::read_to_string(path?).ok()?;
    region_in(&text, profile)
}

/// A variable of the environment that is set and not empty.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The `region` of `[profile NAME]`, or of `[default]`.
fn region_in(text: &str, profile: &str) -> Option<String> {
    let mut inside = false;
    for line in text.lines() {
        let line = line.trim();
        if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            let name = section.trim();
            let name = name.strip_prefix("profile").map_or(name, str::trim);
            inside = name == profile;
        } else if let Some((key, value)) = line.split_once('=').filter(|_| inside)
            && key.trim() == "region"
        {
            return Some(value.trim().to_owned()).filter(|region| !region.is_empty());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_has_the_region_of_its_own_section() {
        let text = "[default]\nregion = us-east-1\n\n[profile work]\noutput=json\nregion=eu-central-1\n";
        assert_eq!(region_in(text, "work").as_deref(), Some("eu-central-1"));
        assert_eq!(region_in(text, "default").as_deref(), Some("us-east-1"));
        assert_eq!(region_in(text, "other"), None);
    }
}
