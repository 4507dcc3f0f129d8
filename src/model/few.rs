//! A set of few things. A registration has one or two roles, units and relations, and a
//! tree keeps room for eleven from the first on; a register holds tens of thousands.

use std::ops::{Deref, Sub};

use serde::{Deserialize, Deserializer, Serialize};

/// A sorted slice in which nothing is twice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Few<T>(Box<[T]>);

impl<T: Ord> Few<T> {
    /// Returns whether it is new.
    pub fn insert(&mut self, item: T) -> bool {
        let Err(at) = self.0.binary_search(&item) else { return false };
        self.change(|items| items.insert(at, item));
        true
    }

    /// Returns whether it was there.
    pub fn remove(&mut self, item: &T) -> bool {
        let Ok(at) = self.0.binary_search(item) else { return false };
        self.change(|items| items.remove(at));
        true
    }

    pub fn clear(&mut self) {
        self.0 = Box::default();
    }

    pub fn retain(&mut self, keep: impl FnMut(&T) -> bool) {
        self.change(|items| items.retain(keep));
    }

    pub fn contains(&self, item: &T) -> bool {
        self.0.binary_search(item).is_ok()
    }

    /// What is here and not in `other`.
    pub fn difference<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a T> {
        self.0.iter().filter(|item| !other.contains(item))
    }

    fn change<R>(&mut self, change: impl FnOnce(&mut Vec<T>) -> R) {
        let mut items = std::mem::take(&mut self.0).into_vec();
        change(&mut items);
        self.0 = items.into_boxed_slice();
    }
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self(Box::default())
    }
}

impl<T> Deref for Few<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Ord> FromIterator<T> for Few<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut items: Vec<T> = items.into_iter().collect();
        items.sort_unstable();
        items.dedup();
        Self(items.into_boxed_slice())
    }
}

impl<T: Ord, const N: usize> From<[T; N]> for Few<T> {
    fn from(items: [T; N]) -> Self {
        items.into_iter().collect()
    }
}

impl<T> IntoIterator for Few<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_vec().into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Few<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<T: Ord + Clone> Sub for &Few<T> {
    type Output = Few<T>;

    fn sub(self, other: Self) -> Few<T> {
        self.difference(other).cloned().collect()
    }
}

impl<'de, T: Ord + Deserialize<'de>> Deserialize<'de> for Few<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::Few;

    #[test]
    fn it_is_a_set() {
        let mut few = Few::from([3, 1, 3, 2]);
        assert_eq!(few, Few::from([1, 2, 3]));
        assert!(!few.insert(2) && few.insert(0) && few.remove(&1) && !few.remove(&1));
        assert_eq!(*few, [0, 2, 3]);
        assert_eq!(&few - &Few::from([3, 4]), Few::from([0, 2]));
        assert_eq!(serde_json::from_str::<Few<u8>>("[2,1,2]").ok(), Some(Few::from([1, 2])));
        few.retain(|item| *item > 2);
        assert_eq!(few.into_iter().collect::<Vec<_>>(), [3]);
    }
}
