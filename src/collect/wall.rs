//! Challenge pages of web application firewalls: detected, never solved.
//!
//! Owns the signatures of the walls that stand before Chinese government sites. A status of 412, 512 or 521, or a 403
//! with a script, is a challenge. A 200 is only suspected: a small page (under 8 KiB) with a signature; ordinary
//! pages carry the same cookies and variables, so it counts as a challenge only where nothing of the site's own list
//! or article was found on it. Reads at most the first 64 KiB.

use std::fmt;

/// Whose challenge it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wall {
    /// 加速乐: status 521, a script that sets `__jsl_clearance`.
    Jiasule,
    /// 瑞数: status 412, `$_ts` and a meta tag with `r="m"`.
    Ruishu,
    /// Aliyun `acw_sc__v2`.
    Aliyun,
    /// One whose kind is not known.
    Other,
}

impl fmt::Display for Wall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Jiasule => "加速乐",
            Self::Ruishu => "瑞数",
            Self::Aliyun => "阿里云",
            Self::Other => "unknown kind",
        })
    }
}

const HEAD: usize = 64 << 10;
const SMALL: usize = 8 << 10;

impl Wall {
    fn signature(body: &[u8]) -> Option<Self> {
        let head = String::from_utf8_lossy(&body[..body.len().min(HEAD)]);
        let has = |text: &str| head.contains(text);
        if has("__jsl_clearance") {
            Some(Self::Jiasule)
        } else if has("$_ts") && has("<meta") && (has("r=\"m\"") || has("r='m'")) {
            Some(Self::Ruishu)
        } else if has("acw_sc__v2") || has("var arg1='") {
            Some(Self::Aliyun)
        } else {
            None
        }
    }

    /// The wall that an answer without content stands for.
    #[must_use]
    pub fn of_failure(status: u16, body: &[u8]) -> Option<Self> {
        let usual = match status {
            521 | 512 => Self::Jiasule,
            412 => Self::Ruishu,
            403 if body[..body.len().min(HEAD)].windows(7).any(|w| w.eq_ignore_ascii_case(b"<script")) => Self::Other,
            _ => return None,
        };
        Some(Self::signature(body).unwrap_or(usual))
    }

    /// The wall that a page may be; it is one where the extractor finds nothing on it.
    #[must_use]
    pub fn suspect(body: &[u8]) -> Option<Self> {
        if body.len() < SMALL { Self::signature(body) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walls_by_status_and_words() {
        let jsl = b"<script>document.cookie='__jsl_clearance_s=1|-1|x';location.href=location</script>";
        let ruishu = b"<html><head><meta content=\"x\" r='m'><script>$_ts=window['$_ts']</script>";
        for (status, body, wall) in [
            (521, &jsl[..], Some(Wall::Jiasule)),
            (512, b"", Some(Wall::Jiasule)),
            (412, &ruishu[..], Some(Wall::Ruishu)),
            (403, b"<SCRIPT>x</SCRIPT>", Some(Wall::Other)),
            (403, b"Forbidden", None),
            (500, &jsl[..], None),
        ] {
            assert_eq!(Wall::of_failure(status, body), wall, "{status}");
        }
    }

    #[test]
    fn a_long_page_with_the_same_words_is_a_page() {
        let page = "<p>正文</p>".repeat(2000) + "<script>$_ts=1;</script><meta r=\"m\"> __jsl_clearance";
        assert_eq!(Wall::suspect(page.as_bytes()), None);
        assert_eq!(Wall::suspect(b"<script>var arg1='A1B2';</script>"), Some(Wall::Aliyun));
        assert_eq!(Wall::suspect("<p>通知</p>".as_bytes()), None);
    }
}
