//! A process that stores the events of some tenants, in batches that chance makes, and says whose batch begins and which
//! events are acknowledged, a line each: it is there to be killed.
//!
//! Arguments: URL, password, events a tenant, the seed of all chance, tenants, each with a `=` and the month of its
//! events.

use std::error::Error;
use std::io::Write as _;
use std::time::Duration;

use daybook_store::{Credentials, Endpoint, WRITER_USER, Writer};
use daybook_tests::stored::{event_of_month, new};
use futures::future::try_join_all;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use tokio::time::sleep;

const BATCH_EVENTS_MAX: usize = 5;
/// Nobody hammers a server that is gone.
const RETRY_PAUSE: Duration = Duration::from_millis(20);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or("an argument is missing");
    let endpoint = Endpoint::new(next()?);
    let credentials = Credentials {
        user: WRITER_USER.to_owned(),
        password: next()?,
    };
    let events: u32 = next()?.parse()?;
    let seed: u64 = next()?.parse()?;
    // Several tenants' batches are under way at once, as in several Lambdas.
    let stores = arguments.map(|argument| {
        let writer = Writer::new(&endpoint, &credentials);
        async move {
            let (tenant, month) = argument.split_once('=').ok_or("a tenant has no month")?;
            let month: u32 = month.parse()?;
            let chance = StdRng::seed_from_u64(seed.wrapping_add(month.into()));
            store(&writer?, tenant, month, events, chance).await
        }
    });
    try_join_all(stores).await?;
    Ok(())
}

async fn store(
    writer: &Writer,
    tenant: &str,
    month: u32,
    events: u32,
    mut chance: StdRng,
) -> Result<(), Box<dyn Error>> {
    let mut open: Vec<u32> = (0..events).collect();
    while !open.is_empty() {
        open.shuffle(&mut chance);
        let size = chance.random_range(1..=open.len().min(BATCH_EVENTS_MAX));
        let mut numbers = open[..size].to_vec();
        // Some that may be stored already, or are in this batch as well.
        let more = chance.random_range(0..4);
        numbers.extend((0..more).map(|_| chance.random_range(0..events)));
        let batch: Vec<_> = numbers
            .iter()
            .map(|&number| new(event_of_month(tenant, month, number)))
            .collect();
        writeln!(std::io::stdout(), "{tenant} begins")?;
        let Ok(outcomes) = writer.insert(&batch).await else {
            sleep(RETRY_PAUSE).await;
            continue; // it is sent again until this process is killed
        };
        let mut out = std::io::stdout().lock();
        for (number, outcome) in numbers.iter().zip(outcomes) {
            writeln!(out, "{tenant} {number} {outcome:?}")?;
        }
        writeln!(out, "{tenant} ends")?;
        out.flush()?;
        open.retain(|number| !numbers.contains(number));
    }
    Ok(())
}
