//! From a host's name to the addresses that are connected to, filtered on the way.
//!
//! Owns the only resolver of the client. It hands over only addresses that the guard lets through, and the client
//! connects to exactly those, so a name that changes its address between check and use (DNS rebinding) gains
//! nothing. The client does not ask a resolver about IP literals; [`Scope::refuse_literal`](super::Scope) judges
//! those. At most 16 addresses of a name are tried.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::guard::Ranges;

const MOST_ADDRESSES: usize = 16;

/// Who knows the addresses of names: the machine's resolver, or in tests and demonstrations a fixed table.
#[derive(Clone, Debug, Default)]
pub enum Names {
    /// The resolver of the machine.
    #[default]
    System,
    /// Lower-case names and their addresses; every other name does not exist.
    Fixed(Arc<BTreeMap<String, Vec<IpAddr>>>),
}

impl Names {
    async fn look_up(&self, name: &str) -> Result<Vec<IpAddr>, NameError> {
        let unknown = |why: String| NameError::Unknown { name: name.to_owned(), why };
        match self {
            Self::System => {
                let found = tokio::net::lookup_host((name, 0)).await.map_err(|error| unknown(error.to_string()))?;
                Ok(found.map(|address| address.ip()).collect())
            }
            Self::Fixed(table) => table.get(name).cloned().ok_or_else(|| unknown("not in the table".to_owned())),
        }
    }
}

/// Why a name leads nowhere.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum NameError {
    /// It has no address.
    #[error("{name}: {why}")]
    Unknown { name: String, why: String },
    /// It has addresses, and none of them may be connected to.
    #[error("{name} is {address}, {why}")]
    Private { name: String, address: IpAddr, why: &'static str },
}

/// The resolver of one client: the client serves one set of ranges, so the resolver needs to know no source.
pub(super) struct Filter {
    pub(super) names: Names,
    pub(super) ranges: Ranges,
}

impl Filter {
    /// Drops what the guard refuses.
    fn keep(ranges: &Ranges, name: &str, found: Vec<IpAddr>) -> Result<Vec<SocketAddr>, NameError> {
        let mut refused = None;
        let mut kept = Vec::new();
        for address in found.into_iter().take(MOST_ADDRESSES) {
            match ranges.refuse(address) {
                None => kept.push(SocketAddr::new(address, 0)),
                Some(why) => refused = Some(NameError::Private { name: name.to_owned(), address, why }),
            }
        }
        match (kept.is_empty(), refused) {
            (false, _) => Ok(kept),
            (true, Some(error)) => Err(error),
            (true, None) => Err(NameError::Unknown { name: name.to_owned(), why: "no address".to_owned() }),
        }
    }
}

impl Resolve for Filter {
    fn resolve(&self, name: Name) -> Resolving {
        let (names, ranges) = (self.names.clone(), self.ranges.clone());
        Box::pin(async move {
            let found = names.look_up(name.as_str()).await?;
            let kept = Self::keep(&ranges, name.as_str(), found)?;
            Ok(Box::new(kept.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_guard_lets_through_is_handed_over() {
        let found = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<IpAddr>>();
        let none = Ranges::default();
        let kept = Filter::keep(&none, "a.cn", found(&["127.0.0.1", "1.1.1.1", "::ffff:10.0.0.1"])).unwrap();
        assert_eq!(kept, [SocketAddr::new("1.1.1.1".parse().unwrap(), 0)]);
        let error = Filter::keep(&none, "a.cn", found(&["10.0.0.1"])).unwrap_err();
        assert_eq!(error.to_string(), "a.cn is 10.0.0.1, private (10.0.0.0/8)");
        assert!(Filter::keep(&none, "a.cn", Vec::new()).is_err());
    }
}
