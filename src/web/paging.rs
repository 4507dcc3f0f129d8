//! A long list, a page at a time.

use std::ops::Range;

use serde::Serialize;

use super::asked::Asked;

/// Rows of a page: as many as a reader looks through.
const ROWS: usize = 50;

/// Where in the list we are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Paging {
    pub page: usize,
    pub pages: usize,
    pub before: Option<String>,
    pub after: Option<String>,
}

impl Paging {
    /// The rows of the page that was asked for, or of the last one there is.
    pub fn cut<T>(asked: &Asked, rows: Vec<T>) -> (Vec<T>, Self) {
        let (shown, paging) = Self::of(asked, rows.len());
        (rows.into_iter().skip(shown.start).take(shown.len()).collect(), paging)
    }

    /// The places of these rows, of so many.
    pub fn of(asked: &Asked, rows: usize) -> (Range<usize>, Self) {
        let pages = rows.div_ceil(ROWS).max(1);
        let wanted = asked.get("page").and_then(|page| page.parse().ok()).unwrap_or(1);
        let page = wanted.clamp(1, pages);
        let to = |page: usize| asked.with(&[("page", &page.to_string()), ("done", "")]);
        let paging = Self {
            page,
            pages,
            before: (page > 1).then(|| to(page - 1)),
            after: (page < pages).then(|| to(page + 1)),
        };
        ((page - 1) * ROWS..rows.min(page * ROWS), paging)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Language;
    use crate::web::access::Who;

    #[test]
    fn whatever_page_is_asked_for_there_is_one() {
        let asked = |page: &str| Asked {
            path: "/x".to_owned(),
            parts: Default::default(),
            query: vec![("page".to_owned(), page.to_owned()), ("q".to_owned(), "æ".to_owned())],
            form: Vec::new(),
            refused: None,
            by_link: false,
            who: Who::Anyone,
            language: Language::Da,
            password_changed: None,
        };
        for (page, rows, first, number, pages) in [
            ("1", 120, Some(0), 1, 3),
            ("2", 120, Some(50), 2, 3),
            ("3", 120, Some(100), 3, 3),
            ("4", 120, Some(100), 3, 3),
            ("18446744073709551615", 120, Some(100), 3, 3),
            ("99999999999999999999999", 120, Some(0), 1, 3),
            ("0", 120, Some(0), 1, 3),
            ("-1", 120, Some(0), 1, 3),
            ("x", 50, Some(0), 1, 1),
            ("7", 0, None, 1, 1),
        ] {
            let (cut, paging) = Paging::cut(&asked(page), (0..rows).collect());
            assert_eq!(cut.first().copied(), first, "{page}");
            assert_eq!((paging.page, paging.pages), (number, pages), "{page}");
        }
        let (_, paging) = Paging::cut(&asked("2"), vec![0; 120]);
        assert_eq!(paging.after.as_deref(), Some("/x?q=%C3%A6&page=3"));
    }
}
