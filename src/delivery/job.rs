use std::sync::Arc;
use std::time::{Duration, Instant};

use super::tracker::Tracker;
use crate::api::{Request, Success};
use crate::auth::TokenSource;
use crate::calls::{self, ActiveCall};
use crate::engine::{self, Engine, Progress, Step};
use crate::error::{Error, Result, Status};
use crate::event::Event;
use crate::limit::Limit;
use crate::panics;

/// An accepted event that is not reported yet. It is reported in every case, at the latest when
/// it is dropped.
pub struct Job {
    /// `None` after it was reported.
    tracker: Option<Arc<Tracker>>,
    tokens: Arc<TokenSource>,
    request: Request,
    tag: u64,
    accepted: Instant,
    /// The limit from its acceptance to its report.
    limit: Limit,
    progress: Progress,
    /// Why the last attempt failed.
    last: Option<Error>,
}

impl Job {
    pub fn new(
        tracker: Arc<Tracker>,
        tokens: Arc<TokenSource>,
        request: Request,
        tag: u64,
        accepted: Instant,
        limit: Limit,
    ) -> Job {
        Job {
            tracker: Some(tracker),
            tokens,
            progress: Progress::new(&request),
            request,
            tag,
            accepted,
            limit,
            last: None,
        }
    }

    /// Returns how much of the queue a request takes.
    pub fn bytes(request: &Request) -> usize {
        request.url.len() + request.body.as_ref().map_or(0, String::len)
    }

    /// Makes one attempt within `limit`. If the job must be sent again, returns it and when;
    /// otherwise the job is finished and reported.
    pub fn send(self: Box<Job>, engine: &Engine, limit: Limit) -> Option<(Box<Job>, Instant)> {
        let limit = limit.or_earlier(self.limit);
        self.send_by(|Job { request, tokens, limit: whole, progress, .. }, call| {
            engine.attempt(request, tokens, limit, *whole, progress, call)
        })
    }

    fn send_by(
        mut self: Box<Job>,
        attempt: impl FnOnce(&mut Job, &Arc<ActiveCall>) -> Step,
    ) -> Option<(Box<Job>, Instant)> {
        let call = self.tracker.as_ref().and_then(|tracker| tracker.begin_attempt());
        let Some(call) = call else {
            self.withdrawn();
            return None;
        };
        let is_retry = self.last.is_some() && !self.progress.is_in_doubt();
        if let Some(tracker) = self.tracker.as_ref().filter(|_| is_retry) {
            tracker.count_retry();
        }
        let attempted = panics::catch(|| attempt(&mut self, &call));
        drop(call);
        match attempted {
            Ok(Step::Ended(result)) => self.report(result.and_then(Success::event)),
            Ok(Step::Repeat { after, error }) => {
                // The queue's limits do not count it.
                self.last = Some(error.without_response());
                self.progress.forget_response();
                return Some((self, Instant::now() + after));
            }
            Err(message) => {
                let defect = panics::defect(&message, self.request.effect());
                self.report(Err(defect));
            }
        }
        None
    }

    /// Reports that its time is over.
    pub fn expired(self) {
        let error = Error::new(Status::Timeout, format!("not delivered within {}", self.limit));
        self.failed(error.with_retryable(true));
    }

    /// Reports that the rate limiter has no permit for it in time.
    pub fn rate_limited(self, wait: Duration) {
        self.failed(engine::rate_limited(wait));
    }

    /// Reports that the client was closed before the event was sent.
    pub fn withdrawn(self) {
        self.failed(calls::closed());
    }

    fn failed(mut self, mut error: Error) {
        if let Some(last) = self.last.take() {
            error = error.with_message_suffix(&format!("; the last attempt: {last}"));
            if let Some(answer) = last.answer() {
                error = error.with_answer(answer.clone());
            }
        }
        let error = self.progress.end(error);
        self.report(Err(error));
    }

    fn report(mut self, result: Result<Event>) {
        self.tell(result);
    }

