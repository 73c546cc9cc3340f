//! Runs every sequence of commands up to a depth, and long random ones. A model checks each
//! decision; it is too simple to be wrong: a list of events, searched from its beginning each time.

use super::*;

const CONVERSATIONS: [&str; 3] = ["CON-0", "CON-1", "CON-2"];
const LIFETIME: u64 = 3;
const MAX_IN_FLIGHT: usize = 2;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Command {
    /// Enqueues an event in this conversation, by this owner.
    Push(usize, Owner),
    /// Asks for the next decision.
    Next,
    /// The engine has no permit for this many seconds.
    Pause(u64),
    /// Finishes the event with this index among those in flight.
    Finish(usize),
    /// Repeats the event with this index among those in flight, after this many seconds.
    Repeat(usize, u64),
    Withdraw(Owner),
    /// A second passes.
    Tick,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Waiting { not_before: u64 },
    InFlight { withdrawn: bool },
    Ended,
}

#[derive(Clone)]
struct Event {
    conversation: usize,
    owner: Owner,
    deadline: u64,
    fate: Fate,
}

#[derive(Clone)]
struct World {
    scheduler: Scheduler<usize>,
    start: Instant,
    now: u64,
    events: Vec<Event>,
    in_flight: Vec<(usize, Slot)>,
    /// When the engine has its next permit.
    permit: u64,
    /// How often each conversation was sent from while another one could have been.
    overtaken: [[u32; 3]; 3],
}

impl World {
    fn new() -> World {
        World {
            scheduler: Scheduler::new(MAX_IN_FLIGHT),
            start: Instant::now(),
            now: 0,
            events: Vec::new(),
            in_flight: Vec::new(),
            permit: 0,
            overtaken: Default::default(),
        }
    }

    fn at(&self, time: u64) -> Instant {
        self.start + Duration::from_secs(time)
    }

    /// Runs the command if it is possible now. Returns whether it was.
    fn run(&mut self, command: Command) -> bool {
        match command {
            Command::Push(conversation, owner) => self.push(conversation, owner),
            Command::Next => self.next(),
            Command::Pause(time) => self.permit = self.permit.max(self.now + time),
            Command::Finish(index) | Command::Repeat(index, _) if index >= self.in_flight.len() => {
                return false;
            }
            Command::Finish(index) => {
                let (event, slot) = self.in_flight.remove(index);
                self.scheduler.finish(&slot);
                self.events[event].fate = Fate::Ended;
            }
            Command::Repeat(index, after) => self.repeat(index, after),
            Command::Withdraw(owner) => self.withdraw(owner),
            Command::Tick => self.now += 1,
        }
        for conversation in 0..3 {
            if self.sendable(conversation).is_none() {
                self.overtaken[conversation] = [0; 3];
            }
        }
        true
    }

    fn push(&mut self, conversation: usize, owner: Owner) {
        let (event, deadline) = (self.events.len(), self.at(self.now + LIFETIME));
        self.scheduler.push(owner, CONVERSATIONS[conversation], event, deadline);
        self.events.push(Event {
            conversation,
            owner,
            deadline: self.now + LIFETIME,
            fate: Fate::Waiting { not_before: 0 },
        });
    }

    fn repeat(&mut self, index: usize, after: u64) {
        let (event, slot) = self.in_flight.remove(index);
        let at = self.at(self.now + after);
        let given_back = self.scheduler.repeat(event, slot, at);
        let withdrawn = self.events[event].fate == Fate::InFlight { withdrawn: true };
        assert_eq!(given_back, withdrawn.then_some(event));
        self.events[event].fate =
            if withdrawn { Fate::Ended } else { Fate::Waiting { not_before: self.now + after } };
    }

    fn withdraw(&mut self, owner: Owner) {
        let mut expected = Vec::new();
        for (number, event) in self.events.iter_mut().enumerate() {
            match &mut event.fate {
                Fate::Waiting { .. } if event.owner == owner => {
                    expected.push(number);
                    event.fate = Fate::Ended;
                }
                Fate::InFlight { withdrawn } if event.owner == owner => *withdrawn = true,
                _ => {}
            }
        }
        assert_eq!(self.scheduler.withdraw(owner), expected);
    }

    /// Returns the event that a conversation can send now, if there is one.
    fn sendable(&self, conversation: usize) -> Option<usize> {
        let first = self
            .events
            .iter()
            .position(|e| e.conversation == conversation && e.fate != Fate::Ended)?;
        let Fate::Waiting { not_before } = self.events[first].fate else { return None };
        (not_before <= self.now).then_some(first)
    }

    fn is_waiting(event: &Event) -> bool {
        matches!(event.fate, Fate::Waiting { .. })
    }

