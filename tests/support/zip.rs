//! What is in a zip file, such as a spreadsheet.

use std::collections::BTreeMap;

/// The parts of a zip file, by name.
pub fn unzipped(zip: &[u8]) -> BTreeMap<String, String> {
    let u16_at = |at: usize| usize::from(u16::from_le_bytes([zip[at], zip[at + 1]]));
    let u32_at = |at: usize| u16_at(at) | u16_at(at + 2) << 16;
    // From the end: the directory, whose entries point to the files.
    let end = zip.windows(4).rposition(|four| four == b"PK\x05\x06").unwrap();
    let (entries, mut at) = (u16_at(end + 10), u32_at(end + 16));
    let mut parts = BTreeMap::new();
    for _ in 0..entries {
        let (packed, name) = (u32_at(at + 20), u16_at(at + 28));
        let file = u32_at(at + 42);
        let start = file + 30 + u16_at(file + 26) + u16_at(file + 28);
        let mut content = String::new();
        let mut inflated = flate2::read::DeflateDecoder::new(&zip[start..start + packed]);
        std::io::Read::read_to_string(&mut inflated, &mut content).unwrap();
        let name_bytes = &zip[at + 46..at + 46 + name];
        parts.insert(String::from_utf8(name_bytes.to_vec()).unwrap(), content);
        at += 46 + name + u16_at(at + 30) + u16_at(at + 32);
    }
    parts
}
