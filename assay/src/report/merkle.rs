//! The tree of digests whose root stands for many named files or machines.
//!
//! Leaf = H(0x00 ‖ name ‖ digest), inner node = H(0x01 ‖ left ‖ right), leaves
//! sorted by name, an odd node promoted and not doubled (RFC 6962 §2.1 in its
//! domain separation; the promotion avoids two lists with one root). The digest
//! in a leaf has a fixed length, so a name cannot run into it.

use sha2::Digest;
use sm3::Sm3;

use super::digest::{Digests, hex, unhex};

/// Returns the root over named digests, whatever order they come in.
///
/// A tree without leaves has the digest of nothing as its root.
pub fn root<'a>(leaves: impl IntoIterator<Item = (&'a str, &'a Digests)>) -> Digests {
    let mut leaves: Vec<_> = leaves.into_iter().collect();
    tiny_sort::stable::sort(&mut leaves);
    Digests {
        sha256: root_by::<sha2::Sha256>(leaves.iter().map(|(name, d)| (*name, d.sha256.as_str()))),
        sm3: root_by::<Sm3>(leaves.iter().map(|(name, d)| (*name, d.sm3.as_str()))),
    }
}

fn root_by<'a, H: Digest>(leaves: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut level: Vec<Vec<u8>> = leaves
        .map(|(name, digest)| {
            // Text that is no hexadecimal enters as it is: the root must differ
            // from that of any well-formed digest, not be an error here.
            let digest = unhex(digest).unwrap_or_else(|| digest.as_bytes().to_vec());
            node::<H>(0x00, name.as_bytes(), &digest)
        })
        .collect();
    while level.len() > 1 {
        level = level
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => node::<H>(0x01, left, right),
                odd => odd.concat(),
            })
            .collect();
    }
    level.pop().map_or_else(|| hex(&H::digest([])), |root| hex(&root))
}

fn node<H: Digest>(tag: u8, left: &[u8], right: &[u8]) -> Vec<u8> {
    let mut hash = H::new();
    hash.update([tag]);
    hash.update(left);
    hash.update(right);
    hash.finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(count: u8) -> Vec<(String, Digests)> {
        (0..count).map(|n| (format!("file-{n:03}"), Digests::of(&[n]))).collect()
    }

    fn root_of(leaves: &[(String, Digests)]) -> Digests {
        root(leaves.iter().map(|(name, digests)| (name.as_str(), digests)))
    }

    #[test]
    fn the_root_of_one_leaf_is_that_leaf_and_an_odd_leaf_is_promoted() {
        let leaves = named(3);
        let leaf = |n: usize| {
            node::<sha2::Sha256>(0, leaves[n].0.as_bytes(), &unhex(&leaves[n].1.sha256).unwrap())
        };
        assert_eq!(root_of(&leaves[..1]).sha256, hex(&leaf(0)));
        let left = node::<sha2::Sha256>(1, &leaf(0), &leaf(1));
        assert_eq!(root_of(&leaves).sha256, hex(&node::<sha2::Sha256>(1, &left, &leaf(2))));
    }

    #[test]
    fn the_order_of_leaves_does_not_matter_but_names_and_digests_do() {
        for count in 0..20 {
            let leaves = named(count);
            let all = root_of(&leaves);
            let mut backwards = leaves.clone();
            backwards.reverse();
            assert_eq!(root_of(&backwards), all);
            for index in 0..leaves.len() {
                let mut renamed = leaves.clone();
                renamed[index].0.push('x');
                let mut changed = leaves.clone();
                changed[index].1 = Digests::of(b"other");
                let mut fewer = leaves.clone();
                fewer.remove(index);
                for other in [renamed, changed, fewer] {
                    let other = root_of(&other);
                    assert!(other.sha256 != all.sha256 && other.sm3 != all.sm3);
                }
            }
        }
    }
}
