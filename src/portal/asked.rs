//! What a search asks for: the parameters of `/search` and `/api/v1/search`, read so that nothing is an error.
//!
//! `q column unit year type from to sort page`; what is unknown or unreadable is ignored, and the page says so for
//! dates. Limits: 100 characters of query, pages of 10, 50 pages.

use jiff::civil::Date;
use url::form_urlencoded;

use super::visit::Visit;
use crate::model::{Column, ColumnId, UnitId};

/// Characters of a query that are searched.
pub const QUERY_LIMIT: usize = 100;
/// Hits on a page.
pub const PER_PAGE: u64 = 10;
/// Pages that can be turned to.
pub const PAGE_LIMIT: u64 = 50;

/// Order of hits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// Best first.
    Relevance,
    /// Newest first.
    Date,
}

impl Order {
    /// The value of `sort`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Relevance => "relevance",
            Self::Date => "date",
        }
    }
}

/// A condition beside the query itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Condition {
    /// `column`
    Column,
    /// `unit`
    Unit,
    /// `year`
    Year,
    /// `from` and `to`.
    Dates,
}

impl Condition {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 4] = [Self::Column, Self::Unit, Self::Year, Self::Dates];
}

/// One search, as asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// The query, trimmed and cut.
    pub text: String,
    /// Whether it was cut.
    pub cut: bool,
    /// Only this column.
    pub column: Option<ColumnId>,
    /// Only this unit.
    pub unit: Option<UnitId>,
    /// Only this year of publication.
    pub year: Option<i16>,
    /// Not before.
    pub from: Option<Date>,
    /// Not after.
    pub to: Option<Date>,
    /// Dates that were not understood, at most 30 characters each.
    pub bad_dates: Vec<String>,
    /// Order of hits.
    pub order: Order,
    /// From 1; as asked, however large.
    pub page: u64,
}

impl Asked {
    /// Reads the parameters of a visit to a site of these columns.
    #[must_use]
    pub fn of(visit: &Visit, columns: &[Column]) -> Self {
        let word = |name: &str| visit.asked(name).map(str::trim).filter(|value| !value.is_empty());
        let whole = word("q").unwrap_or_default().replace(char::is_control, " ");
        let text: String = whole.chars().take(QUERY_LIMIT).collect();
        let mut bad_dates = Vec::new();
        let mut day = |name: &str| {
            let date = word(name).map(|value| (value, lenient_date(value)));
            bad_dates
                .extend(date.filter(|(_, date)| date.is_none()).map(|(value, _)| value.chars().take(30).collect()));
            date.and_then(|(_, date)| date)
        };
        let (mut from, mut to) = (day("from"), day("to"));
        if from > to && to.is_some() {
            std::mem::swap(&mut from, &mut to);
        }
        Self {
            cut: whole.chars().count() > QUERY_LIMIT,
            text: text.trim().to_owned(),
            column: word("column")
                .and_then(|value| ColumnId::new(value).ok())
                .or_else(|| of_kind(columns, word("type"))),
            unit: word("unit").and_then(|value| UnitId::new(value).ok()),
            year: word("year").and_then(|value| value.parse().ok()).filter(|year| (1900..=2200).contains(year)),
            from,
            to,
            bad_dates,
            order: if word("sort") == Some("date") { Order::Date } else { Order::Relevance },
            page: visit.page(),
        }
    }

    /// Whether there is anything to search for.
    #[must_use]
    pub fn empty(&self) -> bool {
        self.text.is_empty() && Condition::ALL.into_iter().all(|condition| !self.has(condition))
    }

    /// Whether a condition is set.
    #[must_use]
    pub fn has(&self, condition: Condition) -> bool {
        match condition {
            Condition::Column => self.column.is_some(),
            Condition::Unit => self.unit.is_some(),
            Condition::Year => self.year.is_some(),
            Condition::Dates => self.from.is_some() || self.to.is_some(),
        }
    }

    /// The same search without a condition, from the first page.
    #[must_use]
    pub fn without(&self, condition: Condition) -> Self {
        let mut asked = Self { page: 1, ..self.clone() };
        match condition {
            Condition::Column => asked.column = None,
            Condition::Unit => asked.unit = None,
            Condition::Year => asked.year = None,
            Condition::Dates => (asked.from, asked.to) = (None, None),
        }
        asked
    }

