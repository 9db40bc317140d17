//! Recorded answers of AWS, asked again of this Step Functions service.
//!
//! `ASL_CONFORMANCE` names a folder of recorded cases (files of calls and of AWS's answers); without it the test says
//! so and passes. A case is graded *exact* when every recorded value is equal, *semantic* when executions come to the
//! same output, error and cause through the same events and states, *outcome* when they come to the same output and
//! error. The test fails when fewer cases are exact than [`FLOOR`] says.

mod case;
mod compare;
mod history;
mod play;
mod wire;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use case::Case;
use play::Player;

/// How many of a thousand cases have to be exact.
const FLOOR: usize = 985;

/// How many cases are played at once.
const AT_ONCE: usize = 16;

/// How well a case came out; the better the smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Grade {
    Exact,
    Semantic,
    Outcome,
    Different,
}

/// What became of one case.
struct Graded {
    id: String,
    grade: Grade,
    /// Every recorded value that is not what was answered.
    differences: Vec<String>,
    /// Recorded answers for which the case holds no call.
    unasked: Vec<String>,
    /// Answered members that the recording does not have.
    extra: Vec<String>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recorded_cases_come_out_as_on_aws() {
    let Some(folder) = std::env::var_os("ASL_CONFORMANCE") else {
        println!("ASL_CONFORMANCE names no folder of recorded cases: nothing compared");
        return;
    };
    let cases = read(Path::new(&folder));
    assert!(!cases.is_empty(), "no cases in {}", folder.to_string_lossy());
    let player = Arc::new(Player::start().await);
    let graded = play_all(&player, cases).await;
    let exact = report(&graded);
    assert!(exact * 1000 >= graded.len() * FLOOR, "{exact} of {} cases are exact", graded.len());
}

fn read(folder: &Path) -> Vec<Case> {
    let filter = std::env::var("ASL_CONFORMANCE_ONLY").unwrap_or_default();
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder of cases can be read")
        .map(|entry| entry.expect("an entry of the folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .filter(|path| path.to_string_lossy().contains(&filter))
        .collect();
    files.sort();
    files.iter().map(|path| Case::read(path)).collect()
}

async fn play_all(player: &Arc<Player>, cases: Vec<Case>) -> Vec<Graded> {
    let slots = Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
    let mut running = Vec::new();
    for case in cases {
        let (player, slots) = (Arc::clone(player), Arc::clone(&slots));
        running.push(tokio::spawn(async move {
            let _slot = slots.acquire_owned().await.expect("the slots stay open");
            let answers = player.play(&case).await;
            compare::grade(&case, &answers)
        }));
    }
    let mut graded = Vec::new();
    for case in running {
        graded.push(case.await.expect("a case plays to its end"));
    }
    graded
}

#[allow(clippy::print_stdout, reason = "the report is what this test is for")]
/// Prints what differs, case by case, then the totals; answers how many are exact.
fn report(graded: &[Graded]) -> usize {
    for case in graded.iter().filter(|case| case.grade != Grade::Exact) {
        println!("{:?} {}", case.grade, case.id);
        for difference in case.differences.iter().take(12) {
            println!("    {difference}");
        }
    }
    for case in graded.iter().filter(|case| !case.unasked.is_empty()) {
        println!("not asked: {} {}", case.id, case.unasked.join(", "));
    }
    let mut extra: Vec<&String> = graded.iter().flat_map(|case| &case.extra).collect();
    extra.sort();
    extra.dedup();
    println!("answered beyond the recordings: {extra:?}");
    let count = |grade: Grade| graded.iter().filter(|case| case.grade == grade).count();
    let whole = graded.iter().filter(|case| case.grade == Grade::Exact && case.unasked.is_empty()).count();
    println!(
        "{} cases: {} exact ({whole} of them with every recorded answer asked for), {} semantic, {} outcome, {} different",
        graded.len(),
        count(Grade::Exact),
        count(Grade::Semantic),
        count(Grade::Outcome),
        count(Grade::Different),
    );
    count(Grade::Exact)
}
