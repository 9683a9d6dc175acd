//! robots.txt: what a site lets this collector ask for (RFC 9309).
//!
//! Owns [`Robots`], compiled once a host. The crate `robotstxt` only splits lines into keys and values: its own
//! matcher loses groups, mistakes patterns and needs minutes for a hostile one. It is given ASCII (bytes beyond it
//! as escapes), no byte order mark, and no line longer than Google's limit; a panic in it is caught and forbids
//! everything. Groups, agents and precedence follow google/robotstxt: unknown and Sitemap lines never close a group,
//! the longest matching pattern wins, an allow wins a tie, and a group that names the agent hides those for `*`.
//! One rule is stricter: a Disallow beyond ASCII also forbids the same address written in the other of UTF-8 and
//! GBK. Limits: 512 KiB are read, as RFC 9309 2.5 asks for at least 500 KiB.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use robotstxt::{RobotsParseHandler, get_path_params_query, parse_robotstxt};
use serde::{Deserialize, Serialize};

use super::pattern::{ascii, matches, other_charset};

/// Bytes of a robots.txt that are read.
pub const ROBOTS_LIMIT: usize = 512 << 10;
/// Bytes of a line that are read, as google/robotstxt does.
const LINE_LIMIT: usize = 2083 * 8 - 1;
/// Longest delay that is understood; longer ones are this.
const LONGEST_DELAY: Duration = Duration::from_secs(24 * 3600);

/// The name under which robots.txt knows an agent: its first word, without version and comment.
#[must_use]
pub fn agent_name(agent: &str) -> &str {
    agent.trim().split(|c: char| c == '/' || c.is_whitespace()).next().unwrap_or_default()
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Rule {
    allow: bool,
    pattern: Box<str>,
    /// A Disallow in the other charset.
    other: Option<Box<str>>,
}

/// The agents that share rules, and those rules.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Group {
    agents: Vec<Box<str>>,
    everyone: bool,
    rules: Vec<Rule>,
}

/// The agents that share a delay. Sites write it between two agents and mean the one above, so the next
/// `User-agent` begins anew, other than for rules.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Delay {
    agents: Vec<Box<str>>,
    everyone: bool,
    delay: Option<Duration>,
    closed: bool,
}

/// What one robots.txt says. In JSON it is its text.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Robots {
    /// The text that was compiled: ASCII, one line a rule.
    text: String,
    groups: Vec<Group>,
    delays: Vec<Delay>,
    sitemaps: Vec<String>,
    html: bool,
    broken: bool,
}

impl Robots {
    /// Compiles the bytes of a robots.txt. Never fails: what is not understood is no rule.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        Self::compile(lines(&bytes[..bytes.len().min(ROBOTS_LIMIT)]))
    }

    /// Compiles what [`lines`] made.
    fn compile(text: String) -> Self {
        let robots = Self { html: is_html(text.as_bytes()), ..Self::default() };
        let mut reader = Reader { robots, open: false };
        let read = catch_unwind(AssertUnwindSafe(|| parse_robotstxt(&text, &mut reader)));
        let mut robots = reader.robots;
        robots.text = text;
        robots.broken = read.is_err();
        robots
    }

    /// Whether `agent` may ask for `url`. `agent` is the bare name; the URL is escaped already.
    #[must_use]
    pub fn allows(&self, agent: &str, url: &str) -> bool {
        if self.broken {
            return false;
        }
        let path = get_path_params_query(url);
        let path = match path.contains('%') {
            true => upper_escapes(&path),
            false => path.into_owned(),
        };
        let named = |group: &&Group| group.agents.iter().any(|name| name.eq_ignore_ascii_case(agent));
        let ours = self.groups.iter().any(|group| named(&group));
        let ruling = self.groups.iter().filter(|group| if ours { named(group) } else { group.everyone });
        let (mut allow, mut forbid) = (0, 0);
        for rule in ruling.flat_map(|group| &group.rules) {
            let length = rule.length(&path);
            let best = if rule.allow { &mut allow } else { &mut forbid };
            *best = length.max(*best);
        }
        allow >= forbid
    }

    /// The delay that the file asks of `agent`, from Crawl-delay or Request-rate; at most a day.
    #[must_use]
    pub fn crawl_delay(&self, agent: &str) -> Option<Duration> {
        let named = |delay: &&Delay| delay.agents.iter().any(|name| name.eq_ignore_ascii_case(agent));
        let ours = self.delays.iter().any(|delay| named(&delay)) || self.names(agent);
        self.delays
            .iter()
            .filter(|delay| if ours { named(delay) } else { delay.everyone })
            .find_map(|delay| delay.delay)
    }

    /// The sitemaps that the file names, as it writes them.
    #[must_use]
    pub fn sitemaps(&self) -> &[String] {
        &self.sitemaps
    }

    /// Whether the body looks like a page: some servers answer every address with one.
    #[must_use]
    pub fn is_html(&self) -> bool {
        self.html
    }

    fn names(&self, agent: &str) -> bool {
        self.groups.iter().any(|group| group.agents.iter().any(|name| name.eq_ignore_ascii_case(agent)))
    }
}

