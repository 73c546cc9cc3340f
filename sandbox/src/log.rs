//! What the sandbox was asked, to the letter.

use serde::Serialize;

use crate::aim::Operation;

/// One request as it arrived, and what became of it.
#[derive(Debug, Clone, Serialize)]
pub struct RequestRecord {
    /// Counts every request since the start; forgetting the log does not start it anew.
    pub number: u64,
    /// The TCP connection it came on, counted from 1.
    pub connection: u64,
    /// Such as `POST`.
    pub method: String,
    /// The target's path, as sent.
    pub path: String,
    /// The target after the `?`, as sent; empty if there was none.
    pub query: String,
    /// `HTTP/1.1` or `HTTP/1.0`.
    pub version: &'static str,
    /// Names in lower case and values as sent, in the order in which they were sent; but the values
    /// of a name that came again stand with its first.
    pub headers: Vec<(String, String)>,
    /// The body as sent, without transfer coding. Bytes that are not UTF-8 are replaced.
    pub body: String,
    /// What it was about; none if that was not a conversation's events.
    pub operation: Option<Operation>,
    /// Which page a request to list events asked for.
    pub page: Option<usize>,
    /// The status that was answered, if an answer was begun.
    pub status: Option<u16>,
    /// The `Retry-After` that was answered.
    pub retry_after: Option<String>,
    /// The kind of the fault that it met.
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

/// The records of the last numbers, without a gap.
#[derive(Debug, Default)]
pub(crate) struct Log {
    last_number: u64,
    records: Vec<RequestRecord>,
}

impl Log {
    /// Adds a record under the next number, and says which that is.
    pub(crate) fn add(&mut self, mut record: RequestRecord) -> u64 {
        self.last_number += 1;
        record.number = self.last_number;
        self.records.push(record);
        self.last_number
    }

    /// Amends a record, unless it has been forgotten meanwhile.
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
