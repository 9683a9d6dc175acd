//! `config.toml` is documentation that is tested: uncommented, it says exactly the defaults.

use std::path::Path;

use menhu::config::Config;

fn shipped() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config.toml")).unwrap()
}

/// Takes the `#` from every line that sets a key, but for those whose default is to be absent.
fn uncommented(text: &str) -> String {
    text.lines()
        .filter(|line| !line.ends_with("# default: none"))
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if !rest.starts_with(' ') => rest,
            _ => line,
        })
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_shipped_file_says_the_defaults() {
    assert_eq!(Config::parse(&shipped()).unwrap(), Config::default());
    assert_eq!(Config::parse(&uncommented(&shipped())).unwrap(), Config::default());
}

#[test]
fn the_shipped_file_shows_every_key() {
    let all = toml::Value::try_from(Config::default()).unwrap();
    let shown: toml::Value = toml::from_str(&uncommented(&shipped())).unwrap();
    for (section, keys) in all.as_table().unwrap() {
        for key in keys.as_table().unwrap().keys() {
            assert!(shown[section].get(key).is_some(), "[{section}] {key} is not in config.toml");
        }
    }
}

#[test]
fn the_keys_without_default_are_known() {
    let text = shipped().replace("#desk_postgres", "desk_postgres").replace("#site_postgres", "site_postgres");
    let config = Config::parse(&text).unwrap();
    assert!(config.data.desk_postgres.is_some() && config.data.site_postgres.is_some());
}
