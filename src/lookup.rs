//! Whether an event exists, as far as the list of the conversation's events shows it.
//!
//! Pages go in, and what they prove comes out. Whoever looks fetches them.

use std::time::{Duration, SystemTime};

use crate::api::{ListQuery, Order, PageEnd, Request, Success};
use crate::error::{Error, Result, Status};
use crate::event::{Event, EventKey};

/// After so many complete looks that did not find the event, its request may be repeated.
pub const LOOKS: u32 = 2;

/// A look at more pages would take too long.
const MAX_PAGES: u32 = 20;

/// By so much an event must be older than the first attempt to count as older: servers' clocks
/// differ, and `Date` has whole seconds.
const MARGIN: Duration = Duration::from_secs(60);

/// Looks for an event in the list at `url`, from the newest event. `fetch` performs a request.
/// `age` is how long ago the first attempt to create the event began.
///
/// `None` means that a complete look did not find the event. After an error the look is incomplete,
/// and proves nothing.
pub fn find(
    key: &EventKey,
    url: &str,
    age: impl Fn() -> Duration,
    mut fetch: impl FnMut(&Request) -> Result<Success>,
) -> Result<Option<Event>> {
    let mut look = Look::new(key);
    let mut query = first_page();
    loop {
        let answer = fetch(&Request::list(url, &query))?;
        let date = answer.date();
        let end = answer.each_event(|event| look.see(event))?;
        match look.end_page(end, date, age()) {
            Ok(Sight::Found(event)) => return Ok(Some(event)),
            Ok(Sight::Absent) => return Ok(None),
            Ok(Sight::NextPage(next)) => query = next,
            Err(what) => return Err(Error::new(Status::Response, what)),
        }
    }
}

/// The query for the newest events.
fn first_page() -> String {
    // Without a type: the server's filter may not know custom types.
    let newest =
        ListQuery { order: Some(Order::Descending), page_size: Some(100), ..ListQuery::default() };
    newest.encode()
}

/// One look at a conversation's events.
struct Look<'a> {
    key: &'a EventKey,
    found: Option<Event>,
    pages: u32,
    /// Those of the present page.
    times: Times,
    /// The time of the newest event so far.
    newest: Option<SystemTime>,
}

/// What a look has shown so far.
enum Sight {
    /// The event exists.
    Found(Event),
    /// The event is not in the list.
    Absent,
    /// The page that this query asks for has to be seen too.
    NextPage(String),
}

impl<'a> Look<'a> {
    fn new(key: &'a EventKey) -> Look<'a> {
        Look { key, found: None, pages: 0, times: Times::default(), newest: None }
    }

    /// Sees the next event of a page.
    fn see(&mut self, event: Event) {
        let text = event.timestamp();
        let time = text.and_then(|text| humantime::parse_rfc3339_weak(text).ok());
        self.times.add(time);
        self.newest = self.newest.max(time);
        if self.found.is_none() && self.key.names(&event) {
            self.found = Some(event);
        }
    }

    /// Sees the end of a page. `date` is when the server answered, by its clock; without it the look
    /// goes to the end of the list. `age` is how long ago the first attempt began.
    ///
    /// An error says why the look cannot be completed.
    fn end_page(
        &mut self,
        end: PageEnd,
        date: Option<SystemTime>,
        age: Duration,
    ) -> std::result::Result<Sight, &'static str> {
        if !end.has_list {
            return Err("the server's answer has no list of events");
        }
        self.pages += 1;
        let times = std::mem::take(&mut self.times);
        if let Some(event) = self.found.take() {
            return Ok(Sight::Found(event));
        }
        let is_past = self.first_attempt(date, age).is_some_and(|at| times.end_before(at));
        match end.next {
            Some(query) if !is_past && self.pages < MAX_PAGES => Ok(Sight::NextPage(query)),
            Some(_) if !is_past => Err("the conversation has too many newer events"),
            _ => Ok(Sight::Absent),
        }
    }

    /// When the event could first be created, by the clock that stamps events.
    fn first_attempt(&self, date: Option<SystemTime>, age: Duration) -> Option<SystemTime> {
        // `Date` may come from a gateway with another clock: only the newest event shows how late
        // it is by the clock that counts.
        date?.min(self.newest?).checked_sub(age)
    }
}

/// When the events of a page were created.
#[derive(Default)]
struct Times {
    first: Option<SystemTime>,
    last: Option<SystemTime>,
    /// An event is newer than the one before it, or does not say when it was created.
    are_in_disorder: bool,
}

impl Times {
    fn add(&mut self, time: Option<SystemTime>) {
        self.are_in_disorder |= time.is_none() || self.last.is_some_and(|last| time > Some(last));
        self.first = self.first.or(time);
        self.last = time;
    }

