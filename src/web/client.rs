//! Where a request comes from, and how often: a bound for forms that anybody may send.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use chrono::{DateTime, TimeDelta, Utc};

use crate::state::App;

/// The client's address: of the connection, or what the proxy in front says (`server.behind_proxy`). None when neither
/// tells.
#[derive(Clone, Copy, Debug)]
pub struct Client(pub Option<IpAddr>);

impl FromRequestParts<App> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        if app.config.server.behind_proxy {
            let list = parts.headers.get_all("x-forwarded-for").iter().next_back().and_then(|text| text.to_str().ok());
            let nearest = list.and_then(|text| text.rsplit(',').next()).and_then(|text| text.trim().parse().ok());
            return Ok(Self(nearest));
        }
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self(peer.map(|ConnectInfo(address)| address.ip())))
    }
}

/// Since when and how often, by network and thing.
type Seen = HashMap<(IpAddr, i64), (DateTime<Utc>, u32)>;

/// How often clients did something lately, in memory only: addresses are never written anywhere. Of several servers
/// each counts for itself.
#[derive(Debug, Default)]
pub struct Throttle(Mutex<Seen>);

impl Throttle {
    /// Entries before old ones are swept out.
    const MOST: usize = 10_000;

    /// Counts one more of `client` about `what`; false when that is more than `most` within an hour.
    pub fn admits(&self, client: Client, what: i64, most: u32, now: DateTime<Utc>) -> bool {
        let Some(address) = client.0 else { return true };
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let alive = |since: DateTime<Utc>| now - since < TimeDelta::hours(1);
        if seen.len() >= Self::MOST {
            seen.retain(|_, (since, _)| alive(*since));
        }
        let entry = seen.entry((network(address), what)).or_insert((now, 0));
        if !alive(entry.0) {
            *entry = (now, 0);
        }
        entry.1 = entry.1.saturating_add(1);
        entry.1 <= most
    }
}

/// One subscriber of IPv6 has a whole /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => IpAddr::V4(address),
            None => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_by_network_and_thing_for_an_hour() {
        let throttle = Throttle::default();
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let client = |text: &str| Client(text.parse().ok());
        let noon = at("2024-03-12T12:00:00Z");
        assert!(throttle.admits(client("2001:db8::1"), 1, 2, noon));
        assert!(throttle.admits(client("2001:db8::2"), 1, 2, noon));
        assert!(!throttle.admits(client("2001:db8::3"), 1, 2, noon));
        assert!(throttle.admits(client("2001:db8:0:1::3"), 1, 2, noon));
        assert!(throttle.admits(client("2001:db8::1"), 2, 2, noon));
        assert!(throttle.admits(client("2001:db8::1"), 1, 2, at("2024-03-12T13:00:00Z")));
        assert!(throttle.admits(Client(None), 1, 0, noon), "nothing is known, nothing is counted");
    }
}
