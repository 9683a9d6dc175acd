//! From lists to what is asked next: which list page follows, which entries are new, and whether all were seen.
//!
//! Owns [`Walk`], the frontier of one list, pure: it is told what each page brought and says what to fetch. A list
//! that is newest first ends at the first page without anything unseen; a whole reading ends when no page is left.
//! Nothing is asked outside the scope, no page twice, no more pages than the bound, and a page that repeats an
//! earlier one leads nowhere. At the end the declared total stands against what was found: a list is complete only
//! where they agree, and an empty list is never a success by itself.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use url::Url;

use crate::model::{Digest, When};

use super::address::{AddressRefused, canonical_in, is_trap};
use super::guard::Scope;

/// How far a walk may go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// Most list pages.
    pub pages: usize,
    /// Most entries.
    pub entries: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { pages: 1_000, entries: 100_000 }
    }
}

/// An entry that was not known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// Its canonical address, within the scope.
    pub url: String,
    /// Its words in the list.
    pub title: String,
    /// Its date in the list.
    pub published: Option<When>,
}

/// Whether a list was seen whole. Only a complete one says anything about what is not on it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Completeness {
    /// As many entries as the list declares.
    Complete,
    /// Fewer or more, or a page failed.
    Incomplete {
        /// What is amiss, in words.
        reason: String,
    },
    /// The list declares no total, or reading ended at what was known.
    Unknown,
}

/// What a walk brought.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Harvest {
    /// Pages that were read.
    pub pages: usize,
    /// Every entry within the scope, known or not.
    pub entries: BTreeSet<String>,
    /// Entries that were not known.
    pub new: usize,
    /// The date of the oldest entry; below it absence says nothing.
    pub oldest: Option<When>,
    /// The total that the list declares.
    pub declared: Option<u64>,
    /// Whether it was seen whole.
    pub completeness: Completeness,
    /// Entries and pages that are not asked, and why.
    pub refused: BTreeMap<String, AddressRefused>,
}

/// The frontier of one list.
pub struct Walk {
    scope: Scope,
    bounds: Bounds,
    newest_first: bool,
    waiting: VecDeque<String>,
    pages: BTreeSet<String>,
    read: usize,
    seen: BTreeSet<Digest>,
    entries: BTreeSet<String>,
    outside: BTreeSet<String>,
    new: usize,
    oldest: Option<When>,
    totals: Vec<u64>,
    faults: Vec<String>,
    refused: BTreeMap<String, AddressRefused>,
    stopped: bool,
}

impl Walk {
    /// A walk from the list page `start`. `newest_first` lets it end at what is known; a whole reading goes on.
    ///
    /// # Errors
    /// [`AddressRefused`], where `start` itself cannot be asked.
    pub fn new(start: &str, scope: Scope, bounds: Bounds, newest_first: bool) -> Result<Self, AddressRefused> {
        let url = Url::parse(start).map_err(|_| AddressRefused::Unreadable)?;
        let start = admit(&url, start, &scope)?;
        Ok(Self {
            scope,
            bounds,
            newest_first,
            waiting: VecDeque::from([start.clone()]),
            pages: BTreeSet::from([start]),
            read: 0,
            seen: BTreeSet::new(),
            entries: BTreeSet::new(),
            outside: BTreeSet::new(),
            new: 0,
            oldest: None,
            totals: Vec::new(),
            faults: Vec::new(),
            refused: BTreeMap::new(),
            stopped: false,
        })
    }

    /// The list page to fetch now; its outcome goes to [`Walk::take`] or [`Walk::failed`].
    pub fn next_page(&mut self) -> Option<String> {
        if self.stopped { None } else { self.waiting.pop_front() }
    }

