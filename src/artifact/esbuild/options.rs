//! The options of esbuild as a configuration gives them, as words of its command line.

use serde_json::Value;

use crate::artifact::BuildFailure;

/// How the bundles are made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Words of esbuild's command line, in a fixed order.
    pub flags: Vec<String>,
    /// Packages that are not bundled but zipped beside the bundle, with all that they depend on.
    pub external: Vec<String>,
    /// Packages that are neither bundled nor zipped: the runtime or a layer brings them.
    pub excluded: Vec<String>,
    /// Every package is external.
    pub packages_external: bool,
    /// `.js`, `.mjs` or `.cjs`.
    pub extension: String,
    /// Zip the files that `package.patterns` ask for beside the bundles.
    pub with_patterns: bool,
    /// Node shall read the source maps (`sourcemap.setNodeOptions`).
    pub source_maps_read: bool,
}

/// What a function's runtime and sources say where the options do not.
#[derive(Clone, Debug)]
pub struct Defaults {
    /// The major version of Node.
    pub node: u32,
    /// The sources are ES modules.
    pub modules: bool,
}

/// How an option is written on the command line.
#[derive(Clone, Copy)]
enum Written {
    /// `--minify`, or `--minify=false`.
    Flag,
    /// `--format=esm`; lists with commas.
    Value,
    /// `--inject:file`, once an item.
    Items,
    /// `--define:key=value`, once an entry.
    Entries,
}

/// Source: esbuild's documentation, "API", the options that apply to a build on the command line.
const WRITTEN: &[(&str, Written)] = &[
    ("alias", Written::Entries),
    ("banner", Written::Entries),
    ("bundle", Written::Flag),
    ("charset", Written::Value),
    ("conditions", Written::Value),
    ("define", Written::Entries),
    ("drop", Written::Items),
    ("dropLabels", Written::Value),
    ("footer", Written::Entries),
    ("format", Written::Value),
    ("ignoreAnnotations", Written::Flag),
    ("inject", Written::Items),
    ("jsx", Written::Value),
    ("jsxDev", Written::Flag),
    ("jsxFactory", Written::Value),
    ("jsxFragment", Written::Value),
    ("jsxImportSource", Written::Value),
    ("jsxSideEffects", Written::Flag),
    ("keepNames", Written::Flag),
    ("legalComments", Written::Value),
    ("lineLimit", Written::Value),
    ("loader", Written::Entries),
    ("mainFields", Written::Value),
    ("mangleCache", Written::Value),
    ("mangleProps", Written::Value),
    ("mangleQuoted", Written::Flag),
    ("minify", Written::Flag),
    ("minifyIdentifiers", Written::Flag),
    ("minifySyntax", Written::Flag),
    ("minifyWhitespace", Written::Flag),
    ("platform", Written::Value),
    ("preserveSymlinks", Written::Flag),
    ("pure", Written::Items),
    ("reserveProps", Written::Value),
    ("resolveExtensions", Written::Value),
    ("sourceRoot", Written::Value),
    ("sourcesContent", Written::Flag),
    ("splitting", Written::Flag),
    ("supported", Written::Entries),
    ("target", Written::Value),
    ("treeShaking", Written::Flag),
    ("tsconfig", Written::Value),
    ("tsconfigRaw", Written::Value),
];

/// Options that change how the work is done and not what comes of it.
const WITHOUT_EFFECT: &[&str] = &[
    "buildConcurrency",
    "color",
    "concurrency",
    "disposeContext",
    "installExtraArgs",
    "keepOutputDirectory",
    "logLevel",
    "logLimit",
    "logOverride",
    "metafile",
    "nativeZip",
    "outputBuildFolder",
    "outputWorkFolder",
    "packager",
    "packagerOptions",
    "packagePath",
    "skipRebuild",
    "watch",
    "write",
    "zipConcurrency",
];

/// Options that are read here, not handed on.
const OWN: &[&str] = &["exclude", "external", "outputFileExtension", "outExtension", "packages", "sourcemap"];

impl Options {
    /// The options of `build.esbuild` or `custom.esbuild`.
    ///
    /// # Errors
    /// [`BuildFailure::Unsupported`] for an option that would be lost, such as plugins written in JavaScript.
    pub fn read(given: &Value, defaults: &Defaults) -> Result<Options, BuildFailure> {
        let get = |name: &str| given.get(name).filter(|value| !value.is_null());
        for (name, _) in given.as_object().into_iter().flatten().filter(|(_, value)| is_said(value)) {
            let known = WRITTEN.iter().any(|(known, _)| known == name);
            if !known && !OWN.contains(&name.as_str()) && !WITHOUT_EFFECT.contains(&name.as_str()) {
                return Err(unsupported(name));
            }
        }
        let format = get("format").and_then(Value::as_str).unwrap_or(if defaults.modules { "esm" } else { "cjs" });
        let mut flags = Vec::new();
        for (name, written) in WRITTEN {
            if let Some(value) = get(name) {
                flags.extend(words(name, *written, value));
            }
        }
        let mut default = |name: &str, word: String| flags.extend(get(name).is_none().then_some(word));
        default("bundle", "--bundle".to_owned());
        default("charset", "--charset=utf8".to_owned());
        default("format", format!("--format={format}"));
        default("platform", "--platform=node".to_owned());
        default("target", format!("--target=node{}", defaults.node));
        if format == "esm" && get("banner").is_none() {
            // Packages that are not modules call `require`, which modules do not have.
            let banner = "import { createRequire as createRequireOfNode } from 'node:module'; \
                          globalThis.require ??= createRequireOfNode(import.meta.url);";
            flags.push(format!("--banner:js={banner}"));
        }
        flags.extend(source_map(get("sourcemap")));
        let extension = extension(given, if format == "esm" { ".mjs" } else { ".js" });
        let runtime = if defaults.node < 18 { "aws-sdk" } else { "@aws-sdk/*" };
        Ok(Options {
            flags,
            external: get("external").map(texts).unwrap_or_default(),
            excluded: get("exclude").map_or_else(|| vec![runtime.to_owned()], texts),
            packages_external: get("packages").and_then(Value::as_str) == Some("external"),
            extension,
            with_patterns: false,
            source_maps_read: reads_source_maps(given),
        })
    }
}

