//! The registration of documents: texts in, the content of a `.fingerprints` file out.
//!
//! Promises: nothing of a text is kept but its fingerprints; what also stands in texts that are public anyway is left out,
//! for it is neither secret nor tells the document; a document that could not be recognised is refused, never taken
//! silently. Limits: a document has [`LEAST_PRINTS`] fingerprints of its own at least, that is some 80 letters.

use std::collections::HashSet;

use ring::rand::{SecureRandom, SystemRandom};

use super::file::{Registered, SelfCheck, name_fault, prints};
use super::shingles::{Key, walk};
use crate::screen::dictionary::is_marked;
use crate::screen::fold::FoldTable;

/// Fewer of its own, and a document is not recognised for certain.
pub(super) const LEAST_PRINTS: usize = 8;
/// Letters of a name that would tell something if they stood in the text.
const TELLING: usize = 6;
/// Letters of the self-check, and the fewest fingerprints that it must give.
const CHECK_LETTERS: usize = 96;
const CHECK_PRINTS: usize = 6;
/// Characters of every primer, whose folds no later table will change.
const EVERYDAY: &str = "天地人日月水火山石田土木禾米竹草花鸟马牛羊鱼虫口耳目手足头心白黑红黄大小多少上下左右前后里外东西南北春夏秋冬\
                        风云雨雪早晚年时分来去出入开关坐立走跑飞看听说读写字书本笔车船门户家国工农兵学生老师父母男女儿子自己我你他";

/// Documents while they are registered.
pub struct Registrar {
    folds: FoldTable,
    registered: Registered,
    /// Values of what stands in public texts.
    public: HashSet<u64>,
    known: HashSet<Vec<u32>>,
}

/// What was kept of a document.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Added {
    /// Its number in the file, from 1 on.
    pub number: usize,
    /// Letters of its text.
    pub letters: u64,
    /// Fingerprints that were kept.
    pub prints: usize,
    /// Fingerprints that were left out, for they stand in public texts.
    pub public: usize,
}

/// Why a registration is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unfit {
    /// The name is none.
    #[error("{0}; take one line of at most 60 characters")]
    Name(&'static str),
    /// The name bears a marking.
    #[error(
        "the name bears a marking of secrecy; it is shown to every officer and reviewer: take a neutral one, such as the \
         number in your own register"
    )]
    MarkedName,
    /// The name is taken from the text.
    #[error(
        "the name stands in the document itself, and it is shown to every officer and reviewer: take a neutral one, such as \
         the number in your own register"
    )]
    NameInText,
    /// Too short.
    #[error(
        "it has {letters} letters, which give {prints} fingerprints; {LEAST_PRINTS} are needed (some 80 letters) to tell it \
         from others: use a rule with words for it"
    )]
    Short {
        /// Letters of its text.
        letters: u64,
        /// Fingerprints that they give.
        prints: usize,
    },
    /// Public but for a rest.
    #[error(
        "all but {prints} of its {all} fingerprints stand in the public texts: there is nothing of its own to guard"
    )]
    Public {
        /// What is left.
        prints: usize,
        /// What there was.
        all: usize,
    },
    /// Registered before.
    #[error("a document with the same text is registered in this file already")]
    Twice,
    /// No random bytes.
    #[error("the system gives no random bytes")]
    NoRandom,
    /// The self-check of the file to be added to does not hold.
    #[error(
        "the file was made by a menhu that reads characters otherwise: register its documents again, in a new file"
    )]
    OtherFolding,
}

impl Registrar {
    /// Begins a file. Where a registration is kept beside it, its key is taken too: files of one key cost a screened text
    /// no more than one file does.
    ///
    /// # Errors
    /// A name that is not fit; no random bytes.
    pub fn begin(name: &str, made: String, beside: Option<&Registered>) -> Result<Self, Unfit> {
        if let Some(fault) = name_fault(name) {
            return Err(Unfit::Name(fault));
        }
        if is_marked(name) {
            return Err(Unfit::MarkedName);
        }
        let folds = FoldTable::build();
        let key = match beside {
            Some(beside) => beside.key,
            None => Key(random()?, random()?),
        };
        let self_check = self_check(key, &folds)?;
        let name = name.to_owned();
        let registered = Registered { name, made, key, folding: folds.name(), self_check, documents: Vec::new() };
        Ok(Self { folds, registered, public: HashSet::new(), known: HashSet::new() })
    }

    /// Goes on with a file, for more documents.
    ///
    /// # Errors
    /// Where its self-check does not hold.
    pub fn resume(registered: Registered) -> Result<Self, Unfit> {
        let folds = FoldTable::build();
        if !registered.self_check.holds(registered.key, &folds) {
            return Err(Unfit::OtherFolding);
        }
        let known = registered.documents.iter().cloned().collect();
        Ok(Self { folds, registered, public: HashSet::new(), known })
    }

    /// Leaves out of the documents to come what stands in this text, which is public.
    pub fn leave_out(&mut self, text: &str) {
        let (key, public) = (self.registered.key, &mut self.public);
        walk(&self.folds, text, |shingle| {
            public.insert(key.value(&shingle.letters));
            true
        });
    }

    /// Registers a document, which may be read as several texts.
    ///
    /// # Errors
    /// Where it is not fit to be registered; then nothing of it is kept.
    pub fn add<'a>(&mut self, texts: impl IntoIterator<Item = &'a str>) -> Result<Added, Unfit> {
        let (key, name) = (self.registered.key, self.folds.fold(&self.registered.name));
        let (mut letters, mut all, mut own) = (0, HashSet::new(), Vec::new());
        for text in texts {
            if name.len() >= TELLING && contains(&self.folds.fold(text), &name) {
                return Err(Unfit::NameInText);
            }
            letters += walk(&self.folds, text, |shingle| {
                let value = key.value(&shingle.letters);
                if all.insert(value) && !self.public.contains(&value) {
                    own.push(key.print(&shingle.letters));
                }
                true
            });
        }
        own.sort_unstable();
        own.dedup();
        match own.len() {
            _ if all.len() < LEAST_PRINTS => return Err(Unfit::Short { letters, prints: all.len() }),
            prints if prints < LEAST_PRINTS => return Err(Unfit::Public { prints, all: all.len() }),
            _ => {}
        }
        if !self.known.insert(own.clone()) {
            return Err(Unfit::Twice);
        }
        let prints = own.len();
        self.registered.documents.push(own);
        Ok(Added { number: self.registered.documents.len(), letters, prints, public: all.len() - prints })
    }

    /// What was registered.
    #[must_use]
    pub fn finish(self) -> Registered {
        self.registered
    }
}

fn contains(text: &[char], part: &[char]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

fn random() -> Result<u64, Unfit> {
    let mut bytes = [0; 8];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Unfit::NoRandom)?;
    Ok(u64::from_le_bytes(bytes))
}

/// Characters drawn by lot until they give enough.
fn self_check(key: Key, folds: &FoldTable) -> Result<SelfCheck, Unfit> {
    let everyday: Vec<char> = EVERYDAY.chars().collect();
    loop {
        let mut passage = String::new();
        for _ in 0..CHECK_LETTERS {
            let drawn = usize::try_from(random()? % everyday.len() as u64).unwrap_or(0);
            passage.push(everyday[drawn]);
        }
        let prints = prints(&passage, key, folds);
        if prints.len() >= CHECK_PRINTS {
            return Ok(SelfCheck { passage, prints });
        }
    }
}
