//! Which event is sent next: order, fairness, retries and time limits.
//!
//! A pure state machine: commands and times go in, decisions come out. It reads no clock, starts
//! no thread and sends nothing, so every order of things can be tried.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Names a conversation.
type Conversation = Arc<str>;
/// Counts the events in the order in which they were accepted.
type Number = u64;
/// Names a handle among those that share the queue.
pub type Owner = u64;

/// The events that wait, and how far each conversation is.
///
/// The events of a conversation are sent one after the other; conversations take turns.
#[derive(Clone)]
pub struct Scheduler<E> {
    max_in_flight: usize,
    next_number: Number,
    /// All have the same lifetime, so the first is also the first whose time is over (but for
    /// the moment by which threads that enqueue at once may cross).
    waiting: BTreeMap<Number, Waiting<E>>,
    lanes: HashMap<Conversation, Lane>,
    /// Each conversation that is `Ready`, once, in the order of their turns.
    turns: VecDeque<Conversation>,
    /// Each conversation that is `BackingOff`.
    backing_off: BTreeSet<(Instant, Conversation)>,
    in_flight: usize,
    /// The engine has no permit before.
    next_permit: Option<Instant>,
}

#[derive(Clone)]
struct Waiting<E> {
    event: E,
    owner: Owner,
    conversation: Conversation,
    deadline: Instant,
}

/// One conversation. It exists while it has an event or stands in a list of the scheduler.
#[derive(Clone)]
struct Lane {
    waiting: VecDeque<Number>,
    state: LaneState,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum LaneState {
    Ready,
    /// Its first event is to be repeated, but not before.
    BackingOff(Instant),
    InFlight {
        owner: Owner,
        cancelled: bool,
    },
}

/// The place that an event in flight has in its conversation, to be given back whatever comes
/// of it.
#[derive(Clone, Debug)]
pub struct Slot {
    deadline: Instant,
    conversation: Conversation,
    number: Number,
    owner: Owner,
}

/// What is to be done now.
#[derive(Clone, Debug)]
pub enum Next<E> {
    /// This event is to be sent.
    Send(E, Slot),
    /// This event's time is over.
    Expired(E),
    /// No permit comes before this event's time is over: the next one comes so much later.
    RateLimited(E, Duration),
    /// Nothing before then, or until a command.
    Wait(Instant),
    /// Nothing until a command.
    Idle,
}

impl<E> Scheduler<E> {
    /// At most so many events are in flight at once.
    pub fn new(max_in_flight: usize) -> Scheduler<E> {
        Scheduler {
            max_in_flight,
            next_number: 0,
            waiting: BTreeMap::new(),
            lanes: HashMap::new(),
            turns: VecDeque::new(),
            backing_off: BTreeSet::new(),
            in_flight: 0,
            next_permit: None,
        }
    }

    /// Puts an event behind those of its conversation. Its time is over at `deadline`.
    pub fn push(&mut self, owner: Owner, conversation: &str, event: E, deadline: Instant) {
        let number = self.next_number;
        self.next_number += 1;
        let conversation = match self.lanes.get_key_value(conversation) {
            Some((known, _)) => Arc::clone(known),
            None => {
                let new: Conversation = Arc::from(conversation);
                let lane = Lane { waiting: VecDeque::new(), state: LaneState::Ready };
                self.lanes.insert(Arc::clone(&new), lane);
                self.turns.push_back(Arc::clone(&new));
                new
            }
        };
        if let Some(lane) = self.lanes.get_mut(&conversation) {
            lane.waiting.push_back(number);
        }
        self.waiting.insert(number, Waiting { event, owner, conversation, deadline });
    }

    /// Whether no event waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// When [`next`](Self::next) has to be asked, as far as is known without asking the engine;
    /// `None`: not before a command.
    pub fn due(&self, now: Instant) -> Option<Instant> {
        let deadline = self.first_deadline()?;
        let sending = if self.has_candidate() { Some(now) } else { self.first_backoff_end() };
        Some(self.within(deadline, sending))
    }

    /// Decides what is to be done now; to be asked until it answers `Wait` or `Idle`.
    ///
    /// `take_permit` is called if an event could be sent: it takes a permit under the engine's
    /// limits, or tells when the next one comes.
    pub fn next(
        &mut self,
        now: Instant,
        take_permit: impl FnOnce() -> Result<(), Instant>,
    ) -> Next<E> {
        let Some(first_deadline) = self.first_deadline() else {
            self.skip_empty();
            return Next::Idle;
        };
        if first_deadline <= now {
            return self.pop_oldest().map_or(Next::Idle, |oldest| Next::Expired(oldest.event));
        }
        self.end_backoffs(now);
        self.skip_empty();
        if self.has_candidate() {
            let permit = take_permit();
            self.next_permit = permit.err();
            return match permit {
                Ok(()) => self.start().map_or(Next::Idle, |(event, slot)| Next::Send(event, slot)),
                Err(permit) if permit >= first_deadline => {
                    let wait = permit.saturating_duration_since(now);
                    self.pop_oldest()
                        .map_or(Next::Idle, |oldest| Next::RateLimited(oldest.event, wait))
                }
                Err(permit) => Next::Wait(permit),
            };
        }
        Next::Wait(self.within(first_deadline, self.first_backoff_end()))
    }

