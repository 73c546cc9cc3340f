//! Which event is sent next: order, fairness, retries and time limits.
//!
//! A pure state machine: commands and times go in, decisions come out. It reads no clock, starts
//! no thread and sends nothing, so tests can try every order of commands.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A conversation's id.
type Conversation = Arc<str>;
/// Counts the events in the order in which they were accepted.
type Number = u64;
/// The number of a handle among those that share the queue.
pub type Owner = u64;

/// The events that wait, and the state of each conversation.
///
/// The events of a conversation are sent one after the other; conversations take turns.
#[derive(Clone)]
pub struct Scheduler<E> {
    max_in_flight: usize,
    next_number: Number,
    /// All have the same lifetime, so the first one is also the first whose time is over. (Threads
    /// that enqueue at the same moment may differ from this order by that moment.)
    waiting: BTreeMap<Number, Waiting<E>>,
    lanes: HashMap<Conversation, Lane>,
    /// Each conversation that is `Ready`, once, in the order of their turns.
    turns: VecDeque<Conversation>,
    /// Each conversation that is `BackingOff`.
    backing_off: BTreeSet<(Instant, Conversation)>,
    in_flight: usize,
    /// The engine has no permit before this time.
    next_permit: Option<Instant>,
}

#[derive(Clone)]
struct Waiting<E> {
    event: E,
    owner: Owner,
    conversation: Conversation,
    deadline: Instant,
}

/// One conversation. It exists while it has an event or is in a list of the scheduler.
#[derive(Clone)]
struct Lane {
    waiting: VecDeque<Number>,
    state: LaneState,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum LaneState {
    Ready,
    /// Its first event must be repeated, but not before this time.
    BackingOff(Instant),
    InFlight {
        owner: Owner,
        cancelled: bool,
    },
}

/// The place of an event in flight in its conversation. It must be given back in every case.
#[derive(Clone, Debug)]
pub struct Slot {
    deadline: Instant,
    conversation: Conversation,
    number: Number,
    owner: Owner,
}

/// What the caller must do now.
#[derive(Clone, Debug)]
pub enum Next<E> {
    /// Send this event.
    Send(E, Slot),
    /// The time of this event is over.
    Expired(E),
    /// No permit comes before the time of this event is over. The next one comes after this time.
    RateLimited(E, Duration),
    /// Do nothing before this time or a command.
    Wait(Instant),
    /// Do nothing before a command.
    Idle,
}

impl<E> Scheduler<E> {
    /// At most `max_in_flight` events are in flight at once.
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

    /// Puts an event behind the others of its conversation. Its time is over at `deadline`.
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

    /// Returns whether no event waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Returns when [`next`](Self::next) must be called, as far as is known without asking the
    /// engine for a permit; `None`: not before a command.
    pub fn due(&self, now: Instant) -> Option<Instant> {
        let deadline = self.first_deadline()?;
        let sending = if self.has_candidate() { Some(now) } else { self.first_backoff_end() };
        Some(self.within(deadline, sending))
    }

    /// Decides what to do now. The caller calls it until it returns `Wait` or `Idle`.
    ///
    /// `take_permit` is called if an event could be sent: it takes a permit of the engine's rate
    /// limiter, or returns when the next one comes.
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

    /// Says that an event is finished; its conversation goes on.
    pub fn finish(&mut self, slot: &Slot) {
        self.in_flight -= 1;
        self.ready(&slot.conversation);
    }

    /// Says that an event must be repeated at `at`, before those behind it. If its owner withdrew
    /// it meanwhile, returns the event, and its conversation goes on.
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

    /// Takes out all waiting events of an owner, and makes sure that none of its events in flight
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

    /// Returns when the first conversation that backs off can go on.
    fn first_backoff_end(&self) -> Option<Instant> {
        self.backing_off.first().map(|(at, _)| *at).filter(|_| self.has_room())
    }

    /// Returns when something must be done: when an event's time is over at `deadline`, or when
    /// one can be sent, which is at `sending` and not before the engine has a permit.
    fn within(&self, deadline: Instant, sending: Option<Instant>) -> Instant {
        let permit = self.next_permit.filter(|permit| *permit < deadline);
        sending.max(sending.and(permit)).map_or(deadline, |at| at.min(deadline))
    }

    fn first_deadline(&self) -> Option<Instant> {
        self.waiting.first_key_value().map(|(_, waiting)| waiting.deadline)
    }

    /// Takes out the oldest event, which is also the first of its conversation.
    fn pop_oldest(&mut self) -> Option<Waiting<E>> {
        let (_, oldest) = self.waiting.pop_first()?;
        if let Some(lane) = self.lanes.get_mut(&oldest.conversation) {
            lane.waiting.pop_front();
        }
        self.first_left(&oldest.conversation);
        Some(oldest)
    }

    /// Says that the first event of a conversation is gone: the events behind it need not wait
    /// for its back-off. An empty conversation in `turns` is taken out when its turn comes.
    fn first_left(&mut self, conversation: &Conversation) {
        let Some(lane) = self.lanes.get(conversation) else { return };
        if let LaneState::BackingOff(at) = lane.state {
            self.backing_off.remove(&(at, Arc::clone(conversation)));
            self.ready(conversation);
        }
    }

    /// Puts a conversation behind the others, or forgets it if it has no event.
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
