//! The Succeed state.

use crate::execution::strand::Strand;
use crate::execution::{Execution, Step};
use crate::machine::{Next, State};

impl Execution {
    pub(crate) fn succeed(&mut self, strand: &Strand, state: &State) -> Step {
        let input = self.effective_input(strand, state)?;
        self.pass_on(strand, state, input, Next::End)
    }
}