impl Rule {
    /// Length of the pattern where it matches, else 0; an empty pattern never counts.
    fn length(&self, path: &str) -> usize {
        if matches(path, &self.pattern) {
            return self.pattern.len();
        }
        if let Some(other) = self.other.as_deref().filter(|other| matches(path, other)) {
            return other.len().max(self.pattern.len());
        }
        // `Allow: /x/index.html` allows `/x/` too.
        match self.pattern.rfind('/') {
            Some(slash) if self.allow && self.pattern[slash..].starts_with("/index.htm") => {
                let folder = format!("{}$", &self.pattern[..=slash]);
                if matches(path, &folder) { folder.len() } else { 0 }
            }
            _ => 0,
        }
    }
}

impl From<String> for Robots {
    fn from(text: String) -> Self {
        // Bounded when it was made; a second cut would lose rules, because escapes made it longer.
        Self::compile(lines(text.as_bytes()))
    }
}

impl From<Robots> for String {
    fn from(robots: Robots) -> Self {
        robots.text
    }
}

/// The file as ASCII lines of bounded length.
fn lines(bytes: &[u8]) -> String {
    // Like google/robotstxt, also the front of a byte order mark that was cut.
    let mark = bytes.iter().zip(b"\xef\xbb\xbf").take_while(|(byte, mark)| byte == mark).count();
    let mut text = String::with_capacity(bytes.len());
    for line in bytes[mark..].split(|byte| matches!(byte, b'\n' | b'\r')) {
        let line = &line[..line.len().min(LINE_LIMIT)];
        let line = line.split(|byte| *byte == 0).next().unwrap_or_default();
        text.push_str(&ascii(trimmed(line)));
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text
}

/// Without the blanks around, as C's isspace knows them.
fn trimmed(line: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | 0x09..=0x0d);
    let from = line.iter().position(|byte| !blank(byte)).unwrap_or(line.len());
    let to = line.iter().rposition(|byte| !blank(byte)).map_or(from, |at| at + 1);
    &line[from..to]
}

fn is_html(bytes: &[u8]) -> bool {
    let head = trimmed(&bytes[..bytes.len().min(1024)]).to_ascii_lowercase();
    [&b"<!doctype"[..], b"<html", b"<head", b"<body", b"<!--", b"<script"].iter().any(|mark| head.starts_with(mark))
}

fn upper_escapes(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        text.push_str(&rest[..at]);
        let end = (at + 3).min(rest.len());
        match rest.get(at + 1..at + 3).filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit())) {
            Some(hex) => {
                text.push('%');
                text.push_str(&hex.to_ascii_uppercase());
                rest = &rest[end..];
            }
            None => {
                text.push('%');
                rest = &rest[at + 1..];
            }
        }
    }
    text + rest
}

/// Builds the groups from the lines, top to bottom.
struct Reader {
    robots: Robots,
    /// Whether the last group still takes agents: no rule has come.
    open: bool,
}

impl Reader {
    fn rule(&mut self, allow: bool, value: &str) {
        self.open = false;
        if let Some(delay) = self.robots.delays.last_mut() {
            delay.closed = true;
        }
        // Before any agent a rule counts for nobody.
        if let Some(group) = self.robots.groups.last_mut().filter(|_| !value.is_empty()) {
            let other = if allow { None } else { other_charset(value).map(Into::into) };
            group.rules.push(Rule { allow, pattern: value.into(), other });
        }
    }

    fn delay(&mut self, seconds: Option<Duration>) {
        if let (Some(delay), Some(seconds)) = (self.robots.delays.last_mut(), seconds) {
            delay.closed = true;
            // Of two delays the longer one is safe.
            delay.delay = Some(delay.delay.map_or(seconds, |before| before.max(seconds)));
        }
    }
}

impl RobotsParseHandler for Reader {
    fn handle_robots_start(&mut self) {}

    fn handle_robots_end(&mut self) {}

    fn handle_user_agent(&mut self, _line: u32, value: &str) {
        if !self.open {
            self.robots.groups.push(Group::default());
            self.open = true;
        }
        if self.robots.delays.last().is_none_or(|delay| delay.closed) {
            self.robots.delays.push(Delay::default());
        }
        let everyone =
            value.strip_prefix('*').is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace));
        let end = value.find(|c: char| !(c.is_ascii_alphabetic() || c == '-' || c == '_')).unwrap_or(value.len());
        let (groups, delays) = (self.robots.groups.last_mut(), self.robots.delays.last_mut());
        if let (Some(group), Some(delay)) = (groups, delays) {
            group.everyone |= everyone;
            delay.everyone |= everyone;
            if !everyone {
                group.agents.push(value[..end].into());
                delay.agents.push(value[..end].into());
            }
        }
    }

    fn handle_allow(&mut self, _line: u32, value: &str) {
        self.rule(true, value);
    }

    fn handle_disallow(&mut self, _line: u32, value: &str) {
        self.rule(false, value);
    }

    fn handle_sitemap(&mut self, _line: u32, value: &str) {
        if !value.is_empty() {
            self.robots.sitemaps.push(value.to_owned());
        }
    }

    fn handle_unknown_action(&mut self, _line: u32, action: &str, value: &str) {
        let key: String = action.to_ascii_lowercase().chars().filter(|c| !matches!(c, '-' | '_' | ' ')).collect();
        match key.as_str() {
            "crawldelay" => self.delay(seconds(value)),
            "requestrate" => self.delay(rate(value)),
            _ => {}
        }
    }
}

