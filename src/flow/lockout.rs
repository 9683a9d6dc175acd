//! Waiting after failed logins, by account and by address.
//!
//! An account name counts whether or not there is such an account, so that the wait tells nothing. Kept in memory:
//! a restart forgets it, which costs an attacker more than it gives. Limits: [`REMEMBERED`] names and addresses;
//! past that the ones that failed longest ago are forgotten first.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

use crate::model::{Clock, Timestamp};

/// Names and addresses that are remembered at one time.
const REMEMBERED: usize = 20_000;
/// How many more failures an address has than an account: an office shares one address.
const ADDRESS_FACTOR: u32 = 4;

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Who {
    Account(String),
    Address(IpAddr),
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Timestamp,
}

/// Counts failed logins.
#[derive(Debug)]
pub struct Lockout {
    most: u32,
    wait: Duration,
    clock: Clock,
    failures: Mutex<HashMap<Who, Failures>>,
}

impl Lockout {
    /// After `most` failures of an account (four times as many of an address), both wait for `wait`.
    #[must_use]
    pub fn new(most: u32, wait: Duration, clock: Clock) -> Self {
        Self { most: most.max(1), wait, clock, failures: Mutex::new(HashMap::new()) }
    }

    /// How long account or address still wait; nothing where neither does.
    #[must_use]
    pub fn waits(&self, account: &str, address: Option<IpAddr>) -> Option<Duration> {
        let now = self.clock.now();
        let failures = self.failures.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        keys(account, address)
            .filter_map(|who| {
                let known = failures.get(&who)?;
                let rest = self.wait.checked_sub(now.since(known.last))?;
                (known.count >= self.limit(&who) && !rest.is_zero()).then_some(rest)
            })
            .max()
    }

    /// Counts a failed login; answers whether account or address wait from now on.
    pub fn failed(&self, account: &str, address: Option<IpAddr>) -> bool {
        let now = self.clock.now();
        let mut failures = self.failures.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut locked = false;
        for who in keys(account, address) {
            let limit = self.limit(&who);
            let known = failures.entry(who).or_insert(Failures { count: 0, last: now });
            if now.since(known.last) >= self.wait {
                known.count = 0;
            }
            *known = Failures { count: known.count.saturating_add(1), last: now };
            locked |= known.count >= limit;
        }
        if failures.len() > REMEMBERED {
            forget_oldest(&mut failures);
        }
        locked
    }

    /// Forgets the failures of an account after a login; the address keeps its count.
    pub fn succeeded(&self, account: &str) {
        let mut failures = self.failures.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        failures.remove(&Who::Account(account.to_owned()));
    }

    fn limit(&self, who: &Who) -> u32 {
        match who {
            Who::Account(_) => self.most,
            Who::Address(_) => self.most.saturating_mul(ADDRESS_FACTOR),
        }
    }
}

fn keys(account: &str, address: Option<IpAddr>) -> impl Iterator<Item = Who> + use<> {
    let account = account.chars().take(64).collect();
    [Some(Who::Account(account)), address.map(Who::Address)].into_iter().flatten()
}

/// Drops the older half.
fn forget_oldest(failures: &mut HashMap<Who, Failures>) {
    let mut times: Vec<Timestamp> = failures.values().map(|known| known.last).collect();
    times.sort_unstable();
    let middle = times[times.len() / 2];
    failures.retain(|_, known| known.last > middle);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_and_address_wait_and_time_heals() {
        let clock = Clock::fake(Timestamp(1_700_000_000_000_000));
        let lockout = Lockout::new(3, Duration::from_secs(900), clock.clone());
        let address = Some(IpAddr::from([10, 0, 0, 7]));
        assert!(!lockout.failed("a", address) && !lockout.failed("a", address));
        assert_eq!(lockout.waits("a", address), None);
        assert!(lockout.failed("a", address));
        assert_eq!(lockout.waits("a", None), Some(Duration::from_secs(900)));
        assert_eq!(lockout.waits("b", address), None, "an office shares its address");
        for name in 0..9 {
            lockout.failed(&format!("guess-{name}"), address);
        }
        assert!(lockout.waits("b", address).is_some(), "many names from one address");
        clock.advance(Duration::from_secs(900));
        assert_eq!(lockout.waits("a", address), None);
        assert!(!lockout.failed("a", None), "the count begins anew");
    }

    #[test]
    fn memory_is_bounded() {
        let clock = Clock::fake(Timestamp(0));
        let lockout = Lockout::new(3, Duration::from_secs(900), clock.clone());
        for name in 0..(REMEMBERED + 10) {
            clock.advance(Duration::from_micros(1));
            lockout.failed(&name.to_string(), None);
        }
        assert!(lockout.failures.lock().unwrap().len() <= REMEMBERED);
    }
}
