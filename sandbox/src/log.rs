//! The log: every request exactly as it arrived.

use serde::Serialize;

use crate::aim::Operation;

/// One request as it arrived, and its result.
#[derive(Debug, Clone, Serialize)]
pub struct RequestRecord {
    /// Counts all requests since the start; emptying the log does not reset it.
    pub number: u64,
    /// The TCP connection on which it arrived, counted from 1.
    pub connection: u64,
    /// Such as `POST`.
    pub method: String,
    /// The target's path, as sent.
    pub path: String,
    /// The target after the `?`, as sent; empty if there was none.
    pub query: String,
    /// `HTTP/1.1` or `HTTP/1.0`.
    pub version: &'static str,
    /// Names in lower case and values as sent, in the order in which they were sent. If a name occurs
    /// again, its values stand with the first one.
    pub headers: Vec<(String, String)>,
    /// The body as sent, without transfer coding. Bytes that are not UTF-8 are replaced.
    pub body: String,
    /// What it does to events; `None` if it is about something else.
    pub operation: Option<Operation>,
    /// Which page a request to list events asked for.
    pub page: Option<usize>,
    /// The answer's status; `None` until there is an answer, or if there is none.
    pub status: Option<u16>,
    /// The answer's `Retry-After`.
    pub retry_after: Option<String>,
    /// The kind of fault that applied to it.
    pub fault: Option<&'static str>,
    /// The event that it created.
    pub event_id: Option<u64>,
    /// The `jti` of its token, valid or not.
    pub token_id: Option<String>,
}

impl RequestRecord {
    /// The first value of a header, whatever the case of its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(candidate, _)| candidate.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// The records since the log was last emptied: their numbers have no gap.
#[derive(Debug, Default)]
pub(crate) struct Log {
    last_number: u64,
    records: Vec<RequestRecord>,
}

impl Log {
    /// Adds a record under the next number, and returns the number.
    pub(crate) fn add(&mut self, mut record: RequestRecord) -> u64 {
        self.last_number += 1;
        record.number = self.last_number;
        self.records.push(record);
        self.last_number
    }

    /// Changes a record, unless the log was emptied meanwhile.
    pub(crate) fn amend(&mut self, number: u64, amend: impl FnOnce(&mut RequestRecord)) {
        let back = usize::try_from(self.last_number - number).unwrap_or(usize::MAX);
        let index = self.records.len().checked_sub(back.saturating_add(1));
        if let Some(record) = index.and_then(|index| self.records.get_mut(index)) {
            amend(record);
        }
    }

    pub(crate) fn records(&self) -> &[RequestRecord] {
        &self.records
    }

    pub(crate) fn forget(&mut self) {
        self.records.clear();
    }
}
