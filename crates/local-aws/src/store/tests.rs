use proptest::prelude::*;

use super::*;

fn texts(store: &Store, prefix: &str) -> Vec<(String, String)> {
    store.scan("t", prefix).unwrap()
}

#[test]
fn what_was_flushed_is_there_after_opening_the_file_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.redb");
    let store = Store::open(&path).unwrap();
    store.put("t", "a", &"1").unwrap();
    store.put("t", "b", &"2").unwrap();
    store.put("u", "a", &"3").unwrap();
    assert!(store.delete("t", "a").unwrap());
    assert!(!store.delete("t", "a").unwrap());
    store.flush().unwrap();
    drop(store);
    let store = Store::open(&path).unwrap();
    assert_eq!(texts(&store, ""), [("b".to_owned(), "2".to_owned())]);
    assert_eq!(store.get::<String>("u", "a").unwrap().as_deref(), Some("3"));
}

#[test]
fn a_copy_of_the_file_taken_at_any_time_opens_and_holds_an_earlier_moment() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.redb");
    let store = Store::open(&path).unwrap();
    for round in 0..40_u32 {
        // Two rows that always change together in this order: `left` is never behind `right`.
        store.put("t", "left", &round).unwrap();
        store.put("t", "right", &round).unwrap();
        if round % 7 == 0 {
            store.flush().unwrap();
        }
        let copy = folder.path().join(format!("copy-{round}.redb"));
        std::fs::copy(&path, &copy).unwrap();
        let Ok(cut) = Store::open(&copy) else {
            // A copy is not atomic as a crash is; a torn one must be refused, never half-read.
            continue;
        };
        let left = cut.get::<u32>("t", "left").unwrap().unwrap_or(0);
        let right = cut.get::<u32>("t", "right").unwrap().unwrap_or(0);
        assert!(left == right || left == right + 1, "left {left}, right {right}");
        assert!(left <= round);
    }
}

#[test]
fn a_second_store_on_the_same_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.redb");
    let _store = Store::open(&path).unwrap();
    assert!(matches!(Store::open(&path), Err(StoreError::Open { .. })));
}

#[test]
fn a_file_that_is_no_store_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.redb");
    std::fs::write(&path, "not a database, and longer than any header that one could have, by far").unwrap();
    let before = std::fs::read(&path).unwrap();
    assert!(matches!(Store::open(&path), Err(StoreError::Open { .. })));
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

proptest! {
    #[test]
    fn pages_in_a_row_are_the_scan(keys in proptest::collection::btree_set("[ab]{0,4}", 0..20), prefix in "[ab]{0,2}", limit in 1_usize..4) {
        let store = Store::memory();
        for key in &keys {
            store.put("t", key, key).unwrap();
        }
        let all = texts(&store, &prefix);
        let expected: Vec<_> = keys.iter().filter(|key| key.starts_with(&prefix)).map(|key| (key.clone(), key.clone())).collect();
        prop_assert_eq!(&all, &expected);
        let mut paged = Vec::new();
        let mut after: Option<String> = None;
        for _ in 0..=keys.len() {
            let page: Vec<(String, String)> = store.page("t", &prefix, after.as_deref(), limit).unwrap();
            let Some((last, _)) = page.last() else { break };
            after = Some(last.clone());
            paged.extend(page);
        }
        prop_assert_eq!(paged, all);
    }
}
