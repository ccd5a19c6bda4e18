//! One address or a range of them, in CIDR notation (RFC 4632, RFC 4291 section 2.3).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// The addresses that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IpRange {
    /// The first of them.
    first: IpAddr,
    /// How many bits they share.
    prefix_bits: u8,
}

/// A text that is no range of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an address such as 203.0.113.7 or a range such as 10.0.0.0/8 is needed here")]
pub struct InvalidIpRange;

impl IpRange {
    /// The range of this address; bits beyond the prefix do not count. Nothing where the prefix is
    /// longer than the address.
    pub fn new(address: IpAddr, prefix_bits: u8) -> Option<Self> {
        let first = match address {
            IpAddr::V4(address) => {
                let mask = mask(prefix_bits, 32)?;
                // The mask of 32 bits lies in the lowest.
                Ipv4Addr::from_bits(address.to_bits() & u32::try_from(mask).ok()?).into()
            }
            IpAddr::V6(address) => {
                Ipv6Addr::from_bits(address.to_bits() & mask(prefix_bits, 128)?).into()
            }
        };
        Some(Self { first, prefix_bits })
    }

    /// The first and the last address, those of IPv4 as IPv6 maps them (RFC 4291, section 2.5.5.2).
    pub fn bounds(&self) -> (Ipv6Addr, Ipv6Addr) {
        let (first, host_bits) = match self.first {
            IpAddr::V4(first) => (first.to_ipv6_mapped(), 32 - u32::from(self.prefix_bits)),
            IpAddr::V6(first) => (first, 128 - u32::from(self.prefix_bits)),
        };
        let hosts = u128::MAX.checked_shr(128 - host_bits).unwrap_or(0);
        (first, Ipv6Addr::from_bits(first.to_bits() | hosts))
    }
}

/// The highest `prefix_bits` of `bits`.
fn mask(prefix_bits: u8, bits: u32) -> Option<u128> {
    let hosts = bits.checked_sub(prefix_bits.into())?;
    let all = u128::MAX >> (128 - bits);
    Some(all & u128::MAX.checked_shl(hosts).unwrap_or(0))
}

impl FromStr for IpRange {
    type Err = InvalidIpRange;

    fn from_str(text: &str) -> Result<Self, InvalidIpRange> {
        let (address, prefix_bits) = match text.split_once('/') {
            Some((address, bits)) if bits.bytes().all(|byte| byte.is_ascii_digit()) => {
                (address, Some(bits.parse().map_err(|_| InvalidIpRange)?))
            }
            Some(_) => return Err(InvalidIpRange),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| InvalidIpRange)?;
        let whole = if address.is_ipv4() { 32 } else { 128 };
        Self::new(address, prefix_bits.unwrap_or(whole)).ok_or(InvalidIpRange)
    }
}

impl fmt::Display for IpRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = if self.first.is_ipv4() { 32 } else { 128 };
        write!(formatter, "{}", self.first)?;
        if self.prefix_bits < whole {
            write!(formatter, "/{}", self.prefix_bits)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_its_first_and_last_address() {
        for (text, printed, first, last) in [
            (
                "10.1.2.3/8",
                "10.0.0.0/8",
                "::ffff:10.0.0.0",
                "::ffff:10.255.255.255",
            ),
            (
                "0.0.0.0/0",
                "0.0.0.0/0",
                "::ffff:0.0.0.0",
                "::ffff:255.255.255.255",
            ),
            (
                "203.0.113.7",
                "203.0.113.7",
                "::ffff:203.0.113.7",
                "::ffff:203.0.113.7",
            ),
            (
                "203.0.113.7/32",
                "203.0.113.7",
                "::ffff:203.0.113.7",
                "::ffff:203.0.113.7",
            ),
            (
                "2001:DB8:1::1/32",
                "2001:db8::/32",
                "2001:db8::",
                "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
            ),
            (
                "::/0",
                "::/0",
                "::",
                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            ),
            ("::1", "::1", "::1", "::1"),
        ] {
            let range: IpRange = text.parse().unwrap();
            assert_eq!(range.to_string(), printed);
            let bounds = (first.parse().unwrap(), last.parse().unwrap());
            assert_eq!(range.bounds(), bounds, "{text}");
        }
        for text in [
            "",
            "/8",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "10.0.0.0/",
            "10/8",
            "::/129",
            "10.0.0.0/8/8",
            "a",
        ] {
            assert_eq!(text.parse::<IpRange>(), Err(InvalidIpRange), "{text}");
        }
    }
}
