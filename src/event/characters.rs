//! The characters of types and ids.

use std::fmt::Write as _;

/// A letter of ASCII, a digit, `-` or `_`.
pub fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() | (byte == b'-') | (byte == b'_')
}

/// Where the first byte stands that is not allowed, if there is one. All name bytes must be.
pub fn first_other(text: &str, is_allowed: impl Fn(u8) -> bool) -> Option<usize> {
    // Sixteen at once, without an early end: what the compiler makes one instruction of.
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

/// A character as an error message shows it: visible, unambiguous, on one line.
pub fn shown(character: char) -> String {
    let mut text = String::new();
    // Writing into a String does not fail.
    let _ = match character {
        ' ' => write!(text, "a space"),
        c if c.is_ascii_graphic() => write!(text, "'{c}'"),
        c if c.is_alphanumeric() => write!(text, "'{c}' (U+{:04X})", c as u32),
        c => write!(text, "U+{:04X}", c as u32),
    };
    text
}