/// A number of seconds at the front of `text`.
fn seconds(text: &str) -> Option<Duration> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let number: f64 = text[..end].parse().ok()?;
    Some(Duration::try_from_secs_f64(number).map_or(LONGEST_DELAY, |delay| delay.min(LONGEST_DELAY)))
}

/// `1/10s`, `90/180`, `1/5m`, `1/1h`, perhaps with hours of the day behind: the time from one request to the next.
fn rate(text: &str) -> Option<Duration> {
    let (count, span) = text.split_once('/')?;
    let count: u32 = count.trim().parse().ok().filter(|count| *count > 0)?;
    let span = span.split_whitespace().next()?;
    let factor = match span.bytes().last()? {
        b'm' | b'M' => 60,
        b'h' | b'H' => 3600,
        _ => 1,
    };
    Some((seconds(span)?.saturating_mul(factor) / count).min(LONGEST_DELAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_crate_gets_wrong_is_right() {
        let allows = |robots: &[u8], path: &str| Robots::parse(robots).allows("menhu", &format!("http://a.cn{path}"));
        assert!(!allows(b"User-agent: *\nDisallow: /*.jsp$", "/a.b/c.jsp"));
        assert!(!allows(b"\xef\xbb\xbfUser-agent: *\nDisallow: /", "/"), "a byte order mark hides no group");
        assert!(!allows(b"User-agent: menhu\nSitemap: /s.xml\nfoo: bar\nDisallow: /x", "/x"));
        assert!(!allows(b"User-agent: *\r  Disallow /x\r", "/x"), "indented and without a colon");
        let long = format!("User-agent: *\nDisallow: /{}\nDisallow: /x", "中".repeat(20_000));
        assert!(!allows(long.as_bytes(), "/x"));
        assert!(!allows("User-agent: *\nDisallow: /100%/中".as_bytes(), "/100%/%e4%b8%ad"));
        assert!(allows(b"User-agent: *\nDisallow: /x\nAllow: /x/index.html", "/x/"));
        assert!(!allows(b"User-agent: *\nDisallow: /x\nAllow: /x/index.html", "/x/y"));
    }

    #[test]
    fn a_rule_in_gbk_forbids_both_spellings() {
        let gbk = Robots::parse(b"User-agent: *\nDisallow: /\xc4\xda\xb2\xbf\n");
        let utf8 = Robots::parse("User-agent: *\nDisallow: /内部\n".as_bytes());
        for robots in [gbk, utf8] {
            assert!(!robots.allows("menhu", "http://a.cn/%C4%DA%B2%BF/1"));
            assert!(!robots.allows("menhu", "http://a.cn/%e5%86%85%e9%83%a8/1"));
            assert!(robots.allows("menhu", "http://a.cn/%e5%86%85"));
        }
    }

    #[test]
    fn delays_and_sitemaps() {
        let robots = Robots::parse(
            b"User-agent: one\nCrawl-delay: 5\nUser-agent: two\nRequest-rate: 10/60\nUser-agent: *\nDisallow: /x\nCrawl-delay: 2.5 # slow\nSitemap: http://a.cn/s.xml\nsite-map: /t.xml\nUser-agent: three\nDisallow:",
        );
        let delay = |agent: &str| robots.crawl_delay(agent).map(|delay| delay.as_millis());
        assert_eq!(delay("One"), Some(5000));
        assert_eq!(delay("two"), Some(6000));
        assert_eq!(delay("menhu"), Some(2500));
        assert_eq!(delay("three"), None, "its own group says nothing");
        assert_eq!(robots.sitemaps(), ["http://a.cn/s.xml", "/t.xml"]);
        assert_eq!(seconds("99999999999999999999"), Some(LONGEST_DELAY));
        assert_eq!((seconds("-1"), seconds("x"), rate("0/1")), (None, None, None));
    }

    #[test]
    fn text_is_kept_and_compiles_to_the_same() {
        let robots = Robots::parse("\u{feff}User-agent: *\r\nDisallow: /中\0x\nSitemap: /s".as_bytes());
        let json = serde_json::to_string(&robots).unwrap();
        assert_eq!(serde_json::from_str::<Robots>(&json).unwrap(), robots);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_compile(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300), path in "/[%a-f0-9*$中]{0,20}") {
            let robots = Robots::parse(&bytes);
            proptest::prop_assert!(!robots.broken);
            let again: String = robots.clone().into();
            proptest::prop_assert_eq!(Robots::from(again).allows("menhu", &path), robots.allows("menhu", &path));
        }
    }
}
