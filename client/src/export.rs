//! An export, line by line, as the API sends it.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::{Stream, stream};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde::Deserialize;

use crate::error::{ClientError, Problem};

/// How an export is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ExportFormat {
    /// A line of JSON per event.
    #[default]
    Ndjson,
    /// A row per event.
    Csv,
    /// A line of JSON per event, as API Activity of OCSF.
    Ocsf,
}

impl ExportFormat {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
            Self::Ocsf => "ocsf",
        }
    }
}

/// One line of an export in JSON lines.
pub type ExportLine = Bytes;

#[derive(Deserialize)]
struct CutOff {
    error: Problem,
    events_written: u64,
}

/// The body's lines. The marker of an export that was cut off is an error, as is an end in the middle
/// of a line, a line that is too long, and a piece that takes longer than the timeout.
pub(crate) fn lines(
    body: Incoming,
    piece_timeout: Duration,
    line_bytes_max: usize,
) -> impl Stream<Item = Result<ExportLine, ClientError>> + Send {
    let state = (Some(body), BytesMut::new(), VecDeque::<Bytes>::new());
    stream::try_unfold(state, move |(mut body, mut rest, mut whole)| async move {
        loop {
            if let Some(line) = whole.pop_front() {
                if line.starts_with(b"{\"error\":")
                    && let Ok(cut_off) = serde_json::from_slice::<CutOff>(&line)
                {
                    return Err(ClientError::CutOff {
                        events_written: cut_off.events_written,
                        problem: Box::new(cut_off.error),
                    });
                }
                return Ok(Some((line, (body, rest, whole))));
            }
            let Some(reading) = &mut body else {
                return Ok(None);
            };
            let frame = tokio::time::timeout(piece_timeout, reading.frame())
                .await
                .map_err(|error| ClientError::Unreachable(Box::new(error)))?;
            match frame {
                Some(frame) => {
                    let frame = frame.map_err(|error| ClientError::Unreachable(Box::new(error)))?;
                    let mut searched = rest.len();
                    if let Ok(data) = frame.into_data() {
                        rest.extend_from_slice(&data);
                    }
                    while let Some(end) = rest[searched..].iter().position(|byte| *byte == b'\n') {
                        let line = rest.split_to(searched + end + 1).freeze();
                        whole.push_back(line.slice(..searched + end));
                        searched = 0;
                    }
                    if rest.len() > line_bytes_max {
                        return Err(ClientError::TooLong {
                            bytes_max: line_bytes_max,
                        });
                    }
                }
                None if rest.is_empty() => body = None,
                None => return Err(ClientError::EndedEarly),
            }
        }
    })
}