    /// Asks for the next decision, and compares it with the model.
    fn next(&mut self) {
        let due = self.scheduler.due(self.at(self.now));
        let permit = self.permit.max(self.now);
        let (turn_at, has_turn) = (self.at(permit), permit == self.now);
        let next =
            self.scheduler.next(self.at(self.now), || if has_turn { Ok(()) } else { Err(turn_at) });
        let oldest = self.events.iter().position(World::is_waiting);
        let Some(oldest) = oldest else {
            assert!(matches!(next, Next::Idle), "{next:?}");
            assert_eq!(due, None);
            return;
        };
        let deadline = self.events[oldest].deadline;
        let has_room = self.in_flight.len() < MAX_IN_FLIGHT;
        let can_send = has_room && (0..3).any(|c| self.sendable(c).is_some());
        match next {
            Next::Expired(event) => {
                assert!(deadline <= self.now);
                assert_eq!(event, oldest);
                self.events[event].fate = Fate::Ended;
            }
            Next::RateLimited(event, wait) => {
                assert!(deadline > self.now && can_send && permit >= deadline && !has_turn);
                assert_eq!((event, wait), (oldest, Duration::from_secs(permit - self.now)));
                self.events[event].fate = Fate::Ended;
            }
            Next::Send(event, slot) => {
                assert!(deadline > self.now && has_room && has_turn);
                let conversation = self.events[event].conversation;
                assert_eq!(self.sendable(conversation), Some(event), "out of order");
                self.count_turn(conversation);
                self.events[event].fate = Fate::InFlight { withdrawn: false };
                self.in_flight.push((event, slot));
            }
            Next::Wait(at) => {
                assert!(due.is_some_and(|due| due <= at), "nobody would have asked in time");
                assert_eq!(self.scheduler.due(self.at(self.now)), Some(at));
                assert!(deadline > self.now);
                let expected = if can_send { permit } else { self.next_change(deadline, has_room) };
                assert!(
                    !can_send || (permit > self.now && permit < deadline),
                    "it waits for nothing"
                );
                let is_turn = permit > expected && permit < deadline && at == self.at(permit);
                assert!(at == self.at(expected) || is_turn, "{:?}", at - self.start);
            }
            Next::Idle => panic!("events wait"),
        }
    }

    /// Returns when waiting ends without a command: an event's time is over, or a retry is due.
    fn next_change(&self, deadline: u64, has_room: bool) -> u64 {
        let retries = self.events.iter().filter_map(|event| match event.fate {
            Fate::Waiting { not_before } if has_room && not_before > self.now => Some(not_before),
            _ => None,
        });
        retries.min().map_or(deadline, |retry| retry.min(deadline))
    }

    /// Between two turns of a conversation that has an event to send, each other conversation has
    /// at most one turn.
    fn count_turn(&mut self, sent: usize) {
        self.overtaken[sent] = [0; 3];
        for other in (0..3).filter(|other| *other != sent) {
            if self.sendable(other).is_some() {
                self.overtaken[other][sent] += 1;
                assert!(self.overtaken[other][sent] <= 1, "one conversation starves another");
            }
        }
    }

    /// Sends the remaining events: none may be lost or stuck.
    fn drain(mut self) {
        while self.events.iter().any(|event| event.fate != Fate::Ended) {
            let before = (self.now, self.in_flight.len(), self.ended());
            self.next();
            if (self.now, self.in_flight.len(), self.ended()) == before
                && !self.run(Command::Finish(0))
            {
                self.now += 1;
            }
            assert!(self.now < 1000, "stuck");
        }
        self.next();
        let Scheduler { waiting, lanes, turns, backing_off, in_flight, .. } = &self.scheduler;
        assert!(
            waiting.is_empty() && lanes.is_empty() && turns.is_empty() && backing_off.is_empty()
        );
        assert_eq!(*in_flight, 0);
    }

    fn ended(&self) -> usize {
        self.events.iter().filter(|event| event.fate == Fate::Ended).count()
    }
}

/// All commands that differ. Conversation 0 has events of two owners; conversation 1 stands for
/// all conversations with one owner.
const COMMANDS: [Command; 12] = [
    Command::Push(0, 1),
    Command::Push(0, 2),
    Command::Push(1, 1),
    Command::Next,
    Command::Pause(1),
    Command::Pause(LIFETIME),
    Command::Finish(0),
    Command::Finish(1),
    Command::Repeat(0, 1),
    Command::Withdraw(1),
    Command::Withdraw(2),
    Command::Tick,
];

fn explore(world: &World, depth: u32) -> u64 {
    if depth == 0 {
        world.clone().drain();
        return 1;
    }
    let mut explored = 0;
    for command in COMMANDS {
        let mut next = world.clone();
        if next.run(command) {
            explored += explore(&next, depth - 1);
        }
    }
    explored
}

#[test]
fn every_order_of_five_commands_is_right() {
    // Each sequence begins by sending an event: without one there is little that can go wrong.
    let mut world = World::new();
    assert!(world.run(Command::Push(0, 1)) && world.run(Command::Next));
    let explored = explore(&world, 5);
    assert!(explored > 100_000, "{explored}");
}

#[test]
fn long_random_orders_are_right() {
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    println!("seed {seed}");
    for _ in 0..3000 {
        let mut world = World::new();
        for _ in 0..random.usize(..120) {
            world.run(match random.u32(..20) {
                0..6 => Command::Push(random.usize(..3), random.u64(1..3)),
                6..11 => Command::Next,
                11 if random.bool() => Command::Pause(random.u64(..5)),
                12..15 => Command::Finish(random.usize(..2)),
                15..17 => Command::Repeat(random.usize(..2), random.u64(..3)),
                17 if random.u32(..4) == 0 => Command::Withdraw(random.u64(1..3)),
                _ if random.bool() => Command::Tick,
                _ => Command::Next,
            });
        }
        world.drain();
    }
}
