//! `Fn::Cidr`: equal sub-blocks of an address block.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Why an address block cannot be split.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CidrError {
    #[error("the block `{0}` is not an address block")]
    Block(String),
    #[error("the count {0} is not between 1 and 256")]
    Count(u32),
    #[error("the number of subnet bits {0} does not fit")]
    Bits(u32),
    #[error("the block is too small for {0} subnets")]
    TooSmall(u32),
}

/// The first `count` (1 to 256) sub-blocks of `block` that leave `bits` bits for the hosts (8 unless said).
///
/// # Errors
/// [`CidrError`] when the block is none, or too small.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-cidr.html>
pub fn split(block: &str, count: u32, bits: Option<u32>) -> Result<Vec<String>, CidrError> {
    let malformed = || CidrError::Block(block.to_owned());
    let (address, prefix) = block.split_once('/').ok_or_else(malformed)?;
    let prefix: u32 = prefix.parse().map_err(|_| malformed())?;
    let bits = bits.unwrap_or(8);
    if !(1..=256).contains(&count) {
        return Err(CidrError::Count(count));
    }
    let (start, width) = match (address.parse::<Ipv4Addr>(), address.parse::<Ipv6Addr>()) {
        (Ok(address), _) => (u128::from(u32::from(address)), 32),
        (_, Ok(address)) => (u128::from(address), 128),
        _ => return Err(malformed()),
    };
    if prefix > width {
        return Err(malformed());
    }
    if bits == 0 || bits >= width {
        return Err(CidrError::Bits(bits));
    }
    let room = width - prefix;
    if bits > room || (room - bits < 9 && u64::from(count) > 1u64 << (room - bits)) {
        return Err(CidrError::TooSmall(count));
    }
    let start = if room == 128 { 0 } else { start >> room << room };
    Ok((0..u128::from(count))
        .map(|index| {
            let address = start + (index << bits);
            match u32::try_from(address) {
                Ok(address) if width == 32 => format!("{}/{}", Ipv4Addr::from(address), width - bits),
                _ => format!("{}/{}", Ipv6Addr::from(address), width - bits),
            }
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_follow_each_other() {
        assert_eq!(
            split("192.168.0.0/24", 3, Some(5)).unwrap(),
            ["192.168.0.0/27", "192.168.0.32/27", "192.168.0.64/27"]
        );
        assert_eq!(split("2001:db8::/56", 2, Some(64)).unwrap(), ["2001:db8::/64", "2001:db8:0:1::/64"]);
    }

    #[test]
    fn a_small_block_is_refused() {
        assert_eq!(split("10.0.0.0/24", 9, Some(5)), Err(CidrError::TooSmall(9)));
        assert_eq!(split("10.0.0.0", 1, None), Err(CidrError::Block("10.0.0.0".into())));
        assert_eq!(split("0.0.0.0/0", 1, Some(33)), Err(CidrError::Bits(33)));
    }
}