    /// Whether there is a page to fetch after those that were taken.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        !self.stopped && !self.waiting.is_empty()
    }

    /// Takes what the page `page` lists, and gives back the entries that are unseen in this walk and not `known`.
    /// `items` are address (absolute or relative to the page), title and date; `further` are more list pages;
    /// `total` is what the page declares.
    pub fn take(
        &mut self,
        page: &str,
        items: &[(String, String, Option<When>)],
        further: &[String],
        total: Option<u64>,
        known: impl Fn(&str) -> bool,
    ) -> Vec<Found> {
        self.read += 1;
        let Ok(base) = Url::parse(page) else {
            self.failed(page, "not an address");
            return Vec::new();
        };
        if let Some(total) = total.filter(|total| self.totals.last() != Some(total)) {
            self.totals.push(total);
        }
        if !items.is_empty() && !self.seen.insert(fingerprint(items)) {
            return Vec::new();
        }
        let mut found = Vec::new();
        for (address, title, published) in items {
            let Some(url) = self.entry(&base, address, *published) else { continue };
            if !known(&url) {
                found.push(Found { url, title: title.clone(), published: *published });
            }
        }
        self.new += found.len();
        if self.newest_first && !items.is_empty() && found.is_empty() {
            self.stopped = true;
            return found;
        }
        for address in further {
            self.page(&base, address);
        }
        found
    }

    /// Notes that the page could not be read.
    pub fn failed(&mut self, page: &str, why: &str) {
        if self.faults.len() < 16 {
            self.faults.push(format!("{page}: {why}"));
        }
    }

    /// Counts an entry; its address where it is the first time and may be asked.
    fn entry(&mut self, base: &Url, address: &str, published: Option<When>) -> Option<String> {
        if self.entries.len() + self.outside.len() >= self.bounds.entries {
            self.failed(base.as_str(), &format!("more than {} entries", self.bounds.entries));
            self.stopped = true;
            return None;
        }
        match admit(base, address, &self.scope) {
            Ok(url) => {
                if let Some(when) = published {
                    let older = self.oldest.is_none_or(|oldest| when.instant() < oldest.instant());
                    self.oldest = if older { Some(when) } else { self.oldest };
                }
                self.entries.insert(url.clone()).then_some(url)
            }
            Err(why) => {
                // It is a row of the list all the same, so it counts towards the total.
                self.outside.insert(address.to_owned());
                self.refuse(address, why);
                None
            }
        }
    }

    fn page(&mut self, base: &Url, address: &str) {
        match admit(base, address, &self.scope) {
            Ok(url) if self.pages.contains(&url) => {}
            Ok(_) if self.pages.len() >= self.bounds.pages => {
                let reason = format!("more than {} pages", self.bounds.pages);
                if self.faults.iter().all(|fault| !fault.ends_with(&reason)) {
                    self.failed(address, &reason);
                }
            }
            Ok(url) => {
                self.pages.insert(url.clone());
                self.waiting.push_back(url);
            }
            Err(why) => {
                self.refuse(address, why);
                self.failed(address, &why.to_string());
            }
        }
    }

    fn refuse(&mut self, address: &str, why: AddressRefused) {
        if self.refused.len() < self.bounds.entries {
            self.refused.insert(address.to_owned(), why);
        }
    }

    /// What the walk brought.
    #[must_use]
    pub fn finish(self) -> Harvest {
        Harvest {
            completeness: self.completeness(),
            pages: self.read,
            entries: self.entries,
            new: self.new,
            oldest: self.oldest,
            declared: self.totals.last().copied(),
            refused: self.refused,
        }
    }

    fn completeness(&self) -> Completeness {
        let rows = (self.entries.len() + self.outside.len()) as u64;
        let reason = match (self.faults.first(), self.totals.as_slice()) {
            (Some(fault), _) => fault.clone(),
            (None, _) if self.stopped => return Completeness::Unknown,
            (None, _) if self.read == 0 => "nothing was read".to_owned(),
            (None, _) if !self.waiting.is_empty() => format!("{} pages are not read yet", self.waiting.len()),
            (None, [first, .., last]) => {
                format!("the declared total changed from {first} to {last} while it was read; read it again")
            }
            (None, [total]) if *total == rows => return Completeness::Complete,
            (None, [total]) => format!("the list declares {total} entries and {rows} were found"),
            (None, []) if rows == 0 => "no entries: a maintenance page, or the site was redesigned".to_owned(),
            (None, []) => return Completeness::Unknown,
        };
        Completeness::Incomplete { reason }
    }
}

/// The canonical address of a reference, where the source may ask for it.
fn admit(base: &Url, address: &str, scope: &Scope) -> Result<String, AddressRefused> {
    let form = canonical_in(base, address)?;
    let url = Url::parse(&form).map_err(|_| AddressRefused::Unreadable)?;
    if !scope.holds(&url) || scope.refuse_literal(&url).is_some() {
        return Err(AddressRefused::OutOfScope);
    }
    if is_trap(&url) { Err(AddressRefused::Trap) } else { Ok(form) }
}

fn fingerprint(items: &[(String, String, Option<When>)]) -> Digest {
    let parts: Vec<&[u8]> = items.iter().map(|(address, ..)| address.as_bytes()).collect();
    Digest::of_parts(&parts)
}

#[cfg(test)]
mod tests;
