//! What waits a minute and a half for slow writers waits at once, and first of all, by its name: the others go on
//! meanwhile.

use crate::{bench, commands};

#[tokio::test(flavor = "multi_thread")]
async fn the_bench_measures_what_it_promises_and_the_commands_do_what_they_say() {
    tokio::join!(
        bench::measures_what_it_promises(),
        commands::set_days_hold_and_erase_and_a_hold_refuses_an_erasure(),
    );
}
