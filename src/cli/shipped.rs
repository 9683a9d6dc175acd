//! What the program ships and writes for a new installation: configuration, rules and dictionaries.
//!
//! A test holds these lists to the folders.

/// `config.toml`, every key commented out.
pub(super) const CONFIG: &str = include_str!("../../config.toml");

/// The rules, by path in an installation.
pub(super) const RULES: &[(&str, &str)] = &[
    ("rules/markings.toml", include_str!("../../rules/markings.toml")),
    ("rules/personal.toml", include_str!("../../rules/personal.toml")),
    ("rules/work.toml", include_str!("../../rules/work.toml")),
];

/// The dictionaries, by path in an installation.
pub(super) const DICTIONARIES: &[(&str, &str)] =
    &[("dictionaries/work-sensitive.csv", include_str!("../../dictionaries/work-sensitive.csv"))];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_and_dictionary_of_the_project_is_shipped() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        for (folder, shipped) in [("rules", RULES), ("dictionaries", DICTIONARIES)] {
            let mut there: Vec<String> = std::fs::read_dir(root.join(folder))
                .unwrap()
                .map(|entry| format!("{folder}/{}", entry.unwrap().file_name().to_str().unwrap()))
                .collect();
            there.sort();
            let named: Vec<&str> = shipped.iter().map(|(name, _)| *name).collect();
            assert_eq!(there, named);
        }
    }
}