    /// An event came to its end; its conversation goes on.
    pub fn finish(&mut self, slot: &Slot) {
        self.in_flight -= 1;
        self.ready(&slot.conversation);
    }

    /// An event is to be repeated at `at`, before those behind it. Gives it back if its owner
    /// withdrew it meanwhile; its conversation goes on then.
    pub fn repeat(&mut self, event: E, slot: Slot, at: Instant) -> Option<E> {
        let Slot { deadline, conversation, number, owner } = slot;
        let Some(lane) = self.lanes.get_mut(&conversation) else { return Some(event) };
        self.in_flight -= 1;
        if lane.state == (LaneState::InFlight { owner, cancelled: true }) {
            self.ready(&conversation);
            return Some(event);
        }
        lane.waiting.push_front(number);
        lane.state = LaneState::BackingOff(at);
        self.backing_off.insert((at, Arc::clone(&conversation)));
        self.waiting.insert(number, Waiting { event, owner, conversation, deadline });
        None
    }

    /// Takes back all events of an owner that wait, and sees to it that none of those in flight
    /// is repeated.
    pub fn withdraw(&mut self, owner: Owner) -> Vec<E> {
        let numbers: HashSet<Number> = self
            .waiting
            .iter()
            .filter(|(_, waiting)| waiting.owner == owner)
            .map(|(number, _)| *number)
            .collect();
        let mut emptied = Vec::new();
        for (conversation, lane) in &mut self.lanes {
            if let LaneState::InFlight { owner: of, cancelled } = &mut lane.state {
                *cancelled |= *of == owner;
            }
            let first = lane.waiting.front().copied();
            lane.waiting.retain(|number| !numbers.contains(number));
            if first.is_some() && lane.waiting.front().copied() != first {
                emptied.push(Arc::clone(conversation));
            }
        }
        for conversation in emptied {
            self.first_left(&conversation);
        }
        let mut numbers: Vec<Number> = numbers.into_iter().collect();
        numbers.sort_unstable();
        numbers
            .into_iter()
            .filter_map(|number| self.waiting.remove(&number))
            .map(|waiting| waiting.event)
            .collect()
    }

    fn has_room(&self) -> bool {
        self.in_flight < self.max_in_flight
    }

    fn has_candidate(&self) -> bool {
        self.has_room() && !self.turns.is_empty()
    }

    /// When the first conversation that rests could go on.
    fn first_backoff_end(&self) -> Option<Instant> {
        self.backing_off.first().map(|(at, _)| *at).filter(|_| self.has_room())
    }

    /// When something has to be done if an event's time is over at `deadline`, and one could be
    /// sent at `sending`: that is not before the engine has a permit.
    fn within(&self, deadline: Instant, sending: Option<Instant>) -> Instant {
        let permit = self.next_permit.filter(|permit| *permit < deadline);
        sending.max(sending.and(permit)).map_or(deadline, |at| at.min(deadline))
    }

    fn first_deadline(&self) -> Option<Instant> {
        self.waiting.first_key_value().map(|(_, waiting)| waiting.deadline)
    }

    /// The oldest event of all is the first of its conversation.
    fn pop_oldest(&mut self) -> Option<Waiting<E>> {
        let (_, oldest) = self.waiting.pop_first()?;
        if let Some(lane) = self.lanes.get_mut(&oldest.conversation) {
            lane.waiting.pop_front();
        }
        self.first_left(&oldest.conversation);
        Some(oldest)
    }

    /// The event that a conversation rested for is gone: what is behind it need not wait. An
    /// empty conversation in `turns` is taken out when its turn comes.
    fn first_left(&mut self, conversation: &Conversation) {
        let Some(lane) = self.lanes.get(conversation) else { return };
        if let LaneState::BackingOff(at) = lane.state {
            self.backing_off.remove(&(at, Arc::clone(conversation)));
            self.ready(conversation);
        }
    }

    /// Gives a conversation its place behind the others, or forgets it if it has no event.
    fn ready(&mut self, conversation: &Conversation) {
        let Some(lane) = self.lanes.get_mut(conversation) else { return };
        if lane.waiting.is_empty() {
            self.lanes.remove(conversation);
        } else {
            lane.state = LaneState::Ready;
            self.turns.push_back(Arc::clone(conversation));
        }
    }

    fn end_backoffs(&mut self, now: Instant) {
        while self.backing_off.first().is_some_and(|(at, _)| *at <= now) {
            if let Some((_, conversation)) = self.backing_off.pop_first() {
                self.ready(&conversation);
            }
        }
    }

    fn skip_empty(&mut self) {
        while let Some(conversation) = self.turns.front() {
            if self.lanes.get(conversation).is_some_and(|lane| !lane.waiting.is_empty()) {
                return;
            }
            self.lanes.remove(conversation);
            self.turns.pop_front();
        }
    }

    /// Sends the first event of the conversation whose turn it is.
    fn start(&mut self) -> Option<(E, Slot)> {
        let conversation = self.turns.pop_front()?;
        let lane = self.lanes.get_mut(&conversation)?;
        let number = lane.waiting.pop_front()?;
        let Waiting { event, owner, deadline, .. } = self.waiting.remove(&number)?;
        lane.state = LaneState::InFlight { owner, cancelled: false };
        self.in_flight += 1;
        Some((event, Slot { deadline, conversation, number, owner }))
    }
}

#[cfg(test)]
mod tests;
