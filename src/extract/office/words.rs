//! The words of one XML part.

use crate::extract::xml::{self, Node};

/// What a part says.
#[derive(Default)]
pub(super) struct Words {
    /// What a person reads: runs joined, a paragraph a line, cells set apart by tabs.
    pub(super) shown: String,
    /// Every text node: deletions, field codes and hidden runs too.
    pub(super) all: String,
    /// Attribute values that say something, with their names.
    pub(super) attributes: Vec<(String, String)>,
    /// Comments of the XML itself.
    pub(super) comments: Vec<String>,
    /// `dc:title` of core properties.
    pub(super) title: String,
    /// `dc:creator` of core properties.
    pub(super) creator: String,
    own_text_ended: bool,
}

/// Reads a part.
///
/// # Errors
/// Why it cannot be read to its end.
pub(super) fn read(text: &str) -> Result<Words, String> {
    let mut words = Words::default();
    let mut open: Vec<String> = Vec::new();
    xml::read(text, |node| match node {
        Node::Open(name, tag) => {
            for (attribute, value) in xml::attributes(tag) {
                if !value.is_ascii()
                    || (value.len() >= 12 && !value.starts_with("http") && value.contains(|c: char| c.is_ascii_digit()))
                {
                    words.attributes.push((attribute, value));
                }
            }
            match name {
                "tab" if open.iter().any(|above| above == "r") => words.both('\t'),
                "br" | "cr" | "line-break" => words.both('\n'),
                "s" if open.iter().any(|above| above == "p") => words.both(' '),
                _ => {}
            }
            open.push(name.to_owned());
        }
        Node::Close(name) => {
            if let Some(at) = open.iter().rposition(|above| above == name) {
                open.truncate(at);
            }
            match name {
                "p" | "h" | "tr" | "row" | "si" | "table-row" | "TextCode" | "comment" => words.both('\n'),
                "tc" | "c" | "table-cell" => words.cell(),
                _ => words.apart(),
            }
        }
        Node::Text(content) => words.text(&open, content),
        Node::Comment(content) => words.comments.push(content.to_owned()),
    })?;
    Ok(words)
}

impl Words {
    fn both(&mut self, character: char) {
        self.shown.push(character);
        self.all.push(character);
    }

    /// A cell's last paragraph ends with the cell.
    fn cell(&mut self) {
        for text in [&mut self.shown, &mut self.all] {
            if text.ends_with('\n') {
                text.pop();
            }
            text.push('\t');
        }
    }

    /// Elements of unknown meaning that hold text of their own end it, so that properties do not run together.
    fn apart(&mut self) {
        if self.own_text_ended {
            self.all.push('\n');
            self.own_text_ended = false;
        }
    }

    fn text(&mut self, open: &[String], content: &str) {
        let owner = open.last().map_or("", String::as_str);
        match owner {
            "title" if open.len() == 2 => self.title.push_str(content.trim()),
            "creator" => self.creator.push_str(content.trim()),
            _ => {}
        }
        let is_run = matches!(owner, "t" | "span" | "p" | "h" | "a" | "TextCode" | "delText" | "instrText");
        if !is_run && content.trim().is_empty() {
            return;
        }
        self.all.push_str(content);
        self.own_text_ended = !is_run;
        if matches!(owner, "t" | "span" | "p" | "h" | "a" | "TextCode")
            && !open.iter().any(|above| above == "tracked-changes")
        {
            self.shown.push_str(content);
        }
    }
}
