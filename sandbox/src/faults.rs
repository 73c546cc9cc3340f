//! The faults of a sandbox, and which of them a request gets.

use std::collections::VecDeque;

use crate::aim::Target;
use crate::fault::Fault;
use crate::message::Request;
use crate::random::{Dice, RandomFaults};

/// The faults that were added, oldest first, and the random ones.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    aimed: VecDeque<Fault>,
    random: Option<Dice>,
}

impl Faults {
    pub(crate) fn extend(&mut self, faults: impl IntoIterator<Item = Fault>) {
        self.aimed.extend(faults);
    }

    pub(crate) fn randomize(&mut self, rules: RandomFaults) {
        self.random = Some(Dice::new(rules));
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The fault for a request: the oldest that matches it and has nothing left to skip, else perhaps
    /// a random one.
    pub(crate) fn take(&mut self, target: Target<'_>, request: &Request) -> Option<Fault> {
        self.take_aimed(target).or_else(|| self.random.as_mut()?.roll(target.operation, request))
    }

    fn take_aimed(&mut self, target: Target<'_>) -> Option<Fault> {
        for (index, fault) in self.aimed.iter_mut().enumerate() {
            if !fault.aim.meets(target) {
                continue;
            }
            if fault.aim.skip > 0 {
                fault.aim.skip -= 1;
                continue;
            }
            fault.aim.times = fault.aim.times.map(|times| times - 1);
            // Otherwise every later request would be compared with it too.
            let is_over = fault.aim.times == Some(0);
            return if is_over { self.aimed.remove(index) } else { Some(fault.clone()) };
        }
        None
    }
}
