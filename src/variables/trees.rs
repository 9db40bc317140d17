//! Keeps every tree that was read, so that values can point into them.

use std::sync::OnceLock;

use crate::source::Node;

/// Trees that stay where they are until all of them go.
#[derive(Debug, Default)]
pub(super) struct Trees {
    first: OnceLock<Box<Shelf>>,
}

/// Room for some trees, twice as many as in the shelf before, so that the chain of shelves stays short.
#[derive(Debug)]
struct Shelf {
    places: Vec<OnceLock<Node>>,
    next: OnceLock<Box<Shelf>>,
}

/// How many trees the first shelf takes.
const FIRST_SHELF: usize = 64;

impl Shelf {
    fn new(size: usize) -> Box<Shelf> {
        Box::new(Shelf { places: (0..size).map(|_| OnceLock::new()).collect(), next: OnceLock::new() })
    }
}

impl Trees {
    /// Keeps a tree.
    pub(super) fn keep(&self, node: Node) -> &Node {
        let mut shelf = self.first.get_or_init(|| Shelf::new(FIRST_SHELF));
        loop {
            let used = shelf.places.partition_point(|place| place.get().is_some());
            if let Some(place) = shelf.places.get(used) {
                return place.get_or_init(|| node);
            }
            shelf = shelf.next.get_or_init(|| Shelf::new(shelf.places.len() * 2));
        }
    }
}
