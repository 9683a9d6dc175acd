//! XML for others' documents: lenient about form, strict about size.
//!
//! No DTD is read and no entity is expanded but the five of XML and character references; depth and length are
//! bounded. Source: XML 1.0 (fifth edition).

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::bounds::XML_DEPTH;

/// What [`read`] meets.
pub(crate) enum Node<'a> {
    /// An element begins: its local name and its tag.
    Open(&'a str, &'a BytesStart<'a>),
    /// An element ends: its local name.
    Close(&'a str),
    /// Text, entities resolved.
    Text(&'a str),
    /// A comment.
    Comment(&'a str),
}

/// Walks a document.
///
/// # Errors
/// Why it cannot be read to its end: broken beyond leniency, or deeper than [`XML_DEPTH`].
pub(crate) fn read(text: &str, mut visit: impl FnMut(Node<'_>)) -> Result<(), String> {
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let mut depth = 0usize;
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => {
                depth += 1;
                if depth > XML_DEPTH {
                    return Err(format!("XML nested deeper than {XML_DEPTH} elements"));
                }
                visit(Node::Open(tag.local_name().into_inner(), &tag));
            }
            Ok(Event::Empty(tag)) => {
                let name = tag.local_name();
                visit(Node::Open(name.into_inner(), &tag));
                visit(Node::Close(name.into_inner()));
            }
            Ok(Event::End(tag)) => {
                depth = depth.saturating_sub(1);
                visit(Node::Close(tag.local_name().into_inner()));
            }
            Ok(Event::Text(content)) => visit(Node::Text(&content)),
            Ok(Event::CData(content)) => visit(Node::Text(&content)),
            Ok(Event::GeneralRef(reference)) => {
                let resolved = match reference.resolve_char_ref() {
                    Ok(Some(character)) => character.to_string(),
                    _ => named(&reference),
                };
                visit(Node::Text(&resolved));
            }
            Ok(Event::Comment(content)) => visit(Node::Comment(&content)),
            Ok(Event::DocType(content)) if content.contains("<!ENTITY") => {
                return Err("XML declares entities of its own".to_owned());
            }
            Ok(Event::Eof) => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(format!("XML is broken at byte {}: {error}", reader.error_position())),
        }
    }
}

/// An attribute's value, unescaped; as it stands where it cannot be.
pub(crate) fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    tag.html_attributes()
        .flatten()
        .find(|attribute| attribute.key.local_name().into_inner() == name)
        .map(|attribute| value(&attribute))
}

/// Every attribute value of a tag.
pub(crate) fn attributes(tag: &BytesStart<'_>) -> Vec<(String, String)> {
    tag.html_attributes()
        .flatten()
        .map(|attribute| (attribute.key.local_name().into_inner().to_owned(), value(&attribute)))
        .collect()
}

fn value(attribute: &quick_xml::events::attributes::Attribute<'_>) -> String {
    attribute
        .normalized_value(quick_xml::XmlVersion::Implicit1_0)
        .map_or_else(|_| attribute.value.to_string(), |value| value.into_owned())
}

/// The entities of XML, and the few of HTML that feeds use without declaring them.
fn named(name: &str) -> String {
    match name {
        "lt" => "<".to_owned(),
        "gt" => ">".to_owned(),
        "amp" => "&".to_owned(),
        "quot" => "\"".to_owned(),
        "apos" => "'".to_owned(),
        "nbsp" => " ".to_owned(),
        "middot" => "·".to_owned(),
        "ldquo" => "“".to_owned(),
        "rdquo" => "”".to_owned(),
        "mdash" => "—".to_owned(),
        "hellip" => "…".to_owned(),
        other => format!("&{other};"),
    }
}
