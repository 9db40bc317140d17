//! Seeded worlds: what the outside does to an execution comes from a seed, the whole of it. Answers come in any order, late,
//! twice, failing, too large or never; clocks ring late; somebody stops the execution, or redrives it; and after an event the
//! process dies and the execution comes back from its journal.

mod legality;
mod machines;
mod world;

use asl::{Effect, Execution, Kind, Machine, Timestamp};
use machines::Scene;
use serde_json::json;
use std::collections::BTreeMap;
use world::World;

/// Worlds of each machine in which the process dies after every single event, and those in which it dies now and then.
const ALWAYS_DYING: u64 = 12;
const SELDOM_DYING: u64 = 90;

#[test]
fn every_world_ends_legally_and_a_restart_at_any_event_changes_nothing() {
    let mut all = BTreeMap::new();
    for scene in machines::all() {
        let mut statuses = BTreeMap::new();
        for seed in 0..ALWAYS_DYING + SELDOM_DYING {
            let dies_every = if seed < ALWAYS_DYING { 1 } else { 37 };
            let end = World::run(&scene, seed, dies_every);
            *statuses.entry(end.status).or_insert(0) += 1;
        }
        for status in scene.ends {
            assert!(statuses.contains_key(status), "{}: no world ended {status}: {statuses:?}", scene.name);
        }
        all.extend(statuses);
    }
    assert_eq!(all.len(), 4, "worlds end in every way: {all:?}");
}

#[test]
fn the_same_seed_gives_the_same_history() {
    for scene in machines::all() {
        for seed in [3, 5, 8, 13] {
            let (first, second) = (World::run(&scene, seed, 1_000), World::run(&scene, seed, 11));
            assert_eq!(first.history, second.history, "{} with seed {seed}", scene.name);
            assert_ne!(first.history, World::run(&scene, seed + 1, 1_000).history, "the seed decides");
        }
    }
}

#[test]
fn what_finished_is_never_run_again_whatever_happens() {
    let mut redriven = 0;
    for scene in machines::all().into_iter().filter(|scene| scene.runs_once) {
        for seed in 1_000..1_060 {
            let end = World::run(&scene, seed, 5);
            redriven += end.redrives;
            for (task, times) in end.finished {
                assert_eq!(times, 1, "{} with seed {seed}: {task} finished {times} times", scene.name);
            }
            if end.status == "SUCCEEDED" {
                assert_eq!(end.tasks, scene.tasks, "{} with seed {seed}: every task was done", scene.name);
            }
        }
    }
    assert!(redriven > 20, "the worlds redrive");
}

#[test]
fn a_year_of_waiting_takes_one_answer() {
    let definition = json!({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 31_000_000, "End": true}}});
    let machine = Machine::from_value(&definition, Kind::Standard).unwrap();
    let (mut execution, turn) = Execution::start(&machine, Scene::launch("{}", 1), Timestamp(0));
    let [Effect::WakeAt { id, time }] = turn.effects[..] else { panic!("{turn:?}") };
    assert_eq!(time, Timestamp(31_000_000_000));
    assert_eq!(execution.resume(id, asl::Reply::Woke, time).outcome.unwrap().status(), "SUCCEEDED");
}
