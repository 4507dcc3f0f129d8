//! Bytes as hexadecimal figures: of secrets, hashes and tokens.

use std::fmt::Write as _;

/// Two small figures a byte.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_is_two_figures() {
        assert_eq!(hex(&[0, 0x0a, 0xff]), "000aff");
    }
}
