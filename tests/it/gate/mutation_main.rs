//! The gate's tests as the mutation run has them: those that need no more than `model` and `screen`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, unused, reason = "tests may fail by panicking")]

mod rules;

mod gate {
    use std::time::Duration;

    use menhu::model::{Field, Finding, Segment, Verdict};
    use menhu::screen::{RuleSet, Screener};

    mod corpus;
    mod golden;
    mod mutants;

    use crate::rules::{PLAIN, set_of};

    pub(crate) fn body(text: &str) -> Segment {
        Segment::new(Field::Body, "", text)
    }

    pub(crate) fn segment(field: Field, text: &str) -> Segment {
        Segment { field, ..body(text) }
    }

    fn scan(screener: &Screener, text: &str) -> Verdict {
        screener.scan(&[body(text)], &[])
    }

    pub(crate) fn gate(rules: RuleSet) -> Screener {
        Screener::new(rules, Duration::from_secs(60))
    }

    fn dictionary(csv: &str) -> Screener {
        gate(set_of(&[("rules/a.toml", PLAIN), ("dictionaries/d.csv", csv)]).unwrap_or_else(|errors| panic!("{errors}")))
    }

    fn found<'a>(verdict: &'a Verdict, rule: &str) -> Option<&'a Finding> {
        verdict.findings.iter().find(|finding| finding.rule == rule)
    }

    fn check_offsets(verdict: &Verdict, text: &str) {
        for finding in &verdict.findings {
            assert_eq!(text.get(finding.start..finding.end), Some(finding.text.as_str()), "{finding:?}");
        }
    }
}