    /// The same search without any condition.
    #[must_use]
    pub fn bare(&self) -> Self {
        Condition::ALL.into_iter().fold(self.clone(), |asked, condition| asked.without(condition))
    }

    /// The conditions and the order as parameters: what the form of the page carries along.
    #[must_use]
    pub fn kept(&self) -> Vec<(&'static str, String)> {
        let mut pairs: Vec<(&'static str, String)> = Vec::new();
        pairs.extend(self.column.as_ref().map(|column| ("column", column.to_string())));
        pairs.extend(self.unit.as_ref().map(|unit| ("unit", unit.to_string())));
        pairs.extend(self.year.map(|year| ("year", year.to_string())));
        pairs.extend(self.from.map(|date| ("from", date.to_string())));
        pairs.extend(self.to.map(|date| ("to", date.to_string())));
        if self.order == Order::Date {
            pairs.push(("sort", self.order.word().to_owned()));
        }
        pairs
    }

    /// The address of this search.
    #[must_use]
    pub fn href(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("q", &self.text);
        for (name, value) in self.kept() {
            query.append_pair(name, &value);
        }
        if self.page > 1 {
            query.append_pair("page", &self.page.to_string());
        }
        format!("/search?{}#results", query.finish())
    }

    /// The address of another page of it.
    #[must_use]
    pub fn turned(&self, page: u64) -> String {
        Self { page, ..self.clone() }.href()
    }
}

/// `type` is the ColumnType of 国办发〔2017〕47号. The index counts by column, so a type stands for its column where
/// just one column has it, and is ignored elsewhere.
fn of_kind(columns: &[Column], kind: Option<&str>) -> Option<ColumnId> {
    let mut fitting = columns.iter().filter(|column| Some(column.kind.as_str()) == kind);
    let first = fitting.next()?;
    fitting.next().is_none().then(|| first.id.clone())
}

/// A date as people type it: `2024-1-5`, `2024.01.05`, `2024/1/5`, `2024年1月5日`, `20240105`, full width too.
#[must_use]
pub fn lenient_date(text: &str) -> Option<Date> {
    let plain = |c: char| match c {
        '０'..='９' => char::from_u32(c as u32 - '０' as u32 + '0' as u32).unwrap_or(c),
        other => other,
    };
    let text: String = text.chars().take(30).map(plain).collect();
    let numbers: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let (year, month, day) = match numbers.as_slice() {
        [year, month, day, ..] => (*year, *month, *day),
        [whole] if whole.len() == 8 => (whole.get(..4)?, whole.get(4..6)?, whole.get(6..)?),
        _ => return None,
    };
    let year: i16 = year.parse().ok().filter(|year| (1900..=2200).contains(year))?;
    Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::*;

    fn asked(query: &str) -> Asked {
        Asked::of(&Visit::of(&format!("/search?{query}").parse().unwrap(), &HeaderMap::new()), &[])
    }

    #[test]
    fn nothing_is_an_error() {
        let asked = asked("q=%00%0a%E7%A4%BE&column=../x&year=abc&from=yesterday&to=2024.1.5&sort=x&page=-1&zz=1");
        assert_eq!((asked.text.as_str(), asked.column.clone(), asked.year), ("社", None, None));
        assert_eq!(asked.bad_dates, ["yesterday"]);
        assert_eq!(asked.to, Some(Date::constant(2024, 1, 5)));
        assert_eq!(asked.href(), "/search?q=%E7%A4%BE&to=2024-01-05#results");
    }

    #[test]
    fn long_queries_are_cut_by_characters() {
        let asked = asked(&format!("q={}", "%E7%A4%BE".repeat(300)));
        assert!(asked.cut);
        assert_eq!(asked.text.chars().count(), QUERY_LIMIT);
    }

    #[test]
    fn dates_as_people_type_them() {
        let day = Some(Date::constant(2024, 1, 5));
        for text in ["2024-1-5", "2024.01.05", "2024/1/5", "2024年1月5日", "20240105", "２０２４-０１-０５"]
        {
            assert_eq!(lenient_date(text), day, "{text}");
        }
        for text in ["", "1", "2024-13-01", "0000-01-01", "99999999"] {
            assert_eq!(lenient_date(text), None, "{text}");
        }
        assert_eq!(asked("from=2024-2-1&to=2024-1-1").from, Some(Date::constant(2024, 1, 1)));
    }
}
