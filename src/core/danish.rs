pub fn compare(a: &str, b: &str) -> std::cmp::Ordering {
    a.cmp(b)
}
