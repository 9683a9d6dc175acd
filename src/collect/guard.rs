//! Which addresses may be connected to, and which hosts a source may ask.
//!
//! Owns the deny list of IP addresses (the IANA special-purpose registries of IPv4 and IPv6, RFC 6890, and everything
//! of IPv6 that is not global unicast), the CIDR ranges that open parts of it for one source, and the scope of a
//! source: its `host` and `host:port` entries, which are its port list too. An IPv4 address inside an IPv6 one
//! (mapped, NAT64) is judged as that IPv4 address, so no notation goes round the list. Pure; nothing is resolved here.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::model::Source;

/// Why an address range is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an address range; write it as 10.1.0.0/16 or fd00::/8")]
pub struct BadRange {
    text: String,
}

/// One CIDR range: the first `bits` bits of `address` count.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Range {
    address: IpAddr,
    bits: u8,
}

impl Range {
    const fn v4(a: u8, b: u8, c: u8, bits: u8) -> Self {
        Self { address: IpAddr::V4(Ipv4Addr::new(a, b, c, 0)), bits }
    }

    fn parse(text: &str) -> Option<Self> {
        let (address, bits) = text.trim().split_once('/').map_or((text.trim(), None), |(a, b)| (a, Some(b)));
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Some(most), |bits| bits.parse().ok().filter(|bits| *bits <= most))?;
        Some(Self { address, bits })
    }

    fn holds(&self, address: IpAddr) -> bool {
        fn same(one: u128, two: u128, bits: u8, width: u32) -> bool {
            bits == 0 || (one ^ two) >> (width - u32::from(bits)) == 0
        }
        match (self.address, address) {
            (IpAddr::V4(range), IpAddr::V4(address)) => {
                same(u32::from(range).into(), u32::from(address).into(), self.bits, 32)
            }
            (IpAddr::V6(range), IpAddr::V6(address)) => same(range.into(), address.into(), self.bits, 128),
            _ => false,
        }
    }
}

/// Address ranges that a source may be read from although they are not public; empty for the open internet.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Ranges(BTreeSet<Range>);

impl Ranges {
    /// Reads CIDR ranges; a bare address is the range of itself.
    ///
    /// # Errors
    /// [`BadRange`] with the text that is none.
    pub fn parse(texts: &[String]) -> Result<Self, BadRange> {
        let read = |text: &String| Range::parse(text).ok_or_else(|| BadRange { text: text.clone() });
        texts.iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// Why `address` may not be connected to; `None` where it is public or one of these ranges holds it.
    #[must_use]
    pub fn refuse(&self, address: IpAddr) -> Option<&'static str> {
        let plain = unwrapped(address);
        if self.0.iter().any(|range| range.holds(address) || range.holds(plain)) {
            return None;
        }
        private_reason(address)
    }
}

/// The IPv4 address that an IPv6 address stands for, where it does (mapped RFC 4291 2.5.5.2, NAT64 RFC 6052).
fn unwrapped(address: IpAddr) -> IpAddr {
    let IpAddr::V6(six) = address else { return address };
    let [a, b, c, d, e, f, g, h] = six.segments();
    let inner = Ipv4Addr::from((u32::from(g) << 16) | u32::from(h));
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] => IpAddr::V4(inner),
        _ => address,
    }
}

/// The IPv4 part of the deny list, with the words that the operator reads.
const DENIED: [(Range, &str); 16] = [
    (Range::v4(0, 0, 0, 8), "this network (0.0.0.0/8)"),
    (Range::v4(10, 0, 0, 8), "private (10.0.0.0/8)"),
    (Range::v4(100, 64, 0, 10), "carrier-grade NAT (100.64.0.0/10)"),
    (Range::v4(127, 0, 0, 8), "loopback (127.0.0.0/8)"),
    (Range::v4(169, 254, 0, 16), "link-local (169.254.0.0/16)"),
    (Range::v4(172, 16, 0, 12), "private (172.16.0.0/12)"),
    (Range::v4(192, 0, 0, 24), "protocol assignments (192.0.0.0/24)"),
    (Range::v4(192, 0, 2, 24), "documentation (192.0.2.0/24)"),
    (Range::v4(192, 88, 99, 24), "6to4 relays (192.88.99.0/24)"),
    (Range::v4(192, 168, 0, 16), "private (192.168.0.0/16)"),
    (Range::v4(198, 18, 0, 15), "benchmarking (198.18.0.0/15)"),
    (Range::v4(198, 51, 100, 24), "documentation (198.51.100.0/24)"),
    (Range::v4(203, 0, 113, 24), "documentation (203.0.113.0/24)"),
    (Range::v4(224, 0, 0, 4), "multicast (224.0.0.0/4)"),
    (Range::v4(255, 255, 255, 24), "broadcast (255.255.255.0/24)"),
    (Range::v4(240, 0, 0, 4), "reserved (240.0.0.0/4)"),
];

