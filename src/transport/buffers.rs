//! What a connection reads into and writes from.

use ureq::unversioned::transport::Buffers;

/// Holds the largest head that is accepted, and a whole request.
pub const BUFFER_BYTES: usize = 16 * 1024;

/// Buffers that hold the request's head back until its body is there too, so that both leave
/// in one write.
///
/// They are made when they are first used, of memory that the system has zeroed: only as much
/// of it as requests and answers fill is ever there.
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
    fn make(&mut self) {
        if self.input.is_empty() {
            self.input = vec![0; BUFFER_BYTES];
            self.output = vec![0; BUFFER_BYTES];
        }
    }

    /// So much more of the request stands in the buffer.
    pub fn hold_back(&mut self, amount: usize) {
        self.pending += amount;
    }

    pub fn is_nearly_full(&self) -> bool {
        // Room for the largest body that the rules allow, and its envelope.
        const ROOM: usize = 6 * 1024;
        self.output.len() < self.pending + ROOM
    }

    /// Takes what was held back.
    pub fn take(&mut self) -> &[u8] {
        let pending = std::mem::take(&mut self.pending);
        self.output.get(..pending).unwrap_or_default()
    }

    fn free(&mut self) -> (&mut [u8], &mut [u8]) {
        self.make();
        if self.consumed == self.filled {
            (self.consumed, self.filled) = (0, 0);
        } else if self.filled > self.input.len() / 2 {
            self.input.copy_within(self.consumed..self.filled, 0);
            (self.consumed, self.filled) = (0, self.filled - self.consumed);
        }
        (
            self.input.get_mut(self.filled..).unwrap_or_default(),
            self.output.get_mut(self.pending..).unwrap_or_default(),
        )
    }
}

impl Buffers for RequestBuffers {
    fn output(&mut self) -> &mut [u8] {
        self.make();
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
        let mut buffers = RequestBuffers::default();
        for part in [b"head ", b"body."] {
            buffers.output()[..part.len()].copy_from_slice(part);
            buffers.hold_back(part.len());
        }
        assert_eq!(buffers.take(), b"head body.");
        assert_eq!(buffers.take(), b"");
        assert_eq!(buffers.output().len(), BUFFER_BYTES);
    }

    #[test]
    fn what_is_not_consumed_stays_and_makes_room() {
        let mut buffers = RequestBuffers::default();
        append(&mut buffers, &[b'a'; BUFFER_BYTES]);
        assert!(buffers.input_append_buf().is_empty());
        assert!(!buffers.can_use_input(), "nothing of it was of use yet");
        buffers.input_consume(BUFFER_BYTES - 3);
        assert!(buffers.can_use_input());
        append(&mut buffers, b"bc");
        assert_eq!(buffers.input(), b"aaabc");
        buffers.input_consume(5);
        assert_eq!(buffers.input_append_buf().len(), BUFFER_BYTES);
    }
}
