//! The characters of event types and ids.

use std::fmt::Write as _;

/// Returns whether a byte is an ASCII letter, a digit, `-` or `_`.
pub fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() | (byte == b'-') | (byte == b'_')
}

/// The position of the first byte that is not allowed, if any. `is_allowed` must allow all name
/// bytes, because the last chunk is padded with one.
pub fn first_other(text: &str, is_allowed: impl Fn(u8) -> bool) -> Option<usize> {
    // Sixteen bytes at a time and without an early exit, so that the compiler can use one vector
    // instruction for them.
    let are_allowed = |bytes: &[u8; 16]| bytes.iter().fold(true, |all, b| all & is_allowed(*b));
    let (chunks, rest) = text.as_bytes().as_chunks();
    let mut last = [b'-'; 16];
    for (place, byte) in last.iter_mut().zip(rest) {
        *place = *byte;
    }
    if chunks.iter().fold(are_allowed(&last), |all, chunk| all & are_allowed(chunk)) {
        return None;
    }
    text.bytes().position(|byte| !is_allowed(byte))
}

/// A character for an error message: visible, unambiguous and on one line.
pub fn shown(character: char) -> String {
    let mut text = String::new();
    // Writing to a `String` never fails.
    let _ = match character {
        ' ' => write!(text, "a space"),
        c if c.is_ascii_graphic() => write!(text, "'{c}'"),
        c if c.is_alphanumeric() => write!(text, "'{c}' (U+{:04X})", c as u32),
        c => write!(text, "U+{:04X}", c as u32),
    };
    text
}
