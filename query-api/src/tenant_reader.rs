//! Reads the store as one identity may: one tenant, the services of its permission, a bounded number
//! of reads at a time.
//!
//! Handlers have no other way to events, so no filter of a client can be wider than its token.

use daybook_event::AuditEvent;
use daybook_store::{
    Bar, Export, Facet, FacetValue, Filter, HistogramOptions, Page, Reader, Search, StoreError,
    TenantId,
};
use uuid::Uuid;

use crate::auth::Services;
use crate::concurrency::Turn;

/// A turn at reading one tenant's events; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct TenantReader {
    reader: Reader,
    tenant: TenantId,
    services: Services,
    turn: Turn,
}

impl TenantReader {
    /// Reads of the tenant what the services show, for as long as the turn lasts.
    pub(crate) fn new(reader: Reader, tenant: TenantId, services: Services, turn: Turn) -> Self {
        Self {
            reader,
            tenant,
            services,
            turn,
        }
    }

    /// Whose events.
    pub(crate) fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// One page.
    pub(crate) async fn search(&self, search: &Search) -> Result<Page, StoreError> {
        self.reader
            .search(&self.tenant, &self.narrowed(search))
            .await
    }

    /// How many events there are.
    pub(crate) async fn count(&self, filter: &Filter) -> Result<u64, StoreError> {
        let filter = self.narrowed_filter(filter);
        self.reader.count(&self.tenant, &filter).await
    }

    /// How many events there are in each span of time.
    pub(crate) async fn histogram(
        &self,
        filter: &Filter,
        options: &HistogramOptions,
    ) -> Result<Vec<Bar>, StoreError> {
        let filter = self.narrowed_filter(filter);
        self.reader.histogram(&self.tenant, &filter, options).await
    }

    /// The most frequent values of a field.
    pub(crate) async fn facet(
        &self,
        filter: &Filter,
        facet: Facet,
        limit: u32,
    ) -> Result<Vec<FacetValue>, StoreError> {
        let filter = self.narrowed_filter(filter);
        self.reader.facet(&self.tenant, &filter, facet, limit).await
    }

    /// One event; one of a service that may not be seen is not there.
    pub(crate) async fn get(&self, id: Uuid) -> Result<Option<AuditEvent>, StoreError> {
        let found = self.reader.get(&self.tenant, id).await?;
        Ok(found.filter(|event| self.services.include(&event.service_name)))
    }

    /// Every event, and the turn that must last as long as they are read.
    pub(crate) fn export(self, search: &Search) -> (Export, Turn) {
        let search = self.narrowed(search);
        let events = self.reader.export(&self.tenant, &search);
        (events, self.turn)
    }

    fn narrowed(&self, search: &Search) -> Search {
        Search {
            filter: self.narrowed_filter(&search.filter),
            ..search.clone()
        }
    }

    fn narrowed_filter(&self, filter: &Filter) -> Filter {
        let mut filter = filter.clone();
        narrow(&mut filter, &self.services);
        filter
    }
}

/// Leaves of the filter what lies within the services.
fn narrow(filter: &mut Filter, services: &Services) {
    let Services::Only(names) = services else {
        return;
    };
    let asked = &mut filter.service_name;
    if asked.any_of.is_empty() {
        asked.any_of = names.iter().cloned().collect();
        return;
    }
    asked.any_of.retain(|name| names.contains(name));
    if asked.any_of.is_empty() {
        // An empty list would be no condition: what is one of these and none of these is nothing.
        asked.any_of = names.iter().cloned().collect();
        asked.none_of.extend(names.iter().cloned());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use daybook_store::Match;
    use proptest::prelude::*;

    use super::*;

    fn finds(filter: &Filter, service_name: &str) -> bool {
        let Match { any_of, none_of } = &filter.service_name;
        (any_of.is_empty() || any_of.iter().any(|name| name == service_name))
            && !none_of.iter().any(|name| name == service_name)
    }

    fn names() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec("[a-d]?", 0..4)
    }

    proptest! {
        #[test]
        fn what_is_found_is_what_was_asked_for_and_may_be_seen(
            any_of in names(),
            none_of in names(),
            allowed in prop::collection::btree_set("[a-d]?", 1..4),
        ) {
            let allowed: BTreeSet<String> = allowed;
            let services = Services::Only(allowed);
            let asked = Filter { service_name: Match { any_of, none_of }, ..Filter::default() };
            let mut narrowed = asked.clone();
            narrow(&mut narrowed, &services);
            for name in ["", "a", "b", "c", "d", "e"] {
                let expected = finds(&asked, name) && services.include(name);
                prop_assert_eq!(finds(&narrowed, name), expected, "{}", name);
            }
        }
    }

    #[test]
    fn all_services_change_nothing() {
        let mut filter = Filter::default();
        narrow(&mut filter, &Services::All);
        assert_eq!(filter, Filter::default());
    }
}
