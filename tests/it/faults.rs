//! What becomes of a deployment when the network, or AWS, has a bad day, and when the deployer itself is killed: at
//! every call, one at a time, and at random.
//!
//! `cargo test` tries a fixed sample; `DEPLOY_FAULTS=all` tries every fault at every call.

use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::lab::Lab;
use crate::support::project::Ran;
use crate::support::proxy::{Fault, Hits};

/// How many cases run at once; they wait most of the time.
const AT_ONCE: usize = 6;
/// Of a call that is repeated until something has happened, so many are tried.
const REPEATS: usize = 2;

/// What the faults happen in.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Scene {
    /// Nothing is there.
    First,
    /// Another version stands.
    Update,
    /// It is taken down.
    Removal,
}

const SCENES: [Scene; 3] = [Scene::First, Scene::Update, Scene::Removal];

impl Scene {
    fn command(self) -> &'static [&'static str] {
        if self == Scene::Removal { &["remove"] } else { &["--stage", "dev"] }
    }

    /// A lab in which everything is as it is before the scene.
    fn stage(self) -> Lab {
        let lab = Lab::new();
        if self != Scene::First {
            lab.write("1");
            lab.run(&["--stage", "dev"]).expect(0);
        }
        lab.write("2");
        lab
    }

    /// The calls of the scene when all goes well, each with its number among those of its name.
    fn calls(self) -> Vec<(String, usize)> {
        let lab = self.stage();
        lab.proxy.clear();
        lab.run(self.command()).expect(0);
        let mut places: Vec<(String, usize)> = Vec::new();
        for name in lab.proxy.calls() {
            let before = places.iter().filter(|(known, _)| *known == name).count();
            if before < REPEATS {
                places.push((name, before + 1));
            }
        }
        places
    }
}

/// One fault at one place.
#[derive(Clone, Debug)]
struct Case {
    scene: Scene,
    fault: Fault,
    hits: Hits,
    seed: u64,
}

fn nth(scene: Scene, fault: Fault, name: &str, nth: usize, always: bool) -> Case {
    Case { scene, fault, hits: Hits::Nth { name: name.to_owned(), nth, always }, seed: 0 }
}

impl Case {
    /// Whatever happens, the deployer ends well or says why, and the next attempt puts everything right.
    fn prove(&self) {
        let lab = self.scene.stage();
        lab.proxy.set(self.fault, self.hits.clone(), self.seed);
        let ran = lab.run(self.scene.command());
        let (hit, calls) = (lab.proxy.hit(), lab.proxy.calls());
        lab.proxy.clear();
        if let Hits::Nth { name, nth: 1, .. } = &self.hits {
            assert!(hit > 0, "no call {name} among {calls:?}");
        }
        if ran.code != 0 {
            self.assert_clear(&ran);
            assert!(!self.passes(), "one hiccup must not end a deployment: {ran:?}");
        }
        assert_mended(self.scene, &lab);
    }

    /// A single answer that did not come, or came late, is made good by another attempt.
    fn passes(&self) -> bool {
        let once = matches!(&self.hits, Hits::Nth { always: false, .. });
        once && !matches!(self.fault, Fault::Expired | Fault::Garbled | Fault::KilledBefore | Fault::KilledAfter)
    }

    /// The failure says what did not work, and ends the process as it should.
    fn assert_clear(&self, ran: &Ran) {
        if matches!(self.fault, Fault::KilledBefore | Fault::KilledAfter) {
            assert_eq!(ran.code, -1, "{ran:?}");
            return;
        }
        assert!(ran.stderr.contains("error["), "no error in {ran:?}");
        assert!(!ran.stderr.contains("panicked"), "{ran:?}");
        if self.fault == Fault::Expired {
            assert!(ran.stderr.contains("credentials") && ran.code == 5, "{ran:?}");
            return;
        }
        assert!(ran.code == 1 || ran.code == 5, "{ran:?}");
        if let Hits::Nth { name, .. } = &self.hits
            && !name.contains(' ')
        {
            assert!(ran.stderr.contains(name.as_str()), "{name} is not named: {ran:?}");
        }
    }
}

/// The same command now does what it should, finds nothing more to do, and a removal leaves nothing.
fn assert_mended(scene: Scene, lab: &Lab) {
    lab.run(scene.command()).expect(0);
    if scene != Scene::Removal {
        lab.run(scene.command()).expect(0).says("nothing to change");
        lab.assert_stands();
        let more: Vec<_> = lab.counts().into_iter().zip(wanted()).filter(|(have, want)| have != want).collect();
        assert!(more.is_empty(), "other than planned: {more:?} of {:?}", lab.inventory());
        lab.run(&["remove"]).expect(0);
    }
    lab.assert_empty();
}

