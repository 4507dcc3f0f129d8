pub fn date(day: chrono::NaiveDate) -> String {
    day.to_string()
}

pub fn compare(a: &str, b: &str) -> std::cmp::Ordering {
    a.cmp(b)
}
