//! From a queue message to a stored audit event: the pure [`normalize`](normalize::normalize), and
//! the batch handler around it that the Lambda and the local intake both run.
//!
//! **Invariant:** a failure is a message's, never a batch's. What can never succeed goes to the
//! dead-letter queue with its reason; what may succeed later is a batch item failure; everything
//! else is stored once.

pub mod context;
pub mod dead_letter;
pub mod gateway_event;
pub mod handler;
pub mod lambda;
pub mod message;
pub mod normalize;
pub mod settings;

mod body;
mod caller;
mod changes;
mod contained;
mod explained;
mod overflow;
mod poison;
mod stored_request;
mod things;

pub use poison::Poison;