/// The value of `sourcemap.setNodeOptions`: Node shall read the source maps.
pub fn reads_source_maps(given: &Value) -> bool {
    given.get("sourcemap").and_then(|map| map.get("setNodeOptions")).and_then(Value::as_bool).unwrap_or(false)
}

fn is_said(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false)) && value.as_array().is_none_or(|items| !items.is_empty())
}

fn unsupported(name: &str) -> BuildFailure {
    let hint = match name {
        "plugins" | "configFile" => {
            "plugins of esbuild are JavaScript, which is not run here: build the bundle with a script of your own and give \
             the zip as `package.artifact`"
        }
        _ => "take it out, or build the bundle with a script of your own and give the zip as `package.artifact`",
    };
    BuildFailure::Unsupported {
        problem: format!("the option `{name}` of esbuild is not supported"),
        hint: hint.to_owned(),
    }
}

fn words(name: &str, written: Written, value: &Value) -> Vec<String> {
    let flag = kebab(name);
    match written {
        Written::Flag if *value == Value::Bool(true) => vec![format!("--{flag}")],
        Written::Flag => vec![format!("--{flag}={}", text(value))],
        Written::Value => vec![format!("--{flag}={}", texts(value).join(","))],
        Written::Items => texts(value).iter().map(|item| format!("--{flag}:{item}")).collect(),
        Written::Entries => {
            let entries = value.as_object().into_iter().flatten();
            entries.map(|(key, value)| format!("--{flag}:{key}={}", text(value))).collect()
        }
    }
}

/// Source: esbuild's documentation, "Sourcemap"; Serverless v4, "build.esbuild.sourcemap".
fn source_map(given: Option<&Value>) -> Option<String> {
    let kind = match given? {
        Value::Object(settings) => settings.get("type").and_then(Value::as_str).unwrap_or("linked").to_owned(),
        Value::Bool(false) => return None,
        Value::Bool(true) => "linked".to_owned(),
        other => text(other),
    };
    Some(format!("--sourcemap={kind}"))
}

fn extension(given: &Value, default: &str) -> String {
    let of_map = given.get("outExtension").and_then(|map| map.get(".js"));
    let own = given.get("outputFileExtension").or(of_map).and_then(Value::as_str);
    own.unwrap_or(default).to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().map(text).collect(),
        one => vec![text(one)],
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn kebab(name: &str) -> String {
    let mut kebab = String::with_capacity(name.len() + 4);
    for character in name.chars() {
        if character.is_ascii_uppercase() {
            kebab.push('-');
        }
        kebab.push(character.to_ascii_lowercase());
    }
    kebab
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(given: Value) -> Result<Options, BuildFailure> {
        Options::read(&given, &Defaults { node: 22, modules: false })
    }

    #[test]
    fn options_become_words_of_the_command_line() {
        let options = read(json!({
            "minify": true, "keepNames": false, "target": ["node20", "es2022"], "define": {"A": "1"}, "inject": ["a.js"],
            "external": ["sharp"], "exclude": ["@aws-sdk/*", "pg-native"], "sourcemap": {"type": "inline"},
            "mainFields": ["module", "main"], "buildConcurrency": 3
        }))
        .unwrap();
        let expected = [
            "--define:A=1",
            "--inject:a.js",
            "--keep-names=false",
            "--main-fields=module,main",
            "--minify",
            "--target=node20,es2022",
            "--bundle",
            "--charset=utf8",
            "--format=cjs",
            "--platform=node",
            "--sourcemap=inline",
        ];
        assert_eq!(options.flags, expected);
        assert_eq!((options.external, options.extension), (vec!["sharp".to_owned()], ".js".to_owned()));
    }

    #[test]
    fn an_option_that_would_be_lost_is_refused_by_name() {
        for name in ["plugins", "skipBuild", "mangledProps"] {
            let refused = read(json!({name: ["x"]})).unwrap_err();
            assert!(refused.to_string().contains(name), "{refused}");
        }
        assert!(read(json!({"plugins": []})).is_ok());
    }

    #[test]
    fn modules_get_their_ending_and_a_require() {
        let options = read(json!({"format": "esm"})).unwrap();
        assert_eq!(options.extension, ".mjs");
        assert!(options.flags.iter().any(|flag| flag.starts_with("--banner:js=") && flag.contains("createRequire")));
        assert_eq!(read(json!({"format": "esm", "outputFileExtension": ".js"})).unwrap().extension, ".js");
    }

    #[test]
    fn the_sdk_of_the_runtime_stays_out_unless_the_options_say_otherwise() {
        assert_eq!(read(Value::Null).unwrap().excluded, ["@aws-sdk/*"]);
        assert!(read(json!({"exclude": []})).unwrap().excluded.is_empty());
    }
}
