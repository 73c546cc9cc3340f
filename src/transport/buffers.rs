//! The buffers that a connection reads into and writes from.

use ureq::unversioned::transport::Buffers;

/// Room for the largest head that is accepted.
pub const MAX_BYTES: usize = 16 * 1024;

/// Room for most requests and most answers.
const FIRST_BYTES: usize = 4 * 1024;

/// Buffers that hold back the request's head until its body is there too, so that one write sends
/// both.
///
/// They are no larger than the requests and answers, because there may be many connections.
#[derive(Default)]
pub struct RequestBuffers {
    input: Vec<u8>,
    consumed: usize,
    filled: usize,
    has_progressed: bool,
    output: Vec<u8>,
    pending: usize,
}

impl RequestBuffers {
    /// Makes buffers with room for a request of this size.
    pub fn new(request: usize) -> RequestBuffers {
        let mut buffers =
            RequestBuffers { input: vec![0; FIRST_BYTES], ..RequestBuffers::default() };
        buffers.make_room(request);
        buffers
    }

    /// Makes room for a request of this size, which the options bound. A head that does not fit
    /// could not be sent, because ureq never divides a header.
    pub fn make_room(&mut self, request: usize) {
        if self.output.len() < request {
            self.output.resize(request.next_multiple_of(FIRST_BYTES), 0);
        }
    }

    /// Says that the buffer has `amount` more bytes of the request.
    pub fn hold_back(&mut self, amount: usize) {
        self.pending += amount;
    }

    pub fn is_full(&self) -> bool {
        self.pending >= self.output.len()
    }

    /// Takes the bytes that were held back.
    pub fn take(&mut self) -> &mut [u8] {
        let pending = std::mem::take(&mut self.pending);
        self.output.get_mut(..pending).unwrap_or_default()
    }

    fn free(&mut self) -> (&mut [u8], &mut [u8]) {
        if self.consumed == self.filled {
            (self.consumed, self.filled) = (0, 0);
        } else if self.filled > self.input.len() / 2 {
            self.input.copy_within(self.consumed..self.filled, 0);
            (self.consumed, self.filled) = (0, self.filled - self.consumed);
        }
        if self.filled == self.input.len() {
            self.input.resize(MAX_BYTES.min(2 * self.filled), 0);
        }
        (
            self.input.get_mut(self.filled..).unwrap_or_default(),
            self.output.get_mut(self.pending..).unwrap_or_default(),
        )
    }
}

impl Buffers for RequestBuffers {
    fn output(&mut self) -> &mut [u8] {
        self.output.get_mut(self.pending..).unwrap_or_default()
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        self.free()
    }

    fn input(&self) -> &[u8] {
        self.input.get(self.consumed..self.filled).unwrap_or_default()
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        self.free().0
    }

    fn input_appended(&mut self, amount: usize) {
        self.filled = self.input.len().min(self.filled + amount);
    }

    fn input_consume(&mut self, amount: usize) {
        self.has_progressed = amount > 0;
        self.consumed = self.filled.min(self.consumed + amount);
    }

    fn can_use_input(&self) -> bool {
        !self.input().is_empty() && self.has_progressed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn append(buffers: &mut RequestBuffers, bytes: &[u8]) {
        buffers.input_append_buf()[..bytes.len()].copy_from_slice(bytes);
        buffers.input_appended(bytes.len());
    }

    #[test]
    fn head_and_body_stand_behind_each_other() {
        let mut buffers = RequestBuffers::new(10);
        for part in [b"head ", b"body."] {
            buffers.output()[..part.len()].copy_from_slice(part);
            buffers.hold_back(part.len());
        }
        assert_eq!(buffers.take(), b"head body.");
        assert_eq!(buffers.take(), b"");
    }

    #[test]
    fn there_is_room_for_each_request() {
        let mut buffers = RequestBuffers::new(10);
        assert_eq!(buffers.output().len(), FIRST_BYTES);
        buffers.make_room(FIRST_BYTES + 1);
        assert_eq!(buffers.output().len(), 2 * FIRST_BYTES);
        buffers.make_room(10);
        assert_eq!(buffers.output().len(), 2 * FIRST_BYTES, "it shrinks no more");
        buffers.make_room(MAX_BYTES + 1);
        assert_eq!(buffers.output().len(), MAX_BYTES + FIRST_BYTES);
        buffers.hold_back(MAX_BYTES + FIRST_BYTES);
        assert!(buffers.is_full() && buffers.output().is_empty());
    }

    #[test]
    fn what_is_not_consumed_stays_and_makes_room() {
        let mut buffers = RequestBuffers::new(10);
        while buffers.input().len() < MAX_BYTES {
            append(&mut buffers, &[b'a'; FIRST_BYTES]);
        }
        assert!(buffers.input_append_buf().is_empty(), "it grows no more");
        assert!(!buffers.can_use_input(), "nothing of it was of use yet");
        buffers.input_consume(MAX_BYTES - 3);
        assert!(buffers.can_use_input());
        append(&mut buffers, b"bc");
        assert_eq!(buffers.input(), b"aaabc");
        buffers.input_consume(5);
        assert_eq!(buffers.input_append_buf().len(), MAX_BYTES);
    }
}
