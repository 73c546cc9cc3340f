//! Interim answers, which come before the answer: HTTP statuses 100 to 199.

/// Returns the size of the interim answer at the beginning of `input`, if it is complete.
///
/// RFC 9110 allows header fields in an interim answer, and lets a client ignore it; but ureq
/// rejects a `100 Continue` with header fields. 101 does not count: libvce asks for no upgrade.
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

/// Returns whether `input` begins with an interim answer, or may still become one.
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