    /// Whether all that follows is older than the first attempt. That is only known if the page runs
    /// from newer to older events: a server may not know the order that was asked for.
    fn end_before(&self, first_attempt: SystemTime) -> bool {
        let (Some(first), Some(last), false) = (self.first, self.last, self.are_in_disorder) else {
            return false;
        };
        last < first && first_attempt.duration_since(last).is_ok_and(|age| age > MARGIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> EventKey {
        EventKey {
            event_type: "custom:a".to_owned(),
            member: "k".to_owned(),
            value: "v".to_owned(),
        }
    }

    /// A page's events, and its end.
    type Page = (Vec<Event>, PageEnd);

    /// Events with these keys, created so many minutes after ten o'clock.
    fn page(events: &[(&str, u32)], next: Option<&str>) -> Page {
        let event = |(key, minute): &(&str, u32)| {
            let json = format!(
                r#"{{"type":"custom:a","timestamp":"2026-01-01T10:{minute:02}:00.00Z","body":{{"k":"{key}"}}}}"#
            );
            Event::from_json(&json).unwrap()
        };
        let end = PageEnd { has_list: true, next: next.map(str::to_owned) };
        (events.iter().map(event).collect(), end)
    }

    fn at(minute: u32) -> Option<SystemTime> {
        humantime::parse_rfc3339_weak(&format!("2026-01-01T10:{minute:02}:00Z")).ok()
    }

    /// What is seen of the pages: how many, and whether the event was found. The first attempt was
    /// a minute before `date`.
    fn look(
        pages: Vec<Page>,
        date: Option<SystemTime>,
    ) -> (u32, std::result::Result<bool, &'static str>) {
        let key = key();
        let mut look = Look::new(&key);
        for (events, end) in pages {
            events.into_iter().for_each(|event| look.see(event));
            match look.end_page(end, date, Duration::from_secs(60)) {
                Ok(Sight::NextPage(_)) => {}
                Ok(sight) => return (look.pages, Ok(matches!(sight, Sight::Found(_)))),
                Err(why) => return (look.pages, Err(why)),
            }
        }
        panic!("the look went on after the last page");
    }

    #[test]
    fn an_event_is_found_on_whichever_page_it_is() {
        assert_eq!(look(vec![page(&[("x", 9), ("v", 8)], Some("p"))], at(9)), (1, Ok(true)));
        let pages = vec![page(&[("x", 9), ("y", 8)], Some("p")), page(&[("v", 7)], None)];
        assert_eq!(look(pages, at(9)), (2, Ok(true)));
    }

    #[test]
    fn a_look_ends_with_the_list_or_with_older_events() {
        assert_eq!(look(vec![page(&[], None)], at(9)), (1, Ok(false)));
        assert_eq!(look(vec![page(&[("x", 9)], None)], None), (1, Ok(false)));
        assert_eq!(look(vec![page(&[("x", 9), ("y", 6)], Some("p"))], at(9)), (1, Ok(false)));
        // One minute earlier may be another clock.
        let pages = vec![page(&[("x", 9), ("y", 7)], Some("p")), page(&[("v", 7)], None)];
        assert_eq!(look(pages, at(9)), (2, Ok(true)));
    }

    #[test]
    fn nothing_is_concluded_from_a_page_in_another_order() {
        let ascending = || page(&[("x", 1), ("y", 2)], Some("p"));
        assert_eq!(look(vec![ascending(), page(&[("v", 9)], None)], at(9)), (2, Ok(true)));
        let mixed = || page(&[("x", 3), ("y", 1), ("z", 2), ("w", 1)], Some("p"));
        assert_eq!(look(vec![mixed(), page(&[("v", 9)], None)], at(9)), (2, Ok(true)));
        let one = || page(&[("x", 1)], Some("p"));
        assert_eq!(look(vec![one(), page(&[("v", 9)], None)], at(9)), (2, Ok(true)));
    }

    #[test]
    fn a_look_without_end_is_not_completed() {
        let endless = (0..30).map(|_| page(&[("x", 9), ("y", 8)], Some("p"))).collect();
        let (pages, sight) = look(endless, at(9));
        assert_eq!((pages, sight.is_err()), (20, true));
    }

    #[test]
    fn the_newest_event_shows_how_late_it_is() {
        let pages = || vec![page(&[("x", 9), ("y", 8)], Some("p")), page(&[("v", 8)], None)];
        assert_eq!(look(pages(), at(59)), (2, Ok(true)));
        // One event has a wrong time.
        let pages = vec![page(&[("x", 59), ("y", 8)], Some("p")), page(&[("v", 8)], None)];
        assert_eq!(look(pages, at(9)), (2, Ok(true)));
    }

    #[test]
    fn without_the_servers_clock_a_look_goes_to_the_end() {
        let pages = vec![page(&[("x", 9), ("y", 1)], Some("p")), page(&[("v", 0)], None)];
        assert_eq!(look(pages, None), (2, Ok(true)));
    }

    #[test]
    fn the_list_is_asked_for_from_the_newest_and_without_a_type() {
        assert_eq!(first_page(), "order=desc&page_size=100");
    }
}
