//! Texts made to be slow: full of what the gate must look at twice, a megabyte each.

use menhu::model::{Field, Segment};

const SIZE: usize = 1 << 20;
const PIECE: usize = 16 << 10;

/// A name for each, and its pieces; the first is ordinary text.
pub fn texts(ordinary: &str, terms: &[String]) -> Vec<(&'static str, Vec<Segment>)> {
    let ordinary = &ordinary[..ordinary.floor_char_boundary(SIZE)];
    let letters: Vec<char> = ordinary.chars().filter(|c| ('一'..='龥').contains(c)).collect();
    let letter = |at: usize| letters[at % letters.len()];
    let line = |at: usize| -> String { (0..60).map(|step| letter(60 * at + step)).collect() };
    let term = |at: usize| terms[at * 7919 % terms.len()].as_str();
    let head = |at: usize| term(at).char_indices().nth(2).map_or(term(at), |(cut, _)| &term(at)[..cut]);
    vec![
        ("ordinary", pieces(ordinary)),
        ("first two letters of terms", filled(|at| head(at).to_owned())),
        ("terms", filled(|at| term(at).to_owned())),
        ("terms, a blank in each", filled(|at| term(at).chars().flat_map(|c| [c, ' ']).collect())),
        ("digits", filled(|at| (at * 7919 % 10).to_string())),
        ("Latin words", filled(|at| ["abc ", "the ", "www.", "gov "][at % 4].to_owned())),
        ("paragraphs of HTML", filled(|at| format!("<p style=\"text-indent: 2em;\">{}</p>\n", line(at)))),
        ("a tag behind each letter", filled(|at| format!("{}<i>", letter(at)))),
        ("entities", filled(|at| format!("&#{};", u32::from(letter(at))))),
        ("entities of entities", filled(|at| format!("&amp;#{};", u32::from(letter(at))))),
        ("Base64", filled(|at| ["QUJDREVGRw", "5py65a+G", "u/rD3A", " "][at % 4].to_owned())),
        ("机密 over and over", filled(|_| "机密".to_owned())),
        ("markings", filled(|_| "机密★5年\n".to_owned())),
        ("UTF-8 read as Western", filled(|at| letter(at).to_string().bytes().map(char::from).collect())),
    ]
}

fn filled(part: impl Fn(usize) -> String) -> Vec<Segment> {
    let mut text = String::with_capacity(SIZE + 200);
    let mut at = 0;
    while text.len() < SIZE {
        text.push_str(&part(at));
        at += 1;
    }
    pieces(&text)
}

fn pieces(mut text: &str) -> Vec<Segment> {
    let mut pieces = Vec::new();
    while !text.is_empty() {
        let (piece, rest) = text.split_at(text.floor_char_boundary(PIECE));
        pieces.push(Segment::new(Field::Body, "", piece));
        text = rest;
    }
    pieces
}
