//! Page numbers under a list: first, last, and two on either side of where one is.

/// One place in the row of page numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A page: number, address, whether it is this one.
    Page { number: u64, href: String, current: bool },
    /// Pages left out.
    Gap,
}

/// Where one is in a list, and how to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pager {
    /// This page, from 1.
    pub page: u64,
    /// Pages in all, at least 1.
    pub pages: u64,
    /// Addresses before and after.
    pub previous: Option<String>,
    /// The page after.
    pub next: Option<String>,
    /// The row of numbers.
    pub steps: Vec<Step>,
}

/// How many pages `total` rows make.
#[must_use]
pub fn pages_of(total: u64, per_page: u64) -> u64 {
    total.div_ceil(per_page.max(1)).max(1)
}

impl Pager {
    /// `href` gives the address of a page number.
    #[must_use]
    pub fn new(page: u64, pages: u64, href: impl Fn(u64) -> String) -> Self {
        let near = |number: &u64| *number == 1 || *number == pages || number.abs_diff(page) <= 2;
        let from = page.saturating_sub(2).max(1);
        let candidates = [1].into_iter().chain(from..=page.saturating_add(2).min(pages)).chain([pages]);
        let mut numbers: Vec<u64> = candidates.filter(near).collect();
        numbers.dedup();
        let mut steps = Vec::new();
        let mut last = 0;
        for number in numbers {
            if number > last + 1 {
                steps.push(Step::Gap);
            }
            steps.push(Step::Page { number, href: href(number), current: number == page });
            last = number;
        }
        Self {
            page,
            pages,
            previous: (page > 1).then(|| href(page - 1)),
            next: (page < pages).then(|| href(page + 1)),
            steps,
        }
    }

    /// Whether there is anything to turn.
    #[must_use]
    pub fn turns(&self) -> bool {
        self.pages > 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(page: u64, pages: u64) -> String {
        Pager::new(page, pages, |n| format!("?page={n}"))
            .steps
            .iter()
            .map(|step| match step {
                Step::Page { number, current: true, .. } => format!("[{number}]"),
                Step::Page { number, .. } => number.to_string(),
                Step::Gap => "…".to_owned(),
            })
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn rows_are_short_and_in_order() {
        assert_eq!(row(1, 1), "[1]");
        assert_eq!(row(1, 3), "[1] 2 3");
        assert_eq!(row(5, 9), "1 … 3 4 [5] 6 7 … 9");
        assert_eq!(row(1, 75_000), "[1] 2 3 … 75000");
        assert_eq!(row(75_000, 75_000), "1 … 74998 74999 [75000]");
    }
}
