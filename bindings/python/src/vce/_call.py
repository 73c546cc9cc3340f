"""Calls into the library: errors become exceptions, and its objects are freed."""

from __future__ import annotations

from ctypes import byref
from typing import Any

from ._native import ErrorPointer, library
from .errors import BY_STATUS, Outcome, Status, VceError


class _Release:
    """Frees an object of the library when nothing refers to this one any more."""

    __slots__ = ("_free", "_pointer")

    def __init__(self, pointer: Any, free: Any) -> None:
        self._pointer = pointer
        self._free = free

    def __del__(self) -> None:
        self._free(self._pointer)


class Handle:
    """Owns one object of the library, and frees it when the last reference is gone.

    Then no thread is inside a call that uses the object: the caller's frame
    would hold a reference, too.
    """

    __slots__ = ("_free", "_release", "pointer")

    def __init__(self, pointer: Any, free: Any) -> None:
        self.pointer = pointer
        self._free = free

    # The class is a default argument because the module may be empty when the interpreter exits.
    def __del__(self, release: type[_Release] = _Release) -> None:
        # Garbage collection calls the __del__ methods of a cycle in any order, so another one may
        # still use the pointer.  This object frees it together with the handle's memory: that
        # happens after all __del__ methods.
        self._release = release(self.pointer, self._free)


def call(function: Any, *arguments: Any) -> Status:
    """Call a function whose last parameter is the error, and raise that error."""
    error = ErrorPointer()
    status = function(*arguments, byref(error))
    if status in (Status.OK, Status.END):
        return Status(status)
    try:
        raise copy_error(error, status=Status(status))
    finally:
        library().vce_error_free(error)


def copy_error(
    error: Any,
    outcome: Outcome = Outcome.MAYBE_CREATED,
    status: Status = Status.ERR_INTERNAL,
) -> VceError:
    """The exception for a ``vce_error``.

    The error may be missing or unreadable: `outcome` and `status` are what is known without it.
    """
    if not error:
        return BY_STATUS.get(status, VceError)(
            f"the library gave no reason for its status {status.value}",
            status=status,
            outcome=outcome,
        )
    try:
        outcome = Outcome(library().vce_error_outcome(error))
        return _copy_error(error, outcome)
    except Exception as cause:
        return unreadable("the library's error", outcome, cause)


def _copy_error(error: Any, outcome: Outcome) -> VceError:
    lib = library()
    status = Status(lib.vce_error_status(error))
    offset = lib.vce_error_offset(error)
    retry_after_ms = lib.vce_error_retry_after_ms(error)
    return BY_STATUS.get(status, VceError)(
        decode(lib.vce_error_message(error)) or status.name,
        status=status,
        outcome=outcome,
        retryable=lib.vce_error_is_retryable(error),
        offset=None if offset < 0 else offset,
        http_status=lib.vce_error_http_status(error) or None,
        code=decode(lib.vce_error_code(error)),
        title=decode(lib.vce_error_title(error)),
        detail=decode(lib.vce_error_detail(error)),
        trace_id=decode(lib.vce_error_trace_id(error)),
        response=decode(lib.vce_error_response(error)),
        retry_after=None if retry_after_ms < 0 else retry_after_ms / 1000,
    )


def unreadable(what: str, outcome: Outcome, cause: Exception) -> VceError:
    """The error for an object of the library that could not be copied."""
    error = VceError(
        f"{what} could not be read: {cause!r}", status=Status.ERR_INTERNAL, outcome=outcome
    )
    error.__cause__ = cause
    return error


def decode(text: bytes | None) -> str | None:
    """Decode the library's text.  A long answer of the server may end within a character."""
    return None if text is None else text.decode(errors="replace")