    fn tell(&mut self, result: Result<Event>) {
        if let Some(tracker) = self.tracker.take() {
            tracker.finish(self.tag, Job::bytes(&self.request), self.accepted, result);
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if self.tracker.is_some() {
            self.tell(Err(panics::defect("an event was lost", self.request.effect())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Method;
    use crate::auth::Credentials;
    use crate::config::Config;
    use crate::delivery::QueueOptions;
    use crate::delivery::capacity::Capacity;
    use crate::error::{Answer, Outcome};

    /// An accepted job, and the tracker that gets its report.
    fn accepted(options: &[(&str, &str)]) -> (Job, Arc<Tracker>) {
        let mut config = Config::new();
        for (name, value) in options {
            config.set(name, Some(value)).unwrap();
        }
        let terms = QueueOptions::from(&config.settings);
        let capacity = Capacity::new(terms.max_events, terms.max_bytes);
        let tracker = Arc::new(Tracker::new(Arc::new(capacity), terms.reports));
        let credentials = Arc::new(Credentials::ready("a.b.c").unwrap());
        let tokens = Arc::new(TokenSource::new(credentials));
        let body = Some("{}".to_owned());
        let request = Request { method: Method::Post, url: "http://h".to_owned(), body, key: None };
        tracker.accept(Job::bytes(&request), || Ok(())).unwrap();
        let now = Instant::now();
        let limit = Limit::new("delivery_timeout", Duration::from_secs(60), now);
        (Job::new(Arc::clone(&tracker), tokens, request, 7, now, limit), tracker)
    }

    #[test]
    fn a_job_that_is_lost_is_reported_all_the_same() {
        let (job, tracker) = accepted(&[]);
        drop(job);
        let report = tracker.poll(Duration::ZERO).unwrap();
        let error = report.error().unwrap();
        assert_eq!((report.tag(), error.status()), (7, Status::Internal));
        assert_eq!(report.outcome(), Outcome::MaybeCreated);
        assert!(tracker.poll(Duration::ZERO).is_none(), "reported twice");
        assert_eq!(tracker.flush(Duration::ZERO), 0);
    }

    #[test]
    fn after_a_panic_nobody_knows_whether_the_event_was_created() {
        let (job, tracker) = accepted(&[]);
        assert!(Box::new(job).send_by(|_, _| panic!("a test's panic")).is_none());
        let report = tracker.poll(Duration::ZERO).unwrap();
        let error = report.error().unwrap();
        assert_eq!((error.status(), error.outcome()), (Status::Internal, Outcome::MaybeCreated));
        assert!(error.message().contains("a test's panic"), "{error}");
        assert_eq!(tracker.stats().in_flight, 0);
    }

    #[test]
    fn what_a_report_holds_of_the_answer_counts_until_it_is_taken() {
        let (mut job, tracker) = accepted(&[("queue_max_bytes", "200")]);
        let answer = format!(r#"{{"id":1,"more":"{}"}}"#, "x".repeat(100));
        job.tell(Ok(Event::from_json(&answer).unwrap()));
        drop(job);
        assert_eq!(tracker.stats().bytes, answer.len());
        let error = tracker.accept(200, || Ok(())).unwrap_err();
        assert_eq!(error.status(), Status::QueueFull);
        let report = tracker.poll(Duration::ZERO).unwrap();
        assert_eq!(report.event().unwrap().json(), answer);
        assert_eq!((tracker.stats().events, tracker.stats().bytes), (0, 0));
        tracker.accept(200, || Ok(())).unwrap();
    }

    /// A server with large answers cannot fill more memory than the queue may use.
    #[test]
    fn a_report_that_has_no_room_says_only_which_event_it_is() {
        let (mut job, tracker) = accepted(&[("queue_max_bytes", "100")]);
        let answer = format!(r#"{{"id":1,"type":"custom:a","more":"{}"}}"#, "x".repeat(100));
        job.tell(Ok(Event::from_json(&answer).unwrap()));
        drop(job);
        let report = tracker.poll(Duration::ZERO).unwrap();
        let event = report.event().unwrap();
        assert_eq!((event.id(), event.event_type()), (Some("1"), Some("custom:a")));
        assert_eq!(event.json(), r#"{"id":"1","type":"custom:a"}"#);

        let (mut job, tracker) = accepted(&[("queue_max_bytes", "100")]);
        let answer = Answer { http_status: 400, response: vec![b'x'; 101], ..Answer::default() };
        job.tell(Err(Error::new(Status::BadRequest, "no").with_answer(answer)));
        drop(job);
        let report = tracker.poll(Duration::ZERO).unwrap();
        let answer = report.error().unwrap().answer().unwrap();
        assert_eq!((answer.http_status, answer.response.len()), (400, 0));
    }

    #[test]
    fn a_waiting_event_keeps_no_body_of_the_answer() {
        let (job, tracker) = accepted(&[]);
        let answer = Answer { http_status: 429, response: vec![b'x'; 9], ..Answer::default() };
        let error = Error::new(Status::RateLimited, "wait").with_answer(answer);
        let repeat =
            |_: &mut Job, _: &Arc<ActiveCall>| Step::Repeat { after: Duration::ZERO, error };
        let (job, _) = Box::new(job).send_by(repeat).unwrap();
        job.expired();
        let report = tracker.poll(Duration::ZERO).unwrap();
        let answer = report.error().unwrap().answer().unwrap();
        assert_eq!((answer.http_status, answer.response.len()), (429, 0));
    }

    #[test]
    fn a_refused_event_leaves_no_trace() {
        let (_job, tracker) = accepted(&[]);
        let error = tracker.accept::<()>(5, || Err(calls::closed())).unwrap_err();
        assert_eq!(error.status(), Status::Closed);
        assert_eq!(tracker.stats().events, 1);
    }

    #[test]
    fn an_end_without_an_answer_tells_of_the_last_attempt() {
        let ends: [(fn(Job), _, _); 3] = [
            (Job::expired, Status::Timeout, true),
            (|job| job.rate_limited(Duration::from_secs(9)), Status::RateLimited, true),
            (Job::withdrawn, Status::Closed, false),
        ];
        for (end, status, is_retryable) in ends {
            let (mut job, tracker) = accepted(&[]);
            let answer = Answer { http_status: 408, ..Answer::default() };
            job.last = Some(Error::new(Status::BadRequest, "it was slow").with_answer(answer));
            end(job);
            let report = tracker.poll(Duration::ZERO).unwrap();
            let error = report.error().unwrap();
            assert_eq!((error.status(), error.outcome()), (status, Outcome::NotCreated));
            assert_eq!(error.is_retryable(), is_retryable, "{error}");
            assert_eq!(error.answer().unwrap().http_status, 408);
            assert!(error.message().contains("; the last attempt: it was slow"), "{error}");
        }
    }
}
