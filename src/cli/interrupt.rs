//! Ctrl-C, turned into what `apply` listens to.

use crate::apply::Interrupt;

/// From now on Ctrl-C no longer ends the process but is told to whoever watches.
pub fn listen() -> Interrupt {
    let (sender, interrupt) = Interrupt::driven();
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            sender.send_modify(|presses| *presses += 1);
        }
    });
    interrupt
}
