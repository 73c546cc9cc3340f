"""The library's queue: events go in, delivery reports come out."""

from __future__ import annotations

import errno
import select
import sys
import time
from collections.abc import Mapping
from ctypes import byref, c_uint64
from typing import TYPE_CHECKING, Any, Union

from ._call import Handle, call, copy_error, unreadable
from ._encode import encode_body, encode_optional, encode_text
from ._native import library
from .errors import Outcome, TimeoutError, VceError
from .event import Event, copy_event

if TYPE_CHECKING:
    Encoded = tuple[bytes, bytes, "bytes | None", bytes]
    Result = Union[Event, VceError]

# Thirty years in seconds: in milliseconds, it still fits the library's integers.
_FOREVER = 1e9
# Python handles Ctrl-C between two calls into C, never within one.
_SLICE_MS = 50


def seconds(timeout: float | None) -> float:
    """A time limit as a finite number of seconds; None means no limit."""
    return _FOREVER if timeout is None else min(max(timeout, 0), _FOREVER)


def _milliseconds(timeout: float | None) -> int:
    return round(1000 * seconds(timeout))


def encode_event(
    conversation_id: str, type: str, body: Mapping[str, Any] | str | bytes, from_: str | None
) -> Encoded:
    """The arguments of ``vce_create_event`` and ``vce_enqueue_event``, in their order."""
    return (
        encode_text("conversation_id", conversation_id),
        encode_text("type", type),
        encode_optional("from_", from_),
        encode_body(body),
    )


def enqueue(handle: Handle, tag: int, event: Encoded) -> None:
    """Hand an event to the library; its report will carry `tag`."""
    call(library().vce_enqueue_event, handle.pointer, *event, tag)


def take_report(handle: Handle, timeout_ms: int) -> tuple[int, Result] | None:
    """The next report's tag, and the event or the error; None if no report came."""
    lib = library()
    report = _poll(handle, timeout_ms)
    if not report:
        return None
    try:
        # The tag first: it says whose report this is, even if the rest fails.
        return lib.vce_report_tag(report), _result(report)
    finally:
        lib.vce_report_free(report)


def _result(report: Any) -> Result:
    lib = library()
    outcome = Outcome.MAYBE_CREATED
    try:
        outcome = Outcome(lib.vce_report_outcome(report))
        event = lib.vce_report_event(report)
        return copy_event(event) if event else copy_error(lib.vce_report_error(report), outcome)
    except Exception as cause:
        return unreadable("the delivery report", outcome, cause)


def _poll(handle: Handle, timeout_ms: int) -> Any:
    if timeout_ms and threads_are_greenlets():
        # A call into C would block all greenlets.
        select.select([descriptor(handle)], [], [], timeout_ms / 1000)
        timeout_ms = 0
    return library().vce_poll(handle.pointer, timeout_ms)


def threads_are_greenlets() -> bool:
    """Whether gevent has replaced threads by greenlets, which all run in one thread."""
    gevent: Any = sys.modules.get("gevent.monkey")
    return gevent is not None and gevent.is_module_patched("threading")


def descriptor(handle: Handle) -> int:
    """The descriptor that is readable while reports wait."""
    number: int = library().vce_report_fd(handle.pointer)
    if number < 0:
        raise OSError(errno.EMFILE, "no file descriptor is left for the delivery reports")
    return number


def flush(handle: Handle, timeout: float | None) -> int:
    """Wait until every event is finished; return how many are not.  Ctrl-C interrupts it."""
    deadline = time.monotonic() + seconds(timeout)
    remaining = c_uint64()
    while True:
        left_ms = _milliseconds(deadline - time.monotonic())
        try:
            call(library().vce_flush, handle.pointer, min(left_ms, _SLICE_MS), byref(remaining))
        except TimeoutError:
            if left_ms > _SLICE_MS:
                continue
        return remaining.value


def close(handle: Handle, timeout: float | None) -> bool:
    """Close a client; return whether nothing had to be cancelled."""
    try:
        call(library().vce_client_close, handle.pointer, _milliseconds(timeout))
    except TimeoutError:
        return False
    return True
