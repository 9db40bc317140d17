//! What goes into artifacts, and that it is the same wherever and whenever it is packaged.

use std::collections::BTreeMap;
use std::fs::{File, FileTimes, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use crate::support::Project;

/// Two functions with zips of their own, one shared, and a layer; nothing that needs a compiler.
const STACK: &str = "
service: pack
provider: { name: aws, runtime: python3.13, region: us-east-1 }
layers:
  shared: { path: layer }
functions:
  one: { handler: one/main.run, package: { individually: true, patterns: ['!two/**', '!large.bin'] } }
  two: { handler: two/main.run, package: { individually: true, patterns: ['!one/**'] } }
  three: { handler: three.run }
";

const FILES: &[(&str, &str)] = &[
    ("one/main.py", "def run(event, context):\n    return 1\n"),
    ("two/main.py", "def run(event, context):\n    return 2\n"),
    ("three.py", "def run(event, context):\n    return 3\n"),
    ("bin/tool.sh", "#!/bin/sh\n"),
    ("layer/python/shared.py", "WORD = 'shared'\n"),
];

/// The project, its files written in this order; what else differs from copy to copy is set by the callers.
fn project(backwards: bool) -> Project {
    let project = Project::empty();
    let mut files: Vec<(&str, &str)> = FILES.to_vec();
    files.push(("stack.yaml", STACK));
    if backwards {
        files.reverse();
    }
    for (name, text) in files {
        project.write(name, text);
    }
    // More than a batch, and a file that is streamed.
    for number in 0..600 {
        let number = if backwards { 599 - number } else { number };
        project.write(&format!("data/{number}.txt"), &format!("{number}\n").repeat(200));
    }
    project.write("large.bin", &"0123456789abcdef".repeat(600_000));
    std::fs::set_permissions(project.path().join("bin/tool.sh"), Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink("bin/tool.sh", project.path().join("tool")).unwrap();
    project
}

fn packaged(project: &Project, threads: &str) -> BTreeMap<String, Vec<u8>> {
    let mut command = project.command(&["package", "--out", "out"]);
    command.env("RAYON_NUM_THREADS", threads);
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    read(&project.path().join("out"))
}

fn read(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())).collect()
}

/// Every file of a folder, the folder itself left out.
fn every_file(folder: &Path, change: &dyn Fn(&Path)) {
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()) {
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => every_file(&entry.path(), change),
            kind if kind.is_file() => change(&entry.path()),
            _ => {}
        }
    }
}

#[test]
fn the_same_project_is_packaged_to_the_same_bytes_whatever_path_order_clock_umask_and_threads() {
    let first = project(false);
    let reference = packaged(&first, "1");
    assert_eq!(
        reference.keys().map(String::as_str).collect::<Vec<_>>(),
        ["CACHEDIR.TAG", "manifest.json", "one.zip", "pack.zip", "shared.zip", "template.json", "two.zip"]
    );
    let second = project(true);
    let long_ago = FileTimes::new().set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000));
    every_file(second.path(), &|path| {
        File::options().append(true).open(path).unwrap().set_times(long_ago).unwrap();
        // As files are made under umask 077; who may execute stays.
        let executable = path.metadata().unwrap().permissions().mode() & 0o100;
        std::fs::set_permissions(path, Permissions::from_mode(0o600 | executable)).unwrap();
    });
    let again = packaged(&second, "4");
    for (name, bytes) in &reference {
        assert!(again.get(name) == Some(bytes), "{name} differs");
    }
    assert_eq!(again.len(), reference.len());
    // And from the cache.
    assert!(packaged(&second, "2") == again);
}

