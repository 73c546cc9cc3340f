//! Answers before the answer: HTTP's statuses 100 to 199.

/// The size of the interim answer that `input` begins with, if it is there as a whole.
///
/// RFC 9110 allows header fields in it and lets a client pass it over; ureq takes a
/// `100 Continue` with fields for nonsense. 101 is no interim answer to what libvce asks.
pub fn size(input: &[u8]) -> Option<usize> {
    if !may_begin(input) || input.starts_with(b"HTTP/1.1 101") {
        return None;
    }
    let mut size = 0;
    for line in input.split_inclusive(|byte| *byte == b'\n') {
        size += line.len();
        // Some servers end their lines without a carriage return.
        if line == b"\r\n" || line == b"\n" {
            return Some(size);
        }
    }
    None
}

/// Whether `input` is the beginning of an interim answer, or may still become one.
pub fn may_begin(input: &[u8]) -> bool {
    const BEGINNING: &[u8] = b"HTTP/1.1 1";
    let length = input.len().min(BEGINNING.len());
    input.get(..length) == BEGINNING.get(..length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_interim_answer_has_a_size() {
        for (input, expected) in [
            ("HTTP/1.1 100 Continue\r\n\r\n", Some(25)),
            ("HTTP/1.1 100 Continue\r\nA: b\r\n\r\nHTTP/1.1 201 Created\r\n\r\n", Some(31)),
            ("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", Some(37)),
            ("HTTP/1.1 100 Continue\n\nHTTP/1.1 201 Created\r\n\r\n", Some(23)),
            ("HTTP/1.1 100 Continue\r\nA: b\n\nHTTP/1.1 201 Created\r\n\r\n", Some(29)),
            ("HTTP/1.1 100 Continue\r\nA: b\r\n", None),
            ("HTTP/1.1 100 Continue\r\nA: b\r\n\r", None),
            ("HTTP/1.1 101 Switching Protocols\r\n\r\n", None),
            ("HTTP/1.1 201 Created\r\n\r\n", None),
            ("", None),
        ] {
            assert_eq!(size(input.as_bytes()), expected, "{input:?}");
        }
        assert!(may_begin(b"") && may_begin(b"HTTP/1.1 ") && may_begin(b"HTTP/1.1 102 Processing"));
        assert!(!may_begin(b"HTTP/1.1 2") && !may_begin(b"HTTP/1.0 ") && !may_begin(b"<html>"));
    }
}
