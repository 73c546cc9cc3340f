//! Delivery reports.

use std::ptr::null;

use super::boundary::infallible;
use super::error::vce_error;
use super::event::vce_event;
use super::status::vce_outcome;
use crate::delivery::Report;

/// A delivery report: it says what happened to an enqueued event. One thread at a time may use it.
pub struct vce_report {
    tag: u64,
    outcome: vce_outcome,
    event: Option<vce_event>,
    error: Option<vce_error>,
}

impl From<Report> for vce_report {
    fn from(report: Report) -> vce_report {
        let (tag, outcome) = (report.tag(), report.outcome().into());
        let (event, error) = match report.into_result() {
            Ok(event) => (Some(event.into()), None),
            Err(error) => (None, Some(error.into())),
        };
        vce_report { tag, outcome, event, error }
    }
}

/// Returns the tag with which the event was enqueued; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn vce_report_tag(report: Option<&vce_report>) -> u64 {
    infallible(0, || report.map_or(0, |report| report.tag))
}

/// Returns whether the event exists. For NULL, nothing is known: VCE_OUTCOME_MAYBE_CREATED.
#[unsafe(no_mangle)]
pub extern "C" fn vce_report_outcome(report: Option<&vce_report>) -> vce_outcome {
    let unknown = vce_outcome::VCE_OUTCOME_MAYBE_CREATED;
    infallible(unknown, || report.map_or(unknown, |report| report.outcome))
}

/// Returns the event as the server described it. It belongs to the report and is freed with it.
/// NULL if the event was not created, or may have been, and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn vce_report_event(report: Option<&vce_report>) -> *const vce_event {
    infallible(null(), || object_or_null(report.and_then(|report| report.event.as_ref())))
}

/// Returns why the event was not created, or may not have been. The error belongs to the report
/// and is freed with it. NULL if the event was created, and for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn vce_report_error(report: Option<&vce_report>) -> *const vce_error {
    infallible(null(), || object_or_null(report.and_then(|report| report.error.as_ref())))
}

/// Frees a report, its event and its error. NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn vce_report_free(report: Option<Box<vce_report>>) {
    infallible((), || drop(report));
}

fn object_or_null<T>(object: Option<&T>) -> *const T {
    object.map_or(null(), std::ptr::from_ref)
}