#[test]
fn two_runs_at_once_and_a_killed_one_leave_whole_artifacts() {
    let project = project(false);
    let reference = packaged(&project, "2");
    std::fs::remove_dir_all(project.path().join(".deploy")).unwrap();
    let start = |out: &str| {
        let mut command: Command = project.command(&["package", "--out", out]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    // Killed as soon as the cache holds one thing more than before: a draft, a zip, at each step once.
    let cache = project.path().join(".deploy/artifacts");
    let count = || std::fs::read_dir(&cache).map_or(0, Iterator::count);
    for step in 0..8 {
        let before = count();
        let mut killed = start("killed");
        while count() <= before + step && killed.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        killed.kill().unwrap();
        killed.wait().unwrap();
    }
    let mut both = [start("a"), start("b")];
    for run in &mut both {
        assert!(run.wait().unwrap().success());
    }
    for out in ["a", "b"] {
        let made = read(&project.path().join(out));
        for (name, bytes) in &reference {
            assert!(made.get(name) == Some(bytes), "{out}/{name} differs");
        }
    }
}

/// Which file it is and when it was written, of every zip in a folder.
fn written(folder: &Path) -> BTreeMap<String, (u64, SystemTime)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let zips = entries.filter(|entry| entry.file_name().to_string_lossy().ends_with(".zip"));
    let file = |entry: std::fs::DirEntry| {
        let metadata = entry.metadata().unwrap();
        (entry.file_name().into_string().unwrap(), (metadata.ino(), metadata.modified().unwrap()))
    };
    zips.map(file).collect()
}

#[test]
fn an_unchanged_project_writes_no_zip_again_and_a_changed_one_only_those_that_hold_the_change() {
    let project = project(false);
    let (out, cache) = (project.path().join("out"), project.path().join(".deploy/artifacts"));
    packaged(&project, "2");
    let (zips, cached) = (written(&out), written(&cache));
    assert_eq!((zips.len(), cached.len()), (4, 4));
    let bytes = packaged(&project, "2");
    assert_eq!((&written(&out), &written(&cache)), (&zips, &cached));
    project.write("two/main.py", "def run(event, context):\n    return 'two'\n");
    packaged(&project, "2");
    let changed: Vec<String> =
        written(&out).into_iter().filter(|zip| zips.get(&zip.0) != Some(&zip.1)).map(|zip| zip.0).collect();
    // `one` leaves the folder out; the zip that all others share does not.
    assert_eq!(changed, ["pack.zip", "two.zip"]);
    // What somebody wrote over a packaged zip is no reason to keep it, even at the same length.
    let mut spoilt = bytes["one.zip"].clone();
    spoilt.reverse();
    project.write("out/one.zip", "");
    std::fs::write(out.join("one.zip"), spoilt).unwrap();
    assert!(packaged(&project, "2")["one.zip"] == bytes["one.zip"]);
}

#[test]
fn functions_with_the_same_files_in_zips_of_their_own_get_the_same_bytes_and_the_failure_of_each() {
    let project = Project::empty();
    let functions = |more: &str| {
        format!(
            "service: same\nprovider: {{ name: aws, runtime: python3.13 }}\npackage: {{ individually: true }}\nfunctions:\n  a: {{ handler: a.run }}\n  b: {{ handler: a.run }}\n{more}"
        )
    };
    project.write("stack.yaml", &functions("  c: { handler: a.run, package: { patterns: ['!b.py'] } }\n"));
    project.write("a.py", "def run(event, context):\n    return 1\n");
    project.write("b.py", "");
    let zips = packaged(&project, "2");
    assert!(zips["a.zip"] == zips["b.zip"] && zips["a.zip"] != zips["c.zip"]);
    let manifest: serde_json::Value = serde_json::from_slice(&zips["manifest.json"]).unwrap();
    assert_eq!(manifest["artifacts"][1]["owners"], serde_json::json!(["b"]));
    project.write("stack.yaml", &functions(""));
    project.write(".env", "TOKEN=abc\n");
    project.run(&["package"]).expect(4).says(".env would be in the artifact");
}

#[test]
fn a_file_that_may_hold_secrets_is_an_error_that_names_it_and_its_function() {
    let project = project(false);
    project.write("env.yml", "token: abc\n");
    let refused = project.run(&["package"]).expect(4);
    assert!(refused.all().contains("env.yml would be in the artifact") && refused.all().contains("stack.yaml:"));
    project.write("stack.yaml", &STACK.replace("layers:", "package: { allowSecretsInArtifact: true }\nlayers:"));
    project.run(&["package"]).expect(0);
    project.write("stack.yaml", &STACK.replace("layers:", "package: { patterns: ['!env.yml'] }\nlayers:"));
    project.run(&["package"]).expect(0);
}

#[test]
fn a_serverless_yml_is_packaged_without_its_secrets_and_deployed_not_at_all() {
    let project = Project::empty();
    project.write(
        "serverless.yml",
        "service: old\nprovider: { name: aws, runtime: python3.13 }\nfunctions: { a: { handler: a.run } }\n",
    );
    project.write("a.py", "");
    project.write(".env", "TOKEN=abc\n");
    let packaged = project.run(&["package", "--out", "out"]).expect(0);
    assert!(packaged.all().contains(".env may hold secrets, and is not in old.zip"), "{}", packaged.all());
    let zip = std::fs::read(project.path().join("out/old.zip")).unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(zip)).unwrap();
    assert!(archive.by_name(".env").is_err() && archive.by_name("a.py").is_ok());
    project.run(&["--target", "local"]).expect(4).says(".env would be in the artifact");
}

#[test]
fn a_pattern_that_can_fit_nothing_is_a_mistake_with_its_place() {
    let project = project(false);
    for pattern in ["/etc/hostname", "one/../../beside", "!/two/**"] {
        project.write(
            "stack.yaml",
            &STACK.replace("layers:", &format!("package: {{ patterns: ['{pattern}'] }}\nlayers:")),
        );
        let refused = project.run(&["package"]).expect(3);
        assert!(refused.all().contains(&format!("the pattern `{pattern}` fits no file")), "{}", refused.all());
    }
}

