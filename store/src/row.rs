//! A row of the events table, and the way between it and an audit event.
