//! The region that the environment or a profile names.

use std::path::PathBuf;

use super::error::{AwsError, Kind};
use crate::failure::listing;

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

/// Why a profile cannot be used: no file has it. None when one has.
pub fn unknown_profile(profile: &str) -> Option<AwsError> {
    let (config, credentials) = (file("AWS_CONFIG_FILE", "config"), file("AWS_SHARED_CREDENTIALS_FILE", "credentials"));
    let read = |path: &Option<PathBuf>| path.as_ref().and_then(|path| std::fs::read_to_string(path).ok());
    let mut known: Vec<String> = [&config, &credentials]
        .iter()
        .filter_map(|path| read(path))
        .flat_map(|text| text.lines().filter_map(section).map(str::to_owned).collect::<Vec<_>>())
        .collect();
    known.sort();
    known.dedup();
    if known.iter().any(|name| name == profile) {
        return None;
    }
    let files: Vec<String> =
        [config, credentials].into_iter().flatten().map(|path| path.display().to_string()).collect();
    let there = match known.is_empty() {
        true => "they name none".to_owned(),
        false => format!("they name {}", listing(&known)),
    };
    Some(AwsError {
        operation: "GetCallerIdentity",
        kind: Kind::NoCredentials,
        code: String::new(),
        message: format!("no profile `{profile}` in {}; {there}", files.join(" and ")),
    })
}

/// The name of a profile, in the line that begins its section.
fn section(line: &str) -> Option<&str> {
    let name = line.trim().strip_prefix('[')?.split(']').next()?.trim();
    match name.split_once(char::is_whitespace) {
        Some(("profile", name)) => Some(name.trim()),
        Some(_) => None,
        None => Some(name),
    }
}

/// Where one of AWS's files is.
fn file(variable_name: &str, name: &str) -> Option<PathBuf> {
    variable(variable_name).map(PathBuf::from).or_else(|| Some(std::env::home_dir()?.join(".aws").join(name)))
}

fn in_file(profile: &str) -> Option<String> {
    let text = std::fs::read_to_string(file("AWS_CONFIG_FILE", "config")?).ok()?;
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
        if line.starts_with('[') {
            inside = section(line) == Some(profile);
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
        assert_eq!(section("[ profile  work ]"), Some("work"));
        assert_eq!(section("[sso-session corp]"), None, "sessions are no profiles");
    }
}