#[test]
fn a_secret_in_a_layer_or_in_a_given_zip_is_told_with_its_place() {
    let project = project(false);
    project.write("layer/python/credentials", "key\n");
    let refused = project.run(&["package"]).expect(4);
    assert!(refused.all().contains("python/credentials would be in the artifact"), "{}", refused.all());
    assert!(refused.all().contains("stack.yaml:5:"), "{}", refused.all());
    let given = "service: given\nprovider: { name: aws, runtime: python3.13 }\nfunctions:\n  a: { handler: a.run, package: { artifact: a.zip } }\n";
    project.write("stack.yaml", given);
    project.write("a.zip", "no zip");
    let refused = project.run(&["package"]).expect(4);
    assert!(refused.all().contains("a.zip is not a zip archive") && refused.all().contains("stack.yaml:4:"));
}

#[test]
fn packages_that_only_yarns_own_loader_finds_are_refused() {
    let project = Project::empty();
    let text = "service: pnp\nprovider: { name: aws, runtime: nodejs22.x }\nfunctions:\n  a: { handler: a.run }\n";
    project.write("stack.yaml", text);
    project.write("a.js", "");
    project.write(".pnp.cjs", "");
    project.run(&["package"]).expect(3).says("Plug'n'Play").says("nodeLinker: node-modules");
    project.write("node_modules/ms/index.js", "");
    project.run(&["package"]).expect(0);
}

#[test]
fn what_is_larger_than_lambda_takes_is_refused_with_its_largest_files() {
    let project = Project::empty();
    let text = "service: big\nprovider: { name: aws, runtime: python3.13 }\nfunctions:\n  big: { handler: a.run }\n";
    project.write("stack.yaml", text);
    project.write("a.py", "");
    File::create(project.path().join("model.bin")).unwrap().set_len(262_144_001).unwrap();
    let refused = project.run(&["package"]).expect(4);
    assert!(refused.all().contains("Lambda takes 250.0 MB") && refused.all().contains("model.bin (250.0 MB)"));
    assert!(refused.all().contains("stack.yaml:4:"), "{}", refused.all());
}

#[test]
fn a_template_is_compared_by_what_it_means() {
    let project = project(false);
    project.run(&["package", "--out", "out"]).expect(0);
    project.run(&["diff-template", "out/template.json"]).expect(0).says("mean the same");
    let text = std::fs::read_to_string(project.path().join("out/template.json")).unwrap();
    let mut template: serde_json::Value = serde_json::from_str(&text).unwrap();
    let function = &mut template["Resources"]["OneLambdaFunction"]["Properties"];
    function["MemorySize"] = serde_json::json!("1024");
    function["Code"]["S3Key"] = serde_json::json!("serverless/pack/dev/1700000000000/one.zip");
    project.write("same.json", &template.to_string());
    project.run(&["diff-template", "same.json"]).expect(0);
    template["Resources"]["OneLambdaFunction"]["Properties"]["MemorySize"] = serde_json::json!(128);
    template["Resources"]["Gone"] = serde_json::json!({"Type": "AWS::SNS::Topic"});
    project.write("other.json", &template.to_string());
    let differs = project.run(&["diff-template", "other.json"]).expect(2);
    let all = differs.all();
    assert!(all.contains("~ Properties.MemorySize: 128 → 1024") && all.contains("- Gone"), "{all}");
    assert!(all.contains("1 only in the other, 1 different"), "{all}");
    let objects = project.run(&["diff-template", "other.json", "--json"]).expect(2).stdout;
    let last: serde_json::Value = serde_json::from_str(objects.lines().last().unwrap()).unwrap();
    assert_eq!(last["equal"], false);
    assert_eq!(last["resources"][0]["places"][0]["path"], serde_json::json!(["Properties", "MemorySize"]));
    project.run(&["diff-template", "nowhere.json"]).expect(1);
}

#[test]
fn a_runtime_that_lambda_no_longer_takes_is_replaced_with_a_loud_note() {
    let project = Project::empty();
    project.write(
        "stack.yaml",
        "service: old\nprovider: { name: aws, runtime: python2.7 }\nfunctions: { a: { handler: a.run } }\n",
    );
    project.write("a.py", "");
    let packaged = project.run(&["package", "--out", "out"]).expect(0);
    assert!(packaged.all().contains("Lambda makes no functions with `python2.7` any more"), "{}", packaged.all());
    let template = std::fs::read_to_string(project.path().join("out/template.json")).unwrap();
    assert!(template.contains("python3.13") && !template.contains("python2.7"));
}