/// Why `address` is not public, in words; `None` where it is public.
#[must_use]
pub fn private_reason(address: IpAddr) -> Option<&'static str> {
    match unwrapped(address) {
        plain @ IpAddr::V4(_) => DENIED.iter().find(|(range, _)| range.holds(plain)).map(|(_, words)| *words),
        IpAddr::V6(six) => private_six(six),
    }
}

fn private_six(address: Ipv6Addr) -> Option<&'static str> {
    let [a, b, ..] = address.segments();
    match (a, b) {
        (0, _) if address.is_loopback() => Some("loopback (::1)"),
        (0xfc00..=0xfdff, _) => Some("unique local (fc00::/7)"),
        (0xfe80..=0xfebf, _) => Some("link-local (fe80::/10)"),
        (0xfec0..=0xfeff, _) => Some("site-local (fec0::/10)"),
        (0xff00..=0xffff, _) => Some("multicast (ff00::/8)"),
        (0x2001, 0..=0x1ff) => Some("protocol assignments and Teredo (2001::/23)"),
        (0x2001, 0x0db8) | (0x3fff, 0..=0xfff) => Some("documentation (2001:db8::/32, 3fff::/20)"),
        (0x2002, _) => Some("6to4 (2002::/16)"),
        (0x2000..=0x3fff, _) => None,
        _ => Some("not global unicast (outside 2000::/3)"),
    }
}

/// Why a scope is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// An entry is no `host` or `host:port`.
    #[error("{0:?} is not a host; write host or host:port, without http:// and without a path")]
    Host(String),
    /// A range is none.
    #[error(transparent)]
    Range(#[from] BadRange),
}

/// Where a source may be asked: its hosts with their ports, and the ranges open to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scope {
    /// Host as the `url` crate writes it, and the port where the entry names one.
    hosts: BTreeSet<(String, Option<u16>)>,
    ranges: Ranges,
}

