//! Fills the page templates of the bundled sub-sites.
//!
//! A template is HTML or XML with `{{name}}`, which is escaped, and `{{!name}}`, which is markup already. A name
//! that has no value becomes nothing.

/// The values of one page, by name; the last of a name wins.
#[derive(Clone, Default)]
pub(super) struct Values(Vec<(&'static str, String)>);

impl Values {
    /// With one more value.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.push((name, value.into()));
        self
    }

    fn get(&self, name: &str) -> &str {
        self.0.iter().rev().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }
}

/// The template with every name replaced by its value.
pub(super) fn fill(template: &str, values: &Values) -> String {
    let mut out = String::with_capacity(template.len() + values.0.iter().map(|(_, value)| value.len()).sum::<usize>());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let (name, after) = after.split_once("}}").unwrap_or((after, ""));
        match name.strip_prefix('!') {
            Some(name) => out.push_str(values.get(name)),
            None => out.push_str(&escape(values.get(name))),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Text as it stands in HTML, XML and their attributes.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped_unless_they_are_markup() {
        let values = Values::default().with("a", "1<2").with("b", "<hr>");
        assert_eq!(fill("<p>{{a}}</p>{{!b}}{{none}}.", &values), "<p>1&lt;2</p><hr>.");
    }
}
