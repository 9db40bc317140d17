//! Ctrl-C while something is watched.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::failure::ApplyFailure;

/// How often the user has pressed Ctrl-C.
#[derive(Clone, Debug)]
pub struct Interrupt {
    presses: watch::Receiver<u32>,
    /// Keeps the channel open when nobody presses.
    _sender: Arc<watch::Sender<u32>>,
}

/// What the presses ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Stop watching.
    Stop,
    /// Take the update back.
    Cancel,
}

impl Interrupt {
    /// An interrupt that the presses of a sender drive.
    pub fn driven() -> (Arc<watch::Sender<u32>>, Interrupt) {
        let (sender, presses) = watch::channel(0);
        let sender = Arc::new(sender);
        (Arc::clone(&sender), Interrupt { presses, _sender: sender })
    }

    /// An interrupt that never comes.
    pub fn never() -> Interrupt {
        Interrupt::driven().1
    }

    /// Does something unless the user presses first; what was begun of it is dropped then.
    ///
    /// # Errors
    /// [`ApplyFailure::NotBegun`] after a press.
    pub async fn race<T, E>(&self, stack: &str, doing: impl Future<Output = Result<T, E>>) -> Result<T, ApplyFailure>
    where
        ApplyFailure: From<E>,
    {
        let mut presses = self.presses.clone();
        tokio::select! {
            biased;
            Ok(_) = presses.wait_for(|presses| *presses > 0) => {
                Err(ApplyFailure::NotBegun { stack: stack.to_owned() })
            }
            done = doing => done.map_err(ApplyFailure::from),
        }
    }

    /// Waits until the next press.
    pub(super) async fn pressed(&mut self) {
        if self.presses.changed().await.is_err() {
            // Nobody can press any more.
            std::future::pending::<()>().await;
        }
    }

    /// Waits for `pause`, or until the next press.
    pub(super) async fn sleep(&mut self, pause: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(pause) => false,
            () = self.pressed() => true,
        }
    }

    /// After the first press: waits a while for the second one.
    pub(super) async fn wish(&mut self, patience: Duration) -> Wish {
        if *self.presses.borrow_and_update() > 1 || self.sleep(patience).await {
            return Wish::Cancel;
        }
        Wish::Stop
    }
}