impl Scope {
    /// Reads `host` and `host:port` entries, and CIDR ranges.
    ///
    /// # Errors
    /// [`ScopeError`] with the entry that is not understood.
    pub fn new(hosts: &[String], allow: &[String]) -> Result<Self, ScopeError> {
        let read = |entry: &String| {
            let url = Url::parse(&format!("http://{entry}/")).ok().filter(|url| {
                url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty()
            });
            let host = url.as_ref().and_then(Url::host_str).ok_or_else(|| ScopeError::Host(entry.clone()))?;
            // The default port is not kept by `url`, so it is read from the entry.
            let named = entry.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
            Ok::<_, ScopeError>((host.to_owned(), named))
        };
        let hosts = hosts.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Self { hosts, ranges: Ranges::parse(allow)? })
    }

    /// The scope of a source.
    ///
    /// # Errors
    /// [`ScopeError`] with the entry that is not understood.
    pub fn of(source: &Source) -> Result<Self, ScopeError> {
        Self::new(&source.hosts, &source.allow)
    }

    /// The ranges open to the source.
    #[must_use]
    pub fn ranges(&self) -> &Ranges {
        &self.ranges
    }

    /// Whether `url` is http or https, and its host and port are of this source. An entry without a port means the
    /// default port of the scheme only.
    #[must_use]
    pub fn holds(&self, url: &Url) -> bool {
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else { return false };
        let usual = matches!((url.scheme(), port), ("http", 80) | ("https", 443));
        matches!(url.scheme(), "http" | "https")
            && (self.hosts.contains(&(host.to_owned(), Some(port)))
                || (usual && self.hosts.contains(&(host.to_owned(), None))))
    }

    /// Why the literal address in `url` may not be asked; `None` for a name, whose addresses the resolver judges.
    pub(super) fn refuse_literal(&self, url: &Url) -> Option<(IpAddr, &'static str)> {
        let address = match url.host()? {
            Host::Ipv4(four) => IpAddr::V4(four),
            Host::Ipv6(six) => IpAddr::V6(six),
            Host::Domain(_) => return None,
        };
        self.ranges.refuse(address).map(|why| (address, why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(hosts: &[&str], allow: &[&str]) -> Scope {
        let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        Scope::new(&own(hosts), &own(allow)).unwrap()
    }

    #[test]
    fn every_notation_of_a_private_address_is_refused() {
        let open = scope(&[], &[]);
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://127.1/",
            "http://127.0.0.1./",
            "http://①②⑦.⓪.⓪.①/",
            "http://%31%32%37.0.0.1/",
            "http://[::1]/",
            "http://[::]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://[64:ff9b:1::1]/",
            "http://[::7f00:1]/",
            "http://[2002:7f00:1::]/",
            "http://[2001:0:1::1]/",
            "http://[fe80::1]/",
            "http://[fd00::1]/",
            "http://[fec0::1]/",
            "http://[ff02::1]/",
            "http://10.1.2.3/",
            "http://172.31.0.1/",
            "http://192.168.1.1/",
            "http://169.254.169.254/latest/meta-data",
            "http://100.100.100.200/",
            "http://0.0.0.0/",
            "http://255.255.255.255/",
            "http://224.0.0.1/",
            "http://198.19.0.1/",
        ] {
            assert!(open.refuse_literal(&Url::parse(url).unwrap()).is_some(), "{url}");
        }
    }

    #[test]
    fn public_addresses_pass() {
        for address in ["1.1.1.1", "114.114.114.114", "172.32.0.1", "100.128.0.1", "2400:3200::1", "64:ff9b::808:808"] {
            assert_eq!(private_reason(address.parse().unwrap()), None, "{address}");
        }
    }

    #[test]
    fn a_range_opens_only_itself() {
        let inside = scope(&[], &["10.33.0.0/16", "::1"]);
        for (url, refused) in [
            ("http://10.33.4.5/", false),
            ("http://[::ffff:10.33.4.5]/", false),
            ("http://10.34.0.1/", true),
            ("http://[::1]/", false),
            ("http://127.0.0.1/", true),
        ] {
            assert_eq!(inside.refuse_literal(&Url::parse(url).unwrap()).is_some(), refused, "{url}");
        }
        assert!(Ranges::parse(&["10.0.0.0/33".to_owned()]).is_err());
        assert!(Ranges::parse(&["intranet".to_owned()]).is_err());
    }

    #[test]
    fn hosts_are_the_port_list() {
        let scope = scope(&["daj.qz.gov.cn", "127.1:8080", "政府.cn", "x.cn:80"], &[]);
        for (url, held) in [
            ("http://daj.qz.gov.cn/", true),
            ("https://DAJ.qz.gov.cn:443/a", true),
            ("http://daj.qz.gov.cn:8080/", false),
            ("http://daj.qz.gov.cn:443/", false),
            ("ftp://daj.qz.gov.cn/", false),
            ("http://evil.daj.qz.gov.cn/", false),
            ("http://daj.qz.gov.cn.evil/", false),
            ("http://127.0.0.1:8080/", true),
            ("http://xn--mxtq1m.cn/", true),
            ("http://x.cn/", true),
            ("https://x.cn/", false),
        ] {
            assert_eq!(scope.holds(&Url::parse(url).unwrap()), held, "{url}");
        }
        assert!(Scope::new(&["http://a".to_owned()], &[]).is_err());
        assert!(Scope::new(&["a/b".to_owned()], &[]).is_err());
    }
}
