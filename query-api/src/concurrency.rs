//! How many reads go on at once: per process a fixed number, per tenant a fair part of it.
//!
//! A tenant may begin another read as long as it has fewer under way than are free for everybody
//! (the dynamic threshold of Choudhury and Hahne, 1998). One tenant alone thus gets half, two get a
//! third each, and some places always stay free for whoever comes next. Nobody waits, so nothing
//! piles up: who gets no place is told when to come again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use daybook_store::TenantId;

use crate::error::Problem;

/// A bound on reads of one kind.
#[derive(Debug)]
pub(crate) struct Bound {
    places: usize,
    /// What a client that gets no place is told to wait.
    retry_after_seconds: u32,
    /// The reads under way of each tenant that has any.
    taken: Arc<Mutex<HashMap<TenantId, usize>>>,
}

/// One read's place, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    tenant: TenantId,
    taken: Arc<Mutex<HashMap<TenantId, usize>>>,
}

impl Bound {
    /// So many reads at once in all.
    pub(crate) fn new(places: usize, retry_after_seconds: u32) -> Self {
        Self {
            places,
            retry_after_seconds,
            taken: Arc::default(),
        }
    }

    /// A place for one read of the tenant.
    ///
    /// # Errors
    /// 429 where the tenant has its part.
    pub(crate) fn take(&self, tenant: &TenantId) -> Result<Turn, Problem> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let free = self.places.saturating_sub(taken.values().sum());
        let own = taken.get(tenant).copied().unwrap_or(0);
        if own >= free {
            return Err(Problem::too_many_reads(self.retry_after_seconds));
        }
        taken.insert(tenant.clone(), own + 1);
        Ok(Turn {
            tenant: tenant.clone(),
            taken: self.taken.clone(),
        })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.tenant) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take_all(bound: &Bound, name: &str) -> Vec<Turn> {
        let tenant = TenantId::new(name).unwrap();
        std::iter::from_fn(|| bound.take(&tenant).ok()).collect()
    }

    #[test]
    fn one_tenant_gets_half_and_the_next_still_gets_a_part() {
        let bound = Bound::new(16, 1);
        let first = take_all(&bound, "a");
        let second = take_all(&bound, "b");
        let third = take_all(&bound, "c");
        assert_eq!((first.len(), second.len(), third.len()), (8, 4, 2));
        assert!(bound.take(&TenantId::new("d").unwrap()).is_ok());
    }

    #[test]
    fn even_the_smallest_bound_lets_one_read() {
        let bound = Bound::new(1, 1);
        assert_eq!(take_all(&bound, "a").len(), 1);
        assert_eq!(take_all(&bound, "b").len(), 1);
    }

    #[test]
    fn a_place_is_free_again_and_nothing_is_remembered() {
        let bound = Bound::new(4, 1);
        for number in 0..100 {
            assert_eq!(take_all(&bound, &format!("tenant-{number}")).len(), 2);
        }
        assert!(bound.taken.lock().unwrap().is_empty());
    }
}