/// How many of each kind there are when all went well.
fn wanted() -> Vec<(&'static str, usize)> {
    static WANTED: std::sync::OnceLock<Vec<(&'static str, usize)>> = std::sync::OnceLock::new();
    let count = || {
        let lab = Scene::First.stage();
        lab.run(Scene::First.command()).expect(0);
        lab.counts()
    };
    WANTED.get_or_init(count).clone()
}

/// Tries all cases, several at once, and tells of every one that fails.
fn prove_all<C: Sync + std::fmt::Debug>(cases: &[C], prove: impl Fn(&C) + Sync) {
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let proof = std::panic::AssertUnwindSafe(|| prove(case));
                    if std::panic::catch_unwind(proof).is_err() {
                        failed.lock().unwrap().push(format!("{case:?}"));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{} of {} cases:\n{}", failed.len(), cases.len(), failed.join("\n"));
}

fn is_exhaustive() -> bool {
    std::env::var_os("DEPLOY_FAULTS").is_some_and(|what| what == "all")
}

/// What happens to one call; the answer may be lost after AWS has done what it was asked.
const ONCE: &[Fault] = &[
    Fault::DroppedAfter,
    Fault::HalfSent,
    Fault::Throttled,
    Fault::Broken,
    Fault::Page,
    Fault::DroppedBefore,
    Fault::Garbled,
    Fault::Slow,
];
/// What goes on happening to the call from then on.
const ALWAYS: &[Fault] = &[Fault::Throttled, Fault::Broken, Fault::DroppedAfter, Fault::HalfSent, Fault::Expired];

#[test]
fn a_call_that_fails_once_or_always_never_leaves_a_mess() {
    let mut cases = Vec::new();
    if is_exhaustive() {
        for scene in SCENES {
            for (name, number) in scene.calls() {
                cases.extend(ONCE.iter().map(|fault| nth(scene, *fault, &name, number, false)));
                cases.extend(ALWAYS.iter().map(|fault| nth(scene, *fault, &name, number, true)));
            }
        }
    } else {
        cases.push(nth(Scene::First, Fault::DroppedAfter, "CreateChangeSet", 1, false));
        cases.push(nth(Scene::First, Fault::DroppedAfter, "ExecuteChangeSet", 1, false));
        cases.push(nth(Scene::First, Fault::HalfSent, "PutObject", 1, true));
        cases.push(nth(Scene::Update, Fault::Expired, "DescribeStackEvents", 2, true));
        cases.push(nth(Scene::Update, Fault::Garbled, "DescribeChangeSet", 1, false));
        cases.push(nth(Scene::Removal, Fault::DroppedAfter, "DeleteStack", 1, false));
    }
    prove_all(&cases, Case::prove);
}

#[test]
fn a_network_that_fails_at_random_never_leaves_a_mess() {
    let seeds: u64 = if is_exhaustive() { 45 } else { 3 };
    let cases: Vec<Case> = (0..seeds)
        .map(|seed| Case {
            scene: SCENES[seed as usize % 3],
            fault: Fault::Slow,
            hits: Hits::Random { percent: 10 + (seed % 5) as u8 * 10, faults: ONCE.to_vec() },
            seed,
        })
        .collect();
    prove_all(&cases, Case::prove);
}

#[test]
fn a_deployer_that_is_killed_at_a_call_is_mended_by_the_next() {
    let mut cases = Vec::new();
    if is_exhaustive() {
        for scene in SCENES {
            for (name, number) in scene.calls() {
                cases.push(nth(scene, Fault::KilledBefore, &name, number, false));
                cases.push(nth(scene, Fault::KilledAfter, &name, number, false));
            }
        }
    } else {
        cases.push(nth(Scene::First, Fault::KilledAfter, "CreateChangeSet", 1, false));
        cases.push(nth(Scene::First, Fault::KilledAfter, "ExecuteChangeSet", 1, false));
        cases.push(nth(Scene::Update, Fault::KilledBefore, "PutObject", 1, false));
        cases.push(nth(Scene::Removal, Fault::KilledAfter, "DeleteStack", 1, false));
    }
    prove_all(&cases, Case::prove);
}

/// While the project is read and its zips are made, no call tells how far the deployer is.
#[test]
fn a_deployer_that_is_killed_at_any_time_is_mended_by_the_next() {
    let moments: Vec<u64> = if is_exhaustive() { (0..24).map(|step| 3 + step * 7).collect() } else { vec![40] };
    prove_all(&moments, |moment| {
        let lab = Scene::Update.stage();
        let mut command = lab.command(Scene::Update.command());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(*moment));
        child.kill().unwrap();
        let status = child.wait().unwrap();
        assert!(status.signal() == Some(9) || status.success(), "{status}");
        assert_mended(Scene::Update, &lab);
    });
}

/// Signatures hold for five minutes, so the time of the two must not be further apart.
#[test]
fn a_clock_that_is_wrong_is_named_and_not_the_credentials() {
    let lab = Lab::with_clock(jiff::Timestamp::now() + jiff::SignedDuration::from_mins(20));
    lab.write("1");
    lab.run(&["--stage", "dev"]).expect(5).says("error[clock-skewed]").says("set the clock of this machine");
    lab.assert_empty();
}
